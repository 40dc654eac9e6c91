"""``workouts sql live``: whose request runs which query file, and whom it waits for."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner

from workouts_api import activity
from workouts_api.dba.commands import sql
from workouts_api.dba.live import Running, shown, tree

PATIENCE = 10.0  # s; a bound against hanging

Live = Callable[..., str]


@pytest.fixture
def live(cluster: Any, database_name: str) -> Live:
    def live(*options: str) -> str:
        where = ("--database-url", cluster.dsn(database_name, "workouts_dba"))
        return CliRunner().invoke(sql, ["live", *options, *where]).stdout

    return live


@pytest.fixture
def holder(cluster: Any, database_name: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(cluster.dsn(database_name), application_name="a hand in psql") as conn:
        yield conn
        conn.rollback()


def until(seen: Callable[[], Any]) -> Any:
    end = time.monotonic() + PATIENCE
    while not (found := seen()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def test_a_request_that_waits_stands_under_the_session_that_holds_it_up(owner, holder, live) -> None:
    holder.execute("select from workouts.users as u where u.id = %s for update", [owner.user_id])
    pid = holder.info.backend_pid
    with ThreadPoolExecutor(1) as thread:
        reply = thread.submit(owner.patch, "/api/v1/users/me", json={"full_name": "Waits"})
        (waiting,) = until(lambda: [one for one in json.loads(live("--json")) if one["blockers"] == [pid]])
        lines = live().splitlines()
        holder.rollback()
        answer = reply.result(PATIENCE)
    assert answer.status_code == 200
    assert waiting["query"].startswith("account.patch_account@")
    assert waiting["who"] == f"user {owner.user_id}, request {answer.headers['X-Request-ID']}"
    assert waiting["waits_for"] == f"the end of a transaction, held by {pid}"
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{pid} "))
    assert "idle in transaction" in lines[at]
    assert "a hand in psql" in lines[at]
    assert lines[at + 1].startswith(f"└─ {waiting['pid']} ")
    assert [one["pid"] for one in json.loads(live("--json", "--all")) if one["pid"] == waiting["pid"]] != []


def test_where_nothing_runs_that_is_said(live) -> None:
    assert until(lambda: live() == "Nothing runs.\n")


def test_the_threads_of_this_hosts_workers_are_told_with_what_they_do(
    cluster: Any, database_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A request that waits for a connection has no session on the server."""
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path))
    where = ("live", "--database-url", cluster.dsn(database_name, "workouts_dba"))
    activity.join(tmp_path / "workers", 4)
    try:
        activity.begin("GET", "/api/v1/sessions", "5f1d0c")
        waits = CliRunner().invoke(sql, where).stderr
        activity.query(b"sessions.list_sessions")
        asks = CliRunner().invoke(sql, where).stderr
    finally:
        activity.leave()
    assert waits.startswith("Worker 0: 1 of 4 threads busy.")
    assert waits.rstrip().endswith("GET /api/v1/sessions  no query  request 5f1d0c")
    assert re.search(r"GET /api/v1/sessions  sessions.list_sessions for \d+\.\d s  request 5f1d0c", asks)


def running(pid: int, *blockers: int, state: str = "active") -> Running:
    return Running(pid, "r", "a", state, "select 1", 1.0, 1.0, "Lock" if blockers else None, None, blockers, None)


def depths(*sessions: Running) -> list[tuple[int, int]]:
    return [(depth, one.pid) for depth, one in tree(sessions)]


def test_the_tree_holds_each_session_once_even_in_a_deadlock() -> None:
    assert depths(running(1), running(2, 1), running(3, 2), running(4, 1, 2)) == [(0, 1), (1, 2), (2, 3), (1, 4)]
    assert depths(running(1, 2), running(2, 1)) == [(0, 1), (1, 2)]
    assert depths(running(2, 99)) == [(0, 2)]  # its holder has ended meanwhile


def test_an_idle_session_is_shown_if_somebody_waits_for_it() -> None:
    idle, other, waiter = running(1, state="idle"), running(2, state="idle"), running(3, 1)
    assert shown([idle, other, waiter], idle=False) == [idle, waiter]
    assert shown([idle, other, waiter], idle=True) == [idle, other, waiter]


@pytest.mark.parametrize(
    ("application", "who"),
    [
        ("workouts-api 4c825c user=12", "user 12, request 4c825c"),
        ("workouts-api job-7", "request job-7"),
        ("psql", "psql"),
        ("", "r"),
    ],
)
def test_on_whose_behalf_a_session_runs(application: str, who: str) -> None:
    assert Running(1, "r", application, "active", "select 1", 1.0, 1.0, None, None, (), None).who == who
