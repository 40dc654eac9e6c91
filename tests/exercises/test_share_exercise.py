"""POST /api/v1/exercises/{id}/share"""

from __future__ import annotations

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import session_body

URL = "/api/v1/exercises"


@pytest.fixture(autouse=True)
def _catalogue_as_it_was(database: psycopg.Connection) -> object:
    """A shared exercise is kept between tests."""
    yield
    database.execute("delete from sessions")
    database.execute("delete from exercises where name = 'Axle Zercher Carry'")


def test_it_becomes_everybodys_with_its_names_and_its_history_stays(
    owner: Client, stranger: Client, admin: Client
) -> None:
    made = owner.post(URL, json={"name": "Axle Zercher Carry", "aliases": ["AZC carry"]}).json
    session = owner.post("/api/v1/sessions", json=session_body(made["id"], made["id"])).headers["Location"]
    shared = admin.post(f"{URL}/{made['id']}/share")
    assert (shared.status_code, shared.json["is_own"], shared.json["version"]) == (200, False, 2)
    read = stranger.get(f"{URL}/{made['id']}")
    assert (read.json, read.headers["ETag"]) == (shared.json, shared.headers["ETag"])
    assert stranger.get(f"{URL}?q=AZC carry").json["items"][0]["id"] == made["id"]
    assert {one["exercise_id"] for one in owner.get(session).json["exercises"]} == {made["id"]}
    assert admin.post(f"{URL}/{made['id']}/share").json == shared.json
    assert owner.patch(f"{URL}/{made['id']}", json={"name": "X"}).status_code == 403


def test_a_name_of_the_catalogue_is_a_conflict(owner: Client, admin: Client) -> None:
    made = owner.post(URL, json={"name": "pull-up"}).json["id"]
    refused = admin.post(f"{URL}/{made}/share")
    assert (refused.status_code, list(refused.json["details"])) == (409, ["name"])


def test_a_merged_one_is_a_conflict_and_an_unknown_one_404(owner: Client, admin: Client) -> None:
    made = owner.post(URL, json={"name": "Mine"}).json["id"]
    owner.post(f"{URL}/{made}/merge", json={"into": 1})
    assert admin.post(f"{URL}/{made}/share").status_code == 409
    assert admin.post(f"{URL}/999999999/share").status_code == 404


def test_only_a_superuser_may(owner: Client) -> None:
    made = owner.post(URL, json={"name": "Mine"}).json["id"]
    assert owner.post(f"{URL}/{made}/share").status_code == 403
