"""/api/v1/sessions/doubts: what is unlikely is kept, asked about, and sets no record until it is decided"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body
from workouts_api.api.sessions.schemas import KINDS

DOUBTS = f"{URL}/doubts"


@pytest.fixture
def exercise_id(database: psycopg.Connection[Any]) -> int:
    found = database.execute("select min(id) from exercises where athlete_id is null and tracking = 'weight_reps'")
    return int((found.fetchone() or [0])[0])


def session(owner: Client, exercise_id: int, day: str, *sets: Body, **more: Any) -> str:
    exercise = {"exercise_id": exercise_id, "sets": list(sets)}
    body = {"started_at": f"{day}T17:00:00Z", "ended_at": f"{day}T18:00:00Z", "exercises": [exercise], **more}
    made = owner.post(URL, json=body)
    assert made.status_code == 201, made.text
    return str(made.headers["Location"])


@pytest.fixture
def usual(owner: Client, exercise_id: int) -> None:
    """Four days on which 5 × 100 kg were lifted."""
    for day in range(1, 5):
        session(owner, exercise_id, f"2026-01-0{day}", {"reps": 5, "weight_kg": 100})


def doubts(owner: Client, state: str = "open") -> list[Any]:
    assert owner.post(f"{DOUBTS}/check").status_code == 200
    return list(owner.get(DOUBTS, query_string={"state": state}).json["items"])


def decide(owner: Client, doubt: Any, action: str, **more: Any) -> Any:
    return owner.put(f"{DOUBTS}/{doubt['id']}/decision", json={"action": action, **more})


def undo(owner: Client, doubt: Any) -> Any:
    return owner.delete(f"{DOUBTS}/{doubt['id']}/decision")


def heaviest(owner: Client, exercise_id: int) -> float:
    query = {"from": "2026-01-01", "to": "2026-01-31"}
    found = owner.get(f"/api/v1/reports/exercises/{exercise_id}", query_string=query).json["history"]["heaviest_kg"]
    return max(value for value in found if value is not None)


@pytest.mark.parametrize(
    ("weight_kg", "reps", "rule", "proposed"),
    [
        (220.46, 5, "unit_slip", 100),
        (220, 5, "unit_slip", 99.7903),
        (222.5, 5, "unit_slip", 100.9243),
        (1000.25, 5, "digit_slip", 100.025),
        (45.36, 5, "unit_slip", 100),
        (1000, 5, "digit_slip", 100),
        (10, 5, "digit_slip", 100),
        (1400, 5, "too_heavy", None),
        (130, 5, "e1rm_jump", None),
        (600, 1, "world_best", None),
        (100, 1500, "many_reps", None),
    ],
)
@pytest.mark.usefixtures("usual")
def test_an_unlikely_set_is_asked_about(
    owner: Client, exercise_id: int, weight_kg: float, reps: int, rule: str, proposed: float | None
) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": reps, "weight_kg": weight_kg})
    [doubt] = doubts(owner)
    assert (doubt["rule"], f"{URL}/{doubt['session_id']}", doubt["set_no"]) == (rule, where, 1)
    assert (doubt["proposal"] or {"weight_kg": None})["weight_kg"] == proposed
    assert doubt["reason"]
    assert heaviest(owner, exercise_id) == 100
    assert owner.get(where).json["exercises"][0]["sets"][0]["kind"] == "normal"


@pytest.mark.usefixtures("usual")
def test_a_slip_of_the_days_before_is_not_their_best(owner: Client, exercise_id: int, usual: None) -> None:
    session(owner, exercise_id, "2026-01-05", {"reps": 5, "weight_kg": 1000})
    session(owner, exercise_id, "2026-01-06", {"reps": 5, "weight_kg": 130})
    assert [(one["rule"], one["value_kg"]) for one in doubts(owner) if one["local_on"] == "2026-01-06"] == [
        ("e1rm_jump", pytest.approx(130 * (1 + 5 / 30), abs=0.01))
    ]


def test_two_exchanged_digits_are_exchanged_back(owner: Client, exercise_id: int) -> None:
    for day in range(5, 9):
        session(owner, exercise_id, f"2026-01-0{day}", *[{"reps": 1, "weight_kg": 120}] * 3)
    session(owner, exercise_id, "2026-01-10", {"reps": 1, "weight_kg": 210})
    [doubt] = doubts(owner)
    assert (doubt["rule"], doubt["usual_kg"], doubt["proposal"]["weight_kg"]) == ("digit_slip", 120, 120)


@pytest.mark.usefixtures("usual")
def test_what_is_likely_is_not_asked_about(owner: Client, exercise_id: int) -> None:
    sets = [{"reps": 5, "weight_kg": 45.36}, {"reps": 10, "weight_kg": 10}, {"reps": 5, "weight_kg": 110}]
    session(owner, exercise_id, "2026-01-10", *sets)
    session(owner, exercise_id, "2026-01-11", {"reps": 1, "weight_kg": 500, "is_done": False})
    assert doubts(owner) == []


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("action", "more", "state", "left", "best"),
    [
        ("keep", {}, "kept", 220.46, 220.46),
        ("accept", {}, "accepted", 100, 100),
        ("fix", {"set": {"weight_kg": 102}}, "fixed", 102, 102),
        ("fix", {"set": {"weight_lb": 220.46}}, "fixed", 99.9990, 100),
        ("delete", {}, "deleted", None, 100),
    ],
)
def test_a_doubt_is_decided_in_one_call_and_undone_in_another(
    owner: Client, exercise_id: int, action: str, more: Body, state: str, left: float | None, best: float
) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46, "rpe": 8})
    [doubt] = doubts(owner)
    first, again = decide(owner, doubt, action, **more), decide(owner, doubt, action, **more)
    assert (first.status_code, first.json["state"], again.json) == (200, state, first.json)
    sets = owner.get(where).json["exercises"][0]["sets"]
    assert [round(one["weight_kg"], 3) for one in sets] == ([] if left is None else [round(left, 3)])
    assert heaviest(owner, exercise_id) == best
    assert [one["id"] for one in doubts(owner, "decided")] == [doubt["id"]]
    assert decide(owner, doubt, "keep" if action != "keep" else "accept").status_code == 409
    undone = undo(owner, doubt)
    assert (undone.status_code, undone.json, undo(owner, doubt).status_code) == (200, doubt, 404)
    [back] = owner.get(where).json["exercises"][0]["sets"]
    assert (back["weight_kg"], back["rpe"], heaviest(owner, exercise_id)) == (220.46, 8, 100)


@pytest.mark.usefixtures("usual")
def test_what_is_right_is_not_asked_again_until_it_changes(owner: Client, exercise_id: int) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46})
    [doubt] = doubts(owner)
    decide(owner, doubt, "keep")
    owner.patch(where, json={"title": "Heavy"})
    assert doubts(owner) == []
    owner.put(f"{where}/exercises/1/sets/1", json={"reps": 5, "weight_kg": 221})
    assert [one["value_kg"] for one in doubts(owner)] == [221]
    owner.put(f"{where}/exercises/1/sets/1", json={"reps": 5, "weight_kg": 101})
    assert doubts(owner) == []


@pytest.mark.usefixtures("usual")
def test_a_decision_is_not_undone_over_a_later_change(owner: Client, exercise_id: int) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46})
    [doubt] = doubts(owner)
    decide(owner, doubt, "accept")
    owner.put(f"{where}/exercises/1/sets/1", json={"reps": 4, "weight_kg": 100})
    assert undo(owner, doubt).status_code == 409
    assert owner.get(where).json["exercises"][0]["sets"][0]["reps"] == 4


def test_a_session_that_was_not_ended_gets_its_likely_end_and_back(owner: Client, exercise_id: int) -> None:
    day = "2026-01-10"
    done = {"reps": 5, "done_at": f"{day}T17:50:00Z"}
    where = session(owner, exercise_id, day, done, ended_at=f"{day}T23:00:00Z")
    [doubt] = doubts(owner)
    assert (doubt["rule"], doubt["value"], doubt["exercise_no"]) == ("long_session", 6, None)
    assert doubt["proposal"]["ended_at"] == f"{day}T17:55:00Z"
    assert decide(owner, doubt, "delete").status_code == 422
    assert doubt["decided_at"] is None
    accepted = decide(owner, doubt, "accept").json
    assert accepted["state"] == "accepted"
    assert isinstance(accepted["decided_at"], str)
    assert [one["decided_at"] for one in doubts(owner, "decided")] == [accepted["decided_at"]]
    session_now = owner.get(where).json
    assert (session_now["ended_at"], session_now["end_is_guessed"]) == (f"{day}T17:55:00Z", True)
    assert undo(owner, doubt).json["state"] == "open"
    assert owner.get(where).json["ended_at"] == f"{day}T23:00:00Z"


def test_times_that_were_typed_in_later_are_forgotten_and_come_back(owner: Client, exercise_id: int) -> None:
    sets = [{"reps": 5, "done_at": f"2026-01-10T17:00:{second:02}Z"} for second in (0, 5, 10, 15, 20)]
    where = session(owner, exercise_id, "2026-01-10", *sets)
    [doubt] = doubts(owner)
    assert (doubt["rule"], doubt["proposal"]["clears_times"]) == ("short_rests", True)
    decide(owner, doubt, "accept")
    assert {one["done_at"] for one in owner.get(where).json["exercises"][0]["sets"]} == {None}
    undo(owner, doubt)
    assert [one["done_at"] for one in owner.get(where).json["exercises"][0]["sets"]] == [one["done_at"] for one in sets]


@pytest.mark.parametrize(
    ("more", "rule"),
    [({}, "double"), ({"started_at": "2026-01-10T17:10:00Z", "title": "Other"}, "overlap")],
)
def test_of_two_sessions_the_later_one_is_asked_about(owner: Client, exercise_id: int, more: Body, rule: str) -> None:
    session(owner, exercise_id, "2026-01-10", {"reps": 5})
    second = session(owner, exercise_id, "2026-01-10", {"reps": 5 if rule == "double" else 6}, **more)
    assert [(one["rule"], f"{URL}/{one['session_id']}") for one in doubts(owner)] == [(rule, second)]


def test_a_session_of_the_day_after_tomorrow_is_asked_about(owner: Client, exercise_id: int) -> None:
    day = (dt.datetime.now(dt.UTC) + dt.timedelta(days=2)).date().isoformat()
    session(owner, exercise_id, day, {"reps": 5})
    assert [one["rule"] for one in doubts(owner)] == ["future"]


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "warmup"])  # nothing is asked about warm-ups
@pytest.mark.usefixtures("usual")
def test_every_kind_of_set_may_be_doubtful_and_stay_what_it_is(owner: Client, exercise_id: int, kind: str) -> None:
    follows = {"drop_of": 1} if kind == "dropset" else {}
    unlikely = {"reps": 5, "weight_kg": 220.46, "kind": kind, **follows}
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 100}, unlikely)
    [doubt] = doubts(owner)
    assert doubt["set_no"] == 2
    assert heaviest(owner, exercise_id) == 100
    assert owner.put(f"{where}/exercises/1/sets/2", json={**unlikely, "notes": "So it was."}).status_code == 200
    for action in ("keep", "delete"):
        assert decide(owner, doubt, action).status_code == 200
        assert undo(owner, doubt).status_code == 200
    kept = owner.get(where).json["exercises"][0]["sets"][1]
    assert {name: kept[name] for name in unlikely} == unlikely


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "warmup"])
@pytest.mark.usefixtures("usual")
def test_a_planned_session_with_a_doubtful_set_starts(owner: Client, exercise_id: int, kind: str) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46, "kind": kind})
    [doubt] = doubts(owner)
    for status in ("planned", "in_progress"):
        changed = owner.patch(where, json={"status": status})
        assert changed.status_code == 200, changed.text
    [one] = changed.json["exercises"][0]["sets"]
    assert (one["kind"], one["is_done"]) == (kind, False)
    assert decide(owner, doubt, "keep").status_code == 200
    assert (
        owner.put(f"{where}/exercises/1/sets/1", json={"reps": 5, "weight_kg": 220.46, "kind": kind}).status_code == 200
    )
    assert owner.patch(where, json={"status": "done"}).status_code == 200


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("fix", "taken"), [({"kind": "normal"}, "drop_of"), ({"is_done": False}, "done_at"), ({"drop_of": 3}, None)]
)
def test_a_fix_takes_away_what_contradicts_it(owner: Client, exercise_id: int, fix: Body, taken: str | None) -> None:
    unlikely = {"reps": 5, "weight_kg": 1400, "kind": "dropset", "drop_of": 1, "done_at": "2026-01-10T17:10:00Z"}
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 100}, unlikely)
    [doubt] = doubts(owner)
    if taken is None:
        fix = {"kind": "dropset", **fix}
    assert decide(owner, doubt, "fix", set=fix).status_code == 200
    stored = owner.get(where).json
    kept = stored["exercises"][0]["sets"][1]
    expected = {**unlikely, **fix} | ({taken: None} if taken else {})
    assert {name: kept[name] for name in expected} == expected
    assert owner.put(where, json=stored, headers={"If-Match": "*"}).status_code == 200


@pytest.mark.usefixtures("usual")
def test_a_stranger_neither_sees_nor_decides(owner: Client, stranger: Client, exercise_id: int) -> None:
    session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46})
    [doubt] = doubts(owner)
    asked = {"athlete_id": owner.athlete_id}
    assert stranger.get(DOUBTS, query_string=asked).status_code == 404
    assert stranger.post(f"{DOUBTS}/check", query_string=asked).status_code == 404
    assert (decide(stranger, doubt, "keep").status_code, undo(stranger, doubt).status_code) == (404, 404)
    assert doubts(stranger) == []


@pytest.mark.usefixtures("usual")
@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({}, ["action"]),
        ({"action": "forget"}, ["action"]),
        ({"action": "fix"}, ["set"]),
        ({"action": "keep", "set": {"reps": 5}}, ["set"]),
        ({"action": "fix", "set": {"reps": -1}}, ["set.reps"]),
        ({"action": "fix", "set": {"set_no": 1}}, ["set.set_no"]),
        ({"action": "fix", "set": {"kind": "dropset", "drop_of": 1}}, ["set.drop_of"]),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused_by_name(
    owner: Client, exercise_id: int, given: Body, fields: list[str]
) -> None:
    session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 220.46})
    [doubt] = doubts(owner)
    refused = owner.put(f"{DOUBTS}/{doubt['id']}/decision", json=given)
    assert (refused.status_code, list(refused.json["details"])) == (422, fields)


@pytest.mark.usefixtures("usual")
def test_it_happens_every_night_too_and_pages_hold_each_once(
    owner: Client, exercise_id: int, outbox: Callable[[], Any], database: psycopg.Connection[Any]
) -> None:
    for day in range(10, 13):
        session(owner, exercise_id, f"2026-01-{day}", {"reps": 1, "weight_kg": 600})
    database.execute("select defer_job('check_sessions', '{}')")
    outbox()
    first = owner.get(DOUBTS, query_string={"limit": 2}).json
    rest = owner.get(DOUBTS, query_string={"limit": 2, "cursor": first["next_cursor"]}).json
    assert len({one["id"] for one in first["items"] + rest["items"]}) == 3


def test_a_list_is_of_the_days_that_are_asked_for(owner: Client, exercise_id: int) -> None:
    for day in ("2026-01-07", "2026-02-07", "2026-03-07"):
        session(owner, exercise_id, day, {"reps": 1500, "weight_kg": 1})
    assert len(doubts(owner)) == 3
    for query, found in (
        ({"from": "2026-02-07"}, ["2026-02-07", "2026-03-07"]),
        ({"to": "2026-02-07"}, ["2026-01-07", "2026-02-07"]),
        ({"from": "2026-02-01", "to": "2026-02-28"}, ["2026-02-07"]),
        ({"from": "2026-03-08"}, []),
    ):
        items = owner.get(DOUBTS, query_string={**query, "state": "open"}).json["items"]
        assert sorted(one["local_on"] for one in items) == found
    assert owner.get(DOUBTS, query_string={"from": "2026-02-01", "to": "2026-01-01"}).status_code == 422


@pytest.mark.parametrize(
    ("rpe", "rir", "proposed"),
    [(10, 5, 0), (10, 2, 0), (7, 1, 3), (9.5, 2, 0), (6, 1, 4), (1, 0, 9)],
)
def test_ratings_that_contradict_each_other_are_asked_about(
    owner: Client, exercise_id: int, rpe: float, rir: int, proposed: int
) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 100, "rpe": rpe, "rir": rir})
    [doubt] = doubts(owner)
    assert (doubt["rule"], doubt["unit"], doubt["value"], doubt["usual"]) == ("ratings_differ", "rpe", rpe, 10 - rir)
    assert doubt["proposal"] == {"weight_kg": None, "rir": proposed, "ended_at": None, "clears_times": False}
    assert "contradict" in doubt["reason"]
    assert heaviest(owner, exercise_id) == 100  # the weight is not in doubt
    assert decide(owner, doubt, "accept").status_code == 200
    [written] = owner.get(where).json["exercises"][0]["sets"]
    assert (written["weight_kg"], written["rpe"], written["rir"]) == (100, rpe, proposed)
    assert doubts(owner) == []
    assert undo(owner, doubt).status_code in (200, 204)
    assert owner.get(where).json["exercises"][0]["sets"][0]["rir"] == rir


@pytest.mark.parametrize(
    ("rpe", "rir"), [(10, 0), (10, 1), (8, 2), (8.5, 2), (7, 2), (6, 6), (5, 10), (3, 4), (8, None)]
)
def test_ratings_that_agree_as_estimates_do_are_not_asked_about(
    owner: Client, exercise_id: int, rpe: float, rir: int | None
) -> None:
    session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 100, "rpe": rpe, "rir": rir})
    assert doubts(owner) == []


@pytest.mark.usefixtures("usual")
def test_what_was_decided_about_ratings_hides_no_doubt_about_the_weight(owner: Client, exercise_id: int) -> None:
    where = session(owner, exercise_id, "2026-01-10", {"reps": 5, "weight_kg": 100, "rpe": 10, "rir": 5})
    [doubt] = doubts(owner)
    decide(owner, doubt, "keep")
    assert doubts(owner) == []
    a_set = {"reps": 5, "weight_kg": 220.46, "rpe": 10, "rir": 5}
    assert owner.put(f"{where}/exercises/1/sets/1", json=a_set).status_code == 200
    assert [one["rule"] for one in doubts(owner)] == ["unit_slip"]
    assert owner.put(f"{where}/exercises/1/sets/1", json=a_set | {"weight_kg": 100, "rir": 4}).status_code == 200
    assert [one["rule"] for one in doubts(owner)] == ["ratings_differ"]
