"""What others get from a user whose account is deleted."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import Client
from tests.teams.people import ATHLETES, TEAMS, become_coach, days_seen, join, keep, make_team, train

Database = psycopg.Connection[Any]


def delete(database: Database, user: Client) -> None:
    database.execute("delete from users where id = %s", [user.user_id])


def test_a_team_goes_on_with_its_longest_member(
    coach: Client, stranger: Client, admin: Client, database: Database
) -> None:
    team_id = make_team(coach)
    become_coach(coach, team_id, admin)
    become_coach(coach, team_id, stranger)
    database.execute("update team_members set joined_on = '2020-01-01' where user_id = %s", [stranger.user_id])
    delete(database, coach)
    members = stranger.get(f"{TEAMS}/{team_id}").json["members"]
    assert [(m["username"], m["role"]) for m in members] == [("stranger", "owner"), ("admin", "coach")]


def test_another_owner_stays_the_only_one(coach: Client, stranger: Client, admin: Client, database: Database) -> None:
    team_id = make_team(coach)
    become_coach(coach, team_id, stranger)
    become_coach(coach, team_id, admin, "owner")
    delete(database, coach)
    members = admin.get(f"{TEAMS}/{team_id}").json["members"]
    assert [(m["username"], m["role"]) for m in members] == [("admin", "owner"), ("stranger", "coach")]


def test_a_team_of_nobody_else_goes_and_its_athletes_stay(coach: Client, owner: Client, database: Database) -> None:
    team_id = make_team(coach)
    join(coach, team_id, owner)
    delete(database, coach)
    assert owner.get(TEAMS).json["items"] == []
    assert owner.get(f"{ATHLETES}/{owner.athlete_id}").json["teams"] == []


def test_a_kept_athlete_goes_to_another_coach_of_their_team(coach: Client, stranger: Client, database: Database):
    team_id = make_team(coach)
    become_coach(coach, team_id, stranger)
    athlete_id = keep(coach, team_id=team_id)
    train(coach, "2020-01-05", query=f"?athlete_id={athlete_id}")
    delete(database, coach)
    assert stranger.get(f"{ATHLETES}/{athlete_id}").json["relation"] == "keeper"
    assert days_seen(stranger, athlete_id) == ["2020-01-05"]


def test_a_kept_athlete_without_an_heir_goes_with_everything(coach: Client, database: Database) -> None:
    athlete_id = keep(coach, team_id=make_team(coach))
    exercise = database.execute(
        "insert into exercises (athlete_id, name) values (%s, 'Yoke') returning id", [athlete_id]
    ).fetchone()
    assert exercise is not None
    train(
        coach, "2026-01-05", query=f"?athlete_id={athlete_id}", exercises=[{"exercise_id": exercise[0], "sets": [{}]}]
    )
    delete(database, coach)
    left = database.execute("select (select count(*) from sets), (select count(*) from teams)").fetchone()
    assert left == (0, 0)
    assert database.execute("select count(*) from athletes where id = %s", [athlete_id]).fetchone() == (0,)


def test_a_team_that_a_kept_athlete_has_left_has_no_heir(coach: Client, stranger: Client, database: Database) -> None:
    team_id = make_team(coach)
    become_coach(coach, team_id, stranger)
    athlete_id = keep(coach, team_id=team_id, joined_on="2026-01-01")
    left = coach.patch(f"{TEAMS}/{team_id}/athletes/{athlete_id}", json={"left_on": "2026-02-01"})
    assert left.status_code == 200
    delete(database, coach)
    assert database.execute("select count(*) from athletes where id = %s", [athlete_id]).fetchone() == (0,)


def test_a_kept_athlete_goes_to_an_owner_rather_than_to_who_was_there_first(
    coach: Client, stranger: Client, admin: Client, database: Database
) -> None:
    team_id = make_team(stranger)
    for member in (admin, coach):
        become_coach(stranger, team_id, member)
    database.execute("update team_members set joined_on = '2020-01-01' where user_id = %s", [admin.user_id])
    athlete_id = keep(coach, team_id=team_id)
    delete(database, coach)
    assert stranger.get(f"{ATHLETES}/{athlete_id}").json["relation"] == "keeper"


def test_the_users_own_athlete_goes_with_all_training(owner: Client, database: Database) -> None:
    train(owner, "2026-01-05")
    delete(database, owner)
    left = "select (select count(*) from athletes where id = %s), (select count(*) from sessions)"
    assert database.execute(left, [owner.athlete_id]).fetchone() == (0, 0)
