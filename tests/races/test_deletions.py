"""Something is recorded for a thing that is being deleted: one of the two comes first, and both replies are true."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD, Client
from tests.races.conftest import Other
from tests.teams.people import ATHLETES, SESSIONS, keep

MAKES_A_SESSION = (
    "insert into exercises (athlete_id, name) values (%(athlete_id)s, 'Yoke')",
    "insert into sessions (athlete_id, started_at, local_on, zone)"
    " values (%(athlete_id)s, '2026-01-05T12:00Z', '2026-01-05', 'UTC')",
    "insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)"
    " select s.id, s.athlete_id, s.local_on, 1, 1, x.id from sessions as s join exercises as x using (athlete_id)",
)
LEFT = "select (select count(*) from sessions), (select count(*) from exercises where athlete_id is not null)"


def test_a_session_with_an_own_exercise_goes_with_the_athlete_for_whom_it_was_just_made(
    other: Other, coach: Client, database: psycopg.Connection[Any]
) -> None:
    athlete_id = keep(coach)
    other.does(*MAKES_A_SESSION, athlete_id=athlete_id)
    reply = other.commits_once_it_is_waited_for_by(lambda: coach.delete(f"{ATHLETES}/{athlete_id}"))
    assert reply.status_code == 204
    assert database.execute(LEFT).fetchone() == (0, 0)


def test_it_goes_with_the_account_and_its_proof_counts_it(
    other: Other, coach: Client, owner: Client, admin: Client, database: psycopg.Connection[Any]
) -> None:
    other.does(*MAKES_A_SESSION, athlete_id=owner.athlete_id)
    reply = other.commits_once_it_is_waited_for_by(
        lambda: owner.delete("/api/v1/users/me", json={"password": PASSWORD})
    )
    assert reply.status_code == 200
    counted = reply.json["deleted"]
    assert (counted["sessions"], counted["session_exercises"], counted["exercises"]) == (1, 1, 1)
    assert database.execute(LEFT).fetchone() == (0, 0)


def test_it_goes_with_the_user_who_keeps_the_athlete(
    other: Other, coach: Client, admin: Client, database: psycopg.Connection[Any]
) -> None:
    other.does(*MAKES_A_SESSION, athlete_id=keep(coach))
    reply = other.commits_once_it_is_waited_for_by(lambda: admin.delete(f"/api/v1/users/{coach.user_id}"))
    assert reply.status_code == 204
    assert database.execute(LEFT).fetchone() == (0, 0)


@pytest.mark.parametrize("exercise", ["none", "their own"])
def test_nothing_is_recorded_for_an_athlete_who_was_just_deleted(
    other: Other, coach: Client, database: psycopg.Connection[Any], exercise: str
) -> None:
    athlete_id = keep(coach)
    (own,) = database.execute(
        "insert into exercises (athlete_id, name) values (%s, 'Yoke') returning id", [athlete_id]
    ).fetchone() or (0,)
    other.does("delete from athletes where id = %(id)s", id=athlete_id)
    exercises = [] if exercise == "none" else [{"exercise_id": own, "sets": [{"reps": 5}]}]
    body = {"started_at": "2026-01-05T12:00:00Z", "exercises": exercises}
    reply = other.commits_once_it_is_waited_for_by(lambda: coach.post(f"{SESSIONS}?athlete_id={athlete_id}", json=body))
    assert (reply.status_code, reply.json["message"]) == (404, "No such athlete.")
