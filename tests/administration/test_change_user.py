"""PUT and PATCH /api/v1/users/{id}, POST …/deactivate, DELETE: and that a superuser is always left."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.postgres import WAITING

URL = "/api/v1/users"
ME = "/api/v1/users/me"


def where(client: Client) -> str:
    return f"{URL}/{client.user_id}"


def test_a_patch_changes_what_it_holds_and_nothing_else(admin: Client, owner: Client) -> None:
    before = admin.get(where(owner)).json
    changed = admin.patch(where(owner), json={"full_name": "Ada King", "zone": "Europe/London"})
    assert changed.status_code == 200
    now = {"full_name": "Ada King", "zone": "Europe/London", "version": 2, "updated_at": changed.json["updated_at"]}
    assert changed.json == {**before, **now}
    assert admin.get(where(owner)).json == changed.json
    assert owner.get(ME).json["zone"] == "Europe/London"


def test_a_patch_of_a_stale_version_is_refused(admin: Client, owner: Client) -> None:
    admin.patch(where(owner), json={"full_name": "First"})
    reply = admin.patch(where(owner), json={"full_name": "Second"}, headers={"If-Match": '"1-"'})
    assert (reply.status_code, reply.json["details"]) == (412, {"current_version": 2})
    assert admin.get(where(owner)).json["full_name"] == "First"


def test_what_was_read_can_be_changed_and_put_back(admin: Client, owner: Client) -> None:
    read = admin.get(where(owner))
    body = {**read.json, "username": "ada", "is_superuser": True}
    changed = admin.put(where(owner), json=body, headers={"If-Match": read.headers["ETag"]})
    assert changed.status_code == 200
    assert changed.json == {**body, "version": 2, "updated_at": changed.json["updated_at"]}
    assert admin.put(where(owner), json=body, headers={"If-Match": read.headers["ETag"]}).status_code == 412
    assert admin.put(where(owner), json=body).status_code == 428


def test_a_replacement_names_everything(admin: Client, owner: Client) -> None:
    reply = admin.put(where(owner), json={"username": "ada"}, headers={"If-Match": '"1-"'})
    assert reply.status_code == 422
    assert sorted(reply.json["details"]) == ["email", "full_name", "is_active", "is_superuser", "zone"]


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_nobody_is_404(admin: Client, method: str) -> None:
    body = {"email": "a@b.de", "username": "ab", "full_name": "", "zone": None, "is_active": True}
    sent = {"json": {**body, "is_superuser": False}, "headers": {"If-Match": '"1-"'}} if method == "put" else {}
    sent = {"json": {"full_name": "Nobody"}} if method == "patch" else sent
    assert getattr(admin, method)(f"{URL}/4711", **sent).status_code == 404


def test_a_user_without_an_athlete_can_be_changed(admin: Client, database: psycopg.Connection[Any]) -> None:
    made = database.execute("insert into users (email, username) values ('x@y.de', 'xy') returning id").fetchone()
    assert made is not None
    changed = admin.patch(f"{URL}/{made[0]}", json={"full_name": "X", "zone": "Europe/Berlin"}).json
    assert (changed["full_name"], changed["athlete_id"], changed["zone"]) == ("X", None, None)


@pytest.mark.parametrize("taken", ["email", "username"])
def test_a_name_of_somebody_else_is_409(admin: Client, owner: Client, stranger: Client, taken: str) -> None:
    value = admin.get(where(stranger)).json[taken].upper()
    reply = admin.patch(where(owner), json={taken: value})
    assert (reply.status_code, list(reply.json["details"])) == (409, [taken])


def test_who_is_deactivated_is_out_at_once_and_stays_out_of_old_logins(admin: Client, owner: Client) -> None:
    assert owner.get(ME).status_code == 200
    reply = admin.post(where(owner) + "/deactivate")
    assert (reply.status_code, reply.json["is_active"]) == (200, False)
    assert owner.get(ME).status_code == 401
    assert admin.patch(where(owner), json={"is_active": True}).status_code == 200
    assert owner.get(ME).status_code == 401, "the login was ended"


def test_a_new_password_ends_the_logins_and_lets_in(admin: Client, owner: Client, anonymous: Client) -> None:
    assert admin.patch(where(owner), json={"password": "another horse entirely"}).status_code == 200
    assert owner.get(ME).status_code == 401
    login = {"username": "owner", "password": "another horse entirely"}
    assert anonymous.post("/api/v1/auth/login", json=login).status_code == 200


@pytest.mark.parametrize("password", ["password123", "Owner1815", "short"])
def test_a_password_that_is_easy_to_guess_is_refused(admin: Client, owner: Client, password: str) -> None:
    reply = admin.patch(where(owner), json={"username": "owner", "password": password})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password"])


@pytest.mark.parametrize(
    ("patch", "is_verified", "tokens"),
    [
        ({"full_name": "Ada"}, True, 2),
        ({"email": "OWNER@example.com"}, True, 2),
        ({"email": "ada@example.com"}, False, 0),
        ({"password": "another horse entirely"}, True, 0),
    ],
)
def test_with_another_address_or_password_what_was_mailed_opens_nothing(
    admin: Client,
    owner: Client,
    database: psycopg.Connection[Any],
    patch: dict[str, str],
    is_verified: bool,
    tokens: int,
) -> None:
    database.execute("update users set email_verified_at = now()")
    database.execute(
        "insert into user_tokens (sha256, user_id, purpose, email, expires_at)"
        " select sha256(purpose::bytea), %s, purpose, 'owner@example.com', now() + interval '1 day'"
        " from unnest(array['verify_email', 'reset_password']) as t (purpose)",
        [owner.user_id],
    )
    reply = admin.patch(where(owner), json=patch)
    assert (reply.status_code, reply.json["email_is_verified"]) == (200, is_verified)
    assert database.execute("select count(*) from user_tokens where used_at is null").fetchone() == (tokens,)


def test_an_ordinary_change_ends_no_login(admin: Client, owner: Client) -> None:
    admin.patch(where(owner), json={"full_name": "Ada"})
    assert owner.get(ME).status_code == 200


def test_a_deleted_user_is_gone_with_all_training(
    admin: Client, owner: Client, stranger: Client, database: psycopg.Connection[Any]
) -> None:
    for client in (owner, stranger):
        own = client.post("/api/v1/exercises", json={"name": "Log press"}).json["id"]
        done = {"exercises": [{"exercise_id": own, "sets": [{"reps": 5}]}]}
        assert client.post("/api/v1/sessions", json={"started_at": "2026-01-05T18:00:00Z", **done}).status_code == 201
    assert admin.delete(where(owner), headers={"If-Match": '"7-"'}).status_code == 412
    assert admin.delete(where(owner)).status_code == 204
    assert owner.get(ME).status_code == 401
    assert admin.get(where(owner)).status_code == 404
    left = database.execute("select array_agg(athlete_id) from sessions").fetchone()
    assert left == ([stranger.athlete_id],)
    assert database.execute("select count(*) from athletes").fetchone() == (2,)
    proof = database.execute("select user_id, deleted ->> 'users', deleted ->> 'sessions' from erasures").fetchall()
    assert proof == [(owner.user_id, "1", "1")]


LEAVING: dict[str, Any] = {
    "deactivated": lambda by, of: by.post(where(of) + "/deactivate"),
    "patched": lambda by, of: by.patch(where(of), json={"is_superuser": False}),
    "patched inactive": lambda by, of: by.patch(where(of), json={"is_active": False}),
    "replaced": lambda by, of: by.put(
        where(of), json={**by.get(where(of)).json, "is_superuser": False}, headers={"If-Match": "*"}
    ),
    "deleted": lambda by, of: by.delete(where(of)),
}


@pytest.mark.parametrize("how", LEAVING)
def test_the_last_superuser_stays(admin: Client, owner: Client, sign_up: Any, how: str) -> None:
    reply = LEAVING[how](admin, admin)
    assert (reply.status_code, reply.json["error"]) == (409, "conflict")
    assert list(reply.json["details"]) == ["is_superuser"]
    assert admin.get(URL).status_code == 200
    sign_up("second", is_superuser=True)
    assert LEAVING[how](admin, admin).status_code in (200, 204)
    assert admin.get(URL).status_code in (401, 403)


def test_an_inactive_superuser_does_not_count_as_one_left(
    admin: Client, sign_up: Any, database: psycopg.Connection[Any]
) -> None:
    sign_up("second", is_superuser=True)
    database.execute("update users set is_active = false where username = 'second'")
    assert LEAVING["deactivated"](admin, admin).status_code == 409


def test_of_two_superusers_who_leave_at_the_same_moment_one_stays(
    admin: Client, sign_up: Any, environ: dict[str, str], database: psycopg.Connection[Any]
) -> None:
    second = sign_up("second", is_superuser=True)
    replies: list[int] = []
    with psycopg.connect(environ["DATABASE_URL"]) as other:
        other.execute("select set_config('app.request_id', 'the first to leave', true)")
        other.execute("update /* by hand */ workouts.users set is_superuser = false where id = %s", [second.user_id])
        leaving = threading.Thread(target=lambda: replies.append(LEAVING["patched"](admin, admin).status_code))
        leaving.start()
        waiting = f"select exists ({WAITING})"
        while leaving.is_alive() and database.execute(waiting).fetchone() == (False,):
            leaving.join(0.01)
        other.commit()
    leaving.join()
    assert replies == [409]
    assert admin.get(URL).status_code == 200


def test_in_psql_nobody_is_held_back(admin: Client, database: psycopg.Connection[Any]) -> None:
    database.execute("update users set is_superuser = false")
    assert admin.get(URL).status_code == 403
