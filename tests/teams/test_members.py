"""/api/v1/teams/{id}/members/{user_id}: changing a role, leaving"""

from __future__ import annotations

import threading

import pytest

from tests.conftest import Client
from tests.teams.people import TEAMS, become_coach, join, make_team


@pytest.fixture
def team_id(coach: Client, stranger: Client) -> int:
    """A team that coach owns and stranger coaches."""
    made = make_team(coach)
    become_coach(coach, made, stranger)
    return made


def test_an_owner_makes_a_coach_an_owner(coach: Client, stranger: Client, team_id: int) -> None:
    where = f"{TEAMS}/{team_id}/members/{stranger.user_id}"
    changed = coach.patch(where, json={"role": "owner"})
    assert (changed.status_code, changed.json["role"]) == (200, "owner")
    assert changed.json in coach.get(f"{TEAMS}/{team_id}").json["members"]


def test_coaches_and_athletes_change_nobody(coach: Client, stranger: Client, owner: Client, team_id: int) -> None:
    join(coach, team_id, owner)
    where = f"{TEAMS}/{team_id}/members/{coach.user_id}"
    for who in (stranger, owner):
        assert who.patch(where, json={"role": "coach"}).status_code == 403
        assert who.delete(where).status_code == 403


def test_who_has_nothing_to_do_with_the_team_gets_404(admin: Client, coach: Client, team_id: int) -> None:
    where = f"{TEAMS}/{team_id}/members/{coach.user_id}"
    assert admin.patch(where, json={"role": "coach"}).status_code == 404
    assert admin.delete(where).status_code == 404


def test_who_is_no_member_cannot_be_changed(coach: Client, admin: Client, team_id: int) -> None:
    where = f"{TEAMS}/{team_id}/members/{admin.user_id}"
    assert coach.patch(where, json={"role": "coach"}).status_code == 404
    assert coach.delete(where).status_code == 404


def test_the_last_owner_stays(coach: Client, team_id: int) -> None:
    where = f"{TEAMS}/{team_id}/members/{coach.user_id}"
    assert list(coach.patch(where, json={"role": "coach"}).json["details"]) == ["role"]
    assert list(coach.delete(where).json["details"]) == ["user_id"]
    assert coach.patch(where, json={"role": "owner"}).status_code == 200


def test_a_coach_leaves_and_an_owner_has_one_leave(coach: Client, stranger: Client, team_id: int) -> None:
    assert stranger.delete(f"{TEAMS}/{team_id}/members/{stranger.user_id}").status_code == 204
    assert stranger.get(f"{TEAMS}/{team_id}").status_code == 404
    become_coach(coach, team_id, stranger)
    assert coach.delete(f"{TEAMS}/{team_id}/members/{stranger.user_id}").status_code == 204
    assert [m["user_id"] for m in coach.get(f"{TEAMS}/{team_id}").json["members"]] == [coach.user_id]


def test_two_owners_who_leave_at_once_leave_one_behind(coach: Client, stranger: Client, team_id: int) -> None:
    coach.patch(f"{TEAMS}/{team_id}/members/{stranger.user_id}", json={"role": "owner"})
    statuses: list[int] = []

    def go(who: Client) -> None:
        statuses.append(who.delete(f"{TEAMS}/{team_id}/members/{who.user_id}").status_code)

    threads = [threading.Thread(target=go, args=[who]) for who in (coach, stranger)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [204, 422]
