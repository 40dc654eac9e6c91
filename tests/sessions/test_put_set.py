"""PUT and DELETE /api/v1/sessions/{id}/exercises/{exercise_no}/sets/{set_no}"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body

PHONE, WATCH = "phone", "watch"


@pytest.fixture
def where(owner: Client, body: Body) -> str:
    """A session of two exercises."""
    return str(owner.post(URL, json=body).headers["Location"])


def at(where: str, exercise_no: int = 1, set_no: int = 1) -> str:
    return f"{where}/exercises/{exercise_no}/sets/{set_no}"


def by(device: str, seq: int, **what: Any) -> Body:
    return {"device": device, "seq": seq, **what}


def answer(version: int, *, is_deleted: bool = False) -> Body:
    """The reply to a set that is stored as it was sent, and brings nothing new."""
    return {
        "version": version, "is_deleted": is_deleted, "set": None, "records": [], "rest_s": None, "done_at": None,
    }  # fmt: skip


def stored(owner: Client, where: str, exercise_no: int = 1, set_no: int = 1) -> Any:
    [exercise] = [one for one in owner.get(where).json["exercises"] if one["exercise_no"] == exercise_no]
    return next((one for one in exercise["sets"] if one["set_no"] == set_no), None)


def test_a_new_set_counts_and_raises_the_sessions_version(owner: Client, where: str) -> None:
    reply = owner.put(at(where, 2, 2), json=by(PHONE, 1, reps=8, weight_kg=82.5, rpe=8))
    assert (reply.status_code, reply.json) == (200, answer(2))
    assert reply.headers["ETag"].startswith('"2-')
    session = owner.get(where).json
    assert (session["version"], session["set_count"], session["volume_kg"]) == (2, 4, 5 * 100.5 + 8 * 80 + 8 * 82.5)
    assert stored(owner, where, 2, 2) == {
        "set_no": 2, "position": 2, "kind": "normal", "reps": 8, "weight_kg": 82.5, "distance_m": None,
        "duration_s": None, "rpe": 8, "rir": None, "notes": None, "side": None, "tempo": None, "drop_of": None,
        "is_done": True, "done_at": None,
    }  # fmt: skip


def test_a_set_is_replaced_in_its_place(owner: Client, where: str) -> None:
    owner.put(at(where, 1, 2), json={"reps": 3})
    assert stored(owner, where, 1, 2) == {
        "set_no": 2, "position": 2, "kind": "normal", "reps": 3, "weight_kg": None, "distance_m": None,
        "duration_s": None, "rpe": None, "rir": None, "notes": None, "side": None, "tempo": None, "drop_of": None,
        "is_done": True, "done_at": None,
    }  # fmt: skip


def test_an_exercise_is_added_by_its_first_set(owner: Client, where: str, exercise_ids: list[int]) -> None:
    assert owner.put(at(where, 7), json={"reps": 3, "exercise_id": exercise_ids[2]}).status_code == 200
    session = owner.get(where).json
    assert [one["exercise_id"] for one in session["exercises"]] == exercise_ids[:3]
    assert (session["exercise_count"], session["exercises"][2]["position"]) == (3, 7)


def test_an_unknown_exercise_is_named(owner: Client, where: str, exercise_ids: list[int]) -> None:
    for given, status in (({}, 422), ({"exercise_id": 2**50}, 422)):
        reply = owner.put(at(where, 7), json={"reps": 3, **given})
        assert (reply.status_code, list(reply.json["details"])) == (status, ["exercise_id"])
    other = owner.put(at(where, 1), json={"reps": 3, "exercise_id": exercise_ids[1]})
    assert (other.status_code, list(other.json["details"])) == (409, ["exercise_id"])
    assert owner.get(where).json["version"] == 1


def test_sent_again_it_changes_nothing_and_an_older_one_never_wins(owner: Client, where: str) -> None:
    first = owner.put(at(where), json=by(PHONE, 5, reps=5))
    assert owner.put(at(where), json=by(PHONE, 5, reps=5)).json == first.json
    older = owner.put(at(where), json=by(PHONE, 4, reps=99)).json
    assert (older["version"], older["set"]["reps"]) == (2, 5)
    assert owner.get(where).json["version"] == 2
    assert owner.put(at(where), json=by(PHONE, 6, reps=6)).json["version"] == 3


def test_another_device_needs_the_version_and_gets_the_stored_set(owner: Client, where: str) -> None:
    owner.put(at(where), json=by(PHONE, 1, reps=5))
    for headers in ({}, {"If-Match": '"1-"'}):
        refused = owner.put(at(where), json=by(WATCH, 1, reps=6), headers=headers)
        assert refused.status_code == 412
        assert (refused.json["details"]["current_version"], refused.json["details"]["set"]["reps"]) == (2, 5)
    taken = owner.put(at(where), json=by(WATCH, 1, reps=6), headers={"If-Match": '"2-"'})
    assert taken.json["version"] == 3
    # What the phone had sent before the watch took over arrives again.
    late = owner.put(at(where), json=by(PHONE, 1, reps=5)).json
    assert (late["version"], late["set"]["reps"]) == (3, 6)
    assert owner.put(at(where), json=by(PHONE, 2, reps=7)).status_code == 412
    assert owner.put(at(where), json=by(PHONE, 2, reps=7), headers={"If-Match": "*"}).json["version"] == 4


def test_without_a_device_the_last_request_wins_unless_if_match_says_otherwise(owner: Client, where: str) -> None:
    owner.put(at(where), json=by(PHONE, 1, reps=5))
    assert owner.put(at(where), json={"reps": 6}, headers={"If-Match": '"1-"'}).status_code == 412
    assert owner.put(at(where), json={"reps": 7}).json["version"] == 3
    assert stored(owner, where)["reps"] == 7


def test_a_deleted_set_does_not_come_back(owner: Client, where: str) -> None:
    owner.put(at(where), json=by(PHONE, 1, reps=5))
    assert owner.delete(f"{at(where)}?device=phone&seq=3").status_code == 204
    late = owner.put(at(where), json=by(PHONE, 2, reps=5)).json
    assert late == answer(3, is_deleted=True)
    assert stored(owner, where) is None
    assert owner.get(where).json["set_count"] == 2
    refused = owner.put(at(where), json=by(WATCH, 1, reps=5))
    assert (refused.status_code, refused.json["details"]["is_deleted"]) == (412, True)
    assert owner.put(at(where), json=by(PHONE, 4, reps=5)).status_code == 200


def test_a_deletion_may_arrive_before_the_set(owner: Client, where: str) -> None:
    assert owner.delete(f"{at(where, 1, 9)}?device=phone&seq=2").status_code == 204
    assert owner.put(at(where, 1, 9), json=by(PHONE, 1, reps=5)).json["is_deleted"] is True
    assert owner.delete(at(where, 1, 9)).status_code == 404


def test_a_replaced_session_is_seen_by_devices(owner: Client, where: str) -> None:
    owner.put(at(where), json=by(PHONE, 1, reps=5))
    read = owner.get(where)
    session = read.json
    session["exercises"][0]["sets"][0]["reps"] = 9
    assert owner.put(where, json=session, headers={"If-Match": read.headers["ETag"]}).status_code == 200
    refused = owner.put(at(where), json=by(PHONE, 2, reps=6))
    assert (refused.status_code, refused.json["details"]["set"]["reps"]) == (412, 9)
    assert owner.put(at(where, 1, 2), json=by(PHONE, 2, reps=6)).status_code == 200


def test_wrong_input_is_named(owner: Client, where: str) -> None:
    for given, field in (
        ({"reps": -1}, "reps"),
        ({"device": "phone"}, "seq"),
        ({"seq": 1}, "device"),
        ({"device": "a b", "seq": 1}, "device"),
        ({"device": "phone\n", "seq": 1}, "device"),
        ({"device": "x" * 37, "seq": 1}, "device"),
        ({"device": "phone", "seq": 0}, "seq"),
        ({"set_no": 1}, "set_no"),
    ):
        reply = owner.put(at(where), json=given)
        assert (reply.status_code, list(reply.json["details"])) == (422, [field])
    for numbers in ((0, 1), (1, 0), (1001, 1), (1, 1001), (40_000, 1)):
        assert owner.put(at(where, *numbers), json={"reps": 1}).status_code == 404
    assert owner.delete(f"{at(where)}?device=phone").status_code == 422
    assert owner.get(where).json["version"] == 1


def test_pounds_are_taken_and_shown(owner: Client, where: str) -> None:
    owner.put(at(where), json=by(PHONE, 2, reps=5, weight_lb=225))
    again = owner.put(f"{at(where)}?units=imperial", json=by(PHONE, 1, reps=5)).json
    assert again["set"]["weight_lb"] == 225


def test_only_who_may_change_the_session_writes_sets(
    owner: Client, stranger: Client, where: str, database: psycopg.Connection[Any]
) -> None:
    assert stranger.put(at(where), json={"reps": 1}).status_code == 404
    assert stranger.delete(at(where)).status_code == 404
    assert database.execute("select count(*) from set_edits").fetchone() == (0,)


def test_a_session_keeps_its_bounds(owner: Client, where: str, database: psycopg.Connection[Any]) -> None:
    items = [{"exercise_no": 1, "set_no": no, "reps": 1, "seq": 1} for no in range(4, 202)]
    answers = owner.put(f"{where}/sets", json={"device": PHONE, "sets": items}).json["sets"]
    assert {one["refusal"] for one in answers} == {None}
    assert list(owner.put(at(where, 1, 300), json={"reps": 1}).json["details"]) == ["set_no"]
    database.execute(
        "insert into set_edits (session_id, exercise_no, set_no, version)"
        " select %s, e, n, 1 from generate_series(900, 904) as e, generate_series(1, 1000) as n",
        [int(where.rpartition("/")[2])],
    )
    assert owner.delete(f"{at(where, 5, 5)}?device=phone&seq=1").status_code == 422
    known = {"exercise_no": 1, "set_no": 4, "reps": 2, "seq": 2}
    new = {"exercise_no": 5, "set_no": 5, "exercise_id": 1, "reps": 2, "seq": 2}
    answers = owner.put(f"{where}/sets", json={"device": PHONE, "sets": [known, new]}).json["sets"]
    assert [one["refusal"] is None for one in answers] == [True, False]


def test_with_an_idempotency_key_the_reply_is_the_first_one(owner: Client, where: str) -> None:
    for _ in range(2):
        reply = owner.put(at(where), json={"reps": 4}, headers={"Idempotency-Key": "k"})
        assert reply.json == answer(2)
