"""What is deleted or ended when its time is over. Short statements: none holds locks or a snapshot for long."""

from __future__ import annotations

from collections.abc import Callable

from workouts_api.jobs.job import Job
from workouts_api.logs import log
from workouts_api.sql import queries

BATCH = 5000  # rows of one statement: some 50 ms
BATCH_OF_SESSIONS = 200
KEEP_KEYS_DAYS = 30  # as docs/CLIENTS.md promises
KEEP_LOGINS_DAYS = 30  # after their end: so long a stolen token's use can be looked into
KEEP_INVITATIONS_DAYS = 30  # after their end
KEEP_TOKENS_DAYS = 30
KEEP_THROTTLES_DAYS = 2  # everything in them has drained by then
KEEP_FAILED_JOBS_DAYS = 90


def delete_old_keys(_: Job) -> None:
    """Idempotency keys that nobody may send again."""
    _in_batches(queries.jobs.delete_old_keys, KEEP_KEYS_DAYS)


def delete_old_logins(_: Job) -> None:
    """Logins that nobody could refresh for a month."""
    _in_batches(queries.jobs.delete_old_logins, KEEP_LOGINS_DAYS)


def delete_old_invitations(_: Job) -> None:
    """Invitations that nobody could accept for a month."""
    _in_batches(queries.jobs.delete_old_invitations, KEEP_INVITATIONS_DAYS)


def delete_old_tokens(_: Job) -> None:
    """Mailed tokens; and registrations and changes of address, which name a person, as soon as they expire."""
    _in_batches(queries.jobs.delete_old_tokens, KEEP_TOKENS_DAYS)
    _in_batches(queries.jobs.delete_old_registrations, 0)
    _in_batches(queries.jobs.delete_old_email_changes, 0)


def delete_old_throttles(_: Job) -> None:
    """Brakes on guessing and mailing that brake no more."""
    _in_batches(queries.jobs.delete_old_throttles, KEEP_THROTTLES_DAYS)


def delete_old_jobs(_: Job) -> None:
    """Jobs that failed long ago; those that succeeded leave nothing behind."""
    _in_batches(queries.jobs.delete_old_jobs, KEEP_FAILED_JOBS_DAYS)


def end_forgotten_sessions(job: Job) -> None:
    """Sessions in progress to which nobody wrote for 4 hours."""
    ended = 0
    while count := len(queries.jobs.end_forgotten_sessions(limit=BATCH_OF_SESSIONS)["ended"]):
        ended += count
    log.info("forgotten sessions ended", job_id=job.id, sessions=ended)


def _in_batches(delete: Callable[..., int], days: int) -> None:
    while delete(days=days, limit=BATCH) == BATCH:
        pass
