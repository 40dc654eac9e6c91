"""Stores histories for training load, and compares a reply with the naive figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import psycopg

from tests.reports.naive_load import DAY, Day, Trained, days_of, figures_on
from tests.reports.naive_report import bucket_start

URL = "/api/v1/reports/load"
DIGITS = {
    "session_load": 1,
    "estimated_load": 1,
    "fitness": 2,
    "fatigue": 2,
    "form_going_into_day": 2,
    "fitness_coverage": 3,
    "fatigue_coverage": 3,
    "week_load": 1,
    "monotony": 3,
    "strain": 1,
    "change": 1,
    "change_pct": 1,
    "z_score": 2,
    "acwr_coupled": 3,
    "acwr_uncoupled": 3,
}
_SESSION = """
insert into sessions (athlete_id, started_at, ended_at, local_on, rpe, title, zone)
select
  t.athlete_id, t.starts_at, t.starts_at + make_interval(secs => t.seconds), t.local_on, t.rpe, t.title, 'UTC'
from unnest(%s::bigint[], %s::timestamptz[], %s::float8[], %s::date[], %s::numeric[], %s::text[])
  as t (athlete_id, starts_at, seconds, local_on, rpe, title)
returning id
"""
_SETS = """
with e as (
  insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)
  select s.id, s.athlete_id, s.local_on, 1, 1, (select min(x.id) from exercises as x)
  from sessions as s
  where s.id in (select r.session_id from unnest(%(ids)s::bigint[]) as r (session_id))
  returning session_id, athlete_id, local_on, exercise_id
)
insert into sets (session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps, rpe)
select e.session_id, e.athlete_id, e.exercise_id, e.local_on, 1, r.n, r.n, 5, r.rpe
from unnest(%(ids)s::bigint[], %(numbers)s::int[], %(ratings)s::numeric[]) as r (session_id, n, rpe)
join e on e.session_id = r.session_id
"""

# Of every other session the mean of the sets is kept, as the API keeps it; of the others it is not known.
_KEEP = """
update sessions as s
set set_rating = (select avg(t.rpe) from sets as t where t.session_id = s.id and t.kind = 'n'),
    set_rating_version = s.version
where s.id % 2 = 0
"""


def store(database: psycopg.Connection[Any], athlete_id: int, history: Sequence[Trained]) -> None:
    """Stores sessions, and their set ratings as sets of some exercise."""
    starts = [dt.datetime.combine(s.local_on, dt.time(12), dt.UTC) for s in history]
    columns = [
        [athlete_id] * len(history),
        starts,
        [None if s.minutes is None else float(s.minutes * 60) for s in history],
        [s.local_on for s in history],
        [None if s.rpe is None else float(s.rpe) for s in history],
        [s.title for s in history],
    ]
    ids = [row[0] for row in database.execute(_SESSION, columns)]
    rated = [(i, n, float(r)) for i, s in zip(ids, history, strict=True) for n, r in enumerate(s.set_ratings, 1)]
    if rated:
        of, numbers, ratings = (list(column) for column in zip(*rated, strict=True))
        database.execute(_SETS, {"ids": of, "numbers": numbers, "ratings": ratings})
    database.execute(_KEEP)


def naive_load(
    history: Sequence[Trained],
    *,
    from_on: dt.date,
    to_on: dt.date,
    bucket: str = "week",
    week_start: int = 1,
    decay: str = "exponential",
    estimates: bool = True,
) -> dict[str, list[Any]]:
    """The columns of the reply that do not explain, from the plain loops."""
    days = days_of(history, to_on, estimates=estimates)
    columns: dict[str, list[Any]] = {}
    ends: dict[dt.date, dt.date] = {}
    for n in range((to_on - from_on).days + 1):
        ends[bucket_start(from_on + n * DAY, bucket, week_start)] = from_on + n * DAY
    for start, end in ends.items():
        within = [e for d, e in days.items() if from_on <= d and bucket_start(d, bucket, week_start) == start]
        row = {"starts_on": start.isoformat(), **_sums(within), **_figures(days, end, decay)}
        for name, value in row.items():
            columns.setdefault(name, []).append(value)
    return columns


def _sums(within: Sequence[Day]) -> dict[str, Any]:
    return {
        "sessions": sum(d.sessions for d in within),
        "sessions_estimated": sum(d.estimated for d in within),
        "sessions_unknown": sum(d.unknown for d in within),
        "session_load": float(sum(d.load for d in within)),
    }


def _figures(days: Mapping[dt.date, Day], on: dt.date, decay: str) -> dict[str, Any]:
    figures = figures_on(days, on, decay)
    figures["form_going_into_day"] = figures.pop("form")
    if not days or on < min(days):
        figures = dict.fromkeys(figures) | {"warming_up": True, "z_weeks": 0, "monotony_reason": "no_history"}
    return figures


def differences(ours: Mapping[str, Sequence[Any]], naive: Mapping[str, Sequence[Any]]) -> list[str]:
    """What differs, as lines: figures by half a digit, everything else exactly."""
    return [
        f"{name}[{n}] ({ours['starts_on'][n]}): {ours[name][n]} and {expected}"
        for name, column in naive.items()
        for n, expected in enumerate(column)
        if not _equal(name, ours[name][n], expected)
    ]


def _equal(name: str, ours: Any, naive: Any) -> bool:
    if name in DIGITS and ours is not None and naive is not None:
        half_a_digit = 0.5 * 10 ** -DIGITS[name]
        return bool(abs(ours - float(naive)) <= half_a_digit * 1.000001 + 1e-6 * abs(float(naive)))
    return bool(ours == naive)
