"""The triggers, who may write the record, and the erasure of a person."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from tests.attribution import ByHand
from tests.conftest import Client, url
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate.files import MIGRATIONS

QUERIES = Path(__file__).parents[2] / "queries"


@pytest.fixture
def application(cluster: EmbeddedPostgres, database_name: str) -> Iterator[psycopg.Connection[Any]]:
    """A connection of the application's role."""
    conninfo = url(cluster, database_name, "workouts_app")
    with psycopg.connect(conninfo, autocommit=True, cursor_factory=ByHand) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "insert into audit_events (action, table_name, row_key) values ('delete', 'users', '1')",
        "update audit_events set actor_id = 1",
        "delete from audit_events",
        "truncate audit_events",
        "alter table users disable trigger record_audit",
        "create or replace function record_audit() returns trigger language plpgsql as 'begin return null; end'",
    ],
)
def test_the_application_cannot_write_the_record_or_silence_it(
    application: psycopg.Connection[Any], statement: str
) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        application.execute(statement.encode())


def test_every_table_of_the_list_that_exists_is_recorded(database: psycopg.Connection[Any]) -> None:
    text = (MIGRATIONS / "repeatable" / "audit.sql").read_text(encoding="utf-8")
    listed = [line.split("'")[1] for line in text.splitlines() if line.startswith("        ('")]
    assert "users" in listed
    assert "teams" in listed
    there = {row[0] for row in database.execute("select relname from pg_class where relkind = 'r'").fetchall()}
    recorded = database.execute(
        "select tgrelid::regclass::text from pg_trigger where tgname = 'record_audit' order by 1"
    ).fetchall()
    assert [row[0] for row in recorded] == sorted(there.intersection(listed))


def test_a_deletion_is_told_without_values(owner: Client, database: psycopg.Connection[Any]) -> None:
    database.execute("delete from users where id = %s", [owner.user_id])
    found = database.execute("select row_key, person_id, changes from audit_events where action = 'delete'").fetchall()
    assert found == [(str(owner.user_id), owner.user_id, {})]


def test_a_person_can_be_erased_and_what_happened_stays(
    owner: Client, stranger: Client, database: psycopg.Connection[Any], application: psycopg.Connection[Any]
) -> None:
    database.execute("update users set full_name = 'Owner of all' where id = %s", [owner.user_id])
    erased = "select anonymised ->> 'audit_events' from erase_user(%s)"
    assert application.execute(erased, [owner.user_id]).fetchone() == ("2",)
    found = database.execute(
        "select action, changes::text from audit_events where person_id = %s order by id", [owner.user_id]
    ).fetchall()
    assert [action for action, _ in found] == ["insert", "update", "delete"]
    assert found[1] == ("update", '{"full_name": null}')
    assert not any(word in changes for _, changes in found for word in ("owner", "Owner"))
    others = database.execute(
        "select changes::text from audit_events where person_id = %s", [stranger.user_id]
    ).fetchall()
    assert "stranger" in others[0][0]


def test_a_secret_that_changes_is_told_without_its_value(owner: Client, database: psycopg.Connection[Any]) -> None:
    database.execute("update users set password_hash = 'another' where id = %s", [owner.user_id])
    found = database.execute("select changes from audit_events where action = 'update'").fetchall()
    assert found == [({"password_hash": None},)]


def test_what_is_rolled_back_is_not_told(owner: Client, database: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.CheckViolation):
        database.execute("update users set email = 'none' where id = %s", [owner.user_id])
    assert database.execute("select count(*) from audit_events where action = 'update'").fetchone() == (0,)


def test_the_application_may_write_no_table_that_no_statement_of_its_own_writes(
    application: psycopg.Connection[Any],
) -> None:
    """What foreign keys do is done as the owner."""
    files = [*QUERIES.rglob("*.sql"), *MIGRATIONS.glob("repeatable/*.sql")]
    of_the_application = [path.read_text() for path in files if path.name != "exercise_catalogue.sql"]
    writes = re.compile(r"(?:insert into|update|delete from|^copy) (?:workouts\.)?(\w+)", re.MULTILINE)
    written = {table for text in of_the_application for table in writes.findall(text)}
    may = application.execute(
        "select relname from pg_class where relnamespace = 'workouts'::regnamespace and relkind = 'r'"
        " and has_table_privilege(oid, 'insert, update, delete')"
    ).fetchall()
    assert {name for (name,) in may} <= written
