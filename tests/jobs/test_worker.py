"""The worker: what it does with jobs that succeed, fail, or were left behind."""

from __future__ import annotations

import logging
import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from flask import Flask
from procrastinate.exceptions import ConnectorException

from tests.conftest import said
from workouts_api.config import Settings
from workouts_api.database import caller
from workouts_api.jobs import worker
from workouts_api.jobs.job import GiveUp, Job, Task, running
from workouts_api.jobs.worker import LOST, LOST_JOBS, MOST_TAKEOVERS, STALLED, run_worker
from workouts_api.sql import queries
from workouts_api.tasks import TASKS

Work = Callable[..., None]


@pytest.fixture
def work(app: Flask, settings: Settings, database: psycopg.Connection[Any]) -> Work:
    """Runs a worker until nothing is due."""

    def until_done(*tasks: Task) -> None:
        run_worker(settings, settings.database_url or "", app.extensions["database"], tasks, wait=False)

    return until_done


def stored(database: psycopg.Connection[Any], columns: str = "status::text, attempts") -> list[tuple[Any, ...]]:
    query = f"select {columns} from jobs.procrastinate_jobs where task_name <> 'take_over_jobs' order by id"
    return database.execute(query.encode()).fetchall()


def test_a_job_that_succeeds_leaves_nothing_behind(work: Work, database: psycopg.Connection[Any]) -> None:
    done: list[Any] = []
    database.execute("select defer_job('note', '{\"word\": \"hello\"}')")
    work(Task("note", lambda job, word: done.append((job.attempt, word))))
    assert done == [(1, "hello")]
    assert stored(database) == []


def test_it_acts_as_the_user_who_caused_it(work: Work, database: psycopg.Connection[Any]) -> None:
    def note(_: Job) -> None:
        user = said(queries.users.get_user(user_id=user_id))
        done.append((user["username"], caller().user_id, caller().request_id))

    done: list[Any] = []
    row = database.execute("insert into users (email, username) values ('a@b.c', 'ada') returning id").fetchone()
    user_id = row[0] if row else 0
    with database.transaction():
        database.execute("select open_request(%s, 'request-7', 1000, 'auto')", [user_id])
        database.execute("select defer_job('note', '{}')")
    work(Task("note", note))
    assert done == [("ada", user_id, "request-7")]


def test_a_job_that_fails_is_tried_again_later_and_in_the_end_kept_for_looking_at(
    work: Work, database: psycopg.Connection[Any]
) -> None:
    def fail(job: Job) -> None:
        tried.append(job.attempt)
        raise ConnectionError("the other side is away")

    tried: list[int] = []
    database.execute("select defer_job('fail', '{}')")
    task = Task("fail", fail, attempts=3)
    for attempt in (1, 2):
        work(task)
        ((status, attempts, pause),) = stored(
            database, "status::text, attempts, round(extract(epoch from scheduled_at - now()) / 10)::int"
        )
        assert (status, attempts, pause) == ("todo", attempt, 2 ** (attempt - 1))
        work(task)  # not yet due
        database.execute("update jobs.procrastinate_jobs set scheduled_at = now() where task_name = 'fail'")
    work(task)
    assert tried == [1, 2, 3]
    assert stored(database) == [("failed", 3)]


def test_what_fails_for_good_is_not_tried_again(work: Work, database: psycopg.Connection[Any]) -> None:
    def refuse(_: Job) -> None:
        raise GiveUp("nobody can do this")

    database.execute("select defer_job('refuse', '{}')")
    work(Task("refuse", refuse, attempts=5))
    assert stored(database) == [("failed", 1)]


def test_a_task_that_nobody_knows_fails(work: Work, database: psycopg.Connection[Any]) -> None:
    database.execute("select defer_job('no_such_task', '{}')")
    work()
    assert stored(database) == [("failed", 1)]


_LEFT = """
with dead as (
  insert into jobs.procrastinate_workers (last_heartbeat) values (now() - make_interval(secs => %s)) returning id
)
update jobs.procrastinate_jobs as j
set status = 'doing',
    attempts = %s,
    worker_id = d.id
from dead as d
where j.task_name = 'note'
"""


@pytest.mark.parametrize(
    ("silent_s", "attempts", "done", "left"),
    [
        (STALLED + 5, 0, [2], []),
        (STALLED - 30, 0, [], [("doing", 0)]),
        (STALLED + 5, MOST_TAKEOVERS - 1, [], [("failed", MOST_TAKEOVERS)]),
    ],
    ids=["taken over", "its worker lives", "whenever it ran, its worker died"],
)
def test_jobs_of_a_worker_that_was_killed_are_taken_over(
    work: Work, database: psycopg.Connection[Any], silent_s: float, attempts: int, done: list[int], left: list[Any]
) -> None:
    tried: list[int] = []
    task = Task("note", lambda job: tried.append(job.attempt))
    database.execute("select defer_job('note', '{}')")
    database.execute(_LEFT, [silent_s, attempts])
    database.execute("select defer_job('take_over_jobs', '{}')")
    work(task)
    work(task)
    assert tried == done
    assert stored(database) == left
    database.execute("delete from jobs.procrastinate_workers")


_LONG_UNDER_WAY = (
    "update jobs.procrastinate_events set at = at - make_interval(secs => %s)"
    " where job_id in (select id from jobs.procrastinate_jobs where task_name = 'note')"
)


def test_a_job_that_a_living_worker_works_on_for_long_stays_with_it(
    work: Work, database: psycopg.Connection[Any]
) -> None:
    tried: list[int] = []
    task = Task("note", lambda job: tried.append(job.attempt))
    database.execute("select defer_job('note', '{}')")
    database.execute(_LEFT, [0, 0])
    database.execute(_LONG_UNDER_WAY, [LOST + 60])
    database.execute("select defer_job('take_over_jobs', '{}')")
    work(task)
    work(task)
    assert tried == []
    assert stored(database) == [("doing", 0)]
    database.execute("delete from jobs.procrastinate_workers")


def test_a_job_whose_outcome_cannot_be_written_at_once_is_not_done_twice(
    work: Work, database: psycopg.Connection[Any]
) -> None:
    def cut(job: Job) -> None:
        done.append(job.attempt)
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name = 'workouts-worker' and datname = current_database()"
        )

    done: list[int] = []
    database.execute("select defer_job('cut', '{}')")
    with suppress(ConnectorException):  # it may hit the worker while it asks for the next job
        work(Task("cut", cut))
    assert done == [1]
    assert stored(database) == []


_LOSE = """
update jobs.procrastinate_jobs as j
set status = 'doing',
    worker_id = mine.worker_id
from jobs.procrastinate_jobs as mine
where j.task_name = 'note'
  and mine.id = %s
returning j.id
"""


def defer_one_to_lose(database: psycopg.Connection[Any]) -> None:
    database.execute("select defer_job('lose', '{}')")
    database.execute("select defer_job('note', '{}')")
    database.execute("update jobs.procrastinate_jobs set scheduled_at = now() + interval '1h' where task_name = 'note'")


def lose(database: psycopg.Connection[Any], job: Job) -> int:
    """Marks a job as one that this worker fetched, and that nobody works on; gives its id."""
    row = database.execute(_LOSE, [job.id]).fetchone()
    assert row is not None
    database.execute("update jobs.procrastinate_events set at = now() - make_interval(secs => %s)", [LOST + 1])
    return int(row[0])


def test_a_job_that_got_lost_with_a_connection_is_taken_over(work: Work, database: psycopg.Connection[Any]) -> None:
    def lose_one(job: Job) -> None:
        lose(database, job)
        database.execute("select defer_job('take_over_jobs', '{}')")

    tried: list[int] = []
    tasks = Task("lose", lose_one), Task("note", lambda job: tried.append(job.attempt))
    defer_one_to_lose(database)
    for _ in range(3):
        work(*tasks)
    assert tried == [2]
    assert stored(database) == []


def test_a_job_that_this_worker_works_on_is_not_taken_for_lost(work: Work, database: psycopg.Connection[Any]) -> None:
    def look(job: Job) -> None:
        under_way = lose(database, job)
        assert job.id in running()
        for running_ones, lost_s in (([], LOST), ([under_way], LOST), ([], LOST + 60)):
            values = {"job_id": job.id, "running": running_ones, "lost_s": lost_s}
            taken.append([row[0] == under_way for row in database.execute(LOST_JOBS, values).fetchall()])

    taken: list[list[bool]] = []
    defer_one_to_lose(database)
    work(Task("lose", look))
    assert taken == [[True], [], []], "nor is one that was fetched just now"


def test_a_worker_whose_database_is_frozen_ends(
    work: Work, database: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def freeze(_: Job) -> None:
        found = database.execute(
            "select pid from pg_stat_activity"
            " where application_name = 'workouts-worker' and datname = current_database()"
        )
        for (pid,) in found.fetchall():
            os.kill(pid, signal.SIGSTOP)
            frozen.append(pid)

    frozen: list[int] = []
    monkeypatch.setattr(worker, "ANSWER", 0.5)
    database.execute("select defer_job('freeze', '{}')")
    started = time.monotonic()
    try:
        with suppress(ConnectorException):
            work(Task("freeze", freeze))
        assert frozen
        assert time.monotonic() - started < 30
    finally:
        for pid in frozen:
            os.kill(pid, signal.SIGCONT)


def test_what_is_deferred_in_sql_has_a_task() -> None:
    assert len({task.name for task in TASKS}) == len(TASKS)
    assert "send_mail" in {task.name for task in TASKS}


def told_of(name: str, error: BaseException, caplog: pytest.LogCaptureFixture) -> logging.LogRecord:
    caplog.clear()
    logging.getLogger(name).error("fetching failed", exc_info=error)
    # asyncio tells of a task of an earlier test whenever that is collected.
    (record,) = [one for one in caplog.records if one.name == name and one.getMessage().startswith("fetching failed")]
    return record


def test_an_outage_is_told_in_one_line_whichever_part_of_the_worker_tells_it(caplog: pytest.LogCaptureFixture) -> None:
    outage = ConnectorException()
    outage.__cause__ = psycopg.OperationalError("server closed\nthe connection")
    worker.quiet()
    told = [name for name in logging.root.manager.loggerDict if name.startswith("procrastinate")]
    assert "procrastinate.worker.worker" in told
    for name in [*told, "asyncio"]:
        record = told_of(name, outage, caplog)
        assert (record.getMessage(), record.exc_info) == ("fetching failed (server closed the connection)", None), name


def test_what_else_fails_keeps_its_traceback(caplog: pytest.LogCaptureFixture) -> None:
    worker.quiet()
    assert told_of("procrastinate.worker.worker", ZeroDivisionError(), caplog).exc_info
