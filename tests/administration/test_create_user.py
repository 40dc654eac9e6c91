"""POST /api/v1/users"""

from __future__ import annotations

import pytest

from tests.conftest import Client

URL = "/api/v1/users"
GRACE = {"email": "grace@example.com", "username": "grace", "full_name": "Grace Hopper", "zone": "America/New_York"}
BCRYPT = "$2b$12$" + "a" * 53
ARGON2 = "$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA$" + "a" * 43


def test_a_user_is_made_with_an_athlete_and_can_sign_in(admin: Client, anonymous: Client) -> None:
    made = admin.post(URL, json={**GRACE, "password": "a nanosecond of wire"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{URL}/{made.json['id']}"
    assert made.json == admin.get(made.headers["Location"]).json
    assert made.headers["ETag"] == admin.get(made.headers["Location"]).headers["ETag"]
    assert made.json["athlete_id"]
    assert (made.json["zone"], made.json["is_active"], made.json["is_superuser"]) == ("America/New_York", True, False)
    login = anonymous.post("/api/v1/auth/login", json={"username": "grace", "password": "a nanosecond of wire"})
    assert login.status_code == 200


@pytest.mark.parametrize("stored", [BCRYPT, ARGON2])
def test_a_hash_of_an_older_system_is_taken_as_it_is(admin: Client, database, stored: str) -> None:
    assert admin.post(URL, json={**GRACE, "password_hash": stored}).status_code == 201
    assert database.execute("select password_hash from users where username = 'grace'").fetchone() == (stored,)


def test_without_a_password_nobody_can_sign_in(admin: Client, anonymous: Client, database) -> None:
    assert admin.post(URL, json=GRACE).status_code == 201
    assert database.execute("select password_hash from users where username = 'grace'").fetchone() == (None,)
    assert anonymous.post("/api/v1/auth/login", json={"username": "grace", "password": ""}).status_code == 401


def test_a_superuser_makes_another_one(admin: Client) -> None:
    assert admin.post(URL, json={**GRACE, "is_superuser": True}).json["is_superuser"] is True


@pytest.mark.parametrize("field", ["email", "username"])
def test_what_is_taken_in_other_capitals_is_409(admin: Client, field: str) -> None:
    admin.post(URL, json=GRACE)
    other = {"email": "hopper@example.com", "username": "hopper", field: GRACE[field].upper()}
    reply = admin.post(URL, json=other)
    assert (reply.status_code, list(reply.json["details"])) == (409, [field])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("email", "grace"),
        ("email", "x" * 250 + "@example.com"),
        ("username", "g"),
        ("username", "grace@home"),
        ("full_name", "x" * 201),
        ("zone", "Atlantis/Capital"),
        ("password", "short"),
        ("password", "password123"),
        ("password", "GraceHopper-1906"),
        ("password_hash", "plain text"),
        ("password_hash", "$2b$31$" + "a" * 53),
        ("password_hash", ARGON2.replace("19456", "9999999")),
        ("is_active", "perhaps"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(admin: Client, field: str, value: str) -> None:
    reply = admin.post(URL, json={**GRACE, field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_password_and_a_hash_are_too_much(admin: Client) -> None:
    reply = admin.post(URL, json={**GRACE, "password": "a nanosecond of wire", "password_hash": BCRYPT})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password_hash"])


def test_look_alikes_are_one_name(admin: Client) -> None:
    assert admin.post(URL, json={**GRACE, "username": "\uff47race"}).json["username"] == "grace"
    assert admin.post(URL, json={**GRACE, "email": "x@example.com"}).status_code == 409
