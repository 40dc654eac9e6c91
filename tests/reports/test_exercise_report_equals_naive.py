"""GET /api/v1/reports/exercise against the same in plain loops, for every way to track an exercise."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.reports.lifts import store_lifts, store_weighings
from tests.reports.naive_records import (
    Lift,
    Tracked,
    counting,
    effective_load,
    nearest_weighing,
    rep_maxima,
    values_of,
    walk,
)

URL = "/api/v1/reports/exercises"
FIRST = dt.date(2023, 12, 4)
DAY = dt.timedelta(days=1)
TRACKINGS = (
    Tracked("weight_reps"),
    Tracked("bodyweight_reps", 1.0),
    Tracked("bodyweight_reps", 0.64),
    Tracked("bodyweight_reps"),
    Tracked("reps"),
    Tracked("time"),
    Tracked("weight_time"),
    Tracked("distance_time"),
    Tracked("weight_distance"),
    Tracked("custom"),
)
COLUMNS = {"heaviest": "heaviest_kg", "e1rm": "e1rm_kg", "most_reps": "most_reps", "longest": "longest_s"}
COLUMNS |= {"farthest": "farthest_m"}


def some_lifts(chance: random.Random) -> list[Lift]:
    """Warm-ups, failed sets, help, missing weights and ratings among ordinary sets; values repeat, so bests tie."""
    return [
        Lift(
            local_on=FIRST + day * DAY,
            session=day,
            kind=chance.choice("nnnnwdf"),
            weight_kg=chance.choice([None, 0.0, -20.0, -90.0, *(chance.randrange(8, 30) * 2.5 for _ in range(6))]),
            reps=chance.choice([None, 0, *range(1, 14), 20, 36]),
            rpe=chance.choice([None, 6, 8, 8.5, 10]),
            rir=chance.choice([None, None, 0, 2, 10, 15]),
            duration_s=chance.choice([None, 30, 60, 90]),
            distance_m=chance.choice([None, 20, 400, 5000.5]),
        )
        for day in sorted(chance.sample(range(120), 40))
        for _ in range(chance.randrange(1, 5))
    ]


@pytest.mark.parametrize("exercise", TRACKINGS, ids=lambda e: f"{e.tracking} {e.factor}")
def test_the_report_of_any_exercise_equals_the_naive_one(exercise, database, owner):
    chance = random.Random(f"{exercise.tracking} {exercise.factor}")
    lifts = some_lifts(chance)
    weighings = {FIRST + day * DAY: 70 + chance.randrange(200) / 10 for day in chance.sample(range(-20, 60), 6)}
    store_weighings(database, owner.athlete_id, weighings)
    exercise_id = store_lifts(database, owner.athlete_id, lifts, exercise)
    for formula, most_reps in (("epley", 10), ("brzycki", 36), ("rpe", 12)):
        asked = {"e1rm": formula, "most_reps": most_reps}
        asked |= {"from": FIRST + 30 * DAY, "to": FIRST + 130 * DAY}
        told = owner.get(f"{URL}/{exercise_id}", query_string=asked).json
        naive = values_of(exercise, lifts, weighings, formula, most_reps)
        assert records_of(told) == [
            (day.isoformat(), kind, pytest.approx(value, abs=0.0051), pytest.approx(beats, abs=0.0051))
            for day, kind, value, beats in sorted(
                (day, kind, value, beats)
                for kind, of_kind in naive.items()
                for day, value, beats in walk(of_kind)
                if beats is not None and day >= FIRST + 30 * DAY
            )
        ]
        for kind, column in COLUMNS.items():
            shown = dict(zip(told["history"]["local_on"], told["history"][column], strict=True))
            expected = {d.isoformat(): v for d, v in naive.get(kind, {}).items() if d >= FIRST + 30 * DAY}
            assert {on: v for on, v in shown.items() if v is not None} == pytest.approx(expected, abs=0.0051), kind
    maxima = rep_maxima(exercise, lifts, weighings)
    assert [(m["reps"], m["load_kg"], m["local_on"]) for m in told["rep_maxima"]] == [
        (m["reps"], m["load"] and pytest.approx(m["load"], abs=0.0051), m["on"] and m["on"].isoformat())
        if exercise.tracking.endswith("_reps")
        else (m["reps"], None, None)
        for m in maxima
    ]
    counted = counting(exercise, lifts)
    loads = [effective_load(exercise, lift, nearest_weighing(weighings, lift.local_on)) for lift in counted]
    assert told["inputs"]["sets"] == len(counted)
    assert told["inputs"]["sets_without_load"] == loads.count(None)


def records_of(told):
    return [
        (r["local_on"], r["kind"], *((r["value_kg"], r["beats_kg"]) if r["unit"] == "kg" else (r["value"], r["beats"])))
        for r in told["records"]
    ]
