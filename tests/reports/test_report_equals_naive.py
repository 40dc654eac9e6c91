"""GET /api/v1/reports/training against the same report in plain loops, on histories of every kind."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction

import pytest

from tests.reports.comparison import differences
from tests.reports.conftest import muscles_of
from tests.reports.naive_report import DAY, Session, Set, naive_report

FIRST = dt.date(2023, 11, 6)  # so that a leap day, a new year and four ends of months come soon
KINDS = ("normal", "normal", "normal", "warmup", "dropset", "failure")


def some_set(chance: random.Random, exercise_id: int) -> Set:
    """Bodyweight, assisted, empty, failed and timed sets among ordinary ones; weights repeat, so that bests tie."""
    weight = chance.choice([None, 0.0, -20.0, -12.5, *(chance.randrange(1, 60) * 2.5 for _ in range(8)), 61.5])
    return Set(exercise_id, chance.choice(KINDS), weight, chance.choice([None, 0, 1, *range(1, 16), 40]))


def some_session(chance: random.Random, day: dt.date, exercises: list[int]) -> Session:
    done = chance.choice(exercises)
    return Session(
        local_on=day,
        minutes=chance.choice([None, Fraction(0), *(Fraction(chance.randrange(600, 9000), 60) for _ in range(8))]),
        rpe=chance.choice([None, Fraction(0), *(Fraction(chance.randrange(10, 100), 10) for _ in range(8))]),
        sets=[
            some_set(chance, i) for i in [done, *chance.sample(exercises, 3), done] for _ in range(chance.randrange(4))
        ],
        status=chance.choice(["done"] * 9 + ["planned"]),
        starts_at=dt.time(chance.randrange(24), chance.randrange(60)),
    )


def some_history(chance: random.Random, exercises: list[int]) -> list[Session]:
    """Some 150 days: of rest, of one session or several, and with a long pause."""
    sessions = []
    day = FIRST + chance.randrange(10) * DAY
    for _ in range(60):
        day += chance.choice([0, 1, 1, 2, 3, 5]) * DAY + (45 * DAY if chance.random() < 0.02 else 0 * DAY)
        sessions.append(some_session(chance, day, exercises))
    return sessions


@pytest.mark.parametrize("seed", range(10))
def test_the_report_of_any_history_equals_the_naive_one(seed, database, owner, train, report, make_exercise):
    chance = random.Random(seed)
    exercises = [
        make_exercise("Bench press", chest=1, triceps=0.5),
        make_exercise("Squat", quadriceps=1, glutes=0.5, hamstrings=0.25),
        make_exercise("Pull-up", lats=1, biceps=0.5),
        make_exercise("Dip", chest=0.5, triceps=1),
        make_exercise("Something of my own"),
        *(make_exercise(f"Curl {number}", biceps=1) for number in range(3)),
    ]
    history = some_history(chance, exercises)
    train(*history)
    last = history[-1].local_on
    for bucket in ("day", "week", "month"):
        week_start = chance.randrange(1, 8)
        database.execute("update athletes set week_start = %s where id = %s", (week_start, owner.athlete_id))
        from_on = FIRST + chance.randrange(-20, 80) * DAY
        to_on = max(from_on, chance.choice([last, last + 40 * DAY, FIRST + 30 * DAY]))
        formula = chance.choice(["epley", "brzycki"])
        ours = report(from_=from_on, to=to_on, bucket=bucket, e1rm=formula)
        naive = naive_report(
            history,
            muscles_of(database),
            from_on=from_on,
            to_on=to_on,
            bucket=bucket,
            week_start=week_start,
            e1rm=formula,
        )
        assert differences(ours, naive) == []


@pytest.mark.parametrize("load", [Fraction(333, 10), Fraction(1, 10), Fraction(7)])
def test_equal_days_have_no_monotony_whatever_the_fraction(load, train, report):
    """Summed as floats, seven times 33.3 is not 7 · 33.3: an SD of 1e-15 would be a monotony of 1e16."""
    history = [Session(FIRST + n * DAY, Fraction(10) / 3, load * 3 / 10) for n in range(30)]
    history = [Session(s.local_on, Fraction(round(s.minutes * 60), 60), round(s.rpe, 1)) for s in history]
    train(*history)
    ours = report(from_=FIRST, to=FIRST + 29 * DAY, bucket="day")
    assert set(ours["buckets"]["monotony"]) == {None}
    assert set(ours["buckets"]["strain"]) == {None}
    assert differences(ours, naive_report(history, {}, from_on=FIRST, to_on=FIRST + 29 * DAY, bucket="day")) == []


def test_the_averages_fade_to_zero_through_decades_of_rest(train, report):
    """Halving on, they would fall below the smallest float8, which PostgreSQL answers with an error."""
    history = [Session(dt.date(1975, 1, 1) + n * DAY, Fraction(60), Fraction(7)) for n in range(40)]
    train(*history)
    from_on, to_on = dt.date(1976, 1, 1), dt.date(2026, 1, 1) - DAY
    ours = report(from_=from_on, to=to_on, bucket="month")
    assert (ours["buckets"]["ctl"][-1], ours["buckets"]["atl"][-1], ours["buckets"]["acwr_ewma"][-1]) == (0, 0, None)
    assert ours["buckets"]["acwr_ewma"][0] == 0
