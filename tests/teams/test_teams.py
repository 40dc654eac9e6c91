"""/api/v1/teams: list, create, get, patch, delete"""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.teams.people import TEAMS, become_coach, join, keep, leave, make_team


def test_who_makes_a_team_is_its_owner(coach: Client) -> None:
    made = coach.post(TEAMS, json={"name": "  Lifting   Club "})
    assert (made.status_code, made.json["name"], made.json["my_role"]) == (201, "Lifting Club", "owner")
    assert [m["username"] for m in made.json["members"]] == ["coach"]
    assert coach.get(made.headers["Location"]).json == made.json


def test_a_name_is_taken_once_whatever_its_capitals(coach: Client, stranger: Client) -> None:
    make_team(coach)
    again = stranger.post(TEAMS, json={"name": "LIFTING club"})
    assert (again.status_code, list(again.json["details"])) == (409, ["name"])


def test_a_team_shows_its_members_and_todays_athletes(coach: Client, owner: Client, stranger: Client) -> None:
    team_id = make_team(coach)
    become_coach(coach, team_id, stranger)
    join(coach, team_id, owner)
    keep(coach, "Grace", team_id=team_id, born_on="2001-12-09", notes="Left knee.")
    keep(coach, "Ada", team_id=team_id, joined_on="2190-01-01")
    team = coach.get(f"{TEAMS}/{team_id}").json
    assert [(m["username"], m["role"]) for m in team["members"]] == [("coach", "owner"), ("stranger", "coach")]
    assert [(a["name"], a["has_account"]) for a in team["athletes"]] == [("Grace", False), ("owner", True)]
    assert "Left knee." not in coach.get(f"{TEAMS}/{team_id}").text


def test_an_athlete_sees_the_coaches_but_no_other_athlete(coach: Client, owner: Client) -> None:
    team_id = make_team(coach)
    join(coach, team_id, owner)
    keep(coach, "Grace", team_id=team_id)
    team = owner.get(f"{TEAMS}/{team_id}").json
    assert (team["my_role"], [a["name"] for a in team["athletes"]]) == ("athlete", ["owner"])
    assert [t["id"] for t in owner.get(TEAMS).json["items"]] == [team_id]


def test_an_athlete_who_has_left_does_not_see_the_team(coach: Client, owner: Client) -> None:
    team_id = make_team(coach)
    join(coach, team_id, owner)
    leave(owner, team_id, "2026-01-02")
    assert owner.get(f"{TEAMS}/{team_id}").status_code == 404
    assert owner.get(TEAMS).json["items"] == []


def test_the_list_has_my_teams_by_name_a_page_at_a_time(coach: Client, stranger: Client) -> None:
    for name in ("runners", "Archers", "Lifters"):
        make_team(coach, name)
    make_team(stranger, "Bowlers")
    first = coach.get(f"{TEAMS}?limit=2").json
    rest = coach.get(f"{TEAMS}?limit=2&cursor={first['next_cursor']}").json
    assert [t["name"] for t in first["items"] + rest["items"]] == ["Archers", "Lifters", "runners"]
    assert rest["next_cursor"] is None


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_only_owners_change_a_team(
    method: str, coach: Client, owner: Client, stranger: Client, admin: Client, sign_up
) -> None:
    team_id = make_team(coach)
    become_coach(coach, team_id, stranger)
    join(coach, team_id, owner)
    where, body = f"{TEAMS}/{team_id}", {"json": {"headquarters": "Hamburg"}} if method == "PATCH" else {}
    statuses = [who.request(method, where, **body).status_code for who in (stranger, owner, admin, coach)]
    assert statuses == [403, 403, 404, 200 if method == "PATCH" else 204]


def test_a_patch_answers_what_is_read_afterwards(coach: Client, owner: Client) -> None:
    team_id = make_team(coach)
    join(coach, team_id, owner)
    where = f"{TEAMS}/{team_id}"
    changed = coach.patch(where, json={"headquarters": None}, headers={"If-Match": coach.get(where).headers["ETag"]})
    assert (changed.status_code, changed.json["headquarters"]) == (200, "")
    assert changed.json == coach.get(where).json
    assert coach.patch(where, json={"name": "X"}, headers={"If-Match": '"1-"'}).status_code == 412


def test_the_etag_tells_what_changes_without_a_version(coach: Client) -> None:
    team_id = make_team(coach)
    athlete_id = keep(coach, "Grace", team_id=team_id)
    etag = coach.get(f"{TEAMS}/{team_id}").headers["ETag"]
    assert coach.get(f"{TEAMS}/{team_id}", headers={"If-None-Match": etag}).status_code == 304
    coach.patch(f"/api/v1/athletes/{athlete_id}", json={"name": "Gracie"})
    assert coach.get(f"{TEAMS}/{team_id}", headers={"If-None-Match": etag}).status_code == 200


def test_nobodys_training_goes_with_a_team(coach: Client, owner: Client) -> None:
    team_id = make_team(coach)
    join(coach, team_id, owner)
    made = owner.post("/api/v1/sessions", json={"started_at": "2026-01-05T12:00:00Z"})
    assert coach.delete(f"{TEAMS}/{team_id}").status_code == 204
    assert owner.get(made.headers["Location"]).status_code == 200
    assert coach.get(made.headers["Location"]).status_code == 404


@pytest.mark.parametrize(
    ("body", "field"),
    [({}, "name"), ({"name": " "}, "name"), ({"name": "x" * 101}, "name"), ({"name": "x", "colour": 1}, "colour")],
)
def test_what_is_not_valid_is_refused_by_name(coach: Client, body: dict[str, object], field: str) -> None:
    reply = coach.post(TEAMS, json=body)
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
