"""A coach sees an athlete's training for exactly the days of membership, wherever training is shown."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import SESSIONS, become_coach, days_seen, join, leave, make_team, since, train

DAYS = ["2026-01-09", "2026-01-10", "2026-01-19", "2026-01-20", "2026-02-01", "2026-02-10"]
REPORT = "/api/v1/reports/training"


@pytest.fixture
def team_id(coach: Client) -> int:
    return make_team(coach)


@pytest.fixture
def sessions(owner: Client) -> dict[str, int]:
    """A session on each of six days."""
    return {day: train(owner, day) for day in DAYS}


@pytest.fixture
def member(owner: Client, coach: Client, team_id: int, sessions: Any, database: psycopg.Connection[Any]) -> Client:
    """The owner was in the coach's team from 10 to 19 January, and is in it again from 1 February."""
    since(database, coach, "2026-01-01")
    join(coach, team_id, owner, "2026-01-10")
    leave(owner, team_id, "2026-01-20")
    join(coach, team_id, owner, "2026-02-01")
    return owner


SEEN = ["2026-02-10", "2026-02-01", "2026-01-19", "2026-01-10"]


def test_the_list_has_just_the_days_of_all_stays(member: Client, coach: Client) -> None:
    assert days_seen(coach, member.athlete_id) == SEEN


@pytest.mark.parametrize(
    ("query", "seen"),
    [
        ("&from=2026-01-19&to=2026-02-01", SEEN[1:3]),
        ("&q=leg", SEEN),
        ("&q=arms", []),
        ("&include=total", SEEN),
    ],
)
def test_filters_let_through_no_other_day(member: Client, coach: Client, query: str, seen: list[str]) -> None:
    assert days_seen(coach, member.athlete_id, query) == seen


def test_the_total_counts_what_is_seen(member: Client, coach: Client) -> None:
    assert coach.get(f"{SESSIONS}?athlete_id={member.athlete_id}&include=total&limit=1").json["total"] == 4


@pytest.mark.parametrize("more", ["", "&q=legs"])
def test_pages_go_on_across_stays(member: Client, coach: Client, more: str) -> None:
    seen, cursor = [], ""
    while cursor is not None:
        page = coach.get(
            f"{SESSIONS}?athlete_id={member.athlete_id}&limit=1{more}{cursor and '&cursor=' + cursor}"
        ).json
        seen += [item["local_on"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == SEEN


def test_a_session_is_there_on_just_these_days(member: Client, coach: Client, sessions: dict[str, int]) -> None:
    statuses = {day: coach.get(f"{SESSIONS}/{session}").status_code for day, session in sessions.items()}
    assert statuses == {day: 200 if day in SEEN else 404 for day in DAYS}


def test_seeing_is_not_changing(member: Client, coach: Client, sessions: dict[str, int]) -> None:
    for day, session in sessions.items():
        expected = 403 if day in SEEN else 404
        where = f"{SESSIONS}/{session}"
        assert coach.patch(where, json={"title": "Mine"}).status_code == expected
        replaced = coach.put(where, json={"started_at": "2026-01-05T12:00:00Z"}, headers={"If-Match": '"1-"'})
        assert replaced.status_code == expected
        assert coach.delete(where).status_code == expected
    own = {"started_at": "2026-01-12T12:00:00Z"}
    assert coach.post(f"{SESSIONS}?athlete_id={member.athlete_id}", json=own).status_code == 403


def test_the_report_counts_just_these_days(member: Client, coach: Client, stranger: Client) -> None:
    query = f"?athlete_id={member.athlete_id}&from=2026-01-01&to=2026-02-28&bucket=day"
    buckets = coach.get(REPORT + query).json["buckets"]
    trained = [day for day, count in zip(buckets["starts_on"], buckets["sessions"], strict=True) if count]
    assert trained == sorted(SEEN)
    assert sum(member.get(REPORT + query).json["buckets"]["sessions"]) == len(DAYS)
    assert stranger.get(REPORT + query).status_code == 404


def test_records_and_averages_of_the_report_know_no_other_day(
    owner: Client, coach: Client, team_id: int, database: psycopg.Connection[Any]
) -> None:
    """A heavier set before the stay would show in what a record beats."""
    exercise = database.execute("select min(id) from exercises where athlete_id is null").fetchone()
    assert exercise is not None

    def lift(day: str, weight: float) -> None:
        train(owner, day, exercises=[{"exercise_id": exercise[0], "sets": [{"reps": 1, "weight_kg": weight}]}])

    lift("2026-01-05", 200)
    join(coach, team_id, owner, "2026-01-10")
    lift("2026-01-12", 100)
    lift("2026-01-15", 110)
    query = f"?athlete_id={owner.athlete_id}&from=2026-01-01&to=2026-01-31"
    seen, own = coach.get(REPORT + query).json, owner.get(REPORT + query).json
    assert {(r["local_on"], r["value_kg"], r["beats_kg"]) for r in seen["records"]} == {("2026-01-15", 110, 100)}
    assert (seen["totals"]["volume_kg"], own["totals"]["volume_kg"]) == (210, 410)
    assert own["records"] == []
    assert seen["buckets"]["ctl"][-1] < own["buckets"]["ctl"][-1]


def test_a_stranger_may_not_know_of_the_athlete(member: Client, stranger: Client) -> None:
    for query in ("", "&q=legs", "&include=total"):
        assert stranger.get(f"{SESSIONS}?athlete_id={member.athlete_id}{query}").status_code == 404
    assert stranger.post(f"{SESSIONS}?athlete_id={member.athlete_id}", json={}).status_code == 422
    body = {"started_at": "2026-01-12T12:00:00Z"}
    assert stranger.post(f"{SESSIONS}?athlete_id={member.athlete_id}", json=body).status_code == 404


def test_an_athlete_who_takes_the_history_away_is_seen_no_more(member: Client, coach: Client, team_id: int) -> None:
    leave(member, team_id, "2026-02-05", keeps_history=False)
    assert coach.get(f"{SESSIONS}?athlete_id={member.athlete_id}").status_code == 404
    leave_again = member.patch(f"/api/v1/teams/{team_id}/athletes/{member.athlete_id}", json={"keeps_history": True})
    assert leave_again.status_code == 200
    assert days_seen(coach, member.athlete_id) == SEEN[1:]


def test_who_becomes_a_coach_after_an_athlete_has_left_never_was_theirs(
    member: Client, coach: Client, stranger: Client, team_id: int
) -> None:
    become_coach(coach, team_id, stranger)
    assert days_seen(stranger, member.athlete_id) == SEEN[:2]


@pytest.mark.parametrize(("became_on", "seen"), [("2026-01-20", SEEN[:2]), ("2026-01-19", SEEN)])
def test_who_becomes_a_coach_on_the_day_of_leaving_never_was_theirs(
    member: Client,
    coach: Client,
    stranger: Client,
    team_id: int,
    database: psycopg.Connection[Any],
    became_on: str,
    seen: list[str],
) -> None:
    become_coach(coach, team_id, stranger)
    database.execute("update team_members set joined_on = %s where user_id = %s", [became_on, stranger.user_id])
    assert days_seen(stranger, member.athlete_id) == seen


def test_a_member_who_leaves_the_team_sees_nothing_more(member: Client, coach: Client, stranger: Client, team_id: int):
    become_coach(coach, team_id, stranger)
    assert stranger.delete(f"/api/v1/teams/{team_id}/members/{stranger.user_id}").status_code == 204
    assert stranger.get(f"{SESSIONS}?athlete_id={member.athlete_id}").status_code == 404


def test_another_athlete_of_the_team_sees_nothing(member: Client, coach: Client, stranger: Client, team_id: int):
    join(coach, team_id, stranger)
    assert stranger.get(f"{SESSIONS}?athlete_id={member.athlete_id}").status_code == 404
    assert stranger.get(f"/api/v1/athletes/{member.athlete_id}").status_code == 404


def test_two_teams_of_one_coach_show_a_day_once(member: Client, coach: Client) -> None:
    other = make_team(coach, "Runners")
    join(coach, other, member, "2026-01-15")
    assert days_seen(coach, member.athlete_id) == ["2026-02-10", "2026-02-01", "2026-01-20", "2026-01-19", "2026-01-10"]


def test_a_session_that_is_moved_to_another_day_is_seen_by_its_day(
    member: Client, coach: Client, sessions: dict[str, int]
) -> None:
    where = f"{SESSIONS}/{sessions['2026-01-09']}"
    assert coach.get(where).status_code == 404
    moved = {"started_at": "2026-01-12T12:00:00Z", "ended_at": "2026-01-12T13:00:00Z"}
    assert member.patch(where, json=moved).status_code == 200
    assert coach.get(where).status_code == 200


def test_the_local_day_decides_not_the_day_in_utc(owner: Client, coach: Client, team_id: int) -> None:
    """23:30 UTC on the 9th is the 10th in Auckland, and 10:30 UTC on the 10th is the 9th nowhere but west of Hawaii."""
    join(coach, team_id, owner, "2026-01-10")
    train(owner, "2026-01-09", started_at="2026-01-09T23:30:00Z", zone="Pacific/Auckland")
    train(owner, "2026-01-10", started_at="2026-01-10T04:30:00Z", zone="America/Los_Angeles")
    assert days_seen(coach, owner.athlete_id) == ["2026-01-10"]
    assert days_seen(coach, owner.athlete_id, "&q=legs") == ["2026-01-10"]


def test_an_own_exercise_is_known_by_a_session_that_is_seen(owner: Client, coach: Client, team_id: int) -> None:
    def exercise(name: str) -> int:
        return owner.post("/api/v1/exercises", json={"name": name}).json["id"]

    before, during = exercise("Log press"), exercise("Yoke")
    train(owner, "2026-01-05", exercises=[{"exercise_id": before}])
    train(owner, "2026-01-12", exercises=[{"exercise_id": during}])
    join(coach, team_id, owner, "2026-01-10")
    assert coach.get(f"/api/v1/exercises/{before}").status_code == 404
    assert coach.get(f"/api/v1/exercises/{during}").json["name"] == "Yoke"
    reports = f"/api/v1/reports/exercises/{{}}?athlete_id={owner.athlete_id}"
    assert coach.get(reports.format(before)).status_code == 404
    assert coach.get(reports.format(during)).json["exercise"]["name"] == "Yoke"
