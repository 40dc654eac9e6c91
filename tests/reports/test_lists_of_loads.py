"""The lists that training load is made of: the load of each day, the averages of it, and the buckets of a period."""

from __future__ import annotations

import datetime as dt
from typing import Any

import psycopg
import pytest

FIRST = dt.date(2026, 1, 1)
# With unknown days, among them the first, and a rest so long that an average falls below what float8 can hold.
HISTORIES = {
    "known": [300.5, 0.0, 0.0, 410.0, 90.25, 0.0, 55.0, 0.0, 620.0],
    "unknown": [None, 300.5, 0.0, None, None, 410.0, 0.0, 90.25],
    "nothing known": [None, None, None],
    "a rest of fifteen years": [500.0, *[0.0] * 5500, 20.0],
    "unknown for fifteen years": [500.0, *[None] * 5500, 20.0],
}


@pytest.mark.parametrize("history", HISTORIES)
def test_averages_of_a_list_are_those_of_the_aggregate(database: psycopg.Connection[Any], history: str) -> None:
    loads = HISTORIES[history]
    asked = sorted({1, 2, 3, len(loads) // 2 + 1, len(loads)})
    found = database.execute(
        """
        with days as (
          select
            row_number() over (order by place) as history_days,
            ewma(coalesce(day_load, 0), 0.02) over history as sum_42,
            ewma(case when day_load is null then 0 else 1 end, 0.02) over history as weight_42,
            ewma(coalesce(day_load, 0), 0.25) over history as sum_7,
            ewma(case when day_load is null then 0 else 1 end, 0.25) over history as weight_7
          from unnest(%(loads)s::float8[]) with ordinality as d (day_load, place)
          window history as (order by place rows unbounded preceding)
        )
        select
          a.history_days,
          a.sum_42 = d.sum_42 and a.sum_7 = d.sum_7 as has_sums,
          a.weight_42 is not distinct from case when %(unknown)s then d.weight_42 end
            and a.weight_7 is not distinct from case when %(unknown)s then d.weight_7 end as has_weights
        from load_averages(%(loads)s::float8[], 0.02, 0.25, %(asked)s::integer[]) as a
        join days as d using (history_days)
        order by a.history_days
        """,
        {"loads": loads, "asked": asked, "unknown": None in loads},
    ).fetchall()
    assert found == [(day, True, True) for day in asked]


def test_a_day_has_the_sum_of_its_sessions_and_is_unknown_with_one_of_them(database: psycopg.Connection[Any]) -> None:
    days = [FIRST + dt.timedelta(n) for n in (3, 0, 3, 4, 4)]
    assert _daily_loads(database, days, [100.0, 50.0, 25.5, None, 10.0]) == [50, 0, 0, 125.5, None, 0]


def test_days_that_are_not_seen_are_unknown(database: psycopg.Connection[Any]) -> None:
    seen = "{[2026-01-01,2026-01-02),[2026-01-04,2026-01-06)}"
    assert _daily_loads(database, [FIRST], [50.0], seen) == [50, None, None, 0, 0, None]


def _daily_loads(
    database: psycopg.Connection[Any], days: list[dt.date], loads: list[float | None], seen: str | None = None
) -> list[float | None]:
    row = database.execute(
        "select daily_loads(%s, %s, %s::datemultirange, %s::date[], %s::float8[])",
        [FIRST, FIRST + dt.timedelta(5), seen, days, loads],
    ).fetchone()
    assert row is not None
    return list(row[0])


@pytest.mark.parametrize("bucket", ["day", "week", "month"])
@pytest.mark.parametrize("week_start", [1, 4, 7])
def test_buckets_of_a_period_hold_each_of_its_days_once(
    database: psycopg.Connection[Any], bucket: str, week_start: int
) -> None:
    for from_on, to_on in [("2023-12-27", "2024-03-02"), ("2024-02-29", "2024-02-29"), ("1999-12-31", "2000-01-31")]:
        found = database.execute(
            "select starts_on, ends_on from report_buckets(%s, %s, %s, %s::smallint) order by starts_on",
            [from_on, to_on, bucket, week_start],
        ).fetchall()
        ends: dict[dt.date, dt.date] = {}
        day = dt.date.fromisoformat(from_on)
        while day <= dt.date.fromisoformat(to_on):
            ends[_start(day, bucket, week_start)] = day
            day += dt.timedelta(1)
        assert found == list(ends.items())


def _start(day: dt.date, bucket: str, week_start: int) -> dt.date:
    if bucket == "week":
        return day - dt.timedelta((day.isoweekday() - week_start) % 7)
    return day.replace(day=1) if bucket == "month" else day
