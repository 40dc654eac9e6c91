"""GET /api/v1/exercises/used"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import session_body
from tests.teams.people import join, leave, make_team, since

URL, SESSIONS = "/api/v1/exercises/used", "/api/v1/sessions"
DAYS = {"2026-01-01": (1, 2), "2026-01-02": (1, 3), "2026-01-03": (1, 2), "2026-01-04": (4, 2)}


@pytest.fixture
def trained(owner: Client, stranger: Client) -> Client:
    for day, (first, second) in DAYS.items():
        body = session_body(first, second) | {"started_at": f"{day}T17:00:00Z", "ended_at": f"{day}T18:00:00Z"}
        assert owner.post(SESSIONS, json=body).status_code == 201
    assert stranger.post(SESSIONS, json=session_body(5, 5)).status_code == 201
    return owner


def pages(client: Client, sort_by: str, limit: int, athlete_id: int | None = None) -> list[dict[str, Any]]:
    items, cursor = [], ""
    whose = {"athlete_id": athlete_id} if athlete_id else {}
    while True:
        page = client.get(
            URL, query_string={"sort_by": sort_by, "limit": limit} | whose | ({"cursor": cursor} if cursor else {})
        )
        assert page.status_code == 200, page.json
        items += page.json["items"]
        cursor = page.json["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_those_done_last_come_first(trained: Client, limit: int) -> None:
    found = [(item["id"], item["last_used_on"]) for item in pages(trained, "last_used", limit)]
    assert found == [(4, "2026-01-04"), (2, "2026-01-04"), (1, "2026-01-03"), (3, "2026-01-02")]


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_or_those_done_in_most_sessions(trained: Client, limit: int) -> None:
    found = [(item["id"], item["session_count"]) for item in pages(trained, "most_used", limit)]
    assert found == [(2, 3), (1, 3), (4, 1), (3, 1)]


def test_a_newcomer_has_none(stranger: Client) -> None:
    assert stranger.get(URL).json == {"items": [], "next_cursor": None}


@pytest.mark.parametrize("sort_by", ["last_used", "most_used"])
def test_a_coach_sees_what_was_done_on_the_days_of_the_stay(
    trained: Client, coach: Client, stranger: Client, database: psycopg.Connection[Any], sort_by: str
) -> None:
    team = make_team(coach)
    whose = {"sort_by": sort_by, "athlete_id": trained.athlete_id}
    assert coach.get(URL, query_string=whose).status_code == 404
    join(coach, team, trained, joined_on="2026-01-02")
    seen = pages(coach, sort_by, 1, trained.athlete_id)
    assert {one["id"]: (one["last_used_on"], one["session_count"]) for one in seen} == {
        4: ("2026-01-04", 1),
        2: ("2026-01-04", 2),
        1: ("2026-01-03", 2),
        3: ("2026-01-02", 1),
    }
    since(database, coach, "2026-01-01")
    leave(trained, team, "2026-01-03")
    assert {one["id"] for one in pages(coach, sort_by, 200, trained.athlete_id)} == {1, 3}
    assert pages(trained, sort_by, 200, trained.athlete_id) == pages(trained, sort_by, 200)
    assert stranger.get(URL, query_string=whose).status_code == 404
    assert pages(coach, sort_by, 200) == []


def test_the_keeper_sees_all(owner: Client) -> None:
    kept = owner.post("/api/v1/athletes", json={"name": "Grace"}).json["id"]
    assert owner.post(f"{SESSIONS}?athlete_id={kept}", json=session_body(7, 7)).status_code == 201
    assert [one["id"] for one in pages(owner, "last_used", 200, kept)] == [7]
    assert pages(owner, "last_used", 200) == []


def test_an_unknown_order_is_refused_and_a_cursor_of_the_other_order_too(trained: Client) -> None:
    assert trained.get(f"{URL}?sort_by=name").status_code == 422
    cursor = trained.get(f"{URL}?limit=1").json["next_cursor"]
    assert trained.get(f"{URL}?limit=1&sort_by=most_used&cursor={cursor}").status_code == 422


def test_what_was_never_done_counts_in_no_date_and_number(trained: Client) -> None:
    before = {sort_by: pages(trained, sort_by, 200) for sort_by in ("last_used", "most_used")}
    planned = [{"exercise_id": number, "sets": [{"reps": 5, "is_done": False}]} for number in (1, 7)]
    done_on = {"started_at": "2026-01-04T19:00:00Z", "ended_at": "2026-01-04T20:00:00Z"}
    for body in (
        {"started_at": "2027-01-01T17:00:00Z", "status": "planned", "exercises": [{"exercise_id": 8, "sets": [{}]}]},
        {"started_at": "2026-01-04T21:00:00Z", "status": "planned", "exercises": [{"exercise_id": 1, "sets": [{}]}]},
        {**done_on, "exercises": planned},
        {"started_at": "2026-02-01T17:00:00Z", "exercises": planned},
        {"started_at": "2026-02-02T17:00:00Z", "exercises": [{"exercise_id": 9}]},
    ):
        assert trained.post(SESSIONS, json=body).status_code == 201
    assert {sort_by: pages(trained, sort_by, 200) for sort_by in before} == before


def test_a_session_counts_once_and_two_of_a_day_are_two(trained: Client) -> None:
    squats = [{"exercise_id": 1, "sets": [{"reps": 5}]}] * 2
    for hour in (7, 20):
        body = {"started_at": f"2026-01-05T{hour:02}:00:00Z", "exercises": squats}
        assert trained.post(SESSIONS, json=body).status_code == 201
    trained.post(f"{SESSIONS}/start", json={})
    where = trained.get(f"{SESSIONS}/current").json["session"]["id"]
    trained.put(f"{SESSIONS}/{where}/exercises/1/sets/1", json={"exercise_id": 1, "reps": 5})
    (found,) = [item for item in pages(trained, "most_used", 200) if item["id"] == 1]
    assert (found["session_count"], found["last_used_on"] > "2026-01-05") == (6, True)


def test_sets_of_unmatched_exercises_are_counted_when_they_were_done(trained: Client) -> None:
    mine = trained.post("/api/v1/exercises", json={"name": "Mine"}).json["id"]
    for status, sets in (("planned", [{}]), ("done", [{"reps": 5}, {"reps": 5, "is_done": False}])):
        body = {
            "started_at": "2026-03-01T17:00:00Z",
            "status": status,
            "exercises": [{"exercise_id": mine, "sets": sets}],
        }
        assert trained.post(SESSIONS, json=body).status_code == 201
    (found,) = trained.get("/api/v1/exercises/unmatched").json["items"]
    assert (found["id"], found["set_count"]) == (mine, 1)
