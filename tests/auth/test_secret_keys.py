"""The secret key is replaced: what the old one signed goes on being valid, on hosts of each step."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable

import jwt
import psycopg
import pytest
from flask import Flask

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.config import load_settings

FIRST = "c3VyZWx5LXRoZS1maXJzdC1vZi1hbGwtb2YtdGhlbS0yMDI2"
NEW = "pVJ0cE1lYm9yb3VnaC1rZXktZm9yLXRoZS1uZXh0LXllYXI="
NEWEST = "zT8mQ2x5dGhlLWtleS1hZnRlci10aGF0LW9uZS0yMDI4LWFi"
ME, SESSIONS, REFRESH = "/api/v1/users/me", "/api/v1/sessions", "/api/v1/auth/refresh"
SESSION = {"title": "Legs", "started_at": "2026-01-05T17:00:00Z", "exercises": []}

Host = Callable[..., Client]


@pytest.fixture(scope="module")
def apps() -> dict[tuple[str, str, str], Flask]:
    return {}


@pytest.fixture
def host(apps: dict[tuple[str, str, str], Flask], app: Flask, environ: dict[str, str], owner: Client) -> Host:
    """Another host on the same database, with keys of its own; its client is the owner's."""

    def make(current: str, *old: str, following: str = "") -> Client:
        keys = current, following, ",".join(old)
        if keys not in apps:
            names = "JWT_SECRET_KEY", "JWT_NEXT_SECRET_KEY", "JWT_OLD_SECRET_KEYS"
            apps[keys] = create_app(load_settings({**environ, **dict(zip(names, keys, strict=True))}))
            apps[keys].extensions["database"] = app.extensions["database"]
        return Client(apps[keys].test_client(), owner.username, owner.user_id)

    return make


def signed_in(client: Client) -> dict[str, str]:
    client.token = ""
    reply = client.post("/api/v1/auth/login", json={"username": client.username, "password": PASSWORD})
    assert reply.status_code == 200
    tokens: dict[str, str] = reply.json
    client.token = tokens["access_token"]
    return tokens


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def test_a_token_names_its_key_and_says_nothing_of_it(host: Host) -> None:
    ids = {kid(signed_in(host(key))["access_token"]) for key in (FIRST, NEW)}
    assert len(ids) == 2
    assert all(len(one) == 16 and one not in FIRST + NEW for one in ids)


def test_at_each_step_every_host_takes_what_every_other_host_signs(host: Host) -> None:
    steps = [host(FIRST), host(FIRST, following=NEW), host(NEW, FIRST)]
    for one, other in [(steps[0], steps[1]), (steps[1], steps[2]), (steps[2], steps[1])]:
        tokens = signed_in(one)
        other.token = tokens["access_token"]
        assert other.get(ME).status_code == 200
        assert other.post(REFRESH, json={"refresh_token": tokens["refresh_token"]}).status_code == 200


def test_a_token_from_before_there_were_ids_is_the_oldest_keys(host: Host, owner: Client) -> None:
    claims = jwt.decode(owner.token, options={"verify_signature": False})
    bare = jwt.encode(claims, FIRST, "HS256")
    assert "kid" not in jwt.get_unverified_header(bare)
    for one in (host(FIRST), host(NEW, FIRST), host(NEWEST, NEW, FIRST), host(FIRST, following=NEW)):
        one.token = bare
        assert one.get(ME).status_code == 200
    for one in (host(NEW), host(NEWEST, NEW)):
        one.token = bare
        assert one.get(ME).status_code == 401


def test_a_key_that_was_removed_signs_nobody_in(host: Host) -> None:
    tokens = signed_in(host(FIRST))
    later = host(NEW)
    later.token = tokens["access_token"]
    assert (later.get(ME).status_code, later.get(ME).json["error"]) == (401, "invalid_credentials")
    later.token = ""
    assert later.post(REFRESH, json={"refresh_token": tokens["refresh_token"]}).status_code == 401


def by_hand(header: object, claims: object, key: str) -> str:
    """A token that the library would not make."""
    parts = [urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (header, claims)]
    signature = hmac.digest(key.encode(), b".".join(parts), "sha256")
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


@pytest.mark.parametrize("named", ["0" * 16, "", "../../etc/passwd", 7, None, ["x"]])
def test_a_token_that_names_another_key_is_refused(host: Host, owner: Client, named: object) -> None:
    claims = jwt.decode(owner.token, options={"verify_signature": False})
    client = host(NEW, FIRST)
    client.token = by_hand({"alg": "HS256", "typ": "JWT", "kid": named}, claims, NEW)
    assert client.get(ME).status_code == 401


def test_two_hosts_give_the_same_successor_while_the_key_is_replaced(
    host: Host, database: psycopg.Connection[object]
) -> None:
    before, after = host(FIRST, following=NEW), host(NEW, FIRST)
    tokens = signed_in(before)
    for client in (before, after):
        client.token = ""
    new = [one.post(REFRESH, json={"refresh_token": tokens["refresh_token"]}).json for one in (before, after)]
    ids = {jwt.decode(one["refresh_token"], options={"verify_signature": False})["jti"] for one in new}
    assert len(ids) == 1
    assert [kid(one["refresh_token"]) for one in new] == [kid(tokens["refresh_token"]), kid(new[1]["access_token"])]


def test_cursors_and_retries_of_before_are_taken(host: Host) -> None:
    before, after, later = host(FIRST), host(NEW, FIRST), host(NEW)
    key = {"Idempotency-Key": "across the change".replace(" ", "-")}
    signed_in(before)
    made = before.post(SESSIONS, json=SESSION, headers=key)
    before.post(SESSIONS, json=SESSION)
    cursor = before.get(f"{SESSIONS}?limit=1").json["next_cursor"]
    signed_in(after)
    replayed = after.post(SESSIONS, json=SESSION, headers=key)
    assert (replayed.status_code, replayed.json) == (201, made.json)
    assert replayed.headers["Idempotent-Replayed"] == "true"
    assert after.post(SESSIONS, json={**SESSION, "title": "Arms"}, headers=key).status_code == 422
    assert len(after.get(f"{SESSIONS}?limit=1&cursor={cursor}").json["items"]) == 1
    signed_in(later)
    assert later.get(f"{SESSIONS}?limit=1&cursor={cursor}").status_code == 422
