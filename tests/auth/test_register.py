"""POST /api/v1/auth/register"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Client
from workouts_api import create_app
from workouts_api.api.auth import routes
from workouts_api.config import load_settings

URL = "/api/v1/auth/register"
ADA = {
    "email": "ada@example.com",
    "username": "ada",
    "password": "correct horse battery",
    "full_name": "Ada Lovelace",
    "zone": "Europe/London",
}


def test_an_account_with_an_athlete_is_made_and_can_sign_in(anonymous):
    made = anonymous.post(URL, json=ADA)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/users/me")
    assert made.json["athlete_id"] > 0
    tokens = anonymous.post("/api/v1/auth/login", json={"email": ADA["email"], "password": ADA["password"]}).json
    anonymous.token = tokens["access_token"]
    me = anonymous.get("/api/v1/users/me")
    assert (me.json, me.headers["ETag"]) == (made.json, made.headers["ETag"])


def test_no_reply_and_no_log_line_holds_the_password_or_its_hash(anonymous, capfd):
    assert b"argon2" not in anonymous.post(URL, json=ADA).data
    assert ADA["password"] not in "".join(capfd.readouterr())


@pytest.mark.parametrize("changed", [{"email": "ADA@Example.com"}, {"username": "Ada"}])
def test_a_taken_name_is_409_in_any_case_and_the_field_is_named(anonymous, changed):
    assert anonymous.post(URL, json=ADA).status_code == 201
    other = ADA | {"email": "b@example.com", "username": "bob"} | changed
    reply = anonymous.post(URL, json=other)
    assert (reply.status_code, list(reply.json["details"])) == (409, list(changed))


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": f"{'a' * 250}@b.co"}, "email"),
        ({"username": "a"}, "username"),
        ({"username": "a@b"}, "username"),
        ({"username": "a\0b"}, "username"),
        ({"email": "a\0@example.com"}, "email"),
        ({"password": "a password with\0in it"}, "password"),
        ({"full_name": "Ada\0"}, "full_name"),
        ({"username": 7}, "username"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"full_name": "x" * 201}, "full_name"),
        ({"is_superuser": True}, "is_superuser"),
    ],
)
def test_a_field_that_is_not_valid_is_named(anonymous, database, changed, field):
    reply = anonymous.post(URL, json=ADA | changed)
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
    assert database.execute("select count(*) from users").fetchone() == (0,)


def test_look_alikes_fold_into_one(anonymous):
    assert anonymous.post(URL, json=ADA).status_code == 201
    look_alike = ADA | {"email": "b@example.com", "username": "\uff41\uff44\uff41"}  # full-width letters
    assert anonymous.post(URL, json=look_alike).status_code == 409


@pytest.fixture
def busy_app(environ):
    """A worker of many threads."""
    app = create_app(load_settings({**environ, "WEB_THREADS": "32", "DB_POOL_MAX": "8"}))
    yield app
    app.extensions["database"].close()


def test_of_twenty_at_once_one_gets_the_name(busy_app, anonymous, database):
    def register(number):
        return Client(busy_app.test_client()).post(URL, json=ADA | {"email": f"{number}@example.com"}).status_code

    with ThreadPoolExecutor(20) as threads:
        statuses = sorted(threads.map(register, range(20)))
    assert statuses == [201] + [409] * 19
    assert database.execute("select (select count(*) from users), (select count(*) from athletes)").fetchone() == (1, 1)


@pytest.mark.parametrize(
    "password", ["Password123", "qwertyuiop", "ada@example.com", "Lovelace1815", "ada-lovelace!", "ADA LOVELACE"]
)
def test_a_password_that_is_tried_first_is_refused(anonymous, password):
    reply = anonymous.post(URL, json=ADA | {"password": password})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password"])


@pytest.mark.parametrize("password", ["aaaabbbbcccc dddd", "лесная дорога", "x" * 128, "\U0001f3cb" * 8])
def test_there_are_no_rules_of_composition(anonymous, password):
    assert anonymous.post(URL, json=ADA | {"password": password}).status_code == 201
    signed_in = anonymous.post("/api/v1/auth/login", json={"username": "ada", "password": password})
    assert signed_in.status_code == 200


def test_ten_thousand_characters_are_refused_before_anything_is_hashed(anonymous, monkeypatch):
    monkeypatch.setattr(routes, "hash_password", None)
    reply = anonymous.post(URL, json=ADA | {"password": "x" * 10_000})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password"])


def test_a_password_that_another_keyboard_composes_differently_is_the_same(anonymous):
    assert anonymous.post(URL, json=ADA | {"password": "cafe\u0301 au lait"}).status_code == 201
    composed = {"username": "ada", "password": "caf\u00e9 au lait"}
    assert anonymous.post("/api/v1/auth/login", json=composed).status_code == 200


def test_what_is_kept_for_a_resent_request_lets_nobody_guess_the_password(anonymous, database):
    import hashlib

    import orjson

    key = {"Idempotency-Key": "once"}
    first = anonymous.post(URL, json=ADA, headers=key)
    again = anonymous.post(URL, json=ADA, headers=key)
    assert (again.status_code, again.json) == (first.status_code, first.json) == (201, again.json)
    plain = hashlib.sha256(f"POST {URL}".encode())
    for part in ([], ADA):
        plain.update(b"\0" + orjson.dumps(part, option=orjson.OPT_SORT_KEYS))
    stored = database.execute("select digest from idempotency_keys").fetchone()[0]
    assert len(stored) == 32
    assert stored != plain.digest()
