"""POST /api/v1/users/bulk"""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import Any

import orjson
import psycopg
import pytest

from tests.conftest import Client
from workouts_api.database import caller

URL = "/api/v1/users/bulk"


def people(count: int) -> list[dict[str, Any]]:
    return [{"email": f"p{n}@example.com", "username": f"p{n}", "full_name": f"Person {n}"} for n in range(count)]


def made(database: psycopg.Connection[Any]) -> int:
    found = database.execute("select count(*) from users where username like 'p%'").fetchone()
    assert found is not None
    return int(found[0])


@pytest.fixture
def trips(app: Any) -> Iterator[list[Any]]:
    """How many trips each request makes, and for which statements."""
    log: list[Any] = []

    def note(response: Any) -> Any:
        log.append((caller().trips, caller().statements))
        return response

    app.after_request_funcs.setdefault(None, []).append(note)
    yield log
    app.after_request_funcs[None].remove(note)


def test_a_thousand_are_made_by_one_statement(
    admin: Client, database: psycopg.Connection[Any], trips: list[Any]
) -> None:
    reply = admin.post(URL, json={"users": people(1000)})
    assert reply.status_code == 201, reply.json
    assert trips == [(2, ["spine.ask_guard", "administration.create_users"])]
    assert reply.json["created"] == made(database) == 1000
    assert [(item["row"], item["username"]) for item in reply.json["items"]] == [(n, f"p{n}") for n in range(1000)]
    item = reply.json["items"][17]
    one = admin.get(f"/api/v1/users/{item['id']}").json
    assert (one["email"], one["full_name"], one["zone"]) == ("p17@example.com", "Person 17", "UTC")
    assert one["athlete_id"]


def test_the_guard_is_asked_first_unless_the_body_is_known_to_be_small(admin: Client, trips: list[Any]) -> None:
    assert admin.post(URL, json={"users": people(1)}).status_code == 201
    body = io.BytesIO(orjson.dumps({"users": people(3)[1:]}))
    chunked = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    environ = {"wsgi.input_terminated": True}
    assert admin.post(URL, input_stream=body, headers=chunked, environ_overrides=environ).status_code == 201
    assert trips == [
        (1, ["administration.create_users"]),
        (2, ["spine.ask_guard", "administration.create_users"]),
    ]


@pytest.mark.parametrize(
    ("change", "status", "field", "said"),
    [
        ({"email": "ADMIN@example.com"}, 409, "users.617.email", "registered already"),
        ({"username": "Admin"}, 409, "users.617.username", "taken"),
        ({"email": "P3@example.com"}, 409, "users.617.email", "The same as in users.3."),
        ({"username": "P3"}, 409, "users.617.username", "The same as in users.3."),
        ({"email": "nobody"}, 422, "users.617.email", "Expected an e-mail address"),
        ({"role": "king"}, 422, "users.617.role", "Expected no field"),
        ({"username": None}, 422, "users.617.username", "null"),
    ],
)
def test_one_bad_row_in_a_thousand_changes_nothing_and_is_named(
    admin: Client, database: psycopg.Connection[Any], change: Any, status: int, field: str, said: str
) -> None:
    users = people(1000)
    users[617] |= change
    reply = admin.post(URL, json={"users": users})
    assert (reply.status_code, list(reply.json["details"])) == (status, [field])
    assert said in reply.json["details"][field][0]
    assert made(database) == 0


def test_all_bad_rows_are_named_at_once(admin: Client) -> None:
    users = [*people(3), *people(2), {"email": "admin@example.com", "username": "admin"}]
    details = admin.post(URL, json={"users": users}).json["details"]
    assert sorted(details) == [f"users.{n}.{field}" for n in (3, 4, 5) for field in ("email", "username")]


def test_a_key_of_a_request_that_changed_nothing_can_be_used_again(admin: Client, database: Any) -> None:
    key = {"Idempotency-Key": "bulk"}
    assert admin.post(URL, json={"users": people(1) * 2}, headers=key).status_code == 409
    first = admin.post(URL, json={"users": people(2)}, headers=key)
    again = admin.post(URL, json={"users": people(2)}, headers=key)
    assert (first.status_code, again.status_code, again.json) == (201, 201, first.json)
    assert made(database) == 2


@pytest.mark.parametrize("count", [0, 1001])
def test_none_and_too_many_are_refused(admin: Client, count: int) -> None:
    reply = admin.post(URL, json={"users": people(count)})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["users"])


def test_rights_are_judged_before_a_large_body_is_read_and_before_a_password_is_hashed(
    owner: Client, stranger: Client
) -> None:
    wrong = people(1000)
    wrong[-1]["email"] = "no address"
    assert owner.post(URL, json={"users": wrong}).status_code == 403
    few = [{**user, "password": "battery staple horse"} for user in people(20)]
    began = time.process_time()
    assert owner.post(URL, json={"users": few}).status_code == 403
    assert time.process_time() - began < 0.1  # twenty hashes take 0.4 s


def test_passwords_are_hashed_for_a_few(admin: Client, anonymous: Client) -> None:
    users = people(51)
    for user in users:
        user["password"] = "battery staple horse"
    reply = admin.post(URL, json={"users": users})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["users"])
    assert admin.post(URL, json={"users": users[:2]}).status_code == 201
    login = {"username": "p1", "password": "battery staple horse"}
    assert anonymous.post("/api/v1/auth/login", json=login).status_code == 200
