"""Checks judge by the data alone; decisions hold and can be undone, whatever rule asked and whatever comes between"""

from __future__ import annotations

import datetime as dt
import io
import random
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.routes import HEVY
from tests.sessions.bodies import URL, Body

pytestmark = pytest.mark.sweep

DOUBTS = f"{URL}/doubts"
ACTIONS = ("keep", "accept", "fix", "delete")
SLIPS = (2.2046, 0.4536, 10, 0.1, 1.3, 1.5, 6, 15)
"""What a usual weight is multiplied by, so that each rule about weights has something to ask."""
HIDDEN = frozenset({"id", "found_at"})
"""What a doubt that was found anew may have of its own."""


def _history(seed: int, exercises: list[int]) -> Iterator[Body]:
    """Sessions in which every rule finds something, often several things beside each other."""
    pick = random.Random(seed)
    for day in range(24):
        begins = dt.datetime(2026, 1, 1, 17, tzinfo=dt.UTC) + dt.timedelta(days=day)
        slip = pick.choice(SLIPS) if day > 3 and pick.random() < 0.6 else 1
        slipped = pick.choice(("one", "all"))
        rows: list[Body] = []
        for exercise_id in exercises:
            sets = [{"reps": pick.randint(3, 8), "weight_kg": pick.randint(48, 52) * 2} for _ in range(4)]
            for one in sets if slipped == "all" else sets[:1]:
                one["weight_kg"] = round(one["weight_kg"] * slip, 2)
            rows.append({"exercise_id": exercise_id, "sets": sets})
        if pick.random() < 0.2:
            rows[0]["sets"][-1]["reps"] = 1500
        if pick.random() < 0.3:
            for number, one in enumerate(rows[1]["sets"]):
                one["done_at"] = (begins + dt.timedelta(minutes=5, seconds=5 * number)).isoformat()
            rows[1]["sets"].append({**rows[1]["sets"][-1], "done_at": rows[1]["sets"][-1]["done_at"]})
        hours = pick.choice((1, 1, 1, 6))
        body = {"started_at": begins.isoformat(), "ended_at": (begins + dt.timedelta(hours=hours)).isoformat()}
        yield {**body, "exercises": rows}
        if pick.random() < 0.2:
            yield {**body, "title": "Again", "exercises": rows}


def _record(owner: Client, bodies: Iterator[Body]) -> None:
    for body in bodies:
        made = owner.post(URL, json=body)
        assert made.status_code == 201, made.text


@pytest.fixture
def exercises(database: psycopg.Connection[Any]) -> list[int]:
    found = database.execute(
        "select id from exercises where athlete_id is null and tracking = 'weight_reps' order by id limit 2"
    )
    return [row[0] for row in found]


@pytest.fixture(params=range(3))
def history(owner: Client, exercises: list[int], request: pytest.FixtureRequest) -> None:
    _record(owner, _history(request.param, exercises))
    _check(owner)
    assert len({one["rule"] for one in _doubts(owner)}) > 3


def _check(owner: Client) -> None:
    assert owner.post(f"{DOUBTS}/check").status_code == 200


def _doubts(owner: Client, state: str = "open") -> list[Any]:
    return list(owner.get(DOUBTS, query_string={"state": state, "limit": 200}).json["items"])


def _all(owner: Client) -> list[Any]:
    return _doubts(owner) + _doubts(owner, "decided")


def _judged(owner: Client) -> list[Any]:
    """All doubts, without what is new each time that one is found."""
    bare = [{name: value for name, value in one.items() if name not in HIDDEN} for one in _all(owner)]
    return sorted(bare, key=lambda one: str((one["session_id"], one["exercise_no"], one["set_no"], one["rule"])))


def _session(owner: Client, session_id: int) -> Any:
    """A session without what every write changes, or the refusal where there is none."""
    hidden = ("version", "updated_at", "request_id")
    return {name: value for name, value in owner.get(f"{URL}/{session_id}").json.items() if name not in hidden}


def _training(owner: Client) -> dict[int, Any]:
    """All sessions."""
    items = owner.get(URL, query_string={"limit": 200}).json["items"]
    return {one["id"]: _session(owner, one["id"]) for one in items}


def _decide(owner: Client, doubt: Any, action: str, **more: Any) -> Any:
    if action == "fix" and not more:
        more = {"set": {"weight_kg": 290.5, "reps": 8}}  # doubtful itself, in another way
    return owner.put(f"{DOUBTS}/{doubt['id']}/decision", json={"action": action, **more})


def _undo(owner: Client, doubt: Any) -> Any:
    return owner.delete(f"{DOUBTS}/{doubt['id']}/decision")


def _decidable(doubt: Any, action: str) -> bool:
    if action == "accept":
        return doubt["proposal"] is not None
    return action == "keep" or doubt["set_no"] is not None


@pytest.fixture
def nightly(outbox: Callable[[], Any], database: psycopg.Connection[Any]) -> Callable[[], None]:
    def look() -> None:
        database.execute("select defer_job('check_sessions', '{}')")
        outbox()

    return look


@pytest.mark.sweep
@pytest.mark.usefixtures("history")
def test_sessions_in_any_order_and_again_are_judged_the_same(owner: Client, database: psycopg.Connection[Any]) -> None:
    first, stored = _judged(owner), _all(owner)
    ids = [one["session_id"] for one in stored] + list(_training(owner))
    database.execute("select set_config('app.request_id', 'test', false)")  # psql's own writes raise versions
    try:
        for seed in range(3):
            random.Random(seed).shuffle(ids)
            for session_id in ids:
                database.execute("select check_session(%s)", [session_id])
            assert _all(owner) == stored
        for order in ("started_at", "started_at desc"):
            database.execute("delete from doubts")
            database.execute(f"select check_session(s.id) from (select id from sessions order by {order}) as s")
            assert _judged(owner) == first
    finally:
        database.execute("reset app.request_id")


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_decision_and_its_undoing_leave_all_as_it_was(
    owner: Client, action: str, nightly: Callable[[], None]
) -> None:
    stored, trained, judged = _all(owner), _training(owner), _judged(owner)
    for doubt in [one for one in stored if _decidable(one, action)]:
        decided = _decide(owner, doubt, action)
        assert decided.status_code == 200, decided.text
        assert _doubts(owner, "decided") == [decided.json]
        undone = _undo(owner, doubt)
        assert (undone.status_code, undone.json) == (200, doubt)
        assert _all(owner) == stored
        assert _session(owner, doubt["session_id"]) == trained[doubt["session_id"]]
    assert _training(owner) == trained
    _check(owner)
    nightly()
    assert _judged(owner) == judged


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_decision_outlives_every_check_and_can_still_be_undone(
    owner: Client, action: str, nightly: Callable[[], None]
) -> None:
    trained, judged = _training(owner), _judged(owner)
    asked = [one for one in _doubts(owner) if _decidable(one, action)]
    decided = [_decide(owner, doubt, action).json for doubt in asked]
    for look in (lambda: _check(owner), nightly, lambda: _put_back(owner)):
        look()
        kept = {one["id"]: one for one in _doubts(owner, "decided")}
        assert [kept.get(one["id"]) for one in decided] == decided
        settled = {_place(one) for one in decided if one["set_no"] is not None}
        assert [one for one in _doubts(owner) if _place(one) in settled] == []
    for doubt in reversed(asked):
        if doubt["set_no"] is None and action == "accept":
            continue  # the PUT has changed the session: below
        assert _undo(owner, doubt).status_code == 200, doubt
    if action in ("keep", "fix"):
        assert _training(owner) == trained
        _check(owner)
        assert _judged(owner) == judged


def _place(doubt: Any) -> tuple[int, int, int]:
    return doubt["session_id"], doubt["exercise_no"], doubt["set_no"]


def _put_back(owner: Client) -> None:
    """Sends each session as it was read, and has it looked through."""
    for session_id in _training(owner):
        read = owner.get(f"{URL}/{session_id}")
        sent = owner.put(f"{URL}/{session_id}", json=read.json, headers={"If-Match": read.headers["ETag"]})
        assert sent.status_code == 200, sent.text
    _check(owner)


@pytest.mark.usefixtures("history")
def test_what_is_changed_after_a_decision_is_asked_about_and_not_undone(owner: Client) -> None:
    doubt = next(one for one in _doubts(owner) if one["set_no"] is not None and one["unit"] == "kg")
    where = f"{URL}/{doubt['session_id']}/exercises/{doubt['exercise_no']}/sets/{doubt['set_no']}"
    exercise = next(
        one
        for one in owner.get(f"{URL}/{doubt['session_id']}").json["exercises"]
        if one["exercise_no"] == doubt["exercise_no"]
    )
    found = next(one for one in exercise["sets"] if one["set_no"] == doubt["set_no"])
    assert _decide(owner, doubt, "fix", set={"weight_kg": 150}).json["state"] == "fixed"
    assert _decide(owner, doubt, "fix", set={"weight_kg": 150}).status_code == 200
    assert _decide(owner, doubt, "fix", set={"weight_kg": 151}).status_code == 409
    owner.put(where, json={"reps": found["reps"], "weight_kg": found["weight_kg"]})
    assert _undo(owner, doubt).status_code == 409
    _check(owner)
    assert next(one for one in _doubts(owner) if one["id"] == doubt["id"]) == doubt
    assert _undo(owner, doubt).status_code == 404


def test_a_file_that_comes_again_leaves_a_fix_as_it_is(owner: Client) -> None:
    head, row = HEVY.splitlines()
    rows = [row.replace("5 Jan", f"{day} Jan") for day in range(5, 9)]
    file = "\n".join([head, *rows, row.replace("5 Jan", "9 Jan").replace(",100,5,", ",220.46,5,")])

    def send() -> Any:
        sent = owner.post("/api/v1/imports", data={"file": (io.BytesIO(file.encode()), "hevy.csv")}).json
        _check(owner)
        return sent

    assert send()["sessions_added"] == 5
    [doubt] = _doubts(owner)
    fixed = _decide(owner, doubt, "fix", set={"weight_kg": 200}).json
    assert send()["duplicates"] == 5
    assert (_doubts(owner), _doubts(owner, "decided")) == ([], [fixed])
    assert (_undo(owner, doubt).json, _doubts(owner)) == (doubt, [doubt])


@pytest.mark.usefixtures("history")
def test_a_doubt_that_is_not_decided_has_no_decision_to_undo(owner: Client) -> None:
    for doubt in _doubts(owner):
        assert _undo(owner, doubt).status_code == 404


@pytest.mark.usefixtures("history")
def test_a_doubtful_set_sets_no_record_after_the_session_is_sent_as_it_was_read(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    marked = "select session_id, exercise_no, set_no from sets where kind in ('o', 'x', 'e', 'g', 'b') order by 1, 2, 3"
    before = database.execute(marked).fetchall()
    assert before
    for session_id in _training(owner):
        read = owner.get(f"{URL}/{session_id}")
        owner.put(f"{URL}/{session_id}", json=read.json, headers={"If-Match": read.headers["ETag"]})
    assert database.execute(marked).fetchall() == before
    assert owner.get(f"{URL}/{before[0][0]}/sets?since=1").json["items"] == []
