"""Applying files: the ledger, its contradictions, and errors that name file and line."""

from __future__ import annotations

import pytest
from psycopg.conninfo import conninfo_to_dict

from workouts_api.migrate import (
    LedgerError,
    MigrationError,
    ReadOnlyError,
    StatementError,
    UnreachableError,
    current_version,
    migrate,
    rollback,
    status,
)

from .conftest import Database, Folder, Told

LEDGER = "select version, name, length(sha256), applied_by from workouts.schema_migrations order by version"


def test_pending_files_are_applied_in_order_and_written_in_the_ledger(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.add("0002_widen_a", "alter table a add column note text;")
    done = migrate(database.url, migrations=folder.path)
    assert [(a.version, a.name, a.direction) for a in done] == [
        (1, "0001_create_a", "up"),
        (2, "0002_widen_a", "up"),
    ]
    assert database.rows(LEDGER) == [
        (1, "0001_create_a", 64, "workouts_migrator"),
        (2, "0002_widen_a", 64, "workouts_migrator"),
    ]
    assert database.columns("workouts.a") == ["id", "note"]
    assert migrate(database.url, migrations=folder.path) == []


def test_objects_belong_to_the_owner_and_the_session_is_the_migrators(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a as select session_user::text as who, current_user::text as as_whom;")
    migrate(database.url, migrations=folder.path)
    assert database.rows("select * from workouts.a") == [("workouts_migrator", "workouts_owner")]
    owners = "select distinct relowner::regrole::text from pg_class where relnamespace = 'workouts'::regnamespace"
    assert database.rows(owners) == [("workouts_owner",)]


@pytest.mark.parametrize("options", ["", "transaction:false"])
def test_what_a_file_sets_does_not_reach_the_next_one(database: Database, folder: Folder, options: str) -> None:
    """Else a file would do one thing together with those before it, and another thing alone."""
    sets = (
        "set timezone = 'Asia/Tokyo'", "set client_encoding = 'latin1'", "set search_path = public", "reset role",
        "set lock_timeout = 0", "set statement_timeout = 7", "set row_security = off",
        "set default_transaction_isolation = 'serializable'",
    )  # fmt: skip
    folder.add("0001_set_all", ";".join((*sets, "select 1")), options=options)
    folder.add(
        "0002_create_a",
        "create table a as select current_setting('timezone') as zone, current_user::text as whose, "
        "current_setting('transaction_isolation') as isolation, current_setting('row_security') as security, "
        "current_setting('lock_timeout') as patience, 'ä' as text",
    )
    migrate(database.url, migrations=folder.path)
    zone = database.value("select current_setting('timezone')")
    assert database.rows("select * from workouts.a") == [
        (zone, "workouts_owner", "read committed", "on", "1500ms", "ä")
    ]


def test_where_the_owners_role_may_not_be_taken_the_session_works_as_itself(database: Database, folder: Folder) -> None:
    database.run("do $$ begin create role lone login; exception when duplicate_object then null; end $$")
    database.run("create schema workouts authorization lone; create schema extensions authorization lone")
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url.replace("workouts_migrator", "lone"), migrations=folder.path)
    assert database.value("select relowner::regrole::text from pg_class where relname = 'a'") == "lone"
    database.run("drop owned by lone")


def test_the_application_reads_the_ledger_and_cannot_write_it(database: Database, folder: Folder) -> None:
    database.run("create schema workouts authorization workouts_owner")
    database.run(
        "alter default privileges for role workouts_owner in schema workouts "
        "grant select, insert, update, delete on tables to workouts_app"
    )
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    rights = "select has_table_privilege('workouts_app', 'workouts.{}', '{}')"
    for table in ("schema_migrations", "schema_repeatables", "schema_unfinished", "schema_as_migrated"):
        assert database.value(rights.format(table, "select"))
        assert not database.value(rights.format(table, "insert, update, delete, truncate"))
    assert database.value(rights.format("a", "insert"))


def test_what_a_file_sets_does_not_reach_the_next(database: Database, folder: Folder) -> None:
    folder.add("0001_set_things", "set search_path = pg_catalog; reset role;")
    folder.add("0002_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    assert database.value("select relowner::regrole || ' ' || oid::regclass from pg_class where relname = 'a'") == (
        "workouts_owner a"
    )


def test_a_broken_statement_names_file_and_line_and_nothing_of_the_file_stays(
    database: Database, folder: Folder
) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.add("0002_break", "create table b (id int);\n\ncreate table c (\n  id integr\n);")
    with pytest.raises(StatementError) as raised:
        migrate(database.url, migrations=folder.path)
    assert str(raised.value) == '0002_break.sql:5: 42704: type "integr" does not exist'
    assert (raised.value.file, raised.value.line, raised.value.sqlstate) == ("0002_break.sql", 5, "42704")
    assert database.rows(LEDGER) == [(1, "0001_create_a", 64, "workouts_migrator")]
    assert database.columns("workouts.b") == []


def test_an_error_while_running_names_the_statements_first_line(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int primary key);\n-- twice\ninsert into a values (1),\n(1);")
    with pytest.raises(StatementError, match=r"0001_create_a.sql:4: 23505: duplicate key .*; Key \(id\)=\(1\) already"):
        migrate(database.url, migrations=folder.path)


def test_what_needs_no_transaction_is_told_how_to_be_written(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);\ncreate index concurrently i on a (id);")
    with pytest.raises(StatementError, match=r":3: 25001: .*put it in a file of its own.*transaction:false"):
        migrate(database.url, migrations=folder.path)


def test_a_statement_that_takes_longer_than_its_timeout_is_cancelled(database: Database, folder: Folder) -> None:
    folder.add("0001_sleep", "select pg_sleep(20);", head="-- migrate:timeout 50ms\n")
    with pytest.raises(StatementError, match=r"0001_sleep.sql:3: 57014: .*-- migrate:timeout 10min"):
        migrate(database.url, migrations=folder.path)


def test_a_percent_sign_and_a_colon_reach_the_server_untouched(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a as select '%s :x'::text as t, 7 % 4 as n;")
    migrate(database.url, migrations=folder.path)
    assert database.rows("select * from workouts.a") == [("%s :x", 3)]


def test_a_changed_applied_file_is_named_and_nothing_is_applied(database: Database, folder: Folder) -> None:
    path = folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    path.write_text(path.read_text().replace("int", "bigint"))
    folder.add("0002_create_b", "create table b (id int);")
    with pytest.raises(LedgerError, match=r"^0001_create_a.sql: changed since it was applied on 20.*; put it back"):
        migrate(database.url, migrations=folder.path)
    assert database.columns("workouts.b") == []


def test_a_number_that_two_branches_took_is_told_with_the_other_name(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);").rename(folder.path / "0001_create_b.sql")
    migrate(database.url, migrations=folder.path)
    (folder.path / "0001_create_b.sql").rename(folder.path / "0001_create_c.sql")
    migrate(database.url, migrations=folder.path)  # a new name alone changes nothing
    folder.add("0001_create_c", "create table c (id int);")
    with pytest.raises(LedgerError, match=r"0001_create_c.sql: changed .* as 0001_create_b"):
        migrate(database.url, migrations=folder.path)


def test_a_hole_in_the_ledger_is_named(database: Database, folder: Folder) -> None:
    for number in (1, 2, 3):
        folder.add(f"000{number}_select", f"select {number};")
    migrate(database.url, migrations=folder.path)
    database.run("delete from workouts.schema_migrations where version = 2")
    with pytest.raises(LedgerError, match=r"0002_select.sql: not applied, although 0003 is"):
        migrate(database.url, migrations=folder.path)
    database.run("delete from workouts.schema_migrations where version < 3")
    (folder.path / "0003_select.sql").unlink()
    (folder.path / "0002_select.sql").unlink()
    with pytest.raises(LedgerError, match=r"(?s)0001_select.sql: not applied.*0002: not applied, although 0003 is"):
        migrate(database.url, migrations=folder.path)


def test_a_database_ahead_of_the_files_is_said_and_left_alone(database: Database, folder: Folder, told: Told) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    later = folder.add("0002_create_b", "create table b (id int);")
    migrate(database.url, migrations=folder.path)
    later.unlink()
    folder.repeat("older", "create table should_not_be (id int);")
    assert migrate(database.url, migrations=folder.path, progress=told) == []
    assert "the database is at 0002, newer than these files (0001)" in told.text
    found = status(database.url, migrations=folder.path)
    assert [row.version for row in found.ahead] == [2]
    assert found.is_current


def test_repeatable_files_come_last_by_name_and_again_when_they_change(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.repeat("b_uses_a", "create or replace view w as select * from v;")
    folder.repeat("a_first", "create or replace view v as select id from a;")
    names = [applied.name for applied in migrate(database.url, migrations=folder.path)]
    assert names == ["0001_create_a", "a_first", "b_uses_a"]
    assert migrate(database.url, migrations=folder.path) == []
    folder.repeat("a_first", "create or replace view v as select id, 1 as one from a;")
    assert [applied.name for applied in migrate(database.url, migrations=folder.path)] == ["a_first"]
    assert database.value("select count(*) from workouts.schema_repeatables") == 2


def test_a_repeatable_file_that_fails_leaves_its_old_digest(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    migrate(database.url, migrations=folder.path)
    folder.repeat("view_of_a", "create or replace view v as\nselect nothing from a;")
    with pytest.raises(StatementError, match=r"repeatable/view_of_a.sql:2: 42703"):
        migrate(database.url, migrations=folder.path)
    assert [f.name for f in status(database.url, migrations=folder.path).pending_repeatable] == ["view_of_a"]


def test_a_type_may_be_changed_and_the_rows_keep_their_values(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int, n text); insert into a values (1, '7');")
    folder.add("0002_type_a", "alter table a alter column n type bigint using n::bigint;")
    migrate(database.url, migrations=folder.path)
    assert database.rows("select n + 1 from workouts.a") == [(8,)]


def test_it_stops_where_it_is_told_and_repeatable_files_wait(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.add("0002_create_b", "create table b (id int);")
    folder.repeat("view_of_b", "create view v as select id from b;")
    assert [a.version for a in migrate(database.url, migrations=folder.path, to=1)] == [1]
    with database.connect() as conn:
        assert current_version(conn) == 1
    assert [a.version for a in migrate(database.url, migrations=folder.path, to=2)] == [2, 0]


def test_files_run_by_hand_are_recorded_without_being_run(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    assert [a.version for a in migrate(database.url, migrations=folder.path, record_only=True)] == [1]
    assert database.columns("workouts.a") == []
    assert status(database.url, migrations=folder.path).is_current


def test_an_empty_database_has_version_0_and_everything_pending(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    with database.connect() as conn:
        assert current_version(conn) == 0
    found = status(database.url, migrations=folder.path)
    assert (found.current, found.required, len(found.pending), found.is_current) == (0, 1, 1, False)
    assert database.value("select to_regnamespace('workouts') is null")


def test_notices_of_a_file_are_passed_on(database: Database, folder: Folder, told: Told) -> None:
    folder.add("0001_say", "do $$ begin raise notice 'hello'; end $$;")
    migrate(database.url, migrations=folder.path, progress=told)
    assert "hello" in told.text


def test_no_server_is_one_line(folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    with pytest.raises(UnreachableError, match=r"^no connection to the database: .*refused") as raised:
        migrate("host=127.0.0.1 port=1", migrations=folder.path)
    assert "\n" not in str(raised.value)


def test_a_role_without_the_privilege_is_told_what_is_missing(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    with pytest.raises(MigrationError, match=r"^42501: permission denied for database .*deploy/roles.sql"):
        migrate(database.url.replace("workouts_migrator", "workouts_app"), migrations=folder.path)


def test_a_connection_that_dies_is_told_and_the_file_is_rolled_back(database: Database, folder: Folder) -> None:
    folder.add("0001_die", "create table a (id int);\nreset role;\nselect pg_terminate_backend(pg_backend_pid());")
    with pytest.raises(UnreachableError, match=r"^the connection was lost: "):
        migrate(database.url.replace("workouts_migrator", "postgres"), migrations=folder.path)
    assert database.columns("workouts.a") == []


def let_read_only(database: Database) -> None:
    """As an operator does it, or a host whose disk is full."""
    database.run(f"alter database {conninfo_to_dict(database.url)['dbname']} set default_transaction_read_only = on")


def test_where_nothing_is_pending_a_database_that_can_only_be_read_is_no_trouble(
    database: Database, folder: Folder
) -> None:
    """A reload of the embedded database's server migrates first, also when there is nothing to migrate."""
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    let_read_only(database)
    assert migrate(database.url, migrations=folder.path) == []
    assert rollback(database.url, 0, migrations=folder.path) == []


@pytest.mark.parametrize("begun", [True, False])
def test_what_is_pending_is_refused_in_plain_words_where_the_database_can_only_be_read(
    database: Database, folder: Folder, begun: bool
) -> None:
    folder.add("0001_create_a", "create table a (id int);", down="drop table a;")
    if begun:
        migrate(database.url, migrations=folder.path)
        folder.add("0002_create_b", "create table b (id int);")
    let_read_only(database)
    sentence = "can only be read: default_transaction_read_only is on"
    with pytest.raises(ReadOnlyError, match=sentence):
        migrate(database.url, migrations=folder.path)
    if begun:
        with pytest.raises(ReadOnlyError, match=sentence):
            rollback(database.url, migrations=folder.path)


def test_instants_of_the_ledger_are_read_whatever_form_the_server_gives_them(
    database: Database, folder: Folder
) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    name = database.value("select current_database()")
    database.run(f"alter database {name} set datestyle = 'German'")
    assert status(database.url, migrations=folder.path).is_current
