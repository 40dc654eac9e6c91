"""The formulas of migrations/repeatable/formulas.sql, on values that can be worked out by hand."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from tests.reports.naive_report import DAY, Session, Set

MONDAY = dt.date(2026, 1, 5)


def value_of(database, expression):
    return database.execute(f"select {expression}").fetchone()[0]


@pytest.mark.parametrize(
    ("weight_kg", "reps", "expected_kg"),
    [
        (100, 5, 116.6667),
        (100, 1, 100),
        (100, 10, 133.3333),
        (60, 30, 120),
        (100, 0, None),
        (0, 5, None),
        (-20, 5, None),
    ],
)
def test_epley_is_weight_times_one_and_a_thirtieth_a_rep(weight_kg, reps, expected_kg, database):
    assert value_of(database, f"e1rm_epley_kg({weight_kg}, {reps}::smallint)") == pytest.approx(expected_kg, abs=1e-4)


@pytest.mark.parametrize(
    ("weight_kg", "reps", "expected_kg"),
    [(100, 5, 112.5), (100, 1, 100), (100, 10, 133.3333), (100, 11, None), (100, 0, None), (0, 5, None)],
)
def test_brzycki_is_for_up_to_ten_reps(weight_kg, reps, expected_kg, database):
    assert value_of(database, f"e1rm_brzycki_kg({weight_kg}, {reps}::smallint)") == pytest.approx(expected_kg, abs=1e-4)


def train_loads(train, *loads):
    """One session a day of RPE 5; a load of 0 is a day of rest."""
    train(*(Session(MONDAY + n * DAY, Fraction(load, 5), Fraction(5)) for n, load in enumerate(loads) if load))


def test_monotony_and_strain_of_a_known_week(train, report):
    """Loads 600, 0, 300, 0, 450, 0, 0: mean 192.857, sample SD 255.650, so 0.754 and 1350 · 0.7544 = 1018.4."""
    train_loads(train, 600, 0, 300, 0, 450, 0, 0)
    buckets = report(from_=MONDAY, to=MONDAY + 6 * DAY)["buckets"]
    assert (buckets["session_load"], buckets["monotony"], buckets["strain"]) == ([1350], [0.754], [1018.4])


def test_four_weeks_of_100_a_day_and_one_of_200(train, report):
    """Coupled 200 / ((3 · 100 + 200) / 4) = 1.6; uncoupled 200 / 100 = 2."""
    train_loads(train, *[100] * 28, *[200] * 7)
    buckets = report(from_=MONDAY, to=MONDAY + 34 * DAY)["buckets"]
    assert buckets["acwr"] == [None, None, None, 1, 1.6]
    assert buckets["acwr_uncoupled"] == [None, None, None, 1, 2]
    acute, chronic = 200 - 100 * 0.75**7, 200 - 100 * (27 / 29) ** 7
    assert buckets["acwr_ewma"] == [None, None, None, 1, round(acute / chronic, 3)]


def test_the_ratios_come_with_the_twenty_eighth_day(train, report):
    train_loads(train, *[100] * 28)
    buckets = report(from_=MONDAY + 26 * DAY, to=MONDAY + 27 * DAY, bucket="day")["buckets"]
    assert (buckets["acwr"], buckets["acwr_uncoupled"], buckets["acwr_ewma"]) == ([None, 1], [None, 1], [None, 1])


def test_fitness_fatigue_and_form_of_one_hard_day(train, report):
    """From 0: 420 · (1 - e^(-1/42)) = 9.88 and 420 · (1 - e^(-1/7)) = 55.91; form follows a day later."""
    train_loads(train, 420)
    buckets = report(from_=MONDAY, to=MONDAY + 1 * DAY, bucket="day")["buckets"]
    assert buckets["ctl"] == [9.88, 9.65]
    assert buckets["atl"] == [55.91, 48.47]
    assert buckets["tsb"] == [0, -46.03]


def test_a_constant_load_becomes_the_fitness(train, report):
    train_loads(train, *[300] * 600)
    buckets = report(from_=MONDAY + 599 * DAY, to=MONDAY + 599 * DAY, bucket="day")["buckets"]
    assert (buckets["ctl"], buckets["atl"], buckets["tsb"]) == ([300], [300], [0])


def test_a_muscle_has_its_share_of_the_volume(train, report, make_exercise):
    """Bench 3 × 100 × 5 = 1500 kg: all for the chest, half for the triceps; warm-ups and assistance lift nothing."""
    bench = make_exercise("Bench press", chest=1, triceps=0.5)
    own = make_exercise("Odd lift")
    calves = make_exercise("Calf raise", calves=1)
    sets = [
        Set(calves, "warmup", 60, 5),
        Set(bench, "warmup", 60, 5),
        *[Set(bench, "normal", 100, 5)] * 3,
        Set(bench, "normal", -20, 8),
        Set(own, "normal", 10, 7),
    ]
    train(Session(MONDAY, Fraction(60), None, sets))
    ours = report(from_=MONDAY, to=MONDAY)
    assert ours["muscle_volume_kg"] == {"chest": [1500], "triceps": [750]}
    totals = ours["totals"]
    assert (totals["sets"], totals["working_sets"]) == (7, 5)
    assert (totals["volume_kg"], totals["no_muscle_volume_kg"]) == (1570, 70)
