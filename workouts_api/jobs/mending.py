"""Compares stored copies with their sources and corrects them. Only the application's statements keep the copies; a
change by psql may not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg

from workouts_api.jobs.job import Job
from workouts_api.logs import log
from workouts_api.sql import queries

PAGE = 1000  # sessions of one statement: some 30 ms
# Fewer if they have many sets. Each session costs some 3 ms, and stays locked until the statement ends.
CHECKED_AT_ONCE = 100
MOST_SETS = 50_000  # of one statement: each is read up to six times, in about a second
MOST_TOLD = 50  # ids of one line in the log


def check_sessions(job: Job) -> None:
    """Sessions that changed since the last time are looked through for what is doubtful."""
    check = partial(queries.jobs.check_sessions, most_sets=MOST_SETS)
    pages = in_pages(check, CHECKED_AT_ONCE, job)
    log.info("sessions checked for doubts", job_id=job.id, sessions=sum(page["checked"] for page in pages))


def mend_copies(job: Job) -> None:
    """Sessions' counts, volumes and days, page by page, counts of users by day, and what stands at merged exercises.

    The log tells what was wrong.
    """
    looked_at = mended = 0
    for page in in_pages(queries.jobs.mend_sessions, PAGE, job):
        looked_at += page["looked_at"]
        mended += len(page["mended"])
        if page["mended"]:
            log.warning("sessions mended", job_id=job.id, session_ids=page["mended"][:MOST_TOLD])
    days = queries.jobs.mend_user_days()
    if moved := queries.jobs.mend_merges():
        log.warning("sessions followed merges of exercises", job_id=job.id, session_ids=moved[:MOST_TOLD])
    log.info("copies compared", job_id=job.id, sessions=looked_at, sessions_mended=mended, user_days_mended=days)


def in_pages(work: Callable[..., Mapping[str, Any]], limit: int, job: Job) -> Iterator[Mapping[str, Any]]:
    """Runs a statement for pages of all sessions, in the order of their ids, and gives the row of each page.

    A page that fails is halved until one session is left. That one is passed over, and the log names it: everybody's
    sessions are behind it. Pages then grow again.

    :raises ApiError: when the database cannot be reached, or the job's time is over.
    """
    after_id: int | None = 0
    size = limit
    while after_id is not None:
        try:
            page = work(after_id=after_id, limit=size)
        except psycopg.Error as error:  # the server's: of a lost connection, an ApiError tells
            if size == 1:
                after_id = queries.jobs.find_next_session(after_id=after_id)
                log.error("session passed over", job_id=job.id, session_id=after_id, cause=repr(error))
            size = max(1, size // 2)
        else:
            after_id = page["last_id"]
            size = min(limit, size * 2)
            yield page
