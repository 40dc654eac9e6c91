"""Files with transaction:false: resumed at the statement where they stopped."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from workouts_api.migrate import LedgerError, LockTimeoutError, StatementError, UnreachableError, migrate, status

from .conftest import FAST, Database, Folder, Told

NO_TRANSACTION = "transaction:false"
HERE = "from pg_stat_activity where datname = current_database()"
UNFINISHED = "select version, direction, statements_done, is_running from workouts.schema_unfinished"
INDEXES = (
    "select c.relname, x.indisvalid from pg_index x join pg_class c on c.oid = indexrelid where c.relname ~ 'a_.*idx'"
)


def wait_for(database: Database, query: str) -> None:
    deadline = time.monotonic() + 10
    while not database.value(query):
        assert time.monotonic() < deadline, query
        time.sleep(0.02)


def terminate_runner(database: Database) -> None:
    database.run(f"select pg_terminate_backend(pid) {HERE} and application_name = 'workouts db'")


def create_a(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int, n int); insert into a values (1, 1), (2, 1);")
    migrate(database.url, migrations=folder.path)


def test_it_runs_what_cannot_run_in_a_transaction(database: Database, folder: Folder, told: Told) -> None:
    create_a(database, folder)
    folder.add(
        "0002_index_a",
        "create index concurrently a_id_idx on a (id);\nvacuum a;\ninsert into a values (3, 3);",
        options=NO_TRANSACTION,
    )
    migrate(database.url, migrations=folder.path, progress=told)
    assert database.rows(INDEXES) == [("a_id_idx", True)]
    assert database.rows(UNFINISHED) == []
    assert "line 2: create index concurrently a_id_idx on a (id)" in told.text
    assert "goes on" not in told.text


def test_a_failed_file_goes_on_at_the_statement_that_failed_once_it_is_repaired(
    database: Database, folder: Folder, told: Told
) -> None:
    create_a(database, folder)
    folder.add("0002_fill_a", "insert into a values (3, 3);\ninsert into a values (4 / 0, 4);", options=NO_TRANSACTION)
    with pytest.raises(StatementError, match=r"0002_fill_a.sql:3: 22012: division by zero"):
        migrate(database.url, migrations=folder.path)
    assert database.rows(UNFINISHED) == [(2, "up", 1, False)]
    found = status(database.url, migrations=folder.path)
    assert found.unfinished is not None
    assert (found.current, found.unfinished.version, found.is_current) == (1, 2, False)
    folder.add("0002_fill_a", "insert into a values (3, 3);\ninsert into a values (4, 4);", options=NO_TRANSACTION)
    migrate(database.url, migrations=folder.path, progress=told)
    assert "goes on at statement 2 of 2" in told.text
    assert database.rows("select id from workouts.a order by id") == [(1,), (2,), (3,), (4,)]
    assert database.rows(UNFINISHED) == []


def test_statements_that_have_run_must_not_be_changed(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    folder.add("0002_fill_a", "insert into a values (3, 3);\nselect 1 / 0;", options=NO_TRANSACTION)
    with pytest.raises(StatementError):
        migrate(database.url, migrations=folder.path)
    folder.add("0002_fill_a", "insert into a values (5, 5);\nselect 1;", options=NO_TRANSACTION)
    with pytest.raises(LedgerError, match=r"0002_fill_a.sql: its first 1 statements have run, but not as they stand"):
        migrate(database.url, migrations=folder.path)


def test_a_runner_that_dies_in_the_middle_is_resumed_where_it_was(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create table workouts.pace as select 30 as seconds; grant select on workouts.pace to public")
    slow = "insert into a select 4, 4 from pace, pg_sleep(seconds);"
    folder.add("0002_fill_a", f"insert into a values (3, 3);\n{slow}", options=NO_TRANSACTION)
    with ThreadPoolExecutor() as pool:
        running = pool.submit(migrate, database.url, migrations=folder.path)
        wait_for(database, f"select count(*) {HERE} and query like 'insert into a select 4%'")
        terminate_runner(database)
        with pytest.raises(UnreachableError, match=r"the connection was lost"):
            running.result(10)
    database.run("update workouts.pace set seconds = 0")
    migrate(database.url, migrations=folder.path, patience=FAST)
    assert database.rows("select id from workouts.a order by id") == [(1,), (2,), (3,), (4,)]


def test_an_invalid_index_of_a_failed_attempt_is_dropped_first(database: Database, folder: Folder, told: Told) -> None:
    create_a(database, folder)
    folder.add("0002_index_a", "create unique index concurrently a_n_idx on workouts.a (n);", options=NO_TRANSACTION)
    with pytest.raises(StatementError, match=r"0002_index_a.sql:2: 23505"):
        migrate(database.url, migrations=folder.path)
    assert database.rows(INDEXES) == [("a_n_idx", False)]
    database.run("update workouts.a set n = id")
    migrate(database.url, migrations=folder.path, progress=told)
    assert "drops the invalid index a_n_idx" in told.text
    assert database.rows(INDEXES) == [("a_n_idx", True)]


def test_if_not_exists_does_not_let_an_invalid_index_stand(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create index a_n_idx on workouts.a (n)")
    database.run("alter index workouts.a_n_idx owner to workouts_owner")
    database.run("update pg_index set indisvalid = false where indexrelid = 'workouts.a_n_idx'::regclass")
    folder.add("0002_index_a", "create index concurrently if not exists a_n_idx on a (n);", options=NO_TRANSACTION)
    migrate(database.url, migrations=folder.path)
    assert database.rows(INDEXES) == [("a_n_idx", True)]


def test_a_build_that_was_killed_is_begun_anew(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    folder.add("0002_index_a", "create index concurrently a_id_idx on a (id);", options=NO_TRANSACTION)
    with ThreadPoolExecutor() as pool, database.connect() as other, other.transaction():
        other.execute("update workouts.a set n = n where id = 1")  # the build waits for this transaction's end
        running = pool.submit(migrate, database.url, migrations=folder.path)
        wait_for(database, "select count(*) from pg_index where not indisvalid")
        terminate_runner(database)
        with pytest.raises(UnreachableError):
            running.result(10)
    assert database.rows(UNFINISHED) == [(2, "up", 0, True)]
    assert database.rows(INDEXES) == [("a_id_idx", False)]
    migrate(database.url, migrations=folder.path)
    assert database.rows(INDEXES) == [("a_id_idx", True)]


def stop_while_running(database: Database, folder: Folder, statement: str) -> None:
    """Leaves what a runner leaves that stops between the end of a statement and its note of it."""
    folder.add("0002_index_a", statement, options=NO_TRANSACTION)
    database.run("insert into workouts.schema_unfinished (version, direction, is_running) values (2, 'up', true)")


def test_an_index_that_was_built_just_before_the_runner_stopped_is_kept(
    database: Database, folder: Folder, told: Told
) -> None:
    create_a(database, folder)
    database.run("create index a_id_idx on workouts.a (id)")
    oid = database.value("select 'workouts.a_id_idx'::regclass::oid")
    stop_while_running(database, folder, "create index concurrently a_id_idx on a (id);")
    migrate(database.url, migrations=folder.path, progress=told)
    assert "a_id_idx had been built when the runner stopped" in told.text
    assert database.value("select 'workouts.a_id_idx'::regclass::oid") == oid


def test_an_index_that_somebody_else_made_is_an_error(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create index a_id_idx on workouts.a (id)")
    folder.add("0002_index_a", "create index concurrently a_id_idx on a (id);", options=NO_TRANSACTION)
    with pytest.raises(StatementError, match=r"0002_index_a.sql:2: 42P07: .*already exists"):
        migrate(database.url, migrations=folder.path)


def test_an_index_that_was_dropped_just_before_the_runner_stopped_is_no_error(
    database: Database, folder: Folder
) -> None:
    create_a(database, folder)
    stop_while_running(database, folder, "drop index concurrently a_id_idx;")
    migrate(database.url, migrations=folder.path)
    assert status(database.url, migrations=folder.path).is_current


def test_dropping_an_index_that_was_never_there_is_an_error(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    folder.add("0002_index_a", "drop index concurrently a_id_idx;", options=NO_TRANSACTION)
    with pytest.raises(StatementError, match=r"42704"):
        migrate(database.url, migrations=folder.path)


@pytest.mark.parametrize("reindex", ["reindex index concurrently a_id_idx", "reindex (concurrently) index a_id_idx"])
def test_what_a_stopped_reindex_left_is_dropped(database: Database, folder: Folder, reindex: str) -> None:
    create_a(database, folder)
    database.run("create index a_id_idx on workouts.a (id); create index a_id_idx_ccnew on workouts.a (id)")
    database.run("alter index workouts.a_id_idx owner to workouts_owner")
    database.run("update pg_index set indisvalid = false where indexrelid = 'workouts.a_id_idx_ccnew'::regclass")
    stop_while_running(database, folder, f"{reindex};")
    migrate(database.url, migrations=folder.path)
    assert database.rows(INDEXES) == [("a_id_idx", True)]


def test_what_another_role_left_of_a_reindex_is_let_alone(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create index a_id_idx on workouts.a (id); alter index workouts.a_id_idx owner to workouts_owner")
    database.run("create table public.other (id int); create index other_ccnew on public.other (id)")
    database.run("update pg_index set indisvalid = false where indexrelid = 'public.other_ccnew'::regclass")
    stop_while_running(database, folder, "reindex index concurrently a_id_idx;")
    migrate(database.url, migrations=folder.path)
    assert database.value("select to_regclass('public.other_ccnew') is not null")


def test_behind_a_concurrent_build_limits_hold_again(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int, limits text);")
    folder.add(
        "0002_index_a",
        "create index concurrently a_id_idx on a (id);\n"
        "insert into a (limits) select concat_ws(' ', current_setting('lock_timeout'),"
        " current_setting('statement_timeout') <> '0', current_setting('client_connection_check_interval'));",
        options=NO_TRANSACTION,
    )
    migrate(database.url, migrations=folder.path, patience=FAST)
    assert database.value("select limits from workouts.a") == "100ms t 1s"


def test_only_the_statement_that_was_running_is_taken_for_half_done(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create index a_n_idx on workouts.a (n)")
    stop_while_running(
        database, folder, "create index concurrently a_id_idx on a (id); create index concurrently a_n_idx on a (n);"
    )
    with pytest.raises(StatementError, match="42P07"):
        migrate(database.url, migrations=folder.path)


def test_each_statement_is_retried_for_its_lock_alone(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    folder.add("0002_widen_a", "insert into a values (3, 3);\nalter table a add column x int;", options=NO_TRANSACTION)
    with database.connect() as other, other.transaction():
        other.execute("select from workouts.a")
        with pytest.raises(LockTimeoutError, match=r"0002_widen_a.sql:3: 55P03"):
            migrate(database.url, migrations=folder.path, patience=FAST)
    migrate(database.url, migrations=folder.path)
    assert database.value("select count(*) from workouts.a") == 3


def test_a_concurrent_build_waits_for_old_transactions_longer_than_the_lock_timeout(
    database: Database, folder: Folder
) -> None:
    create_a(database, folder)
    folder.add("0002_index_a", "create index concurrently a_id_idx on a (id);", options=NO_TRANSACTION)
    with ThreadPoolExecutor() as pool, database.connect() as other:
        with other.transaction():
            other.execute("update workouts.a set n = n where id = 1")
            running = pool.submit(migrate, database.url, migrations=folder.path, patience=FAST)
            wait_for(database, "select count(*) from pg_index where not indisvalid")
            time.sleep(3 * FAST.lock_timeout)
        assert len(running.result(10)) == 1


def test_a_table_that_is_missing_is_the_servers_to_tell(database: Database, folder: Folder) -> None:
    folder.add("0001_index_a", "create index concurrently i on nothing (id);", options=NO_TRANSACTION)
    with pytest.raises(StatementError, match=r'0001_index_a.sql:2: 42P01: relation "nothing" does not exist'):
        migrate(database.url, migrations=folder.path)


def test_the_index_of_another_table_of_that_name_is_left_alone(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("create table public.a (id int); create index a_id_idx on public.a (id)")
    database.run("update pg_index set indisvalid = false where indexrelid = 'public.a_id_idx'::regclass")
    folder.add("0002_index_a", "create index concurrently a_id_idx on a (id);", options=NO_TRANSACTION)
    migrate(database.url, migrations=folder.path)
    assert sorted(database.rows(INDEXES)) == [("a_id_idx", False), ("a_id_idx", True)]


def test_psycopg_reports_a_lost_connection_as_broken(database: Database) -> None:
    with psycopg.connect(database.superuser) as conn:
        with pytest.raises(psycopg.OperationalError):
            conn.execute("select pg_terminate_backend(pg_backend_pid())")
        assert conn.broken
