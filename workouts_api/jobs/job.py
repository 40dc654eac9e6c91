"""What a task is, and what it is told about the job that it runs."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workouts_api.database import Caller, Database, acting
from workouts_api.logs import log

if TYPE_CHECKING:
    from workouts_api.config import Settings


class GiveUp(Exception):
    """The job failed for a reason that will not go away: it is not tried again."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of a task. ``attempt`` counts from 1."""

    id: int
    attempt: int
    settings: Settings


@dataclass(frozen=True, slots=True)
class Task:
    """What the worker can do, by the name that SQL defers it by.

    :param work: called with the job, and the job's arguments as keywords. It may run a second time for the same job,
        where a worker was killed before it could say that the first had ended.
    :param attempts: how often it is tried, with pauses that double.
    :param longest: seconds that its statements may take together.
    :param cron: when it is deferred by itself, in UTC.
    """

    name: str
    work: Callable[..., None]
    attempts: int = 3
    longest: float = 60.0
    cron: str | None = None


_running: set[int] = set()


def running() -> frozenset[int]:
    """The ids of the jobs that this process works on."""
    return frozenset(_running)


def run(task: Task, job: Job, database: Database, args: Mapping[str, Any], caused_by: Mapping[str, Any]) -> None:
    """Does a job's work on behalf of the user who caused it, and tells the log how it went.

    :raises Exception: whatever the task raises; whether it is tried again is the worker's to say.
    """
    request_id = caused_by.get("request_id") or f"job {job.id}"
    who = Caller(database, request_id, time.monotonic() + task.longest, user_id=caused_by.get("user_id"))
    told = {"task": task.name, "job_id": job.id, "attempt": job.attempt, "request_id": request_id}
    started = time.monotonic()
    _running.add(job.id)
    try:
        with acting(who):
            task.work(job, **args)
    except Exception as error:
        log.warning("job failed", **told, cause=repr(error), exc_info=not isinstance(error, GiveUp))
        raise
    finally:
        _running.discard(job.id)
    log.info("job", **told, ms=round((time.monotonic() - started) * 1000, 2), statements=who.statements)
