"""One session under one client_key, however many send it at once."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
from flask import Flask

from tests.conftest import Client
from tests.races.conftest import Other
from tests.teams.people import SESSIONS


def test_one_that_is_sent_while_its_session_is_being_deleted_brings_nothing_back(
    other: Other, owner: Client, database: psycopg.Connection
) -> None:
    body = {"started_at": "2026-01-05T12:00:00Z", "client_key": str(uuid.uuid4())}
    assert owner.post(SESSIONS, json=body).status_code == 201
    other.does("delete from sessions")
    again = other.commits_once_it_is_waited_for_by(lambda: owner.post(SESSIONS, json=body))
    assert (again.status_code, list(again.json["details"])) == (409, ["client_key"])
    assert database.execute("select count(*) from sessions").fetchone() == (0,)


IN_PROGRESS = """
insert into sessions (athlete_id, started_at, local_on, zone, status)
values (%(athlete_id)s, '2026-01-05T11:00Z', '2026-01-05', 'UTC', 'in_progress')
"""


def test_eight_that_send_a_session_in_progress_at_once_all_get_the_one_that_was_made(
    app: Flask, other: Other, owner: Client, database: psycopg.Connection
) -> None:
    """Indexes are asked by age. Where that of client keys was the younger one, all but the first got 409."""
    database.execute("reindex index concurrently sessions_client_key_unique")
    body = {"started_at": "2026-01-05T12:00:00Z", "status": "in_progress", "client_key": str(uuid.uuid4())}
    other.does(IN_PROGRESS, athlete_id=owner.athlete_id)
    with ThreadPoolExecutor(8) as threads:
        clients = [Client(app.test_client(), token=owner.token) for _ in range(8)]
        sent = [threads.submit(client.post, SESSIONS, json=body) for client in clients]
        other.is_waited_for(times=2)
        other.connection.rollback()
        replies = [each.result() for each in sent]
    assert {reply.status_code for reply in replies} == {201}
    assert len({reply.data for reply in replies}) == 1
