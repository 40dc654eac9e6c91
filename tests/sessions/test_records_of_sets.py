"""The records that the reply to a set names are those that the reports list when the session is done."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.conftest import Client
from tests.sessions.test_live_sessions import START
from workouts_api.api.exercises.schemas import TRACKING

EXERCISES, DAYS, RECORDS = "/api/v1/exercises", "/api/v1/days", "/api/v1/reports/records"
FIELDS = {
    "weight_reps": ("weight_kg", "reps"),
    "reps": ("reps",),
    "bodyweight_reps": ("weight_kg", "reps"),
    "time": ("duration_s",),
    "weight_time": ("weight_kg", "duration_s"),
    "distance_time": ("distance_m", "duration_s"),
    "weight_distance": ("weight_kg", "distance_m"),
    "custom": ("weight_kg", "reps", "duration_s"),
}
VALUES = {
    "weight_kg": (None, -20, -15, 0, 2.5, 5, 60, 62.5, 65, 70, 72.5),
    "reps": (None, 0, 1, 3, 5, 8, 10, 12),
    "duration_s": (None, 30, 45, 60, 75),
    "distance_m": (None, 100, 200, 400, 1000),
}


def made(owner: Client, tracking: str, **more: Any) -> int:
    return int(owner.post(EXERCISES, json={"name": f"Mine {tracking}", "tracking": tracking, **more}).json["id"])


def train(owner: Client, exercise_id: int, day: str, sets: list[dict[str, Any]]) -> list[list[str]]:
    """Writes a session set by set, ends it, and returns the records that each set was told."""
    where = owner.post(START, json={"started_at": f"{day}T17:00:00Z"}).headers["Location"]
    told = []
    for number, one in enumerate(sets, 1):
        reply = owner.put(f"{where}/exercises/1/sets/{number}", json={"exercise_id": exercise_id, **one})
        assert reply.status_code == 200, reply.json
        told.append(reply.json["records"])
    assert owner.patch(where, json={"status": "done", "duration_s": 3600}).status_code == 200
    return told


def listed(owner: Client, exercise_id: int) -> dict[str, set[str]]:
    """The kinds of the records of each day."""
    found: dict[str, set[str]] = {}
    for one in owner.get(RECORDS, query_string={"exercise_id": exercise_id, "limit": 200}).json["items"]:
        found.setdefault(one["local_on"], set()).add(one["kind"])
    return found


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("tracking", TRACKING)
def test_they_are_those_of_the_report(owner: Client, tracking: str, seed: int) -> None:
    choose = random.Random(f"{tracking} {seed}")
    exercise_id = made(owner, tracking, **({"bodyweight_factor": 0.64} if tracking == "bodyweight_reps" else {}))
    for day in choose.sample(range(1, 20), 3):
        owner.post(DAYS, json={"local_on": f"2026-03-{day:02}", "values": {"weight_kg": choose.randint(70, 90)}})
    lowest = {field: min(value for value in VALUES[field] if value) for field in FIELDS[tracking]}
    assert train(owner, exercise_id, "2026-03-01", [lowest]) == [[]]
    told: dict[str, set[str]] = {}
    for day in range(2, 13):
        sets = [
            {field: choose.choice(VALUES[field]) for field in FIELDS[tracking]}
            | {"kind": choose.choice(["normal", "normal", "normal", "warmup", "failure"])}
            for _ in range(choose.randint(1, 4))
        ]
        kinds = {kind for kinds in train(owner, exercise_id, f"2026-03-{day:02}", sets) for kind in kinds}
        if kinds:
            told[f"2026-03-{day:02}"] = kinds
    assert told == listed(owner, exercise_id)
    assert bool(told) == (tracking != "custom")


def test_added_weight_and_less_help_are_records(owner: Client) -> None:
    owner.post(DAYS, json={"local_on": "2026-03-01", "values": {"weight_kg": 80}})
    pull_up = made(owner, "bodyweight_reps", bodyweight_factor=1)
    assert train(owner, pull_up, "2026-03-01", [{"reps": 5}]) == [[]]
    assert train(owner, pull_up, "2026-03-02", [{"reps": 5, "weight_kg": 5}]) == [["heaviest", "e1rm", "set_volume"]]
    helped = made(owner, "weight_reps")
    train(owner, helped, "2026-03-03", [{"reps": 5, "weight_kg": -20}])
    assert train(owner, helped, "2026-03-04", [{"reps": 5, "weight_kg": -15}]) == [["heaviest"]]


def test_another_session_of_the_day_counts(owner: Client) -> None:
    squat = made(owner, "weight_reps")
    train(owner, squat, "2026-03-01", [{"reps": 5, "weight_kg": 60}])
    train(owner, squat, "2026-03-02", [{"reps": 5, "weight_kg": 70}])
    assert train(owner, squat, "2026-03-02", [{"reps": 5, "weight_kg": 65}]) == [[]]


@pytest.mark.parametrize("tracking", ["weight_reps", "time"])
@pytest.mark.parametrize("planned_on", ["2026-03-02", "2026-03-03"], ids=["the day before", "that day"])
def test_what_is_planned_takes_no_record_away(owner: Client, tracking: str, planned_on: str) -> None:
    exercise_id = made(owner, tracking)
    first, now, planned = (
        {name: step * number for number, name in enumerate(FIELDS[tracking], 1)} for step in (1, 2, 5)
    )
    train(owner, exercise_id, "2026-03-01", [first])
    body = {
        "started_at": f"{planned_on}T08:00:00Z",
        "status": "planned",
        "exercises": [{"exercise_id": exercise_id, "sets": [planned]}],
    }
    assert owner.post("/api/v1/sessions", json=body).status_code == 201
    told = train(owner, exercise_id, "2026-03-03", [now])
    assert told[0]
    assert {"2026-03-03": set(told[0])} == listed(owner, exercise_id)
