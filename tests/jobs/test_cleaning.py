"""What is deleted at night."""

from __future__ import annotations

from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.jobs import cleaning
from workouts_api.tasks import TASKS

Outbox = Callable[[], list[EmailMessage]]


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cleaning, "BATCH", 2)


def test_idempotency_keys_are_deleted_after_30_days(
    owner: Client, database: psycopg.Connection[Any], outbox: Outbox
) -> None:
    database.execute(
        """
        insert into idempotency_keys (owner_id, user_id, key, digest, created_at)
        select o.id, nullif(o.id, 0), 'key ' || n, sha256(''), now() - make_interval(days => n)
        from generate_series(28, 36) as n
        cross join lateral (select case when mod(n, 2) = 0 then %s else 0 end) as o (id)
        """,
        [owner.user_id],
    )
    # another's key of the same text, which is not old
    database.execute("insert into idempotency_keys (owner_id, key, digest) values (0, 'key 30', sha256(''))")
    database.execute("select defer_job('delete_old_keys', '{}')")
    outbox()
    left = database.execute("select key, owner_id from idempotency_keys order by key").fetchall()
    assert left == [("key 28", owner.user_id), ("key 29", 0), ("key 30", 0)]


def test_logins_are_deleted_a_month_after_they_expired(
    owner: Client, database: psycopg.Connection[Any], outbox: Outbox
) -> None:
    database.execute(
        """
        insert into logins (user_id, refresh_hash, device, expires_at)
        select %s, sha256(''), n::text, now() - make_interval(days => n)
        from generate_series(28, 36) as n
        """,
        [owner.user_id],
    )
    database.execute("select defer_job('delete_old_logins', '{}')")
    outbox()
    left = database.execute("select device from logins where expires_at < now() order by device").fetchall()
    assert left == [("28",), ("29",)]
    assert owner.get("/api/v1/users/me").status_code == 200


def test_changes_of_address_are_deleted_when_they_can_be_undone_no_more(
    owner: Client, database: psycopg.Connection[Any], outbox: Outbox
) -> None:
    database.execute(
        """
        insert into email_changes (user_id, old_email, new_email, changed_at, expires_at)
        select %s, 'old@example.com', n || '@example.com', now(), now() + make_interval(hours => n)
        from generate_series(-4, 1) as n
        """,
        [owner.user_id],
    )
    database.execute("select defer_job('delete_old_tokens', '{}')")
    outbox()
    assert database.execute("select new_email from email_changes").fetchall() == [("1@example.com",)]


def test_jobs_that_failed_are_kept_for_90_days(database: psycopg.Connection[Any], outbox: Outbox) -> None:
    database.execute(
        """
        insert into jobs.procrastinate_jobs (queue_name, task_name, status)
        select 'default', n::text, status::jobs.procrastinate_job_status
        from generate_series(88, 93) as n
        cross join unnest(array['failed', 'doing']) as status
        """
    )
    database.execute(
        """
        insert into jobs.procrastinate_events (job_id, type, at)
        select id, 'failed', now() - make_interval(days => task_name::int) from jobs.procrastinate_jobs
        """
    )
    database.execute("select defer_job('delete_old_jobs', '{}')")
    outbox()
    left = database.execute(
        "select task_name from jobs.procrastinate_jobs where status = 'failed' order by task_name"
    ).fetchall()
    assert left == [("88",), ("89",)]


def test_all_of_it_is_done_every_night() -> None:
    periodic = {task.name: task.cron for task in TASKS if task.cron}
    assert periodic.keys() >= {"delete_old_keys", "delete_old_logins", "delete_old_jobs"}
    assert all(cron.split()[1:] == ["2", "*", "*", "*"] for cron in periodic.values())
