"""GET /health and GET /health/details"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from workouts_api import create_app
from workouts_api.api.health import checks, routes
from workouts_api.config import load_settings

URL, DETAILS = "/health", "/health/details"
PARTS = {"database", "replica", "tunnel", "cache", "rate_limiter", "mail", "jobs", "queries"}


@pytest.fixture(autouse=True)
def nothing_known(app: Flask) -> None:
    app.extensions["health"]._slots.clear()


@pytest.fixture
def worker_lives(database: Any) -> None:
    database.execute("insert into jobs.procrastinate_workers default values")


def test_it_says_how_each_part_is_and_nothing_more(anonymous, worker_lives):
    reply = anonymous.get(URL)
    assert (reply.status_code, reply.json["status"], reply.json["app_name"]) == (200, "ok", "workouts-api")
    assert reply.json["version"]
    assert reply.json["checks"].keys() == PARTS
    assert all(check.keys() == {"state", "age_s"} for check in reply.json["checks"].values())


def test_superusers_see_details(admin, owner, anonymous, worker_lives):
    found = admin.get(DETAILS).json["checks"]
    assert found["database"]["schema"]["state"] == "current"
    assert found["database"]["round_trip_ms"] > 0
    assert found["jobs"].keys() >= {"due", "running", "failed", "workers", "oldest_s"}
    assert owner.get(DETAILS).status_code == 403
    assert anonymous.get(DETAILS).status_code == 401


def test_within_a_second_nobody_looks_again(anonymous, monkeypatch):
    looks = []
    monkeypatch.setattr(routes, "check_all", lambda: looks.append(1) or {"database": {"state": "up"}})
    for _ in range(5):
        assert anonymous.get(URL).status_code == 200
    assert looks == [1]


def test_of_many_who_ask_at_once_one_looks(app, monkeypatch):
    looks, begun, may_end = [], threading.Event(), threading.Event()

    def look() -> dict[str, Any]:
        looks.append(1)
        begun.set()
        may_end.wait(10)
        return {"database": {"state": "up"}}

    monkeypatch.setattr(routes, "check_all", look)
    replies: list[int] = []
    threads = [threading.Thread(target=lambda: replies.append(app.test_client().get(URL).status_code)) for _ in "12345"]
    for thread in threads:
        thread.start()
    begun.wait(10)
    may_end.set()
    for thread in threads:
        thread.join()
    assert (looks, replies) == ([1], [200] * 5)


JOB = (
    "insert into jobs.procrastinate_jobs (queue_name, task_name, status, scheduled_at)"
    " values ('default', %s, %s, now() - %s::interval)"
)


@pytest.mark.parametrize(
    ("task", "status", "age", "part", "state"),
    [
        ("mend_copies", "todo", "10 minutes", "jobs", "late"),
        ("mend_copies", "todo", "10 seconds", "jobs", "up"),
        ("mend_copies", "todo", "-1 hour", "jobs", "up"),
        ("send_mail", "todo", "10 minutes", "mail", "late"),
        ("send_mail", "failed", "10 minutes", "mail", "files"),
    ],
)
def test_a_queue_of_old_jobs_is_said(anonymous, database, worker_lives, task, status, age, part, state):
    database.execute(JOB, [task, status, age])
    found = anonymous.get(URL).json
    assert found["checks"][part]["state"] == state
    assert found["status"] == ("degraded" if state == "late" else "ok")


def test_jobs_that_nobody_does_are_said(anonymous, database):
    database.execute("delete from jobs.procrastinate_workers")
    found = anonymous.get(URL).json
    assert (found["checks"]["jobs"]["state"], found["status"]) == ("no_worker", "degraded")


def test_a_full_disk_is_said(app, anonymous, worker_lives):
    pool = app.extensions["database"]
    pool.trouble = "disk_full", float("inf")
    try:
        found = anonymous.get(URL)
    finally:
        pool.trouble = None
    assert (found.status_code, found.json["status"]) == (200, "degraded")
    assert found.json["checks"]["database"]["state"] == "disk_full"


@pytest.fixture
def elsewhere(environ: dict[str, str]) -> Iterator[Any]:
    made: list[Flask] = []

    def make(**changed: str) -> Any:
        made.append(create_app(load_settings(environ | changed)))
        return made[-1].test_client()

    yield make
    for app in made:
        app.extensions["database"].close()


def test_a_database_that_is_away_is_503(elsewhere):
    reply = elsewhere(DATABASE_URL="postgresql://x@127.0.0.1:1/none", MAX_WAIT="0.1").get(URL)
    assert (reply.status_code, reply.json["status"]) == (503, "unavailable")
    assert reply.headers["Retry-After"] == "1"
    states = {name: check["state"] for name, check in reply.json["checks"].items()}
    assert (states["database"], states["jobs"], states["mail"]) == ("down", "unknown", "unknown")


def test_a_schema_that_is_behind_is_503(anonymous, monkeypatch):
    monkeypatch.setattr(checks, "needed_version", lambda: 10**6)
    reply = anonymous.get(URL)
    assert (reply.status_code, reply.json["checks"]["database"]["state"]) == (503, "schema_behind")


def test_redis_that_is_away_is_said(elsewhere):
    found = elsewhere(REDIS_URL="redis://127.0.0.1:1/0", RATE_LIMITS="true").get(URL).json["checks"]
    assert (found["cache"]["state"], found["rate_limiter"]["state"]) == ("down", "down")


def test_a_tunnel_whose_process_is_gone_is_said(app, anonymous, monkeypatch, tmp_path):
    away = replace(app.extensions["settings"], ssh_host="bastion", tunnel_dir=tmp_path)
    monkeypatch.setitem(app.extensions, "settings", away)
    found = anonymous.get(URL).json
    assert (found["checks"]["tunnel"]["state"], found["status"]) == ("down", "degraded")
