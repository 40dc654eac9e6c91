"""/api/v1/teams/{id}/athletes: joining and leaving on dates"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.conftest import Client
from tests.teams.people import TEAMS, become_coach, join, keep, make_team

TODAY = datetime.now(UTC).date()


def day(n: int) -> str:
    return (TODAY + timedelta(days=n)).isoformat()


@pytest.fixture
def team_id(coach: Client) -> int:
    return make_team(coach)


def where(team_id: int, athlete_id: int) -> str:
    return f"{TEAMS}/{team_id}/athletes/{athlete_id}"


def test_a_coach_adds_an_athlete_whom_they_keep(coach: Client, team_id: int) -> None:
    athlete_id = keep(coach)
    added = coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id})
    assert (added.status_code, added.json) == (
        201,
        {
            "team_id": team_id,
            "athlete_id": athlete_id,
            "name": "Grace",
            "joined_on": TODAY.isoformat(),
            "left_on": None,
            "keeps_history": True,
        },
    )
    assert coach.get(added.headers["Location"]).json["teams"][0]["id"] == team_id


def test_nobody_else_can_be_added_without_being_asked(coach: Client, owner: Client, stranger: Client, team_id: int):
    """Else a coach could show themself the training of anybody."""
    for athlete_id in (owner.athlete_id, keep(stranger), 999_999):
        added = coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id})
        assert (added.status_code, list(added.json["details"])) == (422, ["athlete_id"])


def test_only_coaches_add(coach: Client, owner: Client, stranger: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    for who, status in ((owner, 403), (stranger, 404)):
        assert who.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": keep(who)}).status_code == status


def test_stays_do_not_overlap(coach: Client, team_id: int) -> None:
    athlete_id = keep(coach)
    body = {"athlete_id": athlete_id, "joined_on": "2026-01-01"}
    assert coach.post(f"{TEAMS}/{team_id}/athletes", json=body).status_code == 201
    again = coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id, "joined_on": "2026-02-01"})
    assert (again.status_code, list(again.json["details"])) == (409, ["joined_on"])
    coach.patch(where(team_id, athlete_id), json={"left_on": "2026-02-01"})
    again = coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": athlete_id, "joined_on": "2026-02-01"})
    assert again.status_code == 201


def test_a_name_is_once_among_those_present(coach: Client, team_id: int) -> None:
    first = keep(coach, "Grace", team_id=team_id)
    twin = keep(coach, "GRACE")
    clash = coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": twin})
    assert (clash.status_code, list(clash.json["details"])) == (409, ["name"])
    other = keep(coach, "Ada", team_id=team_id)
    renamed = coach.patch(f"/api/v1/athletes/{other}", json={"name": "grace"})
    assert (renamed.status_code, list(renamed.json["details"])) == (409, ["name"])
    coach.patch(where(team_id, first), json={"left_on": TODAY.isoformat()})
    assert coach.post(f"{TEAMS}/{team_id}/athletes", json={"athlete_id": twin}).status_code == 201


def test_an_athlete_leaves_and_chooses(coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    left = owner.patch(where(team_id, owner.athlete_id), json={"left_on": day(0), "keeps_history": False})
    assert (left.status_code, left.json["left_on"], left.json["keeps_history"]) == (200, day(0), False)
    assert coach.get(f"{TEAMS}/{team_id}").json["athletes"] == []


def test_a_day_to_come_can_be_put_off_by_the_athlete_alone(coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    stay = where(team_id, owner.athlete_id)
    assert coach.patch(stay, json={"left_on": day(20)}).status_code == 200
    assert coach.patch(stay, json={"left_on": day(10)}).status_code == 200
    for later in (day(30), None):
        refused = coach.patch(stay, json={"left_on": later})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["left_on"])
    assert owner.patch(stay, json={"left_on": None}).json["left_on"] is None


def test_a_stay_that_has_ended_is_not_reopened(coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    stay = where(team_id, owner.athlete_id)
    owner.patch(stay, json={"left_on": day(-5)})
    for who in (owner, coach):
        assert list(who.patch(stay, json={"left_on": None}).json["details"]) == ["left_on"]


def test_a_coach_does_not_decide_about_the_history(coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    refused = coach.patch(where(team_id, owner.athlete_id), json={"keeps_history": True})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["keeps_history"])


def test_a_stay_ends_after_it_begins(coach: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner, "2026-01-10")
    stay = where(team_id, owner.athlete_id)
    assert list(owner.patch(stay, json={"left_on": "2026-01-09"}).json["details"]) == ["left_on"]
    assert owner.patch(stay, json={"left_on": "2026-01-10"}).status_code == 200
    join(coach, team_id, owner, "2026-01-10")


def test_strangers_and_other_athletes_find_no_stay(coach: Client, owner: Client, stranger: Client, team_id: int):
    join(coach, team_id, owner)
    stay = where(team_id, owner.athlete_id)
    assert stranger.patch(stay, json={"left_on": day(0)}).status_code == 404
    join(coach, team_id, stranger, day(-3))
    assert stranger.patch(stay, json={"left_on": day(0)}).status_code == 404


def test_another_coach_of_the_team_may_end_a_stay(coach: Client, owner: Client, stranger: Client, team_id: int):
    join(coach, team_id, owner)
    become_coach(coach, team_id, stranger)
    assert stranger.patch(where(team_id, owner.athlete_id), json={"left_on": day(0)}).status_code == 200
