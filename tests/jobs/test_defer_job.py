"""workouts.defer_job(): a job is queued in the transaction that causes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.attribution import ByHand
from tests.conftest import url
from workouts_api.host.embedded import EmbeddedPostgres


@pytest.fixture
def application(
    cluster: EmbeddedPostgres, database_name: str, database: psycopg.Connection[Any]
) -> Iterator[psycopg.Connection[Any]]:
    conninfo = url(cluster, database_name, "workouts_app")
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=ByHand) as connection:
        yield connection


def jobs(database: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    return database.execute("select queue_name, task_name, args from jobs.procrastinate_jobs order by id").fetchall()


def test_it_is_deferred_by_the_statement_that_causes_it(
    application: psycopg.Connection[Any], database: psycopg.Connection[Any]
) -> None:
    row = application.execute(
        """
        with made as (
          insert into users (email, username) values ('ada@example.com', 'ada') returning id
        )
        select m.id, defer_mail('verify_email', json_build_object('user_id', m.id)) as job_id
        from made as m
        """
    ).fetchone()
    assert row is not None
    args = {"kind": "verify_email", "args": {"user_id": row[0]}}
    assert jobs(database) == [
        ("mail", "send_mail", {"args": args, "caused_by": {"user_id": None, "request_id": ""}}),
    ]


def test_with_its_cause_it_is_rolled_back(
    application: psycopg.Connection[Any], database: psycopg.Connection[Any]
) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero):
        application.execute("select defer_job('delete_old_keys', '{}'), 1 / 0")
    assert jobs(database) == []


def test_who_caused_it_goes_along(application: psycopg.Connection[Any], database: psycopg.Connection[Any]) -> None:
    with application.transaction():
        application.execute("select open_request(7, 'request-7', 1000, 'auto')")
        application.execute("select defer_job('delete_old_keys', null)")
    expected = {"args": {}, "caused_by": {"user_id": 7, "request_id": "request-7"}}
    assert jobs(database) == [("default", "delete_old_keys", expected)]


def test_its_functions_are_reached_on_no_search_path_but_their_own(
    application: psycopg.Connection[Any], database: psycopg.Connection[Any]
) -> None:
    application.execute("set search_path = pg_catalog")
    application.execute("select workouts.defer_mail('email_taken', '{}')")
    assert len(jobs(database)) == 1
