"""Promises over all pages: signed in, never kept, no script, one policy, errors as pages."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest

from tests.pages.history import record
from tests.pages.reading import read
from tests.routes import APPLICATION, address
from tests.teams.people import make_team
from workouts_api import create_app
from workouts_api.api.auth.tokens import new_access_token
from workouts_api.config import load_settings

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; frame-ancestors 'none';"
    " base-uri 'none'"
)
PUBLIC = {"pages.show_sign_in", "pages.sign_in_by_form", "pages.style", "pages.show_home"}
RULES = [rule for rule in APPLICATION.url_map.iter_rules() if rule.endpoint.startswith("pages.")]
SHOWN = sorted(rule.rule for rule in RULES if "GET" in rule.methods and rule.endpoint not in PUBLIC)


@pytest.fixture
def things(owner):
    record(owner, 3, 100)
    return {"team_id": make_team(owner), "exercise_id": 1}


def test_every_page_but_the_form_demands_a_sign_in(browser):
    for rule in RULES:
        if rule.endpoint not in PUBLIC:
            method = next(iter(rule.methods - {"HEAD", "OPTIONS"}))
            where = address(rule.rule, {"team_id": 1, "exercise_id": 1})
            reply = browser.http.open(where, method=method)
            assert (reply.status_code, reply.headers["Location"].partition("?")[0]) == (303, "/pages/sign-in"), rule


@pytest.mark.parametrize("rule", [*SHOWN, "/pages/sign-in"])
def test_a_page_runs_nothing_loads_nothing_else_and_is_not_kept(owner, things, browser_of, rule):
    reply = browser_of(owner).get(address(rule, things))
    assert reply.status_code == 200, reply.text
    assert reply.headers["Content-Security-Policy"] == POLICY
    assert reply.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|javascript:|@import|https?://(?!www\.w3\.org)", reply.text)


@pytest.mark.parametrize("rule", [*SHOWN, "/pages/sign-in"])
def test_a_page_is_built_as_readers_of_screens_need_it(owner, things, browser_of, rule):
    page = read(browser_of(owner).get(address(rule, things)).text)
    assert page.one("html").attributes["lang"] == "en"
    assert [len(page.all(tag)) for tag in ("main", "header", "footer", "h1", "title")][:4] == [1, 1, 1, 1]
    ids = [one.attributes["id"] for tag in IDENTIFIED for one in page.all(tag) if "id" in one.attributes]
    assert len(ids) == len(set(ids))
    for drawing in page.all("svg", role="img"):
        assert set(drawing.attributes["aria-labelledby"].split()) <= set(ids)
    named = {one.attributes["for"] for one in page.all("label")}
    fields = [one for one in page.all("input") + page.all("select") if one.attributes.get("type") != "hidden"]
    assert {one.attributes["id"] for one in fields} <= named
    for table in page.all("table"):
        assert table.one("caption").text
        assert all(row.all("th", scope="row") for row in table.one("tbody").all("tr"))


IDENTIFIED = ("main", "h1", "h2", "h3", "title", "desc", "input", "select", "table", "p", "dl")


def test_links_of_a_page_lead_to_pages(owner, things, browser_of):
    browser = browser_of(owner)
    seen = set()
    for rule in SHOWN:
        for one in read(browser.get(address(rule, things)).text).all("a"):
            where = one.attributes["href"]
            if where not in seen and not where.startswith("#"):
                seen.add(where)
                assert browser.http.get(where).status_code == 200, where


def test_the_style_sheet_is_kept_for_ever_under_its_digest_alone(browser):
    place = re.search(r'href="(/pages/style/[^"]+)"', browser.get("/pages/sign-in").text)[1]
    sheet = browser.http.get(place)
    assert (sheet.status_code, sheet.content_type) == (200, "text/css; charset=utf-8")
    assert sheet.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    other = browser.http.get("/pages/style/000000000000.css")
    assert (other.data, other.headers["Cache-Control"]) == (sheet.data, "no-store")


def test_errors_are_pages_with_the_requests_id(owner, browser_of):
    browser = browser_of(owner)
    for method, where, status in (("GET", "/pages/nothing", 404), ("POST", "/pages/report", 405)):
        reply = browser.http.open(where, method=method)
        assert (reply.status_code, reply.content_type) == (status, "text/html; charset=utf-8")
        assert reply.headers["X-Request-ID"] in reply.text
        assert "<h1>" in reply.text
    assert browser.http.get("/pagesque").json["error"] == "not_found"


@pytest.mark.parametrize("query", ["from=2026-01-01&from=2026-01-02", "q=%ff"])
def test_what_is_given_twice_or_cannot_be_read_is_refused_by_every_page(owner, things, browser_of, query):
    for rule in [*SHOWN, "/pages/sign-in"]:
        reply = browser_of(owner).http.get(f"{address(rule, things)}?{query}")
        assert (reply.status_code, reply.content_type) == (422, "text/html; charset=utf-8"), rule


@pytest.mark.parametrize("rule", [*SHOWN, "/pages/sign-in", "/pages/nothing"])
def test_parameters_that_no_page_knows_do_no_harm_whatever_their_names(owner, things, browser_of, rule):
    """Links take parameters along: among them are names that functions of the pages have for their own."""
    names = ("path", "self", "arguments", "name", "template", "status", "args", "here", "request", "", "<b>", "ä")
    browser = browser_of(owner)
    for query in ("&".join(f"{quote(name)}=x" for name in names), "from=x&" + "&".join(f"{quote(n)}=x" for n in names)):
        reply = browser.http.get(f"{address(rule, things)}?{query}")
        assert reply.status_code in (200, 404, 422), reply.text
        assert "<b>" not in reply.text


def test_without_a_database_a_page_says_when_to_try_again(environ):
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "MAX_WAIT": "0.1"}
    app = create_app(load_settings({**environ, **nowhere}))
    app.testing = False
    http = app.test_client()
    with app.app_context():
        http.set_cookie("access_token_cookie", new_access_token(1, 1), path="/")
    try:
        reply = http.get("/pages/report")
    finally:
        app.extensions["database"].close()
    assert (reply.status_code, reply.content_type) == (503, "text/html; charset=utf-8")
    assert reply.headers["Retry-After"] == "1"
    assert "Try again in 1 second." in reply.text
    assert reply.headers["X-Request-ID"] in reply.text


def test_a_body_that_is_too_large_is_refused(browser):
    reply = browser.http.post("/pages/sign-in", data={"username": "x" * 20_000})
    assert (reply.status_code, reply.content_type) == (413, "text/html; charset=utf-8")


def test_the_greeting_leads_to_the_pages(browser):
    reply = browser.http.get("/", headers={"Accept": "text/html"})
    assert 'href="/pages/report"' in reply.text
