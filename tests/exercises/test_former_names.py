"""A renamed exercise is found by the names that it had, by imports and by the search."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.imports.conftest import Send, export, send, workout

URL, SESSIONS = "/api/v1/exercises", "/api/v1/sessions"
OLD = "Kniebeuge tief"

__all__ = ["send"]


def file_of(*, days: int, grown: int = 0, name: str = OLD) -> str:
    """A workout a day, of which one has a set more."""
    days_of = [workout(day, 4 if day == grown else 3, exercise_title=name) for day in range(1, days + 1)]
    return export([one for rows in days_of for one in rows])


@pytest.fixture
def made(owner: Client, send: Send) -> int:
    """The exercise that the import of five workouts made."""
    reply = send(owner, file_of(days=5))
    assert (reply.json["exercises_added"], reply.json["sessions_added"]) == (1, 5)
    (one,) = reply.json["exercises"]
    return int(one["exercise_id"])


def rename(client: Client, one: int, name: str) -> dict[str, Any]:
    reply = client.patch(f"{URL}/{one}", json={"name": name})
    assert (reply.status_code, reply.json["name"]) == (200, name), reply.json
    found: dict[str, Any] = reply.json
    return found


def grows(client: Client, send: Send, into: int) -> None:
    """The file with a sixth workout, and a set more in the fifth, completes the history of this exercise."""
    report = send(client, file_of(days=6, grown=5)).json
    counts = {name: report[name] for name in ("exercises_added", "sessions_added", "sessions_completed", "sets_added")}
    assert (counts, report["notices"]) == (
        {"exercises_added": 0, "sessions_added": 1, "sessions_completed": 1, "sets_added": 4},
        [],
    )
    assert [(one["name"], one["exercise_id"], one["is_new"]) for one in report["exercises"]] == [(OLD, into, False)]
    sessions = client.get(SESSIONS, query_string={"include": "total", "fields": "id"}).json
    exercises = [
        one["exercise_id"]
        for session in sessions["items"]
        for one in client.get(f"{SESSIONS}/{session['id']}").json["exercises"]
    ]
    assert exercises == [into] * 6


@pytest.mark.parametrize(
    "names",
    [["Deep squat"], ["Deep squat", "Ass to grass"], ["Deep squat", OLD], ["kniebeuge TIEF"], ["X", OLD.upper(), "Y"]],
    ids=["once", "twice", "and back", "in other case", "back and away again"],
)
def test_the_next_import_completes_the_history_of_a_renamed_exercise(
    owner: Client, send: Send, made: int, names: list[str]
) -> None:
    for name in names:
        assert rename(owner, made, name)["aliases"] == []
    grows(owner, send, made)


@pytest.mark.parametrize("renamed_first", [True, False])
def test_a_renamed_and_merged_one_leads_to_the_one_that_it_is_merged_into(
    owner: Client, send: Send, made: int, renamed_first: bool
) -> None:
    into = owner.post(URL, json={"name": "Squat of mine"}).json["id"]
    steps = [
        lambda: rename(owner, made, "Deep squat"),
        lambda: owner.post(f"{URL}/{made}/merge", json={"into": into}),
    ]
    for step in steps if renamed_first else reversed(steps):
        step()
    grows(owner, send, into)


def test_the_one_that_it_is_merged_into_may_be_renamed(owner: Client, send: Send, made: int) -> None:
    into = owner.post(URL, json={"name": "Squat of mine"}).json["id"]
    owner.post(f"{URL}/{made}/merge", json={"into": into})
    rename(owner, into, "Deep squat")
    grows(owner, send, into)


def test_a_shared_one_keeps_leading_there_for_its_athlete(
    owner: Client, admin: Client, send: Send, made: int, database: psycopg.Connection[Any]
) -> None:
    rename(owner, made, "Deep squat")
    assert admin.post(f"{URL}/{made}/share").status_code == 200
    grows(owner, send, made)
    database.execute("delete from sessions")
    database.execute("delete from exercises where id = %s", [made])


def test_a_superuser_renames_no_shared_one(admin: Client) -> None:
    assert admin.patch(f"{URL}/1", json={"name": "Deep squat"}).status_code == 403


@pytest.mark.parametrize("way", ["made", "renamed", "alias"])
def test_a_name_leads_to_the_exercise_that_took_it_last(owner: Client, send: Send, made: int, way: str) -> None:
    rename(owner, made, "Deep squat")
    if way == "made":
        taker = owner.post(URL, json={"name": OLD.upper()}).json["id"]
    else:
        taker = owner.post(URL, json={"name": "Other"}).json["id"]
        if way == "renamed":
            rename(owner, taker, OLD.upper())
        else:
            owner.patch(f"{URL}/{taker}", json={"aliases": [OLD.upper()]})

    def leads_to() -> int:
        (one,) = send(owner, file_of(days=6), dry_run="true").json["exercises"]
        return int(one["exercise_id"])

    assert leads_to() == taker
    if way != "alias":
        rename(owner, taker, "Third")
        assert leads_to() == taker


def test_a_name_goes_before_an_alias_that_another_has_of_old(owner: Client, send: Send, made: int) -> None:
    owner.post(URL, json={"name": "Other", "aliases": [OLD]})
    rename(owner, made, "Deep squat")
    grows(owner, send, made)


def test_the_search_finds_it_by_its_former_name(owner: Client, stranger: Client, made: int) -> None:
    rename(owner, made, "Deep squat")
    assert [one["id"] for one in owner.get(URL, query_string={"q": OLD}).json["items"]][:1] == [made]
    assert made not in [one["id"] for one in stranger.get(URL, query_string={"q": OLD}).json["items"]]


def test_the_latest_50_are_kept(owner: Client, database: psycopg.Connection[Any], made: int) -> None:
    for number in range(52):
        rename(owner, made, f"Name {number}")
    ((names,),) = database.execute("select former_names from exercises where id = %s", [made]).fetchall()
    assert names == [f"name {number}" for number in range(1, 51)]
