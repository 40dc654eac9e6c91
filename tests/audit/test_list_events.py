"""GET /api/v1/audit"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client

URL = "/api/v1/audit"
RENAME = "update workouts.users set full_name = %s, version = version + 1 where id = %s"


def events(admin: Client, **query: Any) -> list[dict[str, Any]]:
    reply = admin.get(URL, query_string=query)
    assert reply.status_code == 200, reply.json
    return list(reply.json["items"])


def test_a_registration_is_told_with_its_request_and_without_the_password(admin: Client, anonymous: Client) -> None:
    body = {"email": "ada@example.com", "username": "ada", "password": "correct horse battery", "full_name": "Ada"}
    made = anonymous.post("/api/v1/auth/register", json=body, headers={"X-Request-ID": "ada-1"})
    (event,) = events(admin, table="users", row=str(made.json["id"]))
    changes = event.pop("changes")
    assert changes["email"] == {"old": None, "new": "ada@example.com"}
    assert changes["password_hash"] is None
    assert not {"version", "created_at", "updated_at"} & changes.keys()
    assert (event["action"], event["actor_id"], event["actor"], event["request_id"]) == ("insert", None, None, "ada-1")
    assert event["role"] == "workouts_app"


def test_a_change_tells_only_what_changed(admin: Client, owner: Client, database: psycopg.Connection[Any]) -> None:
    database.execute(RENAME, ["Owner of all", owner.user_id])
    (event,) = events(admin, action="update")
    assert event["changes"] == {"full_name": {"old": "Owner", "new": "Owner of all"}}
    assert (event["table"], event["row"]) == ("users", str(owner.user_id))


def test_what_somebody_does_in_psql_has_their_role(
    admin: Client, owner: Client, database: psycopg.Connection[Any]
) -> None:
    database.execute(RENAME, ["By hand", owner.user_id])
    assert [e["role"] for e in events(admin, action="update")] == ["postgres"]


def test_a_change_that_matters_to_nobody_is_not_told(
    admin: Client, owner: Client, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "update workouts.users set version = version + 1, updated_at = now() where id = %s", [owner.user_id]
    )
    assert events(admin, action="update") == []


def test_an_actor_is_told_by_name_while_there_is_one(
    admin: Client, owner: Client, stranger: Client, database: psycopg.Connection[Any]
) -> None:
    with database.transaction():
        database.execute("select set_config('app.user_id', %s, true)", [str(owner.user_id)])
        database.execute(RENAME, ["Renamed", stranger.user_id])
    (event,) = events(admin, actor_id=owner.user_id)
    assert (event["actor_id"], event["actor"]) == (owner.user_id, "owner")
    database.execute("delete from workouts.users where id = %s", [owner.user_id])
    (event,) = events(admin, actor_id=owner.user_id)
    assert (event["actor_id"], event["actor"]) == (owner.user_id, None)


def test_pages_go_on_where_the_last_one_ended_also_within_one_instant(
    admin: Client, owner: Client, database: psycopg.Connection[Any]
) -> None:
    with database.transaction():
        for number in range(5):
            database.execute(RENAME, [f"Owner {number}", owner.user_id])
    found, cursor = [], None
    while True:
        page = admin.get(URL, query_string={"action": "update", "limit": 2, **({"cursor": cursor} if cursor else {})})
        found += [item["changes"]["full_name"]["new"] for item in page.json["items"]]
        cursor = page.json["next_cursor"]
        if cursor is None:
            break
    assert found == [f"Owner {number}" for number in reversed(range(5))]


def test_events_can_be_asked_for_by_time(admin: Client, owner: Client, database: psycopg.Connection[Any]) -> None:
    database.execute(
        "update workouts.audit_events set at = '2026-01-05T12:00:00Z' where row_key = %s", [str(owner.user_id)]
    )
    found = events(admin, **{"from": "2026-01-05T12:00:00Z", "to": "2026-01-05T12:00:01Z"})
    assert [e["at"] for e in found] == ["2026-01-05T12:00:00Z"]
    assert events(admin, to="2026-01-05T12:00:00Z") == []


@pytest.mark.parametrize("query", [{"action": "look"}, {"from": "yesterday"}, {"actor_id": "0"}, {"who": "me"}])
def test_a_question_that_makes_no_sense_is_refused_by_name(admin: Client, query: dict[str, str]) -> None:
    reply = admin.get(URL, query_string=query)
    assert (reply.status_code, list(reply.json["details"])) == (422, list(query))


def test_nobody_but_a_superuser_may_look(owner: Client) -> None:
    assert owner.get(URL).status_code == 403
