"""Stores a training history in the database and reads its report."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import Client
from tests.reports.naive_report import Muscles, Session

URL = "/api/v1/reports/training"
KINDS = {"normal": "n", "warmup": "w", "dropset": "d", "failure": "f"}

_SESSION = """
insert into sessions (athlete_id, started_at, ended_at, local_on, rpe, status, zone)
values (%s, %s, %s, %s, %s, %s, %s)
returning id
"""


def store_history(
    database: psycopg.Connection[Any], athlete_id: int, history: Sequence[Session], zone: str = "UTC"
) -> None:
    """Stores sessions with their sets. Consecutive sets of one exercise become one exercise of the session."""
    entries, sets = [], []
    with database.transaction():
        for session in history:
            starts_at = dt.datetime.combine(session.local_on, session.starts_at, ZoneInfo(zone)).astimezone(dt.UTC)
            seconds = None if session.minutes is None else dt.timedelta(seconds=float(session.minutes * 60))
            ends_at = None if seconds is None else starts_at + seconds
            rpe = None if session.rpe is None else float(session.rpe)
            values = (athlete_id, starts_at, ends_at, session.local_on, rpe, session.status, zone)
            row = database.execute(_SESSION, values).fetchone()
            assert row is not None
            for number, (exercise_id, run) in enumerate(groupby(session.sets, lambda t: t.exercise_id), 1):
                entries.append((row[0], athlete_id, session.local_on, number, number, exercise_id))
                for set_no, t in enumerate(run, 1):
                    place = (row[0], athlete_id, exercise_id, session.local_on, number, set_no, set_no)
                    sets.append((*place, t.reps, KINDS[t.kind], t.weight_kg))
        columns = "session_id, athlete_id, local_on, exercise_no, position, exercise_id"
        _copy(database, f"session_exercises ({columns})", entries)
        columns = "session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, kind, weight_kg"
        _copy(database, f"sets ({columns})", sets)


def _copy(database: psycopg.Connection[Any], target: str, rows: Sequence[tuple[Any, ...]]) -> None:
    with database.cursor().copy(f"copy {target} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


@pytest.fixture
def train(database: psycopg.Connection[Any], owner: Client) -> Callable[..., None]:
    """Stores a history as the owner's: ``train(session, session, zone="Europe/Berlin")``."""

    def store(*history: Session, zone: str = "UTC") -> None:
        store_history(database, owner.athlete_id, history, zone)

    return store


@pytest.fixture
def report(owner: Client) -> Callable[..., Any]:
    """The owner's report: ``report(to="2026-03-01", bucket="day")``; ``from_`` is sent as from."""

    def get(**query: Any) -> Any:
        reply = owner.get(URL, query_string={name.rstrip("_"): value for name, value in query.items()})
        assert reply.status_code == 200, reply.json
        return reply.json

    return get


@pytest.fixture
def refusal(owner: Client) -> Callable[..., Any]:
    """The details of the owner's 422."""

    def get(**query: Any) -> Any:
        reply = owner.get(URL, query_string={name.rstrip("_"): value for name, value in query.items()})
        assert reply.status_code == 422, reply.json
        envelope: Any = reply.json
        return envelope["details"]

    return get


@pytest.fixture
def make_exercise(database: psycopg.Connection[Any], owner: Client) -> Callable[..., int]:
    """An exercise of the owner's: ``make_exercise("Bench", chest=1, triceps=0.5)`` gives its id."""

    def make(name: str, **shares: float) -> int:
        values = (owner.athlete_id, name)
        row = database.execute("insert into exercises (athlete_id, name) values (%s, %s) returning id", values)
        exercise_id: int = row.fetchall()[0][0]
        for muscle, share in shares.items():
            database.execute("insert into muscles (name) values (%s) on conflict do nothing", [muscle])
            database.execute(
                "insert into exercise_muscles select %s, id, %s from muscles where name = %s",
                (exercise_id, share, muscle),
            )
        return exercise_id

    return make


def muscles_of(database: psycopg.Connection[Any]) -> Muscles:
    """The muscles of each exercise, and their shares."""
    muscles: dict[int, dict[str, float]] = {}
    rows = (
        "select em.exercise_id, m.name, em.share from exercise_muscles as em join muscles as m on m.id = em.muscle_id"
    )
    for exercise_id, muscle, share in database.execute(rows):
        muscles.setdefault(exercise_id, {})[muscle] = share
    return muscles
