"""Compares stored copies with their sources and corrects them. Only the application's statements keep the copies; a
change by psql may not."""

from __future__ import annotations

from workouts_api.jobs.job import Job
from workouts_api.logs import log
from workouts_api.sql import queries

PAGE = 1000  # sessions of one statement: some 30 ms
CHECKED_AT_ONCE = 100  # each session costs some 3 ms, and stays locked until the statement ends
MOST_TOLD = 50  # ids of one line in the log


def check_sessions(job: Job) -> None:
    """Sessions that changed since the last time are looked through for what is doubtful."""
    after_id: int | None = 0
    checked = 0
    while after_id is not None:
        page = queries.jobs.check_sessions(after_id=after_id, limit=CHECKED_AT_ONCE)
        after_id = page["last_id"]
        checked += page["checked"]
    log.info("sessions checked for doubts", job_id=job.id, sessions=checked)


def mend_copies(job: Job) -> None:
    """Sessions' counts, volumes and days, page by page, then counts of users by day. The log tells what was wrong."""
    after_id: int | None = 0
    looked_at = mended = 0
    while after_id is not None:
        page = queries.jobs.mend_sessions(after_id=after_id, limit=PAGE)
        after_id = page["last_id"]
        looked_at += page["looked_at"]
        mended += len(page["mended"])
        if page["mended"]:
            log.warning("sessions mended", job_id=job.id, session_ids=page["mended"][:MOST_TOLD])
    days = queries.jobs.mend_user_days()
    log.info("copies compared", job_id=job.id, sessions=looked_at, sessions_mended=mended, user_days_mended=days)
