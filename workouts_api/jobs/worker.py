"""The worker: procrastinate's, with our tasks. The only owner of how jobs are fetched, tried again and ended."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Awaitable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, LiteralString, TypeVar

import procrastinate
import psycopg
from procrastinate import JobContext, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as StoredJob
from procrastinate.jobs import Status
from procrastinate.manager import JobManager
from procrastinate.retry import BaseRetryStrategy
from procrastinate.worker import WORKER_NAME

from workouts_api.database import CONNECT_TIMEOUT, Database
from workouts_api.database.keepalives import with_keepalives
from workouts_api.jobs.job import GiveUp, Job, Task, run, running

if TYPE_CHECKING:
    from workouts_api.config import Settings

FIRST_PAUSE, LONGEST_PAUSE = 10, 3600  # seconds before a failed job is tried again: doubled from the first up
HEARTBEAT = 10.0  # seconds between a worker's signs of life
STALLED = 45.0  # seconds without one after which its jobs are taken over
POLL = 10.0  # seconds: how late a retry may come; of new jobs a notification tells at once
ANSWER = 30.0  # seconds for the database's answer to the worker itself; a frozen one is given up, and the worker ends
PAUSES = (0.1, 0.5, 2.0, 5.0)  # seconds before a job's outcome is written again
LOST = 60.0  # seconds after which a job that nobody works on is lost
MOST_TAKEOVERS = 5  # a job that was running whenever its worker died is not tried for ever
GRACE = 20.0  # seconds that running jobs have to end when the worker is told to
LEAVE = 4.0  # seconds for all else then: with its database away, procrastinate would try to sign off for ever


_Answer = TypeVar("_Answer")


class WorkerEnded(Exception):
    """A part of the worker failed; the log says why. The worker has to be started again."""


# Of the worker that asks, and not under way there: fetched, or done, on a connection that broke before it could say so.
LOST_JOBS: LiteralString = """
select j.id, j.status::text, j.task_name, j.priority, j.lock, j.queueing_lock, j.args, j.scheduled_at, j.queue_name,
  j.attempts, j.worker_id
from jobs.procrastinate_jobs as j
join jobs.procrastinate_jobs as mine on mine.worker_id = j.worker_id and mine.id = %(job_id)s
where j.status = 'doing'
  and j.id <> mine.id
  and j.id <> all (%(running)s::bigint[])
  and not exists (
    select
    from jobs.procrastinate_events as e
    where e.job_id = j.id
      and e.at > now() - make_interval(secs => %(lost_s)s)
  )
"""


class _Connector(procrastinate.PsycopgConnector):
    """procrastinate's, but what is written about a job is written again where the connection broke under it.

    It waits for no answer for ever: where none comes, the worker ends, and whoever supervises it starts another one.
    """

    async def execute_query_async(self, query: LiteralString, **arguments: Any) -> None:
        for pause in PAUSES:
            try:
                await _in_time(super().execute_query_async(query, **arguments))
            except ConnectorException as error:
                if not isinstance(error.__cause__, psycopg.OperationalError):
                    raise
            else:
                return
            await asyncio.sleep(pause)
        await _in_time(super().execute_query_async(query, **arguments))

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        return await _in_time(super().execute_query_one_async(query, **arguments))

    async def execute_query_all_async(self, query: LiteralString, **arguments: Any) -> list[dict[str, Any]]:
        return await _in_time(super().execute_query_all_async(query, **arguments))


async def _in_time(statement: Awaitable[_Answer]) -> _Answer:
    try:
        async with asyncio.timeout(ANSWER):
            return await statement
    except TimeoutError as error:
        raise ConnectorException from error


class _Backoff(BaseRetryStrategy):
    def __init__(self, attempts: int) -> None:
        self._attempts = attempts

    def get_retry_decision(self, *, exception: BaseException, job: StoredJob) -> RetryDecision | None:
        if isinstance(exception, GiveUp) or job.attempts + 1 >= self._attempts:
            return None
        return RetryDecision(retry_in={"seconds": min(FIRST_PAUSE * 2**job.attempts, LONGEST_PAUSE)})


def make_worker(settings: Settings, conninfo: str, database: Database, tasks: Iterable[Task]) -> procrastinate.App:
    """An application of procrastinate that knows the tasks, unopened."""
    connector = _Connector(
        conninfo=with_keepalives(conninfo),
        min_size=1,
        max_size=3,  # fetching, finishing, the heart; statements of jobs run on the pool of `database`
        kwargs={
            "connect_timeout": CONNECT_TIMEOUT,
            "application_name": "workouts-worker",
            "options": "-c search_path=jobs,pg_temp -c datestyle=ISO",
        },
    )
    app = procrastinate.App(connector=connector)
    for task in tasks:
        _register(app, task, settings, database)

    @app.periodic(cron="* * * * *")
    @app.task(name="take_over_jobs", pass_context=True, queueing_lock="take_over_jobs")
    async def take_over_jobs(
        context: JobContext,
        timestamp: int = 0,  # noqa: ARG001 – when it was due
        args: object = None,  # noqa: ARG001 – what defer_job() gives to every task
        caused_by: object = None,  # noqa: ARG001 – likewise
    ) -> None:
        """Jobs whose worker was killed, or that got lost with a connection, are tried again at once."""
        manager = context.app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            await _take_over(manager, job)
        values = {"job_id": context.job.id, "running": sorted(running()), "lost_s": LOST}
        for row in await connector.execute_query_all_async(LOST_JOBS, **values):
            await _take_over(manager, StoredJob.from_row(row))

    return app


async def _take_over(manager: JobManager, job: StoredJob) -> None:
    if job.attempts + 1 < MOST_TAKEOVERS:
        await manager.retry_job(job)
    else:
        await manager.finish_job(job, status=Status.FAILED, delete_job=False)


def _register(app: procrastinate.App, task: Task, settings: Settings, database: Database) -> None:
    def work(
        context: JobContext,
        timestamp: int = 0,  # noqa: ARG001 – when a periodic job was due
        args: dict[str, Any] | None = None,
        caused_by: dict[str, Any] | None = None,
    ) -> None:
        job = Job(context.job.id or 0, context.job.attempts + 1, settings)
        run(task, job, database, args or {}, caused_by or {})

    registered = app.task(name=task.name, pass_context=True, retry=_Backoff(task.attempts))(work)
    if task.cron:
        app.periodic(cron=task.cron)(registered)


def quiet() -> None:
    """Keeps procrastinate from telling again what the job itself has told the log, and from tracebacks of an outage."""
    # A logger's filter does not see what its children tell, and a worker has a logger of its own.
    known = [name for name in logging.root.manager.loggerDict if name.startswith("procrastinate")]
    for name in (*known, f"procrastinate.worker.{WORKER_NAME}", "asyncio"):  # asyncio: of tasks that nobody awaits
        logging.getLogger(name).addFilter(_is_news)  # the same one is added once


def _is_news(record: logging.LogRecord) -> bool:
    """Whether the line is written. Where the database is away, one line says so, without a traceback."""
    error = record.exc_info[1] if record.exc_info else None
    if isinstance(error, ConnectorException | psycopg.OperationalError):
        cause = error.__cause__ or error
        told = f"{record.getMessage()} ({str(cause) or type(cause).__name__})"
        record.msg, record.args = " ".join(told.split()), ()
        record.exc_info = record.exc_text = None
    return getattr(record, "action", "") not in ("job_error", "job_error_retry")


def run_worker(
    settings: Settings, conninfo: str, database: Database, tasks: Iterable[Task], *, wait: bool = True
) -> None:
    """Works until SIGTERM or SIGINT; running jobs then have GRACE to end.

    :param wait: False to end as soon as no job is due.
    :raises procrastinate.exceptions.ConnectorException: when the database is lost, or has no jobs.
    :raises WorkerEnded: when the worker stopped by itself.
    """
    quiet()
    asyncio.run(_run(make_worker(settings, conninfo, database, tasks), settings, wait=wait))


async def _run(app: procrastinate.App, settings: Settings, *, wait: bool) -> None:
    async with app.open_async():
        working = asyncio.create_task(
            app.run_worker_async(
                concurrency=max(settings.worker_threads, 1),
                wait=wait,
                listen_notify=wait,
                fetch_job_polling_interval=POLL,
                abort_job_polling_interval=POLL,
                update_heartbeat_interval=HEARTBEAT,
                stalled_worker_timeout=STALLED,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="successful",
                install_signal_handlers=False,
            )
        )
        try:
            with _cancelled_by_signals(working) if wait else nullcontext():
                await working
        except asyncio.CancelledError:
            return
        if wait:
            raise WorkerEnded


@contextmanager
def _cancelled_by_signals(task: asyncio.Task[None]) -> Iterator[None]:
    """procrastinate's own handlers do not tell an end that was asked for from one after a failure."""
    loop, numbers = asyncio.get_running_loop(), (signal.SIGTERM, signal.SIGINT)
    before = [signal.getsignal(number) for number in numbers]

    is_asked = False

    def end(number: signal.Signals) -> None:
        nonlocal is_asked
        # A parent with threads that is killed sends one SIGTERM for each: running jobs keep their time to end.
        if is_asked and number == signal.SIGTERM:
            return
        is_asked = True
        logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)  # that the database went first is no news
        loop.call_later(LEAVE + (GRACE if running() else 0), os._exit, 1)
        task.cancel()

    for number in numbers:
        loop.add_signal_handler(number, end, number)
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
