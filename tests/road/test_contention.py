"""Many writers of one thing at once: no write is lost and none is made twice. Each has a connection of its own."""

from __future__ import annotations

import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from workouts_api import create_app
from workouts_api.config import load_settings

SESSIONS = "/api/v1/sessions"
WRITERS, EACH = 20, 10
SESSION = {"title": "0", "started_at": "2026-01-05T17:00:00Z"}


@pytest.fixture(scope="module")
def wide_app(environ: dict[str, str]) -> Iterator[Flask]:
    """The application with as many connections as there are writers."""
    app = create_app(load_settings({**environ, "DB_POOL_MAX": str(WRITERS)}))
    app.extensions["database"].open()
    yield app
    app.extensions["database"].close()


@pytest.fixture
def at_once(wide_app: Flask, owner: Client) -> Callable[[Callable[[Client, int], Any]], list[Any]]:
    """Runs something as the owner in twenty threads that begin together."""

    def run(act: Callable[[Client, int], Any]) -> list[Any]:
        start = threading.Barrier(WRITERS)

        def begin(number: int) -> Any:
            start.wait(10)
            return act(Client(wide_app.test_client(), token=owner.token), number)

        with ThreadPoolExecutor(WRITERS) as threads:
            return list(threads.map(begin, range(WRITERS)))

    return run


def test_of_200_increments_by_20_writers_none_is_lost(owner: Client, at_once: Any) -> None:
    """Half of them patch, half replace; each reads again after every 412 until its ten are made."""
    where = owner.post(SESSIONS, json=SESSION).headers["Location"]

    def count(client: Client, writer: int) -> Counter[int]:
        statuses: Counter[int] = Counter()
        while statuses[200] < EACH:
            read: Any = client.get(where)
            title = str(int(read.json["title"]) + 1)
            held = {"If-Match": read.headers["ETag"]}
            if writer % 2:
                reply = client.patch(where, json={"title": title}, headers=held)
            else:
                reply = client.put(where, json={**read.json, "title": title}, headers=held)
            statuses[reply.status_code] += 1
        return statuses

    statuses: Counter[int] = sum(at_once(count), Counter())
    session: Any = owner.get(where).json
    assert (session["title"], session["version"]) == ("200", 201)
    assert statuses.keys() == {200, 412}
    assert statuses[200] == WRITERS * EACH


def test_20_senders_of_one_client_key_under_keys_of_their_own_make_one_session(
    owner: Client, at_once: Any, database: psycopg.Connection[Any]
) -> None:
    body = {**SESSION, "client_key": str(uuid.uuid4())}

    def send(client: Client, writer: int) -> Any:
        return client.post(SESSIONS, json=body, headers={"Idempotency-Key": f"writer-{writer}"})

    replies = at_once(send)
    assert {reply.status_code for reply in replies} == {201}
    assert len({(reply.json["id"], reply.headers["Location"], reply.headers["ETag"]) for reply in replies}) == 1
    assert database.execute("select count(*) from sessions").fetchone() == (1,)


def test_of_20_who_delete_one_session_one_does(owner: Client, at_once: Any) -> None:
    where = owner.post(SESSIONS, json=SESSION).headers["Location"]
    statuses = Counter(at_once(lambda client, _: client.delete(where).status_code))
    assert statuses == {204: 1, 404: WRITERS - 1}


def test_of_20_who_begin_a_session_one_does(at_once: Any, database: psycopg.Connection[Any]) -> None:
    begun = {**SESSION, "status": "in_progress"}
    statuses = Counter(at_once(lambda client, _: client.post(SESSIONS, json=begun).status_code))
    assert statuses == {201: 1, 409: WRITERS - 1}
    assert database.execute("select count(*) from sessions").fetchone() == (1,)
