"""PUT /api/v1/sessions/{id}"""

from __future__ import annotations

import copy
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
from werkzeug.test import TestResponse

from tests.conftest import Client
from tests.sessions.bodies import URL, Body


def put(client: Client, read: TestResponse, body: Any, **headers: str) -> TestResponse:
    return client.put(f"{URL}/{read.json['id']}", json=body, headers={"If-Match": read.headers["ETag"], **headers})


def stored_rows(database: psycopg.Connection[Any]) -> dict[tuple[int, int], tuple[Any, ...]]:
    """Where each row lies, by its numbers, exercises as set 0: a row that was written again lies elsewhere."""
    rows = database.execute(
        "select exercise_no, set_no, ctid, xmin from sets union all"
        " select exercise_no, 0, ctid, xmin from session_exercises order by 1, 2"
    ).fetchall()
    return {(row[0], row[1]): row[2:] for row in rows}


def test_what_was_answered_is_what_is_read_afterwards(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    changed = put(owner, made, {**body, "title": "Other", "notes": "n", "exercises": body["exercises"][1:]})
    read = owner.get(f"{URL}/{made.json['id']}")
    assert changed.status_code == 200
    assert (changed.json, changed.headers["ETag"]) == (read.json, read.headers["ETag"])
    assert list(changed.json) == list(read.json)
    assert (read.json["version"], read.json["title"], read.json["set_count"], read.json["volume_kg"]) == (
        2,
        "Other",
        1,
        640,
    )


def test_all_of_it_is_replaced_what_is_left_out_as_well(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    changed = put(owner, made, {"started_at": body["started_at"]}).json
    assert (changed["title"], changed["rpe"], changed["ended_at"], changed["exercises"]) == ("", None, None, [])
    assert (changed["zone"], changed["exercise_count"], changed["volume_kg"]) == ("UTC", 0, 0)


def test_what_was_read_can_be_sent_back_and_only_the_version_steps(owner: Client, body: Body) -> None:
    made = owner.post(URL, json={**body, "client_key": "0b0c1d5e-33ab-4a0e-8c3e-1b8f2f6f9a10"})
    changed = put(owner, made, made.json)
    steps = {"version", "updated_at"}
    assert {k: v for k, v in changed.json.items() if k not in steps} == {
        k: v for k, v in made.json.items() if k not in steps
    }


def test_rows_that_stay_as_they_are_are_not_written(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    made = owner.post(URL, json=body)
    before = stored_rows(database)
    edited = made.json
    edited["exercises"][0]["sets"][1]["reps"] = 6
    put(owner, made, edited)
    after = stored_rows(database)
    assert [number for number in before if before[number] != after[number]] == [(1, 2)]


def test_numbers_stay_when_the_order_changes(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    first, second = copy.deepcopy(made.json["exercises"])
    first["position"], second["position"] = 2, 1
    changed = put(owner, made, {**body, "exercises": [first, second]}).json
    assert [(e["exercise_no"], e["sets"]) for e in changed["exercises"]] == [(2, second["sets"]), (1, first["sets"])]


def test_another_exercise_under_a_kept_number_and_another_day_reach_the_sets(
    owner: Client, body: Body, exercise_ids: list[int], database: psycopg.Connection[Any]
) -> None:
    made = owner.post(URL, json=body)
    body["exercises"][0]["exercise_id"] = exercise_ids[4]
    changed = put(owner, made, {**body, "zone": "Asia/Tokyo"}).json
    assert changed["local_on"] == "2026-01-06"
    copies = database.execute("select distinct exercise_id, local_on::text from sets order by exercise_id").fetchall()
    assert copies == [(exercise_ids[1], "2026-01-06"), (exercise_ids[4], "2026-01-06")]


def test_a_stale_version_is_412_and_changes_nothing(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    current = put(owner, made, {**body, "title": "First"})
    refused = put(owner, made, {**body, "title": "Second", "exercises": []})
    assert (refused.status_code, refused.json["details"]) == (412, {"current_version": 2})
    assert owner.get(f"{URL}/{made.json['id']}").json == current.json


def test_without_a_version_it_is_428(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    assert owner.put(f"{URL}/{made.json['id']}", json=body).status_code == 428


def test_a_star_replaces_any_version(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    put(owner, made, {**body, "title": "First"})
    second = put(owner, made, {**body, "title": "Second", "exercises": []}, **{"If-Match": "*"})
    assert (second.status_code, second.json["version"]) == (200, 3)
    assert owner.get(made.headers["Location"]).json == second.json


def test_a_weak_etag_counts_as_proxies_make_them(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    assert put(owner, made, body, **{"If-Match": "W/" + made.headers["ETag"]}).status_code == 200


def test_a_stranger_gets_404_before_anything_else_is_judged(owner: Client, stranger: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    body["exercises"][0]["exercise_id"] = 2**53 - 1
    assert put(stranger, made, body).status_code == 404


def test_an_unknown_exercise_is_named_and_changes_nothing(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    body["exercises"][0]["exercise_id"] = 2**53 - 1
    refused = put(owner, made, {**body, "title": "Other"})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["exercises.0.exercise_id"])
    assert owner.get(f"{URL}/{made.json['id']}").json == made.json


def test_resent_under_its_key_it_gets_its_first_reply_and_not_412_from_itself(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    replies = [put(owner, made, {**body, "title": "Other"}, **{"Idempotency-Key": "k"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [200, 200]
    assert replies[0].json == replies[1].json


def test_of_contended_replacements_none_is_lost(owner: Client, body: Body, exercise_ids: list[int]) -> None:
    """Four writers add sets of their own, reading again after every 412, until all have added ten."""
    where = owner.post(URL, json={**body, "exercises": [{"exercise_id": exercise_ids[0]}]}).headers["Location"]

    def add_10(writer: int) -> None:
        for step in range(10):
            status = 412
            while status == 412:
                read = owner.get(where)
                session = read.json
                session["exercises"][0]["sets"].append({"set_no": 1 + writer * 10 + step, "reps": writer})
                status = put(owner, read, session).status_code
            assert status == 200

    with ThreadPoolExecutor(4) as writers:
        list(writers.map(add_10, range(4)))
    session = owner.get(where).json
    assert (session["version"], session["set_count"]) == (41, 40)
    assert len(session["exercises"][0]["sets"]) == 40
