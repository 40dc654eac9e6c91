"""REQUEST_TIMEOUT is kept though the server is frozen, or what lies on the way to it swallows bytes."""

from __future__ import annotations

import io
import math
import os
import shutil
import signal
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.routes import HEVY, SESSION
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.database import Caller, Database, acting, transaction
from workouts_api.database.pipeline import Connection, Prepared
from workouts_api.errors import OutcomeUnknown, Unavailable
from workouts_api.sql import queries
from workouts_api.sql.catalogue import QUERIES, load_catalogue
from workouts_api.sql.loaded import CATALOGUE

TIMEOUT = 1.0
ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"

Call = Callable[[Client], Any]
Freeze = Callable[[], AbstractContextManager[None]]


def _upload(client: Client) -> Any:
    return client.post("/api/v1/imports", data={"file": (io.BytesIO(HEVY.encode()), "hevy.csv")})


def _write_with_key(client: Client) -> Any:
    return client.post(SESSIONS, json=SESSION, headers={"Idempotency-Key": str(uuid.uuid4())})


NOTHING_DONE, UNKNOWN = (504, "request_timeout"), (503, "outcome_unknown")
# What is asked for, and what its answer is where the server gives none.
CALLS: dict[str, tuple[Call, tuple[int, str]]] = {
    "a read": (lambda client: client.get(ME), NOTHING_DONE),
    "a list": (lambda client: client.get(SESSIONS), NOTHING_DONE),
    "a report": (lambda client: client.get("/api/v1/reports/training"), NOTHING_DONE),
    "a write": (lambda client: client.post(SESSIONS, json=SESSION), UNKNOWN),
    "a write with a key": (_write_with_key, UNKNOWN),
    "an import, which stops before its commit": (_upload, NOTHING_DONE),
}


@pytest.fixture
def hasty(proxy, environ, database_name, owner) -> Iterator[Client]:
    """The owner, served within a second by an application behind the proxy, with a connection for each call."""
    url = f"postgresql://workouts_app@/{database_name}?host={proxy.folder}&port={proxy.port}"
    pool_size = {"DB_POOL_MIN": str(len(CALLS)), "DB_POOL_MAX": str(len(CALLS))}
    app = create_app(load_settings({**environ, **pool_size, "DATABASE_URL": url, "REQUEST_TIMEOUT": f"{TIMEOUT:g}"}))
    app.extensions["database"].open()
    app.extensions["database"].pool.wait()
    owner.http = app.test_client()
    yield owner
    proxy.answers = math.inf
    app.extensions["database"].close()


@contextmanager
def frozen_backends(database) -> Iterator[None]:
    """The server's processes that serve the application are stopped."""
    found = database.execute(
        "select pid from pg_stat_activity where application_name like 'workouts-api%' and datname = current_database()"
    ).fetchall()
    for (pid,) in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for (pid,) in found:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def swallowed(proxy, answers: int) -> Iterator[None]:
    """What lies on the way lets so many bytes of answers through, and then reads and forwards nothing."""
    proxy.answers = answers
    try:
        yield
    finally:
        proxy.drop_connections()
        proxy.answers = math.inf


@pytest.fixture(params=["backend", "path", "answer"])
def freeze(request, database, proxy) -> Freeze:
    kinds: dict[str, Freeze] = {
        "backend": lambda: frozen_backends(database),
        "path": lambda: swallowed(proxy, 0),
        "answer": lambda: swallowed(proxy, 7),
    }
    return kinds[request.param]


def all_at_once(client: Client) -> dict[str, tuple[float, Any]]:
    """How long each call took, and its reply."""

    def one(call: Call) -> tuple[float, Any]:
        started = time.monotonic()
        reply = call(replace(client, http=client.http.application.test_client()))
        return time.monotonic() - started, reply

    with ThreadPoolExecutor(len(CALLS)) as threads:
        replies = threads.map(one, (call for call, _ in CALLS.values()))
        return dict(zip(CALLS, replies, strict=True))


def timed(call: Call, client: Client) -> Any:
    started = time.monotonic()
    reply = call(client)
    took = time.monotonic() - started
    assert took < TIMEOUT + 1, f"{took:.2f} s"
    return reply


def test_without_an_answer_each_request_says_in_time_what_is_known_of_it(hasty, freeze):
    with freeze():
        for what, (took, reply) in all_at_once(hasty).items():
            assert (reply.status_code, reply.json["error"]) == CALLS[what][1], what
            assert took < TIMEOUT + 1, f"{what}: {took:.2f} s"
            assert reply.status_code == 504 or int(reply.headers["Retry-After"]) >= 1
    for call, _ in CALLS.values():
        assert wait_for(lambda call=call: call(hasty)).status_code in (200, 201)


def test_what_finds_no_connection_in_time_was_not_done(hasty, proxy):
    with swallowed(proxy, 0):
        proxy.drop_connections()  # the pool goes on to connect, and gets no answer
        for what, (took, reply) in all_at_once(hasty).items():
            assert (reply.status_code, reply.json["error"]) == (503, "unavailable"), what
            assert took < TIMEOUT + 1, f"{what}: {took:.2f} s"
            assert int(reply.headers["Retry-After"]) >= 1
    assert wait_for(lambda: hasty.get(ME)).status_code == 200


def test_a_write_that_has_not_left_as_a_whole_was_not_done(hasty, environ, database, monkeypatch):
    """Its end still waits in the connection's buffer, as a frozen server reads no more."""
    monkeypatch.setattr("workouts_api.api.auth.access._USUAL_BODY", 10**9)  # the guard is not asked before
    app = create_app(load_settings({**environ, "DB_POOL_MAX": "1", "REQUEST_TIMEOUT": f"{TIMEOUT:g}"}))
    hasty.http = app.test_client()
    assert hasty.get(ME).status_code == 200
    with frozen_backends(database):
        long = {**SESSION, "exercises": [{"exercise_id": 1, "notes": "é" * 4000, "sets": []} for _ in range(100)]}
        reply = timed(lambda client: client.post(SESSIONS, json=long), hasty)
        assert (reply.status_code, reply.json["error"]) == (503, "unavailable"), reply.json
    assert database.execute("select count(*) from session_exercises").fetchone() == (0,)
    app.extensions["database"].close()


@pytest.mark.parametrize(
    ("table", "answer"),
    [("sessions", NOTHING_DONE), ("users", (503, "unavailable"))],
    ids=["the statement", "the guard"],
)
def test_what_a_lock_holds_up_is_ended_by_the_server_in_time_and_so_was_not_done(hasty, database, table, answer):
    """Though the statement alone might take longer: it is given what is left of the request."""
    database.execute(f"begin; lock table {table} in access exclusive mode")
    try:
        for what in ("a list", "a write"):
            reply = timed(CALLS[what][0], hasty)
            assert (reply.status_code, reply.json["error"]) == answer, what
    finally:
        database.execute("rollback")
    assert hasty.post(SESSIONS, json=SESSION).status_code == 201


def test_readiness_is_told_in_time(hasty, freeze):
    with freeze():
        reply = timed(lambda client: client.http.get("/health/ready"), hasty)
        assert (reply.status_code, reply.json["database"]["state"]) == (503, "down")
        assert timed(lambda client: client.http.get("/health/live"), hasty).status_code == 200


# ── below the requests ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def who(proxy, environ, database_name, owner, tmp_path) -> Iterator[Caller]:
    """The owner, outside of any request."""
    url = f"postgresql://workouts_app@/{database_name}?host={proxy.folder}&port={proxy.port}"
    settings = load_settings({**environ, "DATABASE_URL": url, "DB_POOL_MAX": "1"})
    pool = Database(settings, url, CATALOGUE)
    pool.open()
    with acting(Caller(pool, "test", time.monotonic() + 30, owner.user_id, owner.login_id)) as one:
        queries.users.get_user(user_id=one.user_id)
        yield one
    pool.close()


def hurry(who: Caller, connection: Connection) -> None:
    """Half a second is left, of which the server knows nothing."""
    who.deadline = connection.deadline = time.monotonic() + 0.5


def in_time(who: Caller) -> bool:
    return time.monotonic() < who.deadline + 1


def test_a_commit_without_an_answer_is_told_as_unknown_in_time(who, freeze):
    with freeze_later(freeze) as later, pytest.raises(OutcomeUnknown), transaction():
        queries.users.get_user(user_id=who.user_id)
        later()
        hurry(who, who.connection)
    assert in_time(who)


def test_a_rollback_without_an_answer_ends_the_connection_in_time(who, freeze):
    with freeze_later(freeze) as later, pytest.raises(ZeroDivisionError), transaction():
        queries.users.get_user(user_id=who.user_id)
        connection = who.connection
        later()
        hurry(who, connection)
        raise ZeroDivisionError
    assert in_time(who)
    assert connection.closed


def test_statements_are_not_forgotten_for_longer_than_there_is_time(who, database, freeze):
    connection = who.database.pool.borrow(who)
    with freeze(), pytest.raises(psycopg.OperationalError):
        hurry(who, connection)
        connection.forget_prepared()
    who.database.pool.putconn(connection)
    assert in_time(who)


def test_a_connection_is_waited_for_no_longer_than_the_caller_may(who, monkeypatch):
    pool = who.database.pool
    monkeypatch.setattr(pool, "_max_wait", 20.0)
    the_only_one = pool.borrow(who)
    hurry(who, the_only_one)
    with pytest.raises(Unavailable):
        pool.borrow(who)
    assert in_time(who)
    pool.give_back(the_only_one)


def test_what_is_given_back_has_no_deadline_but_for_its_rollback(who, freeze):
    pool = who.database.pool
    connection = pool.borrow(who)
    pool.give_back(connection)
    assert connection.deadline == math.inf
    connection = pool.borrow(who)
    connection.exchange((Prepared(b"begin", b"begin"), ()))
    with ThreadPoolExecutor() as threads, freeze():
        hurry(who, connection)
        threads.submit(pool.give_back, connection).result(10)
    assert connection.closed


@pytest.mark.parametrize("reads_on", [True, False])
def test_a_stream_that_stops_is_given_up_in_time(who, freeze, tmp_path, reads_on):
    shutil.copytree(QUERIES / "spine", tmp_path / "spine")
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "count_up.sql").write_text(
        "-- Counts.\n-- @param last int = 3\n-- @returns stream\n-- @readonly\n"
        "select n, repeat('x', 1000) as wide, pg_sleep(0.0002)::text as slow from generate_series(1, :last) as n\n"
    )
    who.database._statements |= Database(
        load_settings({"JWT_SECRET_KEY": "x" * 40}), "", load_catalogue(tmp_path)
    )._statements
    rows = who.database.stream("numbers.count_up", {"last": 10**5})
    next(rows)
    connection = who.connection
    with freeze():
        hurry(who, connection)
        if reads_on:
            with pytest.raises(psycopg.OperationalError):
                list(rows)
        else:
            rows.close()
    assert in_time(who)
    assert connection.closed


def test_the_pool_is_closed_in_time_though_nothing_answers(who, freeze):
    with freeze():
        started = time.monotonic()
        who.database.close()
        assert time.monotonic() - started < 6
    who.deadline = time.monotonic() + 5
    with pytest.raises(Unavailable):
        queries.users.get_user(user_id=who.user_id)


@contextmanager
def freeze_later(freeze: Freeze) -> Iterator[Callable[[], None]]:
    freezing = freeze()
    begun = []

    def begin() -> None:
        begun.append(freezing.__enter__())

    try:
        yield begin
    finally:
        if begun:
            freezing.__exit__(None, None, None)


def wait_for(call: Callable[[], Any]) -> Any:
    """The first reply that is no 503."""
    deadline = time.monotonic() + 15
    while (reply := call()).status_code in (503, 504) and time.monotonic() < deadline:
        time.sleep(0.05)
    return reply
