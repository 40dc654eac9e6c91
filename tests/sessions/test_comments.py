"""/api/v1/sessions/{id}/comments"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body


@pytest.fixture
def where(owner: Client, body: Body) -> str:
    """A session of the owner, whom the coach coaches."""
    return str(owner.post(URL, json=body).headers["Location"])


@pytest.fixture
def coaches(owner: Client, coach: Client) -> None:
    team = coach.post("/api/v1/teams", json={"name": "Weightlifters"}).json["id"]
    code = coach.post("/api/v1/invitations", json={"kind": "athlete", "team_id": team}).json["code"]
    assert owner.post("/api/v1/invitations/accept", json={"code": code}).status_code == 200


@pytest.fixture
def seen(coaches: None, owner: Client, body: Body, database: psycopg.Connection[Any]) -> str:
    database.execute("update team_athletes set joined_on = '2025-01-01'")
    return str(owner.post(URL, json=body).headers["Location"])


def test_coach_and_athlete_talk_about_a_set(owner: Client, coach: Client, seen: str) -> None:
    made = coach.post(f"{seen}/comments", json={"body": "Slower ⏬", "exercise_no": 1, "set_no": 2})
    assert (made.status_code, made.json["author"], made.json["is_mine"]) == (201, "coach", True)
    assert owner.post(f"{seen}/comments", json={"body": "I will."}).json["exercise_no"] is None
    first, second = owner.get(f"{seen}/comments").json["items"]
    assert first == {**made.json, "is_mine": False}
    assert (second["body"], second["is_mine"]) == ("I will.", True)
    page = owner.get(f"{seen}/comments", query_string={"limit": 1}).json
    rest = owner.get(f"{seen}/comments", query_string={"cursor": page["next_cursor"]}).json
    assert page["items"] + rest["items"] == [first, second]


def test_an_author_and_the_athlete_delete_others_do_not(owner: Client, coach: Client, seen: str) -> None:
    by_coach = coach.post(f"{seen}/comments", json={"body": "Well done."}).json["id"]
    by_owner = owner.post(f"{seen}/comments", json={"body": "Thanks."}).json["id"]
    assert coach.delete(f"{seen}/comments/{by_owner}").status_code == 403
    assert owner.delete(f"{seen}/comments/{by_coach}").status_code == 204
    assert owner.delete(f"{seen}/comments/{by_coach}").status_code == 404
    assert owner.delete(f"{seen}/comments/{by_owner}").status_code == 204


def test_a_stranger_learns_nothing(owner: Client, stranger: Client, where: str) -> None:
    comment = owner.post(f"{where}/comments", json={"body": "Alone."}).json["id"]
    answers = (
        stranger.get(f"{where}/comments"),
        stranger.post(f"{where}/comments", json={"body": "Hello"}),
        stranger.delete(f"{where}/comments/{comment}"),
    )
    assert [reply.status_code for reply in answers] == [404, 404, 404]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "body"),
        ({"body": ""}, "body"),
        ({"body": " \n\u00a0\u200b\u202e\u2800"}, "body"),
        ({"body": "x" * 5001}, "body"),
        ({"body": "x", "set_no": 1}, "exercise_no"),
        ({"body": "x", "exercise_no": 9}, "exercise_no"),
        ({"body": "x", "exercise_no": 1, "set_no": 9}, "set_no"),
    ],
)
def test_a_comment_on_nothing_is_refused_by_name(owner: Client, where: str, given: Body, field: str) -> None:
    refused = owner.post(f"{where}/comments", json=given)
    assert (refused.status_code, list(refused.json["details"])) == (422, [field])


def test_a_session_has_room_for_500(owner: Client, where: str, database: psycopg.Connection[Any]) -> None:
    database.execute(
        "insert into session_comments (athlete_id, session_id, author_id, local_on, body)"
        " select s.athlete_id, s.id, %s, s.local_on, 'x' from sessions as s, generate_series(1, 500)",
        [owner.user_id],
    )
    assert owner.post(f"{where}/comments", json={"body": "One more."}).status_code == 422
    assert owner.delete(where).status_code == 204
