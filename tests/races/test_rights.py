"""Rights are checked after the lock was got: a user who lost them while waiting cannot change anything."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.races.conftest import Other
from tests.teams.people import (
    ATHLETES,
    INVITATIONS,
    SESSIONS,
    TEAMS,
    become_coach,
    code_for,
    join,
    keep,
    make_team,
    train,
)

DEMOTED = "update team_members set role = 'coach' where user_id = %(user_id)s"
LEFT = "delete from team_members where user_id = %(user_id)s"
HELD = "select from teams where id = %(team_id)s for update"


@pytest.fixture
def team_id(coach: Client, stranger: Client) -> int:
    """A team that coach and stranger own."""
    made = make_team(coach)
    become_coach(coach, made, stranger, kind="owner")
    return made


def asked_of_a_team(coach: Client, team_id: int, what: str, others_id: int) -> Any:
    where = f"{TEAMS}/{team_id}"
    asked = {
        "changes its name": lambda: coach.patch(where, json={"name": "Mine"}),
        "deletes it": lambda: coach.delete(where),
        "demotes another": lambda: coach.patch(f"{where}/members/{others_id}", json={"role": "coach"}),
        "removes another": lambda: coach.delete(f"{where}/members/{others_id}"),
    }
    return asked[what]


@pytest.mark.parametrize("what", ["changes its name", "deletes it", "demotes another", "removes another"])
def test_an_owner_who_was_just_demoted(
    other: Other, coach: Client, stranger: Client, team_id: int, what: str, database: psycopg.Connection[Any]
) -> None:
    other.does(HELD, DEMOTED, team_id=team_id, user_id=coach.user_id)
    reply = other.commits_once_it_is_waited_for_by(asked_of_a_team(coach, team_id, what, stranger.user_id))
    assert reply.status_code == 403
    members = database.execute("select role from team_members order by role").fetchall()
    assert members == [("coach",), ("owner",)]


def test_a_coach_who_was_just_removed_adds_no_athlete(other: Other, coach: Client, team_id: int) -> None:
    athlete_id = keep(coach)
    other.does(HELD, LEFT, team_id=team_id, user_id=coach.user_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id})
    )
    assert reply.status_code == 404


def test_a_coach_who_was_just_removed_makes_no_athlete_in_the_team(other: Other, coach: Client, team_id: int) -> None:
    other.does(HELD, LEFT, team_id=team_id, user_id=coach.user_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: coach.post(ATHLETES, json={"name": "Grace", "team_id": team_id})
    )
    assert (reply.status_code, list(reply.json["details"])) == (422, ["team_id"])


def test_a_coach_who_was_just_removed_ends_no_stay(other: Other, coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    other.does("select from team_athletes for update", LEFT, user_id=coach.user_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: coach.patch(f"{TEAMS}/{team_id}/athletes/{owner.athlete_id}", json={"left_on": "2030-01-01"})
    )
    assert reply.status_code == 404


CLAIMED = "update athletes set kept_by = null, user_id = null where id = %(athlete_id)s"


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_who_just_stopped_keeping_an_athlete_changes_them_no_more(other: Other, coach: Client, method: str) -> None:
    athlete_id = keep(coach)
    other.does(CLAIMED, athlete_id=athlete_id)
    options = {"json": {"name": "Ada"}} if method == "PATCH" else {}
    reply = other.commits_once_it_is_waited_for_by(lambda: coach.request(method, f"{ATHLETES}/{athlete_id}", **options))
    assert reply.status_code == 404


def test_who_just_stopped_keeping_an_athlete_puts_them_into_no_team(other: Other, coach: Client, team_id: int) -> None:
    athlete_id = keep(coach)
    other.does(CLAIMED, athlete_id=athlete_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id})
    )
    assert (reply.status_code, list(reply.json["details"])) == (422, ["athlete_id"])


@pytest.mark.parametrize("method", ["PATCH", "PUT", "DELETE"])
def test_who_just_stopped_keeping_an_athlete_changes_no_session(other: Other, coach: Client, method: str) -> None:
    athlete_id = keep(coach)
    session_id = train(coach, "2026-01-05", query=f"?athlete_id={athlete_id}")
    other.does("select from sessions for update", CLAIMED, athlete_id=athlete_id)
    body = {"PATCH": {"title": "Arms"}, "PUT": {"started_at": "2026-01-05T12:00:00Z"}}
    options = {"json": body[method], "headers": {"If-Match": '"1-"'}} if method in body else {}
    reply = other.commits_once_it_is_waited_for_by(lambda: coach.request(method, f"{SESSIONS}/{session_id}", **options))
    assert reply.status_code == 404


def test_an_invitation_of_who_was_just_demoted_opens_nothing(
    other: Other, coach: Client, owner: Client, team_id: int
) -> None:
    code = code_for(coach, kind="coach", team_id=team_id, uses=5)
    other.does("update invitations set uses_left = 4 where kind = 'coach'", DEMOTED, user_id=coach.user_id)
    reply = other.commits_once_it_is_waited_for_by(lambda: owner.post(f"{INVITATIONS}/accept", json={"code": code}))
    assert reply.status_code in (404, 422)


def test_a_superuser_who_was_just_made_an_ordinary_user_makes_nobody_else_one(
    other: Other, admin: Client, sign_up: Any
) -> None:
    second, third = (sign_up(name, is_superuser=True) for name in ("second", "third"))
    other.does(
        "select set_config('app.request_id', 'a request', true), set_config('app.user_id', %(second)s::text, true)",
        "update users set is_superuser = false where id = %(admin)s",
        second=second.user_id,
        admin=admin.user_id,
    )
    reply = other.commits_once_it_is_waited_for_by(
        lambda: admin.patch(f"/api/v1/users/{third.user_id}", json={"is_superuser": False})
    )
    assert reply.status_code == 403


def test_of_two_owners_of_whom_one_is_erased_and_one_steps_down_one_is_left(
    other: Other, coach: Client, stranger: Client, team_id: int, database: psycopg.Connection[Any]
) -> None:
    other.does("select erase_user(%(user_id)s)", user_id=stranger.user_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: coach.patch(f"{TEAMS}/{team_id}/members/{coach.user_id}", json={"role": "coach"})
    )
    assert reply.status_code == 422
    assert database.execute("select role from team_members").fetchall() == [("owner",)]
