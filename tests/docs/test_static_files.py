"""The static files of /docs and /redoc: kept for ever under a name with their digest, and asked for again otherwise."""

from __future__ import annotations

import hashlib
import re
from contextlib import closing
from typing import Any

import pytest
from werkzeug.test import TestResponse

from tests.conftest import Client

LINK = re.compile(r'(?:href|src)="(/docs/[^"]+\.(?:css|js|png))"')
PAGES = ["/docs", "/redoc", "/docs/clients"]


def links(anonymous: Client, page: str) -> list[str]:
    return LINK.findall(anonymous.get(page).get_data(as_text=True))


def asked(anonymous: Client, address: str, **options: Any) -> TestResponse:
    """A reply whose file is read and closed."""
    with closing(anonymous.get(address, **options)) as reply:
        reply.get_data()
        return reply


@pytest.mark.parametrize("page", PAGES)
def test_each_file_of_a_page_is_kept_for_ever_under_its_digest(anonymous: Client, page: str) -> None:
    found = links(anonymous, page)
    assert len(found) >= 2
    for link in found:
        reply = asked(anonymous, link)
        assert reply.status_code == 200, link
        assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable", link
        assert hashlib.sha256(reply.get_data()).hexdigest()[:12] == link.split(".")[-2], link


def test_another_releases_digest_is_answered_and_not_kept(anonymous: Client) -> None:
    """While hosts are replaced, a page of one may ask another one for its files."""
    link = links(anonymous, "/docs")[0]
    *stem, digest, suffix = link.split(".")
    reply = asked(anonymous, ".".join([*stem, "0123456789ab", suffix]))
    assert digest != "0123456789ab"
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")


def test_a_name_without_a_digest_is_asked_for_again(anonymous: Client) -> None:
    reply = asked(anonymous, "/docs/text.css")
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-cache")
    again = asked(anonymous, "/docs/text.css", headers={"If-None-Match": reply.headers["ETag"]})
    assert again.status_code == 304


@pytest.mark.parametrize("name", ["nothing.css", "nothing.0123456789ab.css", "..css", "text.0123456789ab.js", "%2e%2e"])
def test_what_is_no_file_is_404(anonymous: Client, name: str) -> None:
    assert anonymous.get(f"/docs/{name}").status_code == 404
