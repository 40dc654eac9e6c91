"""exercise_no and set_no identify an exercise and a set for ever: no other one gets a number that was used."""

from __future__ import annotations

import random
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL

START = "2026-01-05T18:00:00Z"
EXERCISES = "/api/v1/exercises"


def made(client: Client, exercises: list[dict[str, Any]]) -> str:
    reply = client.post(URL, json={"started_at": START, "exercises": exercises})
    assert reply.status_code == 201, reply.json
    return str(reply.headers["Location"])


def put(client: Client, where: str, exercises: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The exercises as they are stored then."""
    etag = client.get(where).headers["ETag"]
    reply = client.put(where, json={"started_at": START, "exercises": exercises}, headers={"If-Match": etag})
    assert reply.status_code == 200, reply.json
    read = client.get(where).json
    assert reply.json == read
    found: list[dict[str, Any]] = read["exercises"]
    return found


def numbers(exercises: list[dict[str, Any]]) -> list[tuple[int, list[int]]]:
    return [(one["exercise_no"], [each["set_no"] for each in one["sets"]]) for one in exercises]


def squat(*sets: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"exercise_id": 1, "sets": [{"reps": 5, **one} for one in sets], **more}


def test_a_comment_does_not_move_to_another_exercise(owner: Client) -> None:
    where = made(owner, [squat({}), {"exercise_id": 2, "sets": [{"reps": 8}]}])
    owner.post(f"{where}/comments", json={"body": "Deeper.", "exercise_no": 2, "set_no": 1})
    first = squat({"set_no": 1}, exercise_no=1)
    put(owner, where, [first])
    assert numbers(put(owner, where, [first, {"exercise_id": 3, "sets": [{"reps": 9}]}])) == [(1, [1]), (3, [1])]


@pytest.mark.parametrize("sets", [[{}], []], ids=["with a set", "without sets"])
def test_an_exercise_that_went_leaves_its_number_unused(owner: Client, sets: list[dict[str, Any]]) -> None:
    where = made(owner, [squat({}), {"exercise_id": 2, "sets": sets}])
    assert numbers(put(owner, where, [])) == []
    assert numbers(put(owner, where, [squat({})])) == [(3, [1])]


def test_a_set_that_went_leaves_its_number_unused(owner: Client) -> None:
    where = made(owner, [squat({"set_no": 2}, {"set_no": 3}, {"set_no": 4})])
    kept = [{"set_no": 2}, {"set_no": 3}]
    put(owner, where, [squat(*kept, exercise_no=1)])
    assert numbers(put(owner, where, [squat(*kept, {}, {}, exercise_no=1)])) == [(1, [2, 3, 5, 6])]


def test_neither_is_the_number_of_a_set_that_was_deleted_alone(owner: Client) -> None:
    where = made(owner, [squat({}, {})])
    assert owner.delete(f"{where}/exercises/1/sets/2").status_code == 204
    assert numbers(put(owner, where, [squat({"set_no": 1}, {}, exercise_no=1)])) == [(1, [1, 3])]


def test_a_list_without_numbers_means_what_is_stored(owner: Client) -> None:
    """A client that knows no numbers sends its session as often as it likes."""
    lists = [squat({}, {}), {"exercise_id": 2, "sets": [{"reps": 8}]}, squat({})]
    where = made(owner, lists)
    for _ in range(3):
        assert numbers(put(owner, where, lists)) == [(1, [1, 2]), (2, [1]), (3, [1])]
    assert numbers(put(owner, where, lists[1:])) == [(2, [1]), (1, [1])]
    assert numbers(put(owner, where, [squat({}, {}, {}), {"exercise_id": 4}])) == [(1, [1, 3, 4]), (4, [])]


def test_a_drop_set_without_numbers_follows_the_set_of_its_place(owner: Client) -> None:
    where = made(owner, [squat({"set_no": 4}, {"set_no": 7})])
    lists = [squat({}, {"kind": "dropset", "drop_of": 1}, {"kind": "dropset", "drop_of": 2})]
    (one,) = put(owner, where, lists)
    assert [(each["set_no"], each["drop_of"]) for each in one["sets"]] == [(4, None), (7, 4), (8, 7)]


def test_a_number_that_the_client_chooses_is_the_clients(owner: Client) -> None:
    where = made(owner, [squat({}), squat({})])
    put(owner, where, [squat({}, exercise_no=1)])
    assert numbers(put(owner, where, [squat({}, exercise_no=1), squat({"set_no": 1}, exercise_no=2)])) == [
        (1, [1]),
        (2, [1]),
    ]


def test_when_all_numbers_are_used_up_one_is_taken_that_nothing_names(owner: Client) -> None:
    where = made(owner, [squat({"set_no": 1}, {"set_no": 1000}, exercise_no=1000)])
    owner.post(f"{where}/comments", json={"body": "Good.", "exercise_no": 1000, "set_no": 1})
    put(owner, where, [])
    assert numbers(put(owner, where, [squat({})])) == [(1, [1])]
    where = made(owner, [squat({"set_no": 1}, {"set_no": 1000})])
    owner.post(f"{where}/comments", json={"body": "Good.", "exercise_no": 1, "set_no": 1})
    put(owner, where, [squat({"set_no": 2}, exercise_no=1)])
    assert numbers(put(owner, where, [squat({"set_no": 2}, {}, exercise_no=1)])) == [(1, [2, 3])]


def test_whatever_is_sent_no_number_is_used_twice(owner: Client) -> None:
    """An exercise keeps its exercise_id, and a set its repetitions, as long as it has its number."""
    choose = random.Random(5)
    where = made(owner, [squat({"reps": 1})])
    reps, held, gone = 1, dict[tuple[int, int], int](), set[tuple[int, int]]()
    stored: list[dict[str, Any]] = owner.get(where).json["exercises"]
    for _ in range(60):
        sent = []
        for one in choose.sample(stored, choose.randint(1, len(stored))):
            kept = choose.sample(one["sets"], choose.randint(min(1, len(one["sets"])), len(one["sets"])))
            sets = [{"set_no": each["set_no"], "reps": each["reps"]} for each in kept]
            sent.append({"exercise_no": one["exercise_no"], "exercise_id": one["exercise_id"], "sets": sets})
        sent += [{"exercise_id": choose.randint(1, 9), "sets": []} for _ in range(choose.randint(0, 2))]
        for one in sent:
            for _ in range(choose.randint(0, 2)):
                reps += 1
                one["sets"].append({"reps": reps})
        stored = put(owner, where, sent)
        now = {(one["exercise_no"], 0): one["exercise_id"] for one in stored}
        now |= {(one["exercise_no"], each["set_no"]): each["reps"] for one in stored for each in one["sets"]}
        assert not now.keys() & gone
        assert all(held.setdefault(number, what) == what for number, what in now.items())
        gone |= held.keys() - now.keys()
    assert len(gone) > 50


def test_undoing_a_merge_leaves_what_was_recorded_anew_under_the_number(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    one, into = (owner.post(EXERCISES, json={"name": name}).json["id"] for name in "AB")
    lists = [{"exercise_no": 1, "exercise_id": one, "sets": [{"reps": 5}]}, squat({}, exercise_no=2)]
    where, other = made(owner, lists), made(owner, lists)
    owner.post(f"{EXERCISES}/{one}/merge", json={"into": into})
    put(owner, where, lists[1:])
    put(owner, where, [{"exercise_no": 1, "exercise_id": into, "sets": [{"reps": 6}]}, lists[1]])
    owner.delete(f"{EXERCISES}/{one}/merge")
    assert [each["exercise_id"] for each in owner.get(where).json["exercises"]] == [into, 1]
    assert [each["exercise_id"] for each in owner.get(other).json["exercises"]] == [one, 1]


def test_undoing_a_merge_brings_back_what_stayed_beside_what_went(owner: Client) -> None:
    one, into = (owner.post(EXERCISES, json={"name": name}).json["id"] for name in "AB")
    where = made(owner, [{"exercise_no": number, "exercise_id": one, "sets": [{"reps": 5}]} for number in (1, 2)])
    owner.post(f"{EXERCISES}/{one}/merge", json={"into": into})
    assert numbers(put(owner, where, [{"exercise_no": 2, "exercise_id": into, "sets": [{"reps": 5}]}])) == [(2, [1])]
    owner.delete(f"{EXERCISES}/{one}/merge")
    assert [each["exercise_id"] for each in owner.get(where).json["exercises"]] == [one]


def test_undoing_a_deleted_doubt_brings_the_set_back_beside_a_new_one(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    where = made(owner, [squat({}, {"reps": 2000})])
    owner.post("/api/v1/sessions/doubts/check")
    (doubt,) = owner.get("/api/v1/sessions/doubts").json["items"]
    decision = f"/api/v1/sessions/doubts/{doubt['id']}/decision"
    assert owner.put(decision, json={"action": "delete"}).status_code == 200
    assert numbers(put(owner, where, [squat({"set_no": 1}, {"reps": 6}, exercise_no=1)])) == [(1, [1, 3])]
    assert owner.delete(decision).status_code == 200
    assert numbers(owner.get(where).json["exercises"]) == [(1, [1, 2, 3])]


def test_new_sets_get_numbers_of_no_other_set_also_beyond_the_highest(owner: Client) -> None:
    """The highest number counts on at the lowest that is free, and from there not into those that are taken."""
    where = made(owner, [squat({"set_no": 1, "reps": 1}, {"set_no": 3, "reps": 3}, {"set_no": 1000, "reps": 10})])
    stored = put(owner, where, [squat(*({"reps": reps} for reps in (1, 3, 10, 50, 60)))])
    assert [(one["set_no"], one["reps"]) for one in stored[0]["sets"]] == [(1, 1), (3, 3), (1000, 10), (2, 50), (4, 60)]


def test_new_exercises_get_numbers_of_no_other_exercise_also_beyond_the_highest(owner: Client) -> None:
    where = made(owner, [squat({}, exercise_no=number) for number in (1, 3, 1000)])
    given = [squat({}), squat({}), squat({}), {"exercise_id": 2, "sets": []}, {"exercise_id": 3, "sets": []}]
    assert [number for number, _ in numbers(put(owner, where, given))] == [1, 3, 1000, 2, 4]
