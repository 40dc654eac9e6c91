"""Who is in a team today, at every hour of a day, wherever the athlete lives."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import keep, make_team

TODAY = dt.date(2026, 1, 5)  # in UTC
ZONES = ("Etc/GMT+12", "America/New_York", "UTC", "Asia/Tokyo", "Etc/GMT-14")
DAYS = (None, *(TODAY + dt.timedelta(days=n) for n in range(-2, 3)))
JOINED = TODAY - dt.timedelta(days=30)


@pytest.fixture
def stays(coach: Client, database: psycopg.Connection[Any]) -> list[tuple[int, int, str, dt.date, dt.date | None]]:
    """In each zone athletes who joined a month ago and left on one of some days, or join on one of them."""
    athletes = {keep(coach, f"Athlete {n}", zone=zone): zone for n, zone in enumerate(ZONES)}
    made = []
    periods = [(JOINED, day) for day in DAYS] + [(day, None) for day in DAYS if day]
    for number, (joined, left) in enumerate(periods):
        team_id = make_team(coach, f"Team {number}")
        for athlete_id, zone in athletes.items():
            made.append((team_id, athlete_id, zone, joined, left))
            database.execute(
                "insert into team_athletes (team_id, athlete_id, athlete_name, joined_on, left_on)"
                " select %s, id, name, %s, %s from athletes where id = %s",
                [team_id, joined, left, athlete_id],
            )
    return made


@pytest.fixture
def present_at(database: psycopg.Connection[Any]) -> Iterator[Any]:
    """present_athletes() with another clock."""
    found = database.execute("select pg_get_functiondef('workouts.present_athletes()'::regprocedure)").fetchone()
    text = found[0] if found else ""
    assert text.count("statement_timestamp()") == 4

    def present(clock: dt.datetime) -> set[tuple[int, int]]:
        at = text.replace("workouts.present_athletes()", "pg_temp.present_at()", 1)
        database.execute(at.replace("statement_timestamp()", f"timestamptz '{clock.isoformat()}'"))
        return set(database.execute("select team_id, athlete_id from pg_temp.present_at()").fetchall())

    yield present
    database.execute("drop function pg_temp.present_at()")


@pytest.mark.parametrize("hour", [0, 4, 9, 11, 12, 16, 23])
def test_an_athlete_is_present_from_the_day_of_joining_to_the_day_before_leaving_on_their_calendar(
    stays, present_at, hour
):
    clock = dt.datetime(TODAY.year, TODAY.month, TODAY.day, hour, 30, tzinfo=dt.UTC)

    def is_present(zone: str, joined: dt.date, left: dt.date | None) -> bool:
        return joined <= clock.astimezone(ZoneInfo(zone)).date() < (left or dt.date.max)

    expected = {(team, athlete) for team, athlete, zone, joined, left in stays if is_present(zone, joined, left)}
    assert present_at(clock) == expected
