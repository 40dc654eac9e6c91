"""POST /api/v1/sessions"""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD, Client
from tests.sessions.bodies import URL, Body


def test_what_was_answered_is_what_is_read_afterwards(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    assert made.status_code == 201
    read = owner.get(made.headers["Location"])
    assert (read.json, read.headers["ETag"]) == (made.json, made.headers["ETag"])
    assert keys(read.json) == keys(made.json)


def keys(value: Any) -> Any:
    """The names in their order, all the way down."""
    if isinstance(value, dict):
        return [(name, keys(below)) for name, below in value.items()]
    return [keys(item) for item in value] if isinstance(value, list) else None


def test_counts_volume_day_and_duration_are_worked_out(owner: Client, body: Body) -> None:
    made = owner.post(URL, json={**body, "started_at": "2026-01-05T23:30:00Z", "ended_at": "2026-01-06T00:15:30Z"}).json
    assert (made["exercise_count"], made["set_count"], made["volume_kg"]) == (2, 3, 5 * 100.5 + 8 * 80)
    assert (made["local_on"], made["duration_s"], made["status"], made["version"]) == ("2026-01-06", 2730, "done", 1)


@pytest.mark.parametrize(
    ("sets", "volume_kg"),
    [
        ([{"reps": 5, "weight_lb": 225}] * 3, 1530.8745),
        ([{"reps": 8, "weight_lb": 315}] * 5, 5715.264),
        ([{"reps": 3, "weight_kg": 0.1}], 0.3),
        ([{"reps": 7, "weight_kg": 82.3}] * 3, 1728.3),
        ([{"reps": 9999, "weight_kg": 1999.9999}] * 2, 39995998.0002),
    ],
    ids=str,
)
def test_the_volume_has_the_decimals_of_weights_wherever_it_is_worked_out(
    owner: Client, body: Body, sets: list[Any], volume_kg: float
) -> None:
    whole = {**body, "exercises": [{**body["exercises"][0], "sets": sets}]}
    made = owner.post(URL, json=whole)
    assert made.json["volume_kg"] == volume_kg
    empty = owner.put(f"{URL}/{made.json['id']}", json={**body, "exercises": []}, headers={"If-Match": '"1-"'})
    put = owner.put(f"{URL}/{made.json['id']}", json=whole, headers={"If-Match": empty.headers["ETag"]})
    assert put.json["volume_kg"] == owner.get(URL).json["items"][0]["volume_kg"] == volume_kg


def test_numbers_and_places_are_given_in_the_lists_order(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body).json
    assert [(e["exercise_no"], e["position"]) for e in made["exercises"]] == [(1, 1), (2, 2)]
    assert [(s["set_no"], s["position"]) for s in made["exercises"][0]["sets"]] == [(1, 1), (2, 2)]


def test_a_number_that_is_left_out_counts_on_from_those_that_are_given(owner: Client, body: Body) -> None:
    body["exercises"][0]["exercise_no"] = 7
    made = owner.post(URL, json=body).json
    assert [e["exercise_no"] for e in made["exercises"]] == [7, 8]


def test_exercises_and_sets_stand_by_position_then_number(owner: Client, body: Body) -> None:
    first, second = body["exercises"]
    first |= {"position": 2, "sets": [{"set_no": 2, "position": 1}, {"set_no": 1, "position": 1}]}
    second["position"] = 1
    made = owner.post(URL, json=body).json
    assert [e["exercise_no"] for e in made["exercises"]] == [2, 1]
    assert [s["set_no"] for s in made["exercises"][1]["sets"]] == [1, 2]
    assert owner.get(f"{URL}/{made['id']}").json == made


def test_a_session_may_be_empty_and_gets_the_zone_of_its_athlete(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    database.execute("update athletes set zone = 'Asia/Tokyo' where id = %s", [owner.athlete_id])
    made = owner.post(URL, json={"started_at": "2026-01-05T17:00:00Z"}).json
    assert (made["zone"], made["local_on"], made["exercises"]) == ("Asia/Tokyo", "2026-01-06", [])
    assert (made["title"], made["notes"], made["rpe"], made["ended_at"], made["duration_s"]) == (
        "",
        "",
        None,
        None,
        None,
    )
    assert owner.get(f"{URL}/{made['id']}").json == made


def test_a_duration_takes_the_place_of_the_end(owner: Client, body: Body) -> None:
    del body["ended_at"]
    assert owner.post(URL, json={**body, "duration_s": 90}).json["ended_at"] == "2026-01-05T17:01:30Z"


def test_225_lb_in_is_225_lb_out(owner: Client, body: Body) -> None:
    body["exercises"][0]["sets"] = [{"reps": 1, "weight_lb": 225, "distance_mi": 0.1}]
    made = owner.post(f"{URL}?units=imperial", json=body).json
    assert made["exercises"][0]["sets"][0]["weight_lb"] == 225
    assert made["exercises"][0]["sets"][0]["distance_mi"] == 0.1
    stored = owner.get(f"{URL}/{made['id']}").json["exercises"][0]["sets"][0]
    assert stored["weight_kg"] == pytest.approx(102.0582825)
    assert stored["distance_m"] == pytest.approx(160.9344)


def test_the_same_client_key_gives_the_session_that_is_there(owner: Client, body: Body) -> None:
    body["client_key"] = str(uuid.uuid4())
    first = owner.post(URL, json=body)
    owner.patch(first.headers["Location"], json={"title": "Edited since"})
    again = owner.post(URL, json={**body, "title": "Other"})
    assert (again.status_code, again.headers["Location"]) == (201, first.headers["Location"])
    assert again.json == owner.get(first.headers["Location"]).json
    assert len(owner.get(URL).json["items"]) == 1


def test_20_senders_of_one_client_key_make_one_session_and_get_all_of_it(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    body["client_key"] = str(uuid.uuid4())
    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(lambda _: owner.post(URL, json=body), range(20)))
    assert {reply.status_code for reply in replies} == {201}
    assert all(reply.json == replies[0].json for reply in replies)
    assert len(replies[0].json["exercises"]) == 2
    assert database.execute("select count(*) from sessions").fetchone() == (1,)
    assert database.execute("select count(*) from sets").fetchone() == (3,)


def test_a_client_key_stays_used_when_its_session_is_deleted(
    owner: Client, coach: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    body["client_key"] = str(uuid.uuid4())
    made = owner.post(URL, json=body)
    assert owner.delete(made.headers["Location"]).status_code == 204
    again = owner.post(URL, json=body)
    assert (again.status_code, list(again.json["details"])) == (409, ["client_key"])
    assert owner.get(URL).json["items"] == []
    assert coach.post(URL, json=body).status_code == 201, "keys are an athlete's own"
    assert owner.post(URL, json={**body, "client_key": str(uuid.uuid4())}).status_code == 201
    assert owner.delete("/api/v1/users/me", json={"password": PASSWORD}).json["deleted"]["deleted_client_keys"] == 1


def test_one_client_key_of_two_athletes_are_two_sessions(owner: Client, stranger: Client, body: Body) -> None:
    body["client_key"] = str(uuid.uuid4())
    assert owner.post(URL, json=body).json["id"] != stranger.post(URL, json=body).json["id"]


def test_a_resent_idempotency_key_makes_no_second_session(owner: Client, body: Body) -> None:
    replies = [owner.post(URL, json=body, headers={"Idempotency-Key": "abc"}) for _ in range(2)]
    assert replies[0].json == replies[1].json
    assert replies[0].headers["Location"] == replies[1].headers["Location"]
    assert len(owner.get(URL).json["items"]) == 1


@pytest.mark.parametrize("whose", ["nobody's", "a stranger's"])
def test_an_exercise_that_is_not_there_or_not_ones_own_is_named_by_its_place(
    owner: Client, stranger: Client, body: Body, whose: str
) -> None:
    other = 2**53 - 1 if whose == "nobody's" else stranger.post("/api/v1/exercises", json={"name": "Mine"}).json["id"]
    body["exercises"][1]["exercise_id"] = other
    refused = owner.post(URL, json=body)
    assert (refused.status_code, refused.json["details"]) == (
        422,
        {"exercises.1.exercise_id": ["There is no such exercise."]},
    )
    assert owner.get(URL).json["items"] == []


def test_all_exercises_that_are_not_there_are_named_also_where_a_session_is_replaced(
    owner: Client, stranger: Client, body: Body
) -> None:
    mine = owner.post("/api/v1/exercises", json={"name": "Mine"}).json["id"]
    others = stranger.post("/api/v1/exercises", json={"name": "Others"}).json["id"]
    where = owner.post(URL, json=body).headers["Location"]
    wrong = {**body, "exercises": [{"exercise_id": number} for number in (others, 1, mine, 2**53 - 1, 2, others)]}
    places = {f"exercises.{place}.exercise_id": ["There is no such exercise."] for place in (0, 3, 5)}
    replaced = owner.put(where, json=wrong, headers={"If-Match": "*"})
    for refused in (owner.post(URL, json=wrong), replaced):
        assert (refused.status_code, refused.json["details"]) == (422, places)


def test_merged_exercises_are_followed_to_the_end(
    owner: Client, body: Body, exercise_ids: list[int], database: psycopg.Connection[Any]
) -> None:
    one, two = (owner.post("/api/v1/exercises", json={"name": name}).json["id"] for name in ("One", "Two"))
    merge = "update exercises set merged_into = %s where id = %s"
    database.execute(merge, [two, one])
    database.execute(merge, [exercise_ids[2], two])
    body["exercises"][0]["exercise_id"] = one
    made = owner.post(URL, json=body).json
    assert made["exercises"][0]["exercise_id"] == exercise_ids[2]
    assert owner.get(f"{URL}/{made['id']}").json == made
    database.execute(merge, [one, two])  # a circle has no end: each stands for itself
    assert owner.post(URL, json=body).json["exercises"][0]["exercise_id"] == one


def test_a_second_session_in_progress_is_a_conflict(owner: Client, body: Body) -> None:
    assert owner.post(URL, json={**body, "status": "in_progress"}).status_code == 201
    refused = owner.post(URL, json={**body, "status": "in_progress"})
    assert (refused.status_code, list(refused.json["details"])) == (409, ["status"])


def test_what_was_read_can_be_sent_as_it_is(owner: Client, body: Body) -> None:
    first = owner.post(URL, json=body).json
    again = owner.post(URL, json=first)
    assert again.status_code == 201
    ours = {"id", "created_at", "updated_at"}
    assert {k: v for k, v in again.json.items() if k not in ours} == {k: v for k, v in first.items() if k not in ours}


def test_the_largest_session_is_taken(owner: Client, exercise_ids: list[int]) -> None:
    exercises = [{"exercise_id": exercise_ids[0], "sets": [{"reps": 1}] * 200}] * 100
    made = owner.post(URL, json={"started_at": "2026-01-05T17:00:00Z", "exercises": exercises})
    assert (made.status_code, made.json["set_count"]) == (201, 20_000)


def test_the_documents_examples_work_when_they_are_tried(owner: Client) -> None:
    paths = owner.get("/openapi.json").json["paths"]
    examples = {
        method: paths[path][method]["requestBody"]["content"]["application/json"]["example"]
        for path, method in ((URL, "post"), (URL + "/{session_id}", "put"), (URL + "/{session_id}", "patch"))
    }
    made = owner.post(URL, json=examples["post"])
    where, held = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    assert made.status_code == 201
    assert owner.put(where, json=examples["put"], headers=held).status_code == 200
    assert owner.patch(where, json=examples["patch"]).status_code == 200
    example = paths["/api/v1/exercises"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert owner.post("/api/v1/exercises", json=example).status_code == 201


def test_5_0_is_a_whole_number_as_json_has_it(owner: Client, body: Body) -> None:
    body["exercises"][0]["sets"] = [{"reps": 5.0}]
    assert owner.post(URL, json=body).json["exercises"][0]["sets"][0]["reps"] == 5
