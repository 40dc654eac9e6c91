"""What a user or a keeper writes while an athlete is claimed: it is judged, and done, as if it came afterwards."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.races.conftest import Other
from tests.routes import DAY, FIRST, HEVY
from tests.teams.people import ATHLETES, INVITATIONS, SESSIONS, accept, code_for, keep, make_team, train

Write = Callable[[Client, dict[str, Any]], Any]
ME, EXERCISES = "/api/v1/users/me", "/api/v1/exercises"
STARTED = {"started_at": "2026-01-05T12:00:00Z"}


def with_own_exercise(made: dict[str, Any]) -> dict[str, Any]:
    return {**STARTED, "exercises": [{"exercise_id": made["exercise"], "sets": [{"reps": 5}]}]}


# What the claimer writes, who has an athlete with a session and an exercise of its own until then.
THEIRS: dict[str, Write] = {
    "a session": lambda who, made: who.post(SESSIONS, json=with_own_exercise(made)),
    "a session again": lambda who, made: who.put(
        f"{SESSIONS}/{made['session']}", json=with_own_exercise(made), headers=FIRST
    ),
    "a part of a session": lambda who, made: who.patch(f"{SESSIONS}/{made['session']}", json={"title": "Arms"}),
    "a set": lambda who, made: who.put(
        f"{SESSIONS}/{made['session']}/exercises/1/sets/1", json={"exercise_id": made["exercise"], "reps": 5}
    ),
    "a day": lambda who, _: who.post("/api/v1/days", json=DAY),
    "an exercise": lambda who, _: who.post(EXERCISES, json={"name": "Sled"}),
    "another name of an exercise": lambda who, made: who.patch(
        f"{EXERCISES}/{made['exercise']}", json={"name": "Sled"}
    ),
    "a merge": lambda who, made: who.post(f"{EXERCISES}/{made['exercise']}/merge", json={"into": 1}),
    "an import": lambda who, _: who.post("/api/v1/imports", data={"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}),
    "a zone": lambda who, _: who.patch(ME, json={"zone": "Asia/Tokyo"}),
    "the end of a session": lambda who, made: who.delete(f"{SESSIONS}/{made['session']}"),
    "a stay in a team": lambda who, made: who.post(f"{INVITATIONS}/accept", json={"code": made["code"]}),
}


def begun(other: Other, user: Client, athlete_id: int) -> None:
    """A claim that is not committed yet."""
    other.does(
        "select set_config('app.request_id', 'a claim', true)",
        "select claim_athlete(%(user_id)s, %(athlete_id)s)",
        user_id=user.user_id,
        athlete_id=athlete_id,
    )


@pytest.mark.parametrize("what", THEIRS)
def test_what_the_claimer_writes_comes_to_the_claimed_athlete(
    other: Other, coach: Client, owner: Client, database: psycopg.Connection[Any], what: str
) -> None:
    kept = keep(coach)
    made = {
        "exercise": owner.post(EXERCISES, json={"name": "Yoke"}).json["id"],
        "code": code_for(coach, kind="athlete", team_id=make_team(coach)),
    }
    made["session"] = train(owner, "2026-01-04", exercises=[{"exercise_id": made["exercise"], "sets": [{"reps": 1}]}])
    begun(other, owner, kept)
    reply = other.commits_once_it_is_waited_for_by(lambda: THEIRS[what](owner, made))
    assert reply.status_code < 300, reply.text
    assert database.execute("select id from athletes where user_id = %s", [owner.user_id]).fetchall() == [(kept,)]
    if what == "a zone":
        assert owner.get(ME).json["zone"] == reply.json["zone"] == "Asia/Tokyo"


KEEPERS: dict[str, Write] = {
    "a session": lambda who, made: who.post(f"{SESSIONS}?athlete_id={made['kept']}", json=STARTED),
    "a part of a session": lambda who, made: who.patch(f"{SESSIONS}/{made['session']}", json={"title": "Arms"}),
    "a day": lambda who, made: who.post(f"/api/v1/days?athlete_id={made['kept']}", json=DAY),
    "a name": lambda who, made: who.patch(f"{ATHLETES}/{made['kept']}", json={"name": "Ada"}),
    "the end of the athlete": lambda who, made: who.delete(f"{ATHLETES}/{made['kept']}"),
}


@pytest.mark.parametrize("what", KEEPERS)
def test_who_kept_the_athlete_gets_what_anybody_else_gets(
    other: Other, coach: Client, owner: Client, database: psycopg.Connection[Any], what: str
) -> None:
    made = {"kept": keep(coach)}
    made["session"] = train(coach, "2026-01-04", query=f"?athlete_id={made['kept']}")
    begun(other, owner, made["kept"])
    reply = other.commits_once_it_is_waited_for_by(lambda: KEEPERS[what](coach, made))
    assert reply.status_code == KEEPERS[what](coach, made).status_code == 404
    assert database.execute("select title from sessions").fetchall() == [("Legs",)]


def test_two_athletes_who_are_claimed_at_once_become_one(app: Any, coach: Client, owner: Client) -> None:
    codes = [code_for(coach, kind="claim", athlete_id=keep(coach, name)) for name in ("Grace", "Ada")]
    clients = [Client(app.test_client(), token=owner.token) for _ in codes]
    with ThreadPoolExecutor(2) as threads:
        list(threads.map(accept, clients, codes))
    athletes = owner.get(ATHLETES).json["items"]
    assert [athlete["relation"] for athlete in athletes] == ["self"]


@pytest.mark.parametrize("taken", ["kept_by = null, user_id = null", "kept_by = (select min(id) from users)"])
@pytest.mark.parametrize("what", ["a session", "a day"])
def test_who_lost_an_athlete_while_waiting_records_nothing_for_them(
    other: Other, owner: Client, coach: Client, database: psycopg.Connection[Any], what: str, taken: str
) -> None:
    """However it was lost: here, by a statement in psql."""
    made = {"kept": keep(coach)}
    other.does(f"update athletes set {taken} where id = %(kept)s", **made)
    reply = other.commits_once_it_is_waited_for_by(lambda: KEEPERS[what](coach, made))
    assert reply.status_code == 404
    left = "select (select count(*) from sessions), (select count(*) from day_values)"
    assert database.execute(left).fetchone() == (0, 0)
