"""Two devices at once: one of them wins, and the other one learns what is stored."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from tests.postgres import WAITING
from tests.races.conftest import Other
from tests.teams.people import SESSIONS


@pytest.fixture
def where(owner: Client) -> str:
    exercise = {"exercise_id": 1, "sets": [{"reps": 5}]}
    started = {"started_at": "2026-01-05T17:00:00Z", "status": "in_progress", "exercises": [exercise]}
    return str(owner.post(SESSIONS, json=started).headers["Location"])


def both(app: Flask, owner: Client, other: Other, address: str, method: str, *bodies: Any) -> list[Any]:
    """The replies to requests that all wait for the session and then go on at once."""
    with ThreadPoolExecutor(len(bodies)) as threads:
        clients = [Client(app.test_client(), token=owner.token) for _ in bodies]
        sent = [
            threads.submit(client.request, method, address, json=body)
            for client, body in zip(clients, bodies, strict=True)
        ]
        while len(other.connection.execute(WAITING).fetchall()) < len(bodies):
            assert not all(each.done() for each in sent), [each.result().text for each in sent]
            other.does("select pg_stat_clear_snapshot()")  # the activity is read once in a transaction otherwise
            time.sleep(0.01)
        other.connection.rollback()
        return [each.result() for each in sent]


def test_of_two_devices_that_write_a_new_set_one_wins_and_the_other_gets_the_stored_set(
    app: Flask, owner: Client, other: Other, where: str
) -> None:
    other.does("select from sessions for update")
    bodies = [{"device": name, "seq": 1, "reps": reps} for name, reps in (("phone", 5), ("watch", 6))]
    replies = both(app, owner, other, f"{where}/exercises/1/sets/2", "PUT", *bodies)
    assert sorted(reply.status_code for reply in replies) == [200, 412]
    lost = next(reply for reply in replies if reply.status_code == 412)
    stored = owner.get(where).json["exercises"][0]["sets"][1]
    assert lost.json["details"]["set"] == stored
    assert owner.get(where).json["version"] == 2


def test_sets_that_two_devices_write_at_once_are_both_stored_and_counted(
    app: Flask, owner: Client, other: Other, where: str, database: psycopg.Connection[Any]
) -> None:
    other.does("select from sessions for update")
    bodies = [
        {"device": name, "sets": [{"exercise_no": 1, "set_no": n, "seq": 1, "reps": 5, "weight_kg": 10}]}
        for n, name in ((2, "phone"), (3, "watch"))
    ]
    replies = both(app, owner, other, f"{where}/sets", "PUT", *bodies)
    assert [reply.status_code for reply in replies] == [200, 200]
    assert database.execute("select set_count, volume_kg, version from sessions").fetchone() == (3, 100, 3)


def test_of_two_devices_that_start_a_session_one_does(app: Flask, owner: Client, other: Other) -> None:
    other.does(
        "insert into sessions (athlete_id, started_at, local_on, zone, status)"
        " values (%(athlete_id)s, '2026-01-05T11:00Z', '2026-01-05', 'UTC', 'in_progress')",
        athlete_id=owner.athlete_id,
    )
    replies = both(app, owner, other, f"{SESSIONS}/start", "POST", {"title": "phone"}, {"title": "watch"})
    assert sorted(reply.status_code for reply in replies) == [201, 409]
