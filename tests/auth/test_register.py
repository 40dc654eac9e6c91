"""POST /api/v1/auth/register"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import Client

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
    assert me.json == made.json
    assert me.headers["ETag"] == made.headers["ETag"]


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


def test_of_twenty_at_once_one_gets_the_name(app, anonymous, database):
    def register(number):
        return Client(app.test_client()).post(URL, json=ADA | {"email": f"{number}@example.com"}).status_code

    with ThreadPoolExecutor(20) as threads:
        statuses = sorted(threads.map(register, range(20)))
    assert statuses == [201] + [409] * 19
    assert database.execute("select (select count(*) from users), (select count(*) from athletes)").fetchone() == (1, 1)
