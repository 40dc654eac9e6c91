"""The headers of every reply: all routes, whatever the status, errors included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.access.cast import World
from tests.conftest import Client
from tests.routes import ROUTES, address, options
from workouts_api import create_app
from workouts_api.api.auth.cookies import COOKIES, REFRESH_COOKIE
from workouts_api.config import load_settings

ME = "/api/v1/users/me"
SECRETS = {"access_token", "refresh_token", "key", "code"}
"""Fields of a reply that open something."""


@pytest.fixture(scope="module")
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    return World(app, _superuser, password_hash)


def replies(world: World, members: tuple[str, ...]) -> Iterator[tuple[str, TestResponse]]:
    """What members get for a valid request to every route, and for one that makes no sense."""
    for method, rule in ROUTES:
        for member in members:
            if world.is_changed:
                world.make()
            asked = options((method, rule), world.things)
            client = world.cast[member]
            client.http.set_cookie(REFRESH_COOKIE, world.things["refresh_token"], path=COOKIES)
            where = address(rule, world.things)
            with client.request(method, where, **asked) as reply:
                world.is_changed = method != "GET" and reply.status_code < 400
                yield f"{member}: {method} {rule}: {reply.status_code}", reply
        for odd in (("PATCHY", where), (method, f"{where}?nonsense=1"), ("OPTIONS", where), ("HEAD", where)):
            with world.cast["owner"].request(*odd) as reply:
                yield f"{odd}: {reply.status_code}", reply


def vary(reply: TestResponse) -> set[str]:
    assert len(reply.headers.getlist("Vary")) == 1
    return {name.strip() for name in reply.headers["Vary"].split(",")}


def check(what: str, reply: TestResponse) -> None:
    headers = reply.headers
    assert headers["X-Content-Type-Options"] == "nosniff", what
    assert headers["Referrer-Policy"] == "no-referrer", what
    assert vary(reply) >= {"Authorization", "Cookie", "X-API-Key", "Accept-Encoding"}, what
    assert "default-src 'none'" in headers["Content-Security-Policy"], what
    assert len(headers.getlist("Cache-Control")) == 1, what
    body = reply.json if reply.is_json and reply.data else None
    holds_secret = isinstance(body, dict) and not SECRETS.isdisjoint(body)
    if reply.status_code >= 400 or holds_secret or reply.request.path.startswith(("/api/v1/auth/", "/health")):
        assert headers["Cache-Control"] == "no-store", what
    elif reply.request.path.startswith("/api/"):
        assert headers["Cache-Control"] == "private, no-cache", what
    else:
        assert headers["Cache-Control"] in ("no-cache", "private, no-cache"), what
    if reply.status_code in (204, 304):
        assert "Content-Type" not in headers, what
    elif reply.request.method not in ("HEAD", "OPTIONS"):
        assert headers["Content-Type"], what


@pytest.mark.sweep
def test_every_reply_of_every_route_says_who_may_keep_it_and_what_it_may_do(world: World) -> None:
    statuses = set()
    for what, reply in replies(world, ("owner", "superuser", "anonymous", "key")):
        check(what, reply)
        statuses.add(reply.status_code)
    assert statuses >= {200, 201, 202, 204, 401, 403, 405, 422}


def test_what_is_nowhere_or_unexpected_says_it_too(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from workouts_api.sql import queries

    def explode(**_: Any) -> None:
        raise RuntimeError

    for asked in ("/nowhere", "/api/v1/sessions/1", "/docs/../../etc/passwd"):
        reply = owner.get(asked)
        assert reply.status_code == 404
        check(asked, reply)
    monkeypatch.setattr(queries.users, "get_user", explode)
    reply = owner.get(ME)
    assert reply.status_code == 500
    check("unexpected", reply)


def test_what_has_an_etag_is_asked_for_again_and_its_304_says_the_same(owner: Client) -> None:
    whole = owner.get(ME)
    same = owner.get(ME, headers={"If-None-Match": whole.headers["ETag"]})
    assert (whole.status_code, same.status_code) == (200, 304)
    for reply in (whole, same):
        check("with an ETag", reply)
        assert reply.headers["Cache-Control"] == "private, no-cache"
        assert reply.headers["ETag"]


def test_a_code_and_a_key_are_kept_by_nobody_on_their_way(owner: Client) -> None:
    team = owner.post("/api/v1/teams", json={"name": "Lifters"}).json
    assert team is not None
    code = owner.post("/api/v1/invitations", json={"kind": "coach", "team_id": team["id"]})
    key = owner.post(f"{ME}/api-keys", json={"name": "Backup", "scopes": ["sessions:read"]})
    for reply in (code, key):
        assert (reply.status_code, reply.headers["Cache-Control"]) == (201, "no-store")


@pytest.mark.parametrize(
    ("public_url", "scheme", "is_told"),
    [
        ("", "http", False),
        ("http://api.example.com", "http", False),
        ("", "https", True),
        ("https://api.example.com", "http", True),
    ],
)
def test_browsers_are_told_to_stay_with_https_where_there_is_https(
    environ: dict[str, str], public_url: str, scheme: str, *, is_told: bool
) -> None:
    app = create_app(load_settings({**environ, "PUBLIC_URL": public_url, "DB_POOL_MIN": "0"}))
    for path in ("/health/live", ME, "/nowhere", "/docs"):
        headers = app.test_client().get(path, base_url=f"{scheme}://localhost").headers
        assert headers.get("Strict-Transport-Security") == ("max-age=31536000" if is_told else None), path


def test_https_at_a_trusted_proxy_counts(environ: dict[str, str]) -> None:
    for trusted in ("0", "1"):
        app = create_app(load_settings({**environ, "TRUSTED_PROXIES": trusted, "DB_POOL_MIN": "0"}))
        reply = app.test_client().get("/health/live", headers={"X-Forwarded-Proto": "https"})
        assert ("Strict-Transport-Security" in reply.headers) == (trusted == "1")


def test_with_pages_of_other_origins_replies_depend_on_the_origin_too(environ: dict[str, str]) -> None:
    app = create_app(load_settings({**environ, "CORS_ORIGINS": "https://app.example.com", "DB_POOL_MIN": "0"}))
    for path in ("/health/live", ME, "/nowhere"):
        assert "Origin" in vary(app.test_client().get(path))
