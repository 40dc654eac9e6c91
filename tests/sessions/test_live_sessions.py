"""POST /api/v1/sessions/start, GET /api/v1/sessions/current, and how sessions start, end and are forgotten"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body
from tests.spine.written import body as written_body
from workouts_api.api.sessions.schemas import Session

START, CURRENT = f"{URL}/start", f"{URL}/current"
FORGET = (
    "update sessions set version = version + 1, updated_at = now() - interval '5 hours' where status = 'in_progress'"
)


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def rfc3339(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def instant(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


def is_just_now(text: str) -> bool:
    return abs(now() - instant(text)) < dt.timedelta(seconds=60)


def test_a_session_starts_now_and_is_the_current_one(owner: Client) -> None:
    assert owner.get(CURRENT).json == {"session": None}
    made = owner.post(START, json={})
    assert (made.status_code, made.json["status"], made.json["ended_at"]) == (201, "in_progress", None)
    assert made.headers["Location"] == f"{URL}/{made.json['id']}"
    assert is_just_now(made.json["started_at"])
    assert owner.get(CURRENT).json["session"] == owner.get(made.headers["Location"]).json
    assert owner.post(START, json={}).status_code == 409


COPIED = {"title", "sport", "exercises"}
"""The fields of a session that a copy takes over; all others are those of a session that starts from nothing."""


def test_a_copy_takes_over_these_fields_and_no_others(owner: Client) -> None:
    whole = {**written_body(Session(), 0, "duration_s"), "status": "done", "client_key": None}
    earlier = owner.post(URL, json=whole).json
    begun = {"started_at": "2026-02-01T17:00:00Z"}
    bare = owner.post(START, json=begun)
    owner.delete(bare.headers["Location"])
    copy = owner.post(START, json={"copy_of": earlier["id"], **begun}).json
    own = {"id", "created_at", "updated_at", "exercise_count"}  # the last one follows from the exercises
    assert {name for name in copy if copy[name] != bare.json[name]} - own == COPIED


def test_a_copy_has_the_sets_of_the_earlier_one_and_none_is_done(owner: Client, body: Body) -> None:
    earlier = owner.post(URL, json=body).json
    made = owner.post(START, json={"copy_of": earlier["id"]}).json
    assert (made["title"], made["set_count"], made["volume_kg"], made["rpe"]) == ("Legs", 0, 0, None)
    planned: Body = {"is_done": False, "done_at": None, "rpe": None, "rir": None, "notes": None}
    for copied, original in zip(made["exercises"], earlier["exercises"], strict=True):
        assert copied == {**original, "sets": [{**one, **planned} for one in original["sets"]]}
    where = f"{URL}/{made['id']}"
    assert owner.put(f"{where}/exercises/1/sets/2", json={"reps": 5, "weight_kg": 100}).status_code == 200
    finished = owner.patch(where, json={"status": "done"}).json
    assert (finished["set_count"], finished["volume_kg"]) == (1, 500)
    assert owner.get(URL, query_string={"limit": 1}).json["items"][0]["set_count"] == 1


def test_beside_another_session_nothing_is_copied_before_it_is_refused(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    """A copy may be as large as a session can be: to make it and throw it away took the database seconds."""
    earlier = owner.post(URL, json=body).json["id"]
    key = "0191a5b0-0000-7000-8000-000000000001"
    ask = {"copy_of": earlier, "client_key": key}
    made = owner.post(START, json=ask)
    assert made.status_code == 201
    again = owner.post(START, json=ask)
    assert (again.status_code, again.json["id"]) == (201, made.json["id"]), "this start was stored"
    for fields in ({}, {"client_key": "0191a5b0-0000-7000-8000-000000000002"}):
        refused = owner.post(START, json={"copy_of": earlier, **fields})
        alone = owner.post(START, json=fields)
        assert (refused.status_code, refused.json["details"]) == (409, alone.json["details"])
    with pytest.raises(psycopg.Error, match="Another session is in progress"):
        database.execute("select copied_session('{}', %s, %s)", [earlier, owner.athlete_id])
    database.execute("update sessions set updated_at = now() - interval '5 hours' where status = 'in_progress'")
    assert owner.post(START, json={"copy_of": earlier}).status_code == 201, "a forgotten one is no obstacle"


def test_only_own_sessions_are_copied(owner: Client, stranger: Client, body: Body) -> None:
    foreign = stranger.post(URL, json=body).json["id"]
    for other in (foreign, 2**50):
        refused = owner.post(START, json={"copy_of": other})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["copy_of"])


@pytest.mark.parametrize(
    "given", [{"copy_of": "1"}, {"copy_of": 0}, {"started_at": "now"}, {"status": "done"}, {"title": 5}]
)
def test_what_is_no_start_is_refused_by_name(owner: Client, given: Body) -> None:
    refused = owner.post(START, json=given)
    assert (refused.status_code, list(refused.json["details"])) == (422, list(given))


def test_started_again_under_its_client_key_it_is_the_same(owner: Client) -> None:
    start = {"client_key": "7b0c1a7e-0000-4000-8000-000000000001", "title": "Legs"}
    first, again = owner.post(START, json=start), owner.post(START, json=start)
    assert (again.status_code, again.json) == (201, first.json)


def test_a_stranger_learns_nothing_of_a_session_in_progress(owner: Client, stranger: Client) -> None:
    assert stranger.get(CURRENT, query_string={"athlete_id": owner.athlete_id}).status_code == 404
    owner.post(START, json={})
    assert stranger.get(CURRENT, query_string={"athlete_id": owner.athlete_id}).status_code == 404
    assert owner.get(CURRENT, query_string={"athlete_id": owner.athlete_id}).json["session"]["status"] == "in_progress"


def test_a_planned_session_starts_now_and_its_sets_are_not_done(owner: Client, body: Body) -> None:
    where = owner.post(URL, json={**body, "status": "planned"}).headers["Location"]
    started = owner.patch(where, json={"status": "in_progress"}).json
    assert is_just_now(started["started_at"])
    there = instant(started["started_at"]).astimezone(ZoneInfo(started["zone"]))
    assert (started["ended_at"], started["set_count"], started["local_on"]) == (None, 0, there.date().isoformat())
    assert {one["is_done"] for exercise in started["exercises"] for one in exercise["sets"]} == {False}
    assert owner.get(where).json == started


def test_a_planned_session_may_say_when_it_started(owner: Client, body: Body) -> None:
    where = owner.post(URL, json={**body, "status": "planned"}).headers["Location"]
    patch = {"status": "in_progress", "started_at": rfc3339(now() - dt.timedelta(hours=1))}
    assert owner.patch(where, json=patch).json["started_at"] == patch["started_at"]
    assert is_just_now(owner.patch(where, json={"status": "done"}).json["ended_at"])


def test_a_session_that_was_ended_and_goes_on_has_no_end_until_it_ends_again(owner: Client) -> None:
    where = owner.post(URL, json={"started_at": rfc3339(now() - dt.timedelta(hours=2)), "duration_s": 3600}).headers[
        "Location"
    ]
    resumed = owner.patch(where, json={"status": "in_progress"}).json
    assert (resumed["ended_at"], resumed["duration_s"]) == (None, None)
    ended = owner.patch(where, json={"status": "done"}).json
    assert 7200 <= ended["duration_s"] < 7320


def test_a_session_that_goes_on_keeps_the_end_that_the_patch_says(owner: Client) -> None:
    start = now() - dt.timedelta(hours=2)
    where = owner.post(URL, json={"started_at": rfc3339(start), "duration_s": 3600}).headers["Location"]
    assert owner.patch(where, json={"status": "in_progress", "duration_s": 5400}).json["duration_s"] == 5400
    assert owner.patch(where, json={"status": "done"}).json["duration_s"] == 5400


def test_a_session_that_ended_long_ago_keeps_its_end_when_it_goes_on(owner: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert owner.patch(where, json={"status": "in_progress"}).json["ended_at"] == body["ended_at"]
    assert owner.patch(where, json={"status": "done"}).json["ended_at"] == body["ended_at"]


def test_a_session_that_was_planned_and_is_done_counts_as_it_was_written(owner: Client, body: Body) -> None:
    where = owner.post(URL, json={**body, "status": "planned"}).headers["Location"]
    done = owner.patch(where, json={"status": "done"}).json
    assert (done["set_count"], done["ended_at"]) == (3, body["ended_at"])


def test_a_set_says_its_rest_and_its_records(owner: Client, database: psycopg.Connection[Any]) -> None:
    [exercise_id] = database.execute("select min(id) from exercises where tracking = 'weight_reps'").fetchone() or [0]
    before = {"exercise_id": exercise_id, "sets": [{"reps": 5, "weight_kg": 100}]}
    owner.post(URL, json={"started_at": "2026-01-05T17:00:00Z", "exercises": [before]})
    where = owner.post(START, json={"started_at": "2026-02-05T17:00:00Z"}).headers["Location"]

    def log(set_no: int, minute: int, **what: Any) -> tuple[list[str], int | None]:
        given = {"exercise_id": exercise_id, "done_at": f"2026-02-05T17:{minute:02}:00Z", **what}
        reply = owner.put(f"{where}/exercises/1/sets/{set_no}", json=given).json
        return reply["records"], reply["rest_s"]

    assert log(1, 10, reps=10, weight_kg=60, kind="warmup") == ([], None)
    assert log(2, 12, reps=5, weight_kg=100) == ([], 120)
    assert log(3, 15, reps=3, weight_kg=110) == (["heaviest", "e1rm"], 180)
    assert log(3, 15, reps=3, weight_kg=110) == (["heaviest", "e1rm"], 180)
    assert log(4, 18, reps=3, weight_kg=110) == ([], 180)
    assert log(5, 20, reps=8, weight_kg=50) == (["most_reps"], 120)
    assert (
        owner.put(f"{where}/exercises/1/sets/6", json={"reps": 1, "weight_kg": 200, "is_done": False}).json["records"]
        == []
    )


def forgotten(owner: Client, database: psycopg.Connection[Any], exercise_id: int) -> str:
    """A session whose only set was done an hour after its start, many hours ago."""
    where = str(owner.post(START, json={"started_at": "2026-01-05T17:00:00Z"}).headers["Location"])
    given = {"exercise_id": exercise_id, "reps": 5, "done_at": "2026-01-05T18:00:00Z"}
    assert owner.put(f"{where}/exercises/1/sets/1", json=given).status_code == 200
    database.execute(FORGET)
    return where


def test_a_forgotten_session_ends_at_night_after_its_last_set(
    outbox: Callable[[], Any],
    owner: Client,
    stranger: Client,
    database: psycopg.Connection[Any],
    exercise_ids: list[int],
) -> None:
    where = forgotten(owner, database, exercise_ids[0])
    lively = stranger.post(START, json={}).headers["Location"]
    database.execute("select defer_job('end_forgotten_sessions', '{}')")
    outbox()
    ended = owner.get(where).json
    assert (ended["status"], ended["ended_at"], ended["end_is_guessed"]) == ("done", "2026-01-05T18:05:00Z", True)
    assert stranger.get(lively).json["status"] == "in_progress"
    right = owner.patch(where, json={"ended_at": "2026-01-05T18:30:00Z"}).json
    assert right["end_is_guessed"] is False


def test_a_forgotten_session_is_no_obstacle_for_the_next_one(
    owner: Client, database: psycopg.Connection[Any], exercise_ids: list[int]
) -> None:
    where = forgotten(owner, database, exercise_ids[0])
    assert owner.post(START, json={}).status_code == 201
    assert owner.get(where).json["end_is_guessed"] is True


def test_a_forgotten_session_that_is_finished_late_ends_after_its_last_set(
    owner: Client, database: psycopg.Connection[Any], exercise_ids: list[int]
) -> None:
    where = forgotten(owner, database, exercise_ids[0])
    finished = owner.patch(where, json={"status": "done"}).json
    assert (finished["ended_at"], finished["end_is_guessed"]) == ("2026-01-05T18:05:00Z", True)
    kept = owner.put(where, json=finished, headers={"If-Match": f'"{finished["version"]}-"'}).json
    assert kept["end_is_guessed"] is True
