"""Who is in which team, made as users would make it."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import Client

TEAMS, ATHLETES, INVITATIONS, SESSIONS = "/api/v1/teams", "/api/v1/athletes", "/api/v1/invitations", "/api/v1/sessions"
Json = dict[str, Any]


def make_team(owner: Client, name: str = "Lifting Club") -> int:
    """A team of the owner's; its id."""
    made = owner.post(TEAMS, json={"name": name, "headquarters": "Berlin"})
    assert made.status_code == 201, made.text
    return made.json["id"]


def code_for(owner: Client, **invitation: Any) -> str:
    """The code of a new invitation."""
    made = owner.post(INVITATIONS, json=invitation)
    assert made.status_code == 201, made.text
    return made.json["code"]


def accept(client: Client, code: str, **more: Any) -> Json:
    used = client.post(f"{INVITATIONS}/accept", json={"code": code, **more})
    assert used.status_code == 200, used.text
    return used.json


def join(owner: Client, team_id: int, athlete: Client, joined_on: str = "2026-01-01") -> None:
    """The athlete of a user joins a team."""
    accept(athlete, code_for(owner, kind="athlete", team_id=team_id), joined_on=joined_on)


def become_coach(owner: Client, team_id: int, coach: Client, kind: str = "coach") -> None:
    accept(coach, code_for(owner, kind=kind, team_id=team_id))


def leave(athlete: Client, team_id: int, left_on: str, **more: Any) -> None:
    changed = athlete.patch(f"{TEAMS}/{team_id}/athletes/{athlete.athlete_id}", json={"left_on": left_on, **more})
    assert changed.status_code == 200, changed.text


def keep(coach: Client, name: str = "Grace", **more: Any) -> int:
    """An athlete whom the coach keeps; the id."""
    made = coach.post(ATHLETES, json={"name": name, **more})
    assert made.status_code == 201, made.text
    return made.json["id"]


def train(athlete: Client, day: str, title: str = "Legs", query: str = "", **more: Any) -> int:
    """A session at noon of a day; its id."""
    body = {"title": title, "started_at": f"{day}T12:00:00Z", "duration_s": 3600, "rpe": 7, **more}
    made = athlete.post(SESSIONS + query, json=body)
    assert made.status_code == 201, made.text
    return made.json["id"]


def days_seen(viewer: Client, athlete_id: int, query: str = "") -> list[str]:
    """The days of an athlete's sessions that a user sees, in the order of the list."""
    page = viewer.get(f"{SESSIONS}?athlete_id={athlete_id}{query}")
    assert page.status_code == 200, page.text
    return [item["local_on"] for item in page.json["items"]]


def since(database: psycopg.Connection[Any], client: Client, day: str) -> None:
    """A member has been one since that day."""
    database.execute("update team_members set joined_on = %s where user_id = %s", [day, client.user_id])
