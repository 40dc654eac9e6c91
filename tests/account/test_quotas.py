"""Quotas: a user never gets more than the limit, however many requests come at once, and the reply names the quota."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.conftest import PASSWORD
from workouts_api import create_app
from workouts_api.config import SETTINGS, load_settings

ROOT = Path(__file__).parent.parent.parent
MOST = 3
HEAD = (
    "title,start_time,end_time,description,exercise_title,superset_id,exercise_notes,set_index,set_type,weight_kg,reps,"
    "distance_km,duration_seconds,rpe\n"
)
QUOTAS = ("teams", "kept_athletes", "exercises", "invitations", "imports_a_day")
COUNTS = {
    "teams": "select count(*) from team_members where role = 'owner'",
    "kept_athletes": "select count(*) from athletes where kept_by is not null",
    "exercises": "select count(*) from exercises where athlete_id is not null",
    "invitations": "select count(*) from invitations",
    "imports_a_day": "select count(*) from imports",
}


@pytest.fixture(scope="module")
def small_app(environ):
    """An application in which three of everything are as many as one may have."""
    quotas = {f"MAX_{name.upper()}": str(MOST) for name in (*QUOTAS, "logins")}
    app = create_app(load_settings({**environ, **quotas, "WEB_THREADS": "40", "DB_POOL_MAX": "20"}))
    app.extensions["database"].open()
    yield app
    app.extensions["database"].close()


@pytest.fixture
def user(small_app, owner, database):
    """Somebody with a team to invite into, which is none of those that are counted."""
    database.execute("insert into teams (name) values ('Others')")
    database.execute(
        "insert into team_members (team_id, user_id, role) select id, %s, 'coach' from teams", [owner.user_id]
    )
    return replace(owner, http=small_app.test_client())


def upload(*exercises, title="Legs", hour=18):
    rows = "".join(
        f'{title},"5 Jan 2026, {hour}:00","5 Jan 2026, {hour}:30",,{name},,,0,normal,100,5,,0,8\n' for name in exercises
    )
    return {"data": {"file": (io.BytesIO((HEAD + rows).encode()), "hevy.csv")}}


def add(client, quota, number):
    """One more of what a quota counts."""
    if quota == "teams":
        return client.post("/api/v1/teams", json={"name": f"Team {number}"})
    if quota == "kept_athletes":
        return client.post("/api/v1/athletes", json={"name": f"Athlete {number}"})
    if quota == "exercises":
        return client.post("/api/v1/exercises", json={"name": f"Exercise {number}"})
    if quota == "invitations":
        teams = client.get("/api/v1/teams").json["items"]
        return client.post("/api/v1/invitations", json={"kind": "athlete", "team_id": teams[0]["id"]})
    return client.post("/api/v1/imports", **upload("Squat (Barbell)", title=f"Legs {number}"))


@pytest.mark.parametrize("quota", QUOTAS)
def test_a_full_quota_is_named_with_its_limit_and_leaves_the_rest_as_it_was(user, database, quota):
    assert [add(user, quota, number).status_code for number in range(MOST)] == [201] * MOST
    refused = add(user, quota, MOST)
    assert (refused.status_code, refused.json["error"]) == (409, "quota_reached")
    assert refused.json["details"] == {"quota": quota, "limit": MOST}
    assert str(MOST) in refused.json["message"]
    assert database.execute(COUNTS[quota]).fetchone() == (MOST,)


@pytest.mark.parametrize("quota", QUOTAS)
def test_twenty_at_once_get_no_more_than_the_quota(user, small_app, database, quota):
    with ThreadPoolExecutor(20) as threads:
        clients = [replace(user, http=small_app.test_client()) for _ in range(20)]
        replies = list(threads.map(lambda n: add(clients[n], quota, n), range(20)))
    statuses = sorted(reply.status_code for reply in replies)
    assert database.execute(COUNTS[quota]).fetchone() == (MOST,), statuses
    assert statuses == [201] * MOST + [409] * (20 - MOST)


@pytest.mark.parametrize("quota", QUOTAS)
def test_what_one_user_has_is_no_matter_of_another(user, small_app, stranger, database, quota):
    for number in range(MOST):
        add(user, quota, number)
    if quota == "invitations":
        database.execute(
            "insert into team_members (team_id, user_id, role) select id, %s, 'coach' from teams", [stranger.user_id]
        )
    assert add(replace(stranger, http=small_app.test_client()), quota, 9).status_code == 201


@pytest.mark.parametrize("quota", QUOTAS)
def test_superusers_have_the_same(small_app, admin, database, quota):
    database.execute("insert into teams (name) values ('Others')")
    database.execute(
        "insert into team_members (team_id, user_id, role) select id, %s, 'coach' from teams", [admin.user_id]
    )
    client = replace(admin, http=small_app.test_client())
    assert [add(client, quota, number).status_code for number in range(MOST + 1)] == [201] * MOST + [409]


def test_what_was_deleted_makes_room(user):
    made = [add(user, "teams", number).json["id"] for number in range(MOST)]
    assert user.delete(f"/api/v1/teams/{made[0]}").status_code == 204
    assert add(user, "teams", 9).status_code == 201
    codes = [add(user, "invitations", number).json["id"] for number in range(MOST)]
    assert user.delete(f"/api/v1/invitations/{codes[0]}").status_code == 204
    assert add(user, "invitations", 9).status_code == 201


@pytest.mark.parametrize("ended", ["expires_at = now() - interval '1 second'", "uses_left = 0"])
def test_an_invitation_that_holds_no_more_is_not_counted(user, database, ended):
    for number in range(MOST):
        add(user, "invitations", number)
    database.execute(f"update invitations set {ended} where id = (select min(id) from invitations)")
    assert add(user, "invitations", 9).status_code == 201


def test_an_import_of_yesterday_is_not_counted(user, database):
    for number in range(MOST):
        add(user, "imports_a_day", number)
    database.execute(
        "update imports set created_at = now() - interval '25 hours' where id = (select min(id) from imports)"
    )
    assert add(user, "imports_a_day", 9).status_code == 201


def test_a_refusal_is_not_kept_for_an_idempotency_key(user):
    made = [add(user, "teams", number).json["id"] for number in range(MOST)]
    key = {"headers": {"Idempotency-Key": "one-more-team"}, "json": {"name": "One more"}}
    assert user.post("/api/v1/teams", **key).status_code == 409
    assert user.post("/api/v1/teams", **key).json["error"] == "quota_reached"
    user.delete(f"/api/v1/teams/{made[0]}")
    assert user.post("/api/v1/teams", **key).status_code == 201


def test_a_file_that_needs_too_many_exercises_is_refused_as_a_whole(user, database):
    names = [f"Machine number {number}" for number in range(MOST + 1)]
    refused = user.post("/api/v1/imports", **upload(*names))
    assert (refused.status_code, refused.json["details"]) == (409, {"quota": "exercises", "limit": MOST})
    assert database.execute("select count(*) from sessions").fetchone() == (0,)
    assert database.execute(COUNTS["imports_a_day"]).fetchone() == (0,)
    assert user.post("/api/v1/imports", **upload(*names[:MOST])).status_code == 201
    again = user.post("/api/v1/imports", **upload(*names[:MOST], hour=19))
    assert (again.status_code, again.json["exercises_added"]) == (201, 0)  # full, but nothing new is needed


def sign_in(http):
    return http.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD})


def test_one_sign_in_too_many_ends_the_login_that_was_unused_longest(user, small_app, database):
    database.execute("update logins set refreshed_at = now() - interval '2 hours'")  # the one of the fixture
    first, second, third = (sign_in(small_app.test_client()).json for _ in range(3))
    assert user.get("/api/v1/users/me").json["error"] == "token_revoked"
    refreshed = user.http.post("/api/v1/auth/refresh", json={"refresh_token": first["refresh_token"]}).json
    fourth = sign_in(small_app.test_client()).json

    def status(tokens):
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        return user.http.get("/api/v1/users/me", headers=headers).status_code

    assert [status(tokens) for tokens in (refreshed, second, third, fourth)] == [200, 401, 200, 200]
    ended = user.http.post("/api/v1/auth/refresh", json={"refresh_token": second["refresh_token"]})
    assert (ended.status_code, ended.json["error"]) == (401, "token_revoked")
    assert database.execute("select count(*) from logins").fetchone() == (MOST,)


def test_twenty_sign_ins_at_once_leave_as_many_logins_as_one_may_have(user, small_app, database):
    with ThreadPoolExecutor(10) as threads:
        replies = list(threads.map(lambda _: sign_in(small_app.test_client()), range(20)))
    assert sum(reply.status_code == 200 for reply in replies) >= MOST  # the others were told to wait
    assert database.execute("select count(*) from logins").fetchone() == (MOST,)


def test_the_logins_of_others_stay(user, small_app, stranger, database):
    for _ in range(MOST + 1):
        assert sign_in(small_app.test_client()).status_code == 200
    assert stranger.get("/api/v1/users/me").status_code == 200


def test_the_documents_name_every_quota_with_its_default():
    clients, operations = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("CLIENTS", "OPERATIONS"))
    for quota in QUOTAS:
        (default,) = (setting.default for setting in SETTINGS if setting.name == f"max_{quota}")
        assert f"| {default:,}, or what the operator sets | 409 `quota_reached`, `{quota}` |" in clients
        assert f"MAX_{quota.upper()}" in operations


def test_every_quota_of_the_settings_is_tried_here():
    bounded = {s.name.removeprefix("max_") for s in SETTINGS if s.name.startswith("max_")} - {"upload_mb", "wait"}
    assert bounded == {*QUOTAS, "logins"}
