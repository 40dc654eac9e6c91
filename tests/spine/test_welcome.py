"""GET / is JSON for programs and a page for browsers, by Accept."""

from __future__ import annotations

import re

import pytest

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def vary(reply):
    return {name.strip() for name in reply.headers["Vary"].split(",")}


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "text/plain", "text/html;q=0.5, application/json"])
def test_programs_get_json(anonymous, accept):
    reply = anonymous.get("/", headers={"Accept": accept} if accept else {})
    assert (reply.status_code, reply.json["name"]) == (200, "Workouts API")
    assert "Accept" in vary(reply)


def test_a_browser_gets_a_page_without_scripts_whose_links_all_lead_somewhere(anonymous):
    reply = anonymous.get("/", headers={"Accept": BROWSER})
    assert reply.content_type == "text/html; charset=utf-8"
    assert "Accept" in vary(reply)
    assert "script" not in reply.headers["Content-Security-Policy"] + reply.text
    assert 'name="viewport"' in reply.text
    links = re.findall(r'href="([^"]+)"', reply.text)
    shown = {*anonymous.get("/").json["links"].values()}
    assert {link.removeprefix("http://localhost") for link in shown} - {"/api/v1"} <= {
        link.removeprefix("http://localhost") for link in links
    }
    for link in links:
        with anonymous.get(link) as found:
            expected = {"/health/ready": (200, 503), "/pages/report": (303,)}  # to sign in
            assert found.status_code in expected.get(link, (200,)), link


def test_the_address_of_the_api_itself_answers_programs_alone(anonymous):
    assert anonymous.get("/api/v1", headers={"Accept": BROWSER}).json["name"] == "Workouts API"
