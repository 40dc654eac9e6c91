"""What is recorded of an exercise's sets, and whose load it is: POST and GET /api/v1/exercises"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.exercises.schemas import CATEGORIES, TRACKING

URL = "/api/v1/exercises"


def made(client: Client, **fields: Any) -> dict[str, Any]:
    reply = client.post(URL, json={"name": "Mine", **fields})
    assert reply.status_code == 201, reply.json
    read: dict[str, Any] = client.get(reply.headers["Location"]).json
    assert read == reply.json
    return read


def shared(client: Client, name: str) -> dict[str, Any]:
    found = client.get(URL, query_string={"q": name, "limit": 1}).json["items"][0]
    assert found["name"] == name
    detail: dict[str, Any] = client.get(f"{URL}/{found['id']}").json
    return detail


@pytest.mark.parametrize("tracking", TRACKING)
def test_each_way_of_recording_is_kept(owner: Client, tracking: str) -> None:
    assert made(owner, tracking=tracking)["tracking"] == tracking


@pytest.mark.parametrize("category", CATEGORIES)
def test_without_one_the_category_says_it(owner: Client, category: str) -> None:
    usual = {"cardio": "distance_time", "mobility": "time", "bodyweight": "bodyweight_reps"}
    exercise = made(owner, category=category)
    assert (exercise["tracking"], exercise["bodyweight_factor"]) == (usual.get(category, "weight_reps"), None)


def test_the_rest_is_kept_as_it_was_sent(owner: Client) -> None:
    sent = {"tracking": "bodyweight_reps", "bodyweight_factor": 0.66, "is_per_hand": True, "is_one_sided": True}
    exercise = made(owner, **sent)
    assert {name: exercise[name] for name in sent} == sent


@pytest.mark.parametrize("tracking", [None, "weight_reps", "time"])
def test_only_a_bodyweight_exercise_has_a_factor(owner: Client, tracking: str | None) -> None:
    sent = {"name": "Mine", "bodyweight_factor": 1} | ({"tracking": tracking} if tracking else {})
    refused = owner.post(URL, json=sent)
    assert (refused.status_code, list(refused.json["details"])) == (422, ["bodyweight_factor"])


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tracking", "rounds"),
        ("tracking", None),
        ("tracking", ["reps"]),
        ("bodyweight_factor", 0),
        ("bodyweight_factor", 1.6),
        ("bodyweight_factor", "1"),
        ("is_per_hand", None),
        ("is_per_hand", "yes"),
        ("is_per_hand", 1),
        ("is_one_sided", "false"),
    ],
)
def test_what_is_wrong_is_named(owner: Client, field: str, value: Any) -> None:
    refused = owner.post(URL, json={"name": "Mine", "tracking": "bodyweight_reps", field: value})
    assert (refused.status_code, list(refused.json["details"])) == (422, [field])


@pytest.mark.parametrize(
    ("name", "tracking", "factor", "per_hand", "one_sided"),
    [
        ("Barbell Bench Press", "weight_reps", None, False, False),
        ("Dumbbell Bench Press", "weight_reps", None, True, False),
        ("Bulgarian Split Squat", "weight_reps", None, True, True),
        ("Goblet Squat", "weight_reps", None, False, False),
        ("Cable Crossover", "weight_reps", None, True, False),
        ("Pull-Up", "bodyweight_reps", 1, False, False),
        ("Assisted Pull-Up", "bodyweight_reps", 1, False, False),
        ("Weighted Chest Dip", "bodyweight_reps", 1, False, False),
        ("Push-Up", "bodyweight_reps", 0.64, False, False),
        ("Plank", "time", None, False, False),
        ("Weighted Plank", "weight_time", None, False, False),
        ("Running", "distance_time", None, False, False),
        ("Farmer's Walk", "weight_distance", None, True, False),
        ("Crunch", "reps", None, False, False),
    ],
)
def test_the_catalogue_says_it_of_its_exercises(
    owner: Client, name: str, tracking: str, factor: float | None, per_hand: bool, one_sided: bool
) -> None:
    found = shared(owner, name)
    assert [found[field] for field in ("tracking", "bodyweight_factor", "is_per_hand", "is_one_sided")] == [
        tracking,
        factor,
        per_hand,
        one_sided,
    ]


def test_a_list_has_only_those_that_are_recorded_so(owner: Client, database: psycopg.Connection[Any]) -> None:
    listed = owner.get(URL, query_string={"tracking": "weight_distance", "limit": 200}).json["items"]
    rows = database.execute("select name from exercises where tracking = 'weight_distance' order by lower(name)")
    assert [item["name"] for item in listed] == [name for (name,) in rows]
    assert len(listed) >= 5
    assert owner.get(URL, query_string={"tracking": "rounds"}).status_code == 422
