"""Stores sets of one exercise, and weighings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from tests.reports.naive_records import Lift, Tracked

_SESSIONS = """
insert into sessions (athlete_id, started_at, ended_at, local_on, zone)
select %s, d.day + interval '12 hours', d.day + interval '13 hours', d.day, 'UTC'
from (select distinct day from unnest(%s::date[]) as t (day)) as d
returning id, local_on
"""
_ENTRIES = """
insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
select s.id, s.athlete_id, s.local_on, n.no, n.no, %s
from sessions as s
cross join lateral (
  select count(*)::int + 1 as no from session_exercises as e where e.session_id = s.id
) as n
where s.id = any(%s)
returning session_id, exercise_no
"""


def store_lifts(
    database: psycopg.Connection[Any], athlete_id: int, lifts: Sequence[Lift], exercise: Tracked, name: str = "Lift"
) -> int:
    """Makes an own exercise with these sets, one session a day; its id."""
    row = database.execute(
        "insert into exercises (athlete_id, name, tracking, bodyweight_factor) values (%s, %s, %s, %s) returning id",
        [athlete_id, name, exercise.tracking, exercise.factor],
    ).fetchone()
    assert row is not None
    ids = {day: i for i, day in database.execute(_SESSIONS, [athlete_id, [lift.local_on for lift in lifts]])}
    numbers = dict(database.execute(_ENTRIES, [row[0], list(ids.values())]).fetchall())
    columns = "session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position"
    columns += ", reps, kind, weight_kg, rpe, rir, duration_s, distance_m"
    with database.cursor().copy(f"copy sets ({columns}) from stdin") as copy:
        for no, t in enumerate(lifts, 1):
            place = ids[t.local_on], athlete_id, row[0], t.local_on, numbers[ids[t.local_on]], no, no
            copy.write_row((*place, t.reps, t.kind, t.weight_kg, t.rpe, t.rir, t.duration_s, t.distance_m))
    exercise_id: int = row[0]
    return exercise_id


def store_weighings(database: psycopg.Connection[Any], athlete_id: int, weighings: Mapping[dt.date, float]) -> None:
    database.execute(
        "insert into day_values (athlete_id, kind, local_on, value)"
        " select %s, 'weight_kg', * from unnest(%s::date[], %s::float8[])",
        [athlete_id, list(weighings), list(weighings.values())],
    )
