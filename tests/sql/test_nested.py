"""Statements inside functions and triggers: their plans are shown, and count for the budgets."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from workouts_api.dba.budgets import measure, measure_budgets
from workouts_api.dba.explain import explain
from workouts_api.dba.server import Session, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]

COUNTS = """-- How many sets are light, as a function says that hides its scan.
-- @param kg float8 = 1
-- @returns value
-- @readonly
-- @budget plan: no_seqscan(sets)
-- @budget run: buffers<=20 rows_removed<=10
select count_light(:kg)
"""
ADDS = """-- Adds an athlete, whom a trigger counts.
-- @returns rows_affected
-- @writes
-- @budget run: buffers<=20
insert into athletes (name) values ('new')
"""
FUNCTIONS = """
create or replace function workouts.count_light(kg float8) returns bigint language plpgsql stable
as $$ begin return (select count(*) from workouts.sets as s where s.weight_kg < kg); end $$;
create or replace function workouts.count_all() returns trigger language plpgsql
as $$ begin perform workouts.count_light(1); return null; end $$;
create or replace trigger count_all after insert on workouts.athletes
for each row execute function workouts.count_all();
"""


@pytest.fixture
def dba_dsn(any_dsn: str) -> str:
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        conn.execute(FUNCTIONS)
    return make_conninfo(any_dsn, user="workouts_dba")


def test_what_a_function_reads_counts_for_the_budgets_of_its_caller(read: Read, dba_dsn: str) -> None:
    file = read(COUNTS)
    with session(dba_dsn, read_only=False, nested="json") as server:
        taken = measure(server, file)
        assert (taken.rows_removed, taken.scanned) == (20_000, {"sets"})
        assert measure_budgets(server, [file]).problems == [
            f"queries/training/get_set.sql:6: buffers {taken.buffers}: the budget is buffers<=20",
            "queries/training/get_set.sql:6: rows_removed 20000: the budget is rows_removed<=10",
            "queries/training/get_set.sql:5: sets is read from end to end: the budget is no_seqscan(sets)",
        ]


def test_what_a_trigger_reads_after_the_statement_is_added_once(read: Read, dba_dsn: str) -> None:
    counts, adds = read(COUNTS, "training/count_light"), read(ADDS, "training/add_athlete")
    with session(dba_dsn, read_only=False, nested="json") as server:
        inside = measure(server, counts).buffers
        assert inside < measure(server, adds).buffers < inside * 1.5
        plan_alone = explain(server, adds, analyze=True, as_json=True)["Plan"]
    assert plan_alone["Shared Hit Blocks"] < 20


def test_explain_shows_them_under_the_files_own_plan(read: Read, dba_dsn: str) -> None:
    file = read(COUNTS)
    with session(dba_dsn, read_only=False, nested="text") as server:
        text = explain(server, file, analyze=True)
    own, _, inside = text.partition("\n\nIn count_light(), run once:\n  ")
    assert own.startswith("Result")
    assert "select count(*) from workouts.sets as s where s.weight_kg < kg" in inside
    assert "Seq Scan on sets s" in inside
    assert "Rows Removed by Filter: 20000" in inside
    with session(dba_dsn, read_only=False, nested="json") as server:
        (nested,) = explain(server, file, analyze=True, as_json=True)["Nested"]
    assert (nested["In"], nested["Runs"], nested["Plan"]["Node Type"]) == ("count_light()", 1, "Result")


def test_where_the_server_does_not_tell_that_is_said(read: Read, dba_dsn: str) -> None:
    with session(make_conninfo(dba_dsn, user="workouts_app"), read_only=False, nested="json") as server:
        assert (
            server.nested_missing == "auto_explain is not loaded and only a superuser may load it: see deploy/roles.sql"
        )
        assert measure(server, read(COUNTS)).rows_removed == 0


def test_a_dba_becomes_the_application_and_writes_nothing_by_accident(dba_dsn: str) -> None:
    with session(dba_dsn, read_only=True) as server:
        assert current_roles(server) == ("workouts_dba", "workouts_app")
    with psycopg.connect(dba_dsn, autocommit=True) as conn, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        conn.execute("delete from workouts.sets")


def test_where_auto_explain_is_loaded_already_the_servers_log_has_no_refusal(
    cluster: EmbeddedPostgres, newest_dsn: str
) -> None:
    """A refused ``load`` is an error there, at each call of a DBA."""
    begin = cluster.log_file.stat().st_size
    with session(make_conninfo(newest_dsn, user="workouts_dba"), read_only=True, nested="json") as server:
        assert server.nested_missing is None
    assert "auto_explain" not in cluster.log_file.read_bytes()[begin:].decode(errors="replace")


def current_roles(server: Session) -> object:
    return server.conn.execute("select session_user::text, current_user::text").fetchone()
