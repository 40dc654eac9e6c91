"""Old clients: methods by a header, HEAD and OPTIONS, and notice of what will go."""

from __future__ import annotations

import datetime as dt
import json
from email.utils import parsedate_to_datetime

import pytest
from click.testing import CliRunner
from flask import Flask

from tests.conftest import PASSWORD, Client
from tests.routes import NOTHING, PUBLIC, ROUTES, SIGNED_IN, address, options
from workouts_api.logs.deprecations import counted, deprecations
from workouts_api.web.old_clients import DEPRECATED, Deprecation

ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"
OVERRIDE = "X-HTTP-Method-Override"
SESSION = {"title": "Legs", "started_at": "2026-01-05T17:00:00Z", "exercises": []}
MEANT = [route for route in ROUTES if route[0] in ("PUT", "PATCH", "DELETE")]
READ = [rule for method, rule in ROUTES if method == "GET"]


def test_a_post_that_means_another_method_is_that_method(owner: Client) -> None:
    made = owner.post(SESSIONS, json=SESSION)
    place = f"{SESSIONS}/{made.json['id']}"
    patched = owner.post(place, json={"title": "Arms"}, headers={OVERRIDE: "PATCH", "If-Match": made.headers["ETag"]})
    assert (patched.status_code, patched.json["title"]) == (200, "Arms")
    stale = owner.post(place, json={"title": "Back"}, headers={OVERRIDE: "patch", "If-Match": made.headers["ETag"]})
    assert stale.status_code == 412
    assert owner.post(place, headers={OVERRIDE: "DELETE"}).status_code == 204
    assert owner.get(place).status_code == 404


@pytest.mark.parametrize("who", ["anonymous", "stranger"])
def test_on_every_route_it_is_answered_as_the_method_that_is_meant(
    who: str, request: pytest.FixtureRequest, owner: Client
) -> None:
    client: Client = request.getfixturevalue(who)
    for method, rule in MEANT:
        given = options((method, rule), NOTHING)
        headers = {**given.pop("headers", {}), "If-Match": '"0-"'}
        if who == "stranger" and rule.startswith(ME):
            continue  # it would change the stranger
        real = client.http.open(address(rule), method=method, headers=_of(client, headers), **given)
        meant = client.http.post(address(rule), headers=_of(client, {**headers, OVERRIDE: method}), **given)
        assert meant.status_code == real.status_code, (method, rule)


def _of(client: Client, headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Authorization": f"Bearer {client.token}"} if client.token else headers


def test_a_page_needs_its_csrf_token_for_the_method_that_is_meant(app: Flask, owner: Client) -> None:
    http = app.test_client()
    body = {"username": owner.username, "password": PASSWORD}
    assert http.post("/api/v1/auth/cookies", json=body).status_code == 204
    csrf = http.get_cookie("csrf_access_token")
    assert csrf is not None
    refused = http.post(ME, json={"full_name": "Eve"}, headers={OVERRIDE: "PATCH"})
    assert (refused.status_code, refused.json["error"]) == (403, "csrf_failed")
    headers = {OVERRIDE: "PATCH", "X-CSRF-TOKEN": csrf.value}
    assert http.post(ME, json={"full_name": "Ada"}, headers=headers).status_code == 200


def test_a_key_needs_the_scope_of_the_method_that_is_meant(owner: Client, key_of: object) -> None:
    made = owner.post(SESSIONS, json=SESSION).json
    reader: Client = key_of(owner, "sessions:read")
    refused = reader.post(f"{SESSIONS}/{made['id']}", headers={OVERRIDE: "DELETE"})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("method", "value"),
    [
        ("GET", "DELETE"),
        ("PUT", "DELETE"),
        ("HEAD", "PUT"),
        *(("POST", other) for other in ("GET", "POST", "", "TRACE")),
    ],
)
def test_it_means_nothing_else(owner: Client, method: str, value: str) -> None:
    reply = owner.http.open(ME, method=method, headers=_of(owner, {OVERRIDE: value}), json=None)
    assert reply.status_code == 400
    if method != "HEAD":
        assert OVERRIDE in reply.json["message"]


def test_head_is_answered_on_every_route_as_get_is_and_without_a_body(anonymous: Client, owner: Client) -> None:
    for rule in READ:
        client = anonymous if rule in PUBLIC else owner
        with client.http.get(address(rule), headers=_of(client, {})) as got:
            got.data  # noqa: B018 – read to its end
        with client.http.head(address(rule), headers=_of(client, {})) as head:
            head.data  # noqa: B018 – likewise
        assert (head.status_code, head.data) == (got.status_code, b""), rule
        for name in ("Content-Type", "ETag", "Link", "Cache-Control", "WWW-Authenticate"):
            assert head.headers.get(name) == got.headers.get(name), (rule, name)
        if got.status_code < 300 and not rule.startswith(("/health", "/docs")):  # those tell of the moment
            assert head.headers.get("Content-Length") == got.headers.get("Content-Length"), rule


def test_options_names_the_methods_of_every_route(owner: Client) -> None:
    for rule in {rule for _, rule in SIGNED_IN}:
        methods = {method for method, other in ROUTES if other == rule}
        reply = owner.http.options(address(rule))
        allowed = set(reply.headers["Allow"].split(", "))
        assert (reply.status_code, reply.data) == (200, b""), rule
        assert methods <= allowed, rule
        assert ("HEAD" in allowed) is ("GET" in methods), rule


# ── what will go ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def going(monkeypatch: pytest.MonkeyPatch) -> Deprecation:
    one = Deprecation(dt.date(2027, 1, 1), dt.date(2028, 1, 1), "Use /api/v2/users/me.")
    monkeypatch.setitem(DEPRECATED, ("GET", ME), one)
    return one


def test_what_will_go_says_so_and_nothing_else_does(owner: Client, going: Deprecation) -> None:
    reply = owner.get(ME)
    assert reply.headers["Deprecation"] == "@1798761600"
    assert parsedate_to_datetime(reply.headers["Sunset"]) == dt.datetime(2028, 1, 1, tzinfo=dt.UTC)
    assert 'rel="deprecation"' in reply.headers["Link"]
    other = owner.get(SESSIONS)
    assert {"Deprecation", "Sunset"}.isdisjoint(other.headers.keys())


def test_each_deprecation_gives_a_year_and_says_what_to_use() -> None:
    for (method, rule), one in DEPRECATED.items():
        assert (method, rule) in ROUTES
        assert one.sunset - one.since >= dt.timedelta(days=365)
        assert one.instead


CALL = {"event": "deprecated_call", "method": "GET", "route": ME, "user_id": 7}
OLD = {**CALL, "key_id": None, "user_agent": "Old/1.0 ü"}
LINES = [
    *[{**OLD, "timestamp": f"2027-01-0{day}T10:00:00Z"} for day in (1, 3, 2)],
    {**CALL, "key_id": 3, "user_agent": "curl/8"},
    {"event": "request", "path": "/deprecated_call"},
]  # fmt: skip


def test_the_command_says_who_still_calls_it() -> None:
    log = "\n".join([*map(json.dumps, LINES), '{"event": "deprecated_call", "cut off', "deprecated_call", "[1]"])
    said = CliRunner().invoke(deprecations, input=log)
    assert said.exit_code == 0
    assert said.output.splitlines()[1].split() == ["3", "2027-01-03T10:00:00Z", "GET", ME, "7", "Old/1.0", "ü"]
    rows = json.loads(CliRunner().invoke(deprecations, ["--json"], input=log).output)
    assert [(row["calls"], row["user"], row["key"], row["user agent"]) for row in rows] == [
        (3, "7", "", "Old/1.0 ü"),
        (1, "7", "3", "curl/8"),
    ]
    assert "Nobody" in CliRunner().invoke(deprecations, input="").output


def test_a_call_is_a_line_that_the_command_reads(
    owner: Client, going: Deprecation, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    monkeypatch.setattr(
        "workouts_api.web.old_clients.log.info",
        lambda event, **more: lines.append(json.dumps({"event": event, **more})),
    )
    owner.get(ME, headers={"User-Agent": "Old/1.0 " + "x" * 500})
    ((who, calls),) = counted(lines).items()
    assert who[:3] == (f"GET {ME}", str(owner.user_id), "")
    assert (len(who[3]), calls.count) == (200, 1)
