"""An exercise that an import makes tracks what its sets have: reports show it, and no ride is a hard set."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.imports.conftest import Send, export, row

EXERCISES, REPORTS = "/api/v1/exercises", "/api/v1/reports/exercises"
NOTHING: dict[str, Any] = {"weight_kg": "", "reps": "", "distance_km": "", "duration_seconds": ""}


@pytest.mark.parametrize(
    ("has", "tracking", "column"),
    [
        ({"weight_kg": 60, "reps": 5}, "weight_reps", "heaviest_kg"),
        ({"reps": 12}, "weight_reps", "most_reps"),
        ({"reps": 5, "duration_seconds": 30}, "weight_reps", "most_reps"),
        ({"duration_seconds": 600}, "time", "longest_s"),
        ({"duration_seconds": 600, "reps": 0, "weight_kg": 0}, "time", "longest_s"),
        ({"duration_seconds": 30, "weight_kg": 20}, "weight_time", "longest_s"),
        ({"duration_seconds": 3600, "distance_km": 20, "reps": 0}, "distance_time", "farthest_m"),
        ({"distance_km": 0.4}, "distance_time", "farthest_m"),
        ({"distance_km": 0.02, "weight_kg": 40}, "weight_distance", "farthest_m"),
        ({}, "weight_reps", None),
    ],
    ids=str,
)
def test_it_is_what_its_sets_have(owner: Client, send: Send, has: Any, tracking: str, column: str | None) -> None:
    rows = [row(exercise_title="Zercher Something", **NOTHING | has)]
    (made,) = send(owner, export(rows)).json["exercises"]
    assert made["is_new"]
    exercise = owner.get(f"{EXERCISES}/{made['exercise_id']}").json
    assert exercise["tracking"] == tracking
    assert exercise["category"] == ("cardio" if tracking == "distance_time" else "strength")
    told = owner.get(f"{REPORTS}/{made['exercise_id']}", query_string={"from": "2025-01-01"}).json
    assert column is None or None not in told["history"][column], told


def test_all_sets_of_all_spellings_decide_together(owner: Client, send: Send) -> None:
    rows = [
        row(exercise_title="My-Hold", **NOTHING | {"duration_seconds": 30}),
        row(exercise_title="my hold", start_time="3 Jan 2025, 18:00", end_time="", **NOTHING | {"weight_kg": 20}),
    ]
    made = send(owner, export(rows)).json["exercises"]
    assert len({one["exercise_id"] for one in made}) == 1
    assert owner.get(f"{EXERCISES}/{made[0]['exercise_id']}").json["tracking"] == "weight_time"
