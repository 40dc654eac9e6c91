"""An invitation is valid while its sender may still send it. An invalid one cannot be seen or used anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import INVITATIONS, TEAMS, become_coach, keep, make_team
from workouts_api.database import Caller, acting
from workouts_api.mail.kinds import KINDS
from workouts_api.web.codes import digest_of, new_code

ACCEPT, CHECK = f"{INVITATIONS}/accept", f"{INVITATIONS}/check"
Database = psycopg.Connection[Any]


@pytest.fixture
def worker(app) -> Iterator[None]:
    """Statements run as a job runs them."""
    with acting(Caller(app.extensions["database"], "a job", time.monotonic() + 30)):
        yield


def _expires(database: Database, _: Client) -> None:
    database.execute("update invitations set expires_at = now()")


def _is_used_up(database: Database, _: Client) -> None:
    database.execute("update invitations set uses_left = 0")


def _is_deactivated(database: Database, sender: Client) -> None:
    database.execute("update users set is_active = false where id = %s", [sender.user_id])


def _is_demoted(database: Database, sender: Client) -> None:
    database.execute("update team_members set role = 'coach' where user_id = %s", [sender.user_id])


def _leaves(database: Database, sender: Client) -> None:
    database.execute("delete from team_members where user_id = %s", [sender.user_id])


def _keeps_the_athlete_no_more(database: Database, sender: Client) -> None:
    database.execute(
        "update athletes set kept_by = (select id from users where username = 'owner') where kept_by = %s",
        [sender.user_id],
    )


ENDS = [
    *[(kind, end) for kind in ("owner", "coach", "athlete", "claim") for end in (_expires, _is_used_up)],
    *[(kind, _is_deactivated) for kind in ("owner", "coach", "athlete", "claim")],
    *[(kind, _is_demoted) for kind in ("owner", "coach")],
    *[(kind, _leaves) for kind in ("owner", "coach", "athlete")],
    ("claim", _keeps_the_athlete_no_more),
]


@pytest.mark.parametrize(("kind", "end"), ENDS, ids=lambda part: part if isinstance(part, str) else part.__name__[1:])
def test_what_holds_no_more_is_not_shown_listed_mailed_or_accepted(
    kind: str, end: Callable[[Database, Client], None], owner: Client, coach: Client, stranger: Client, database, worker
) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    about = {"athlete_id": keep(coach)} if kind == "claim" else {"team_id": team_id}
    made = coach.post(INVITATIONS, json={"kind": kind, **about, "email": "grace@example.com"})
    assert made.status_code == 201, made.text
    code = new_code()
    database.execute("update invitations set code_sha256 = %s where id = %s", [digest_of(code), made.json["id"]])
    assert stranger.post(CHECK, json={"code": code}).status_code == 200, "it holds until then"
    end(database, coach)
    refused = stranger.post(CHECK, json={"code": code})
    assert (refused.status_code, refused.json["error"]) == (404, "not_found")
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 404
    listed = [item["id"] for who in (owner, coach) for item in who.get(INVITATIONS).json.get("items", [])]
    assert made.json["id"] not in listed
    mail = "athlete_invitation" if kind == "claim" else "team_invitation"
    assert KINDS[mail](invitation_id=made.json["id"]) is None
    assert stranger.get(TEAMS).json["items"] == []


def test_a_demoted_owners_invitation_of_athletes_holds_for_coaches_send_such_too(
    owner: Client, coach: Client, stranger: Client, database
) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    code = coach.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id}).json["code"]
    _is_demoted(database, coach)
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 200


def test_what_holds_no_more_can_still_be_taken_back(owner: Client, coach: Client, database) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    made = coach.post(INVITATIONS, json={"kind": "coach", "team_id": team_id}).json
    _is_demoted(database, coach)
    assert owner.delete(f"{INVITATIONS}/{made['id']}").status_code == 204
