"""The demo's year of training: a file as Hevy exports it, and believable."""

from __future__ import annotations

import csv
import io
from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest

from workouts_api.demo.days import days_of, sessions_of
from workouts_api.demo.training import rating, year_of_training

TODAY = date(2026, 3, 15)


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(year_of_training(TODAY))))


def when(text: str) -> datetime:
    return datetime.strptime(text, "%d %b %Y, %H:%M")


def test_the_same_day_gives_the_same_text_and_another_day_another() -> None:
    assert year_of_training(TODAY) == year_of_training(TODAY)
    assert year_of_training(TODAY) != year_of_training(TODAY + timedelta(days=1))


def test_it_fills_the_year_that_ends_the_day_before(rows: list[dict[str, str]]) -> None:
    starts = [when(row["start_time"]) for row in rows]
    assert TODAY - timedelta(days=365) < starts[-1].date() < TODAY - timedelta(days=350)
    assert TODAY - timedelta(days=5) < starts[0].date() < TODAY
    assert all(later >= earlier for later, earlier in pairwise(starts)), "newest first, as Hevy does"


def test_it_is_regular_with_missed_days_and_a_break(rows: list[dict[str, str]]) -> None:
    days = sorted({when(row["start_time"]).date() for row in rows})
    assert 150 <= len(days) < 4 * 52
    assert max(later - earlier for earlier, later in pairwise(days)) > timedelta(days=10)


def test_the_squat_grows_in_waves(rows: list[dict[str, str]]) -> None:
    squats = [row for row in reversed(rows) if row["exercise_title"] == "Squat (Barbell)"]
    tops: dict[datetime, float] = {}
    for row in squats:
        tops[when(row["start_time"])] = max(tops.get(when(row["start_time"]), 0.0), float(row["weight_kg"]))
    weights = list(tops.values())
    assert max(weights[-6:]) > 1.15 * max(weights[:6])
    assert any(later < 0.93 * earlier for earlier, later in pairwise(weights)), "a light week"


def test_it_has_what_an_import_must_cope_with(rows: list[dict[str, str]]) -> None:
    kinds = Counter(row["set_type"] for row in rows)
    assert min(kinds["normal"], kinds["warmup"], kinds["failure"]) > 10
    assert any(row["superset_id"] == "0" for row in rows)
    assert any("ü" in row["exercise_notes"] for row in rows)
    assert any('"' in row["description"] for row in rows)
    assert any(row["distance_km"] for row in rows)
    assert all(6 <= float(row["rpe"]) <= 10 for row in rows if row["rpe"])
    assert all(when(row["start_time"]) < when(row["end_time"]) for row in rows)


@pytest.mark.parametrize("today", [date(2024, 2, 29), date(2025, 12, 31), date(2027, 1, 1)])
def test_every_day_of_the_year_can_be_the_first(today: date) -> None:
    assert len(year_of_training(today).splitlines()) > 2000


def test_a_session_is_rated_by_its_week_and_the_light_one_is_light() -> None:
    weeks = [[rating(TODAY - timedelta(days=7 * week + day), TODAY) for day in range(1, 8)] for week in range(52)]
    assert {float(rpe) for week in weeks for rpe in week} <= {half / 2 for half in range(7, 20)}
    means = [sum(week) / 7 for week in weeks]
    assert all(min(means[block : block + 4]) < 5.5 < max(means[block : block + 4]) for block in range(0, 52, 4))


def test_days_and_sessions_of_the_demo_are_the_same_each_time_and_have_gaps() -> None:
    days = list(days_of("demo", TODAY))
    assert days == list(days_of("demo", TODAY))
    assert 40 < len(days) < 7 * 12
    assert {day.values["availability"] for day in days} == {1, 2}
    sessions = list(sessions_of("Mika Demo", TODAY))
    assert sessions == list(sessions_of("Mika Demo", TODAY))
    assert len({session["client_key"] for session in sessions}) == len(sessions) > 25
    assert 0 < sum("rpe" not in session for session in sessions) < 8
