"""X-Request-Timeout shortens a request's deadline, at the database too; retries have a budget."""

from __future__ import annotations

import time

import psycopg
import pytest
from flask import g

from workouts_api.database.retries import MOST, RetryBudget

ME = "/api/v1/users/me"


def test_a_shorter_deadline_ends_the_statement_at_the_database(owner, database):
    with database.transaction():
        database.execute("lock table users in access exclusive mode")
        began = time.monotonic()
        reply = owner.get(ME, headers={"X-Request-Timeout": "0.3"})
        assert (reply.status_code, reply.json["error"]) in ((504, "request_timeout"), (503, "unavailable"))
        assert time.monotonic() - began < 5
        waiting = database.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        assert waiting.fetchone() == (0,)


def test_a_longer_one_changes_nothing(owner, settings):
    with owner.http:
        assert owner.get(ME, headers={"X-Request-Timeout": "999999"}).status_code == 200
        assert g.caller.deadline <= time.monotonic() + settings.request_timeout


@pytest.mark.parametrize("given", ["0", "0.0", "-1", "1e3", "soon", "inf", "nan", "1,5", "", " ", "9" * 50, "２"])
def test_what_is_no_number_of_seconds_is_400(owner, given):
    reply = owner.get(ME, headers={"X-Request-Timeout": given.encode().decode("latin-1")})
    assert (reply.status_code, reply.json["error"]) == (400, "bad_request")
    assert "X-Request-Timeout" in reply.json["message"]


def test_a_budget_of_retries_is_used_up_and_earned_again():
    budget = RetryBudget()
    assert sum(budget.spend() for _ in range(100)) == MOST
    for _ in range(11):
        budget.earn()
    assert [budget.spend(), budget.spend()] == [True, False]
    for _ in range(100 * int(MOST)):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) == MOST


def test_without_a_budget_a_read_whose_connection_is_lost_is_503(owner, database, app):
    pool = app.extensions["database"]
    pool.retries.refill()  # a whole number, so that what each request earns is no retry at once
    while pool.retries.spend():
        pass
    try:
        assert owner.get(ME).status_code == 200
        _cut(database)
        replies = [owner.get(ME).status_code]
        while replies[-1] != 200 and len(replies) < 50:  # each connection of the pool may be lost
            replies.append(owner.get(ME).status_code)
    finally:
        pool.retries.refill()
    assert replies[-1] == 200
    assert set(replies) <= {200, 503}


def _cut(database: psycopg.Connection) -> None:
    database.execute(
        "select pg_terminate_backend(pid) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid() and application_name like 'workouts-api%'"
    )


GUARDS = {
    "users": "select guard(1, 1, 'r', 50, 'auto')",
    "api_keys": "select key_guard(1, 1, '', 'sessions:read', 'r', 50, 'auto', false)",
}


@pytest.mark.parametrize("table", GUARDS)
def test_a_guard_waits_for_a_lock_no_longer_than_its_request_may_take(cluster, database_name, database, table):
    options = "-c search_path=workouts,pg_temp -c statement_timeout=10s"
    with psycopg.connect(cluster.dsn(database_name), options=options) as other, database.transaction():
        database.execute(f"lock table {table} in access exclusive mode".encode())
        with pytest.raises(psycopg.errors.LockNotAvailable):
            other.execute(GUARDS[table].encode())
