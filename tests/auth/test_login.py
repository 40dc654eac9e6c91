"""POST /api/v1/auth/login"""

from __future__ import annotations

import hashlib
import time

import bcrypt
import pytest
from argon2 import PasswordHasher

from tests.conftest import PASSWORD
from workouts_api.api.auth import signing_in
from workouts_api.api.auth.passwords import hash_password

URL = "/api/v1/auth/login"


@pytest.mark.parametrize(
    "name", [{"username": "owner"}, {"username": "OWNER@example.com"}, {"email": "owner@example.com"}]
)
def test_one_signs_in_by_username_or_email_in_any_case(owner, anonymous, name):
    reply = anonymous.post(URL, json={**name, "password": PASSWORD})
    assert reply.status_code == 200, reply.json
    assert reply.json["token_type"] == "Bearer"
    anonymous.token = reply.json["access_token"]
    assert anonymous.get("/api/v1/users/me").json["username"] == "owner"


@pytest.mark.parametrize(
    "body",
    [
        {"username": "owner", "password": "wrong password"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "' or true --", "password": PASSWORD},
        {"username": "owner", "password": PASSWORD.upper()},
        {"username": "owner", "password": f"{PASSWORD} "},
        {"username": "owner", "password": ""},
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(owner, anonymous, body):
    reply = anonymous.post(URL, json=body)
    assert (reply.status_code, reply.json["message"]) == (401, "The name or the password is wrong.")


@pytest.mark.parametrize("body", [{"password": "x"}, {"username": "a", "email": "a", "password": "x"}])
def test_one_name_is_demanded(anonymous, body):
    reply = anonymous.post(URL, json=body)
    assert (reply.status_code, list(reply.json["details"])) == (422, ["username"])


@pytest.mark.parametrize(
    ("field", "value"),
    [("password", "x" * 10_000), ("password", "a\0b"), ("username", "a\0b"), ("username", "x" * 255)],
)
def test_what_no_password_or_name_can_be_is_refused_before_anything_is_hashed(owner, anonymous, field, value):
    reply = anonymous.post(URL, json={"username": "owner", "password": PASSWORD} | {field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_look_alikes_sign_in_as_what_they_look_like(owner, anonymous):
    name = "\uff4f\uff57\uff4e\uff45\uff52"  # full-width letters
    assert anonymous.post(URL, json={"username": name, "password": PASSWORD}).status_code == 200


def test_an_invited_user_without_a_password_cannot_sign_in(owner, anonymous, database):
    database.execute("update users set password_hash = null")
    assert anonymous.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 401


def test_a_password_that_was_changed_while_it_was_compared_makes_no_login(owner, anonymous, database, monkeypatch):
    def meanwhile(stored_hash, password):
        database.execute("update users set password_hash = 'another'")
        return True

    monkeypatch.setattr(signing_in, "is_password", meanwhile)
    assert anonymous.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 401
    assert database.execute("select count(*) from logins").fetchone() == (1,)


# ── older hashes ────────────────────────────────────────────────────────────────────────────────────────────

LONG = "a sentence that goes on and on until bcrypt, after 72 bytes, does not look at it any more: é"


@pytest.mark.parametrize("prefix", ["2a", "2b", "2y"])
def test_a_bcrypt_hash_verifies_and_is_upgraded_at_sign_in(owner, anonymous, database, prefix):
    old = bcrypt.hashpw(LONG.encode()[:72], bcrypt.gensalt(4)).decode().replace("$2b$", f"${prefix}$")
    database.execute("update users set password_hash = %s", [old])
    assert anonymous.post(URL, json={"username": "owner", "password": "wrong"}).status_code == 401
    assert stored(database) == old
    for _ in range(2):
        assert anonymous.post(URL, json={"username": "owner", "password": LONG}).status_code == 200
        assert stored(database).startswith("$argon2id$")


def test_a_bcrypt_hash_of_cost_12_verifies(owner, anonymous, database):
    """Of the password "correct horse battery", made by an older system."""
    old = "$2b$12$" + bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()[7:]
    database.execute("update users set password_hash = %s", [old])
    assert anonymous.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 200


def test_an_argon2_hash_of_weaker_parameters_is_upgraded(real_hashes, owner, anonymous, database):
    weaker = PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD)
    database.execute("update users set password_hash = %s", [weaker])
    assert anonymous.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 200
    assert "m=19456,t=2,p=1" in stored(database)


@pytest.mark.parametrize("junk", ["", "x", "$2b$", "$2b$12$short", "$argon2id$v=19$m=1", "plain text"])
def test_a_hash_that_is_none_lets_nobody_in(owner, anonymous, database, junk):
    database.execute("update users set password_hash = %s", [junk])
    assert anonymous.post(URL, json={"username": "owner", "password": junk or PASSWORD}).status_code == 401


def stored(database):
    return database.execute("select password_hash from users").fetchone()[0]


# ── timing ──────────────────────────────────────────────────────────────────────────────────────────────────


def take_equally_long(ask, first, second, *, times, rounds=30, limit=0.1):
    """Whether the quick answers of the two differ by less than a tenth, after one of some rounds.

    They are asked in turns, so that both meet the same machine. A busy one delays some answers, and the one or other
    quickest answer is luck: so the quickest of a tenth and of a quarter of all are compared as well.
    """
    took = {first: [], second: []}
    for _ in range(rounds):
        for _ in range(times):
            for which, seconds in took.items():
                started = time.perf_counter()
                ask(which)
                seconds.append(time.perf_counter() - started)
        for share in (0, 0.1, 0.25):
            shorter, longer = sorted(sorted(seconds)[int(share * len(seconds))] for seconds in took.values())
            if longer / shorter - 1 < limit:
                return True
    return False


def test_a_known_and_an_unknown_name_take_equally_long(real_hashes, owner, anonymous, database):
    database.execute("update users set password_hash = %s", [hash_password(PASSWORD)])

    def ask(name):
        database.execute("delete from throttles")
        assert anonymous.post(URL, json={"username": name, "password": "wrong password"}).status_code == 401

    assert take_equally_long(ask, "owner", "nobody", times=8)


def test_a_reset_for_a_known_and_an_unknown_address_takes_equally_long(owner, anonymous, database):
    def ask(name):
        database.execute("delete from throttles")
        body = {"email": f"{name}@example.com"}
        assert anonymous.post("/api/v1/auth/password-reset", json=body).status_code == 202

    assert take_equally_long(ask, "owner", "nobody", times=25)


def test_the_test_of_timing_would_notice_a_missing_decoy(real_hashes, owner, anonymous, database, monkeypatch):
    database.execute("update users set password_hash = %s", [hash_password(PASSWORD)])

    def without_decoy(stored_hash, password):
        return stored_hash is not None and bool(hashlib.scrypt(b"x", salt=b"x", n=2**13, r=8, p=1)) and False

    monkeypatch.setattr(signing_in, "is_password", without_decoy)

    def ask(name):
        database.execute("delete from throttles")
        anonymous.post(URL, json={"username": name, "password": "wrong password"})

    assert not take_equally_long(ask, "owner", "nobody", times=4, rounds=2)
