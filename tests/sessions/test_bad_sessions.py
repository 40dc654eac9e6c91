"""What POST, PUT and PATCH of sessions refuse, and how they name it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body

BAD_SESSIONS: list[tuple[str, Any]] = [
    ("started_at", "2026-01-05T17:00:00"),
    ("started_at", "2026-13-05T17:00:00Z"),
    ("started_at", "1899-12-31T23:59:59Z"),
    ("started_at", "2200-01-01T00:00:00Z"),
    ("started_at", "0001-01-01T00:00:00+14:00"),
    ("started_at", 1767632400),
    ("started_at", None),
    ("ended_at", "2026-01-05T16:59:59Z"),
    ("ended_at", "2026-01-16T17:00:00Z"),
    ("duration_s", 60),
    ("duration_s", -1),
    ("zone", "Mars/Olympus"),
    ("zone", "../etc/passwd"),
    ("zone", None),
    ("title", "x" * 201),
    ("title", "a\x00b"),
    ("title", 5),
    ("title", None),
    ("notes", "x" * 20_001),
    ("notes", "a\x00b"),
    ("status", "finished"),
    ("status", ["done"]),
    ("status", None),
    ("rpe", 10.5),
    ("rpe", -1),
    ("rpe", 7.25),
    ("rpe", "7"),
    ("rpe", True),
    ("client_key", "not a key"),
    ("client_key", 5),
    ("exercises", {}),
    ("exercises", None),
    ("exercises", "squats"),
    ("exercises", [{"exercise_id": 1}] * 101),
    ("colour", "red"),
]

BAD_EXERCISES: list[tuple[str, Any]] = [
    ("exercise_id", 0),
    ("exercise_id", -1),
    ("exercise_id", 2**53),
    ("exercise_id", 2**63),
    ("exercise_id", "1"),
    ("exercise_id", True),
    ("exercise_id", 1.5),
    ("exercise_id", None),
    ("exercise_no", 0),
    ("exercise_no", 1001),
    ("exercise_no", None),
    ("position", -1),
    ("position", 32_768),
    ("superset", -1),
    ("superset", 1001),
    ("notes", "x" * 5001),
    ("notes", "\x00"),
    ("notes", None),
    ("sets", None),
    ("sets", {"reps": 5}),
    ("sets", [{}] * 201),
    ("colour", "red"),
]

BAD_SETS: list[tuple[str, Any]] = [
    ("set_no", 0),
    ("set_no", 1001),
    ("set_no", "1"),
    ("position", 1e300),
    ("kind", "easy"),
    ("kind", {}),
    ("kind", None),
    ("reps", -1),
    ("reps", 10_000),
    ("reps", 5.5),
    ("reps", "5"),
    ("reps", True),
    ("weight_kg", 2000.5),
    ("weight_kg", -501),
    ("weight_kg", "100"),
    ("weight_kg", True),
    ("weight_kg", [100]),
    ("weight_lb", 4410),
    ("distance_m", -1),
    ("distance_m", 1e8),
    ("distance_mi", -0.5),
    ("duration_s", 864_001),
    ("duration_s", 1.5),
    ("rpe", 0.5),
    ("rpe", 10.5),
    ("rpe", 8.3),
    ("rpe", "8"),
    ("rir", 21),
    ("rir", -1),
    ("notes", "x" * 5001),
    ("notes", "\x00"),
    ("colour", "red"),
]


@pytest.mark.parametrize(("name", "value"), BAD_SESSIONS)
def test_a_bad_field_of_a_session_is_named(owner: Client, body: Body, name: str, value: Any) -> None:
    refused = owner.post(URL, json={**body, name: value})
    assert refused.status_code == 422
    assert list(refused.json["details"]) == [name]


@pytest.mark.parametrize(("name", "value"), BAD_EXERCISES)
def test_a_bad_field_of_an_exercise_is_named_by_its_path(owner: Client, body: Body, name: str, value: Any) -> None:
    body["exercises"][1][name] = value
    refused = owner.post(URL, json=body)
    assert refused.status_code == 422
    assert list(refused.json["details"]) == [f"exercises.1.{name}"]


@pytest.mark.parametrize(("name", "value"), BAD_SETS)
def test_a_bad_field_of_a_set_is_named_by_its_path(owner: Client, body: Body, name: str, value: Any) -> None:
    body["exercises"][0]["sets"][1] = {name: value}
    refused = owner.post(URL, json=body)
    assert refused.status_code == 422
    assert list(refused.json["details"]) == [f"exercises.0.sets.1.{name}"]


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_a_number_that_is_none_is_not_json(owner: Client, number: str) -> None:
    text = f'{{"started_at": "2026-01-05T17:00:00Z", "rpe": {number}}}'
    assert owner.post(URL, data=text, headers={"Content-Type": "application/json"}).status_code in (400, 422)


def test_all_that_is_wrong_is_said_at_once(owner: Client, body: Body) -> None:
    body["exercises"][0]["sets"][0]["reps"] = "five"
    body["exercises"][1]["exercise_id"] = 0
    refused = owner.post(URL, json={**body, "title": 5})
    assert set(refused.json["details"]) == {"title", "exercises.0.sets.0.reps", "exercises.1.exercise_id"}


def test_what_is_required_is_named(owner: Client, body: Body) -> None:
    del body["started_at"], body["exercises"][0]["exercise_id"]
    assert set(owner.post(URL, json=body).json["details"]) == {"started_at", "exercises.0.exercise_id"}


@pytest.mark.parametrize("text", ["[]", '"x"', "5", "null"])
def test_a_body_that_is_no_object_is_refused(owner: Client, text: str) -> None:
    refused = owner.post(URL, data=text, headers={"Content-Type": "application/json"})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["body"])


@pytest.mark.parametrize("thing", [[], "x", 5, None])
def test_a_row_that_is_no_object_is_refused(owner: Client, body: Body, thing: Any) -> None:
    refused = owner.post(URL, json={**body, "exercises": [thing]})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["exercises.0"])


def test_a_number_that_stands_twice_is_refused(owner: Client, body: Body) -> None:
    body["exercises"][0]["sets"] = [{"set_no": 3}, {"set_no": 3}]
    assert list(owner.post(URL, json=body).json["details"]) == ["exercises.0.sets.1.set_no"]


def test_numbers_that_count_on_too_far_are_refused(owner: Client, body: Body) -> None:
    body["exercises"][0]["sets"] = [{"set_no": 1000}, {}]
    assert list(owner.post(URL, json=body).json["details"]) == ["exercises.0.sets.1.set_no"]


@pytest.mark.parametrize(("name", "other"), [("weight_kg", "weight_lb"), ("distance_m", "distance_mi")])
def test_a_quantity_in_two_units_is_refused(owner: Client, body: Body, name: str, other: str) -> None:
    body["exercises"][0]["sets"][1] = {name: 100, other: 100}
    assert list(owner.post(URL, json=body).json["details"]) == [f"exercises.0.sets.1.{other}"]


BAD_PATCHES: list[tuple[Body, str]] = [
    ({"started_at": None}, "started_at"),
    ({"started_at": "2026-01-05T19:00:00Z"}, "ended_at"),
    ({"started_at": "2026-01-05T19:00:00Z", "ended_at": "2026-01-05T18:00:00Z"}, "ended_at"),
    ({"ended_at": "2026-01-05T16:00:00Z"}, "ended_at"),
    ({"ended_at": "2026-01-05T19:00:00Z", "duration_s": 60}, "duration_s"),
    ({"status": None}, "status"),
    ({"rpe": 7.3}, "rpe"),
    ({"zone": "Nowhere"}, "zone"),
    ({"exercises": []}, "exercises"),
    ({"id": 5}, "id"),
    ({"version": 5}, "version"),
    ({"client_key": None}, "client_key"),
]


@pytest.mark.parametrize(("patch", "name"), BAD_PATCHES)
def test_a_bad_field_of_a_patch_is_named(owner: Client, body: Body, patch: Body, name: str) -> None:
    made = owner.post(URL, json=body)
    refused = owner.patch(made.headers["Location"], json=patch)
    assert (refused.status_code, list(refused.json["details"])) == (422, [name])
    assert owner.get(made.headers["Location"]).json == made.json
