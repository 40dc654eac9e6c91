"""``workouts db drift``: what was changed by hand is found, and stops a migration that might meet it."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from workouts_api.migrate import MigrationError, StatementError, migrate, rollback
from workouts_api.migrate.commands import db
from workouts_api.migrate.drift import Change, since_migrated
from workouts_api.migrate.session import connect

from .conftest import Database, Folder
from .test_stepwise import NO_TRANSACTION

TABLES = """
create table a (id int primary key, x int not null, y text not null default 'y') with (fillfactor = 90);
comment on table a is 'Of old.';
create table b (
  id int generated always as identity primary key, a_id int references a, constraint small check (id < 9)
);
create index b_a_idx on b (a_id);
create view v as select id, x from a;
create function f(n int) returns int language sql immutable as 'select n';
create function g() returns trigger language plpgsql as 'begin return null; end';
create trigger t after insert on a for each row execute function g();
grant select, insert on a to workouts_app;
grant select on v to workouts_app;
grant execute on function f(int) to workouts_dba;
grant select, usage on sequence b_id_seq to workouts_app;
create rule kept as on delete to a where old.x < 0 do instead nothing;
create index b_twice_idx on b ((a_id * 2));
create statistics together on x, y from a;
"""
IN_THE_DATABASE = "do $$ begin execute format('{}', current_database()); end $$"
BY_HAND = {
    "revoke select on v from workouts_app": "view v\n  - grant select on v to workouts_app;",
    "alter table a set (fillfactor = 80)": "table a\n  - ) with (fillfactor=90);\n  + ) with (fillfactor=80);",
    "alter table a reset (fillfactor)": "table a\n  - ) with (fillfactor=90);\n  + );",
    "comment on table a is 'Of new.'": "  + comment on table a is 'Of new.';",
    "alter role workouts_app set work_mem = '64MB'": (
        "role workouts_app\n  + alter role workouts_app set work_mem=64MB;"
    ),
    "alter role workouts_app superuser": "  + alter role workouts_app login superuser;",
    "grant workouts_owner to workouts_dba": "role workouts_dba\n  + grant workouts_owner to workouts_dba;",
    "drop index b_a_idx": "table b\n  - CREATE INDEX b_a_idx",
    "create index by_hand on a (x)": "table a\n  + CREATE INDEX by_hand",
    "alter table a alter column y drop default": "  +   y  text not null,",
    "alter table a alter column x drop not null": "  +   x  integer,",
    "alter table a add column z int": "  +   z  integer,",
    "alter table b drop constraint small": "  -   constraint small CHECK (id < 9)",
    "alter table a disable trigger t": "EXECUTE FUNCTION g();  -- enabled: D",
    "create or replace function f(n int) returns int language sql immutable as 'select n + 1'": (
        "  + AS $function$select n + 1$function$;"
    ),
    "grant delete on a to workouts_app": "  + grant delete, insert, select on a to workouts_app;",
    "grant update (x) on a to workouts_dba": "  + grant update (x) on a to workouts_dba;",
    "revoke execute on function f(int) from public": "  + revoke execute on routine f(integer) from public;",
    "alter table a replica identity full": "states\n  + alter table a replica identity full;",
    "alter table b alter column a_id set statistics 500": "  + alter table b alter column a_id set statistics 500;",
    "alter table b alter column a_id set (n_distinct = 7)": "  + alter table b alter column a_id set (n_distinct=7);",
    "alter view v owner to workouts_app": "  + -- v is owned by workouts_app",
    "create table c (id int)": "table c\n  + create table c (",
    "create or replace view v as select id, x from a where x > 0": "view v\n",
    "drop view v": "view v\n  - create view v as",
    "alter table a enable row level security": "  + alter table a enable row level security;",
    "alter default privileges in schema workouts grant select on tables to workouts_dba": (
        "schemas and extensions\n  + alter default"
    ),
    "create publication p for table a": "others\n  + -- publication p",
    "create publication p for table a (id)": "publications\n  + create publication p with (publish = 'insert, ",
    "alter publication kept add table b": "publications\n  + alter publication kept add table b;",
    "alter publication kept set table a where (x > 1)": (
        "publications\n  - alter publication kept add table a;\n  + alter publication kept add table a where (x > 1);"
    ),
    "alter publication kept set table a (id, x)": "  + alter publication kept add table a (id, x);",
    "alter publication kept set (publish = 'insert')": "  + create publication kept with (publish = 'insert');",
    "alter publication kept add tables in schema workouts": (
        "publications\n  + alter publication kept add tables in schema workouts;"
    ),
    "revoke usage on sequence b_id_seq from workouts_app": (
        "rights\n  - grant select, usage on sequence b_id_seq to workouts_app;\n"
        "  + grant select on sequence b_id_seq to workouts_app;"
    ),
    "revoke all on sequence b_id_seq from workouts_app": (
        "rights\n  - grant select, usage on sequence b_id_seq to workouts_app;"
    ),
    "grant usage on sequence b_id_seq to public": "rights\n  + grant usage on sequence b_id_seq to public;",
    "grant select on a to workouts_app with grant option": (
        "rights\n  + grant select on a to workouts_app with grant option;"
    ),
    "grant update (x) on v to workouts_dba with grant option": (
        "  + grant update on v (x) to workouts_dba with grant option;"
    ),
    "grant usage on schema workouts to workouts_app with grant option": (
        "  + grant usage on schema workouts to workouts_app with grant option;"
    ),
    "grant execute on function f(int) to workouts_dba with grant option": (
        "rights\n  + grant execute on routine f(integer) to workouts_dba with grant option;"
    ),
    "create role somebody; grant workouts_app to somebody": "rights\n  + grant workouts_app to somebody;",
    "alter sequence b_id_seq increment 5": "states\n  + alter sequence b_id_seq increment 5;",
    "alter sequence b_id_seq cache 50": "states\n  + alter sequence b_id_seq cache 50;",
    "alter sequence b_id_seq maxvalue 1000": "states\n  + alter sequence b_id_seq maxvalue 1000;",
    "alter sequence b_id_seq cycle": "states\n  + alter sequence b_id_seq cycle;",
    "alter table a force row level security": "  + alter table a force row level security;",
    "alter table a set (toast.autovacuum_enabled = off)": "  + alter table a set (toast.autovacuum_enabled=off);",
    "alter role workouts_app valid until '2030-01-01Z'": " valid until '2030-01-01 00:00:00';",
    IN_THE_DATABASE.format("alter database %I set jit = off"): "database\n  + alter database set jit=off;",
    IN_THE_DATABASE.format("alter database %I owner to workouts_dba"): "  + alter database owner to workouts_dba;",
    IN_THE_DATABASE.format("grant create on database %I to workouts_app"): (
        "  + grant create on database to workouts_app;"
    ),
    IN_THE_DATABASE.format("alter database %I connection limit 7"): "database\n  + alter database connection limit 7;",
    IN_THE_DATABASE.format("alter database %I is_template true"): "database\n  + alter database is_template true;",
    # Foreign keys are triggers inside: a load that switches all off, and forgets it, leaves tables without them.
    "alter table b disable trigger all": (
        "table b\n  + -- constraint b_a_id_fkey of b is not enforced: triggers on b are switched off"
    ),
    "alter table a disable trigger all": (
        "  + -- constraint b_a_id_fkey of b is not enforced: triggers on a are switched off"
    ),
    "alter table a disable rule kept": "DO INSTEAD NOTHING;  -- enabled: D",
    "alter table a alter column y set compression pglz": " default 'y'::text not null compression pglz",
    "alter index b_twice_idx alter column 1 set statistics 500": (
        "table b\n  + alter index b_twice_idx alter column 1 set statistics 500;"
    ),
    "alter statistics together set statistics 500": "table a\n  + alter statistics together set statistics 500;",
    "create table c () inherits (a)": "table c\n  + create table c inherits (a) (",
    "alter event trigger of_kept disable": "  - -- event trigger of_kept\n  + -- event trigger of_kept: enabled: D",
    "create cast (text as uuid) with inout": "others\n  + -- cast from text to uuid",
    "create language other handler plpgsql_call_handler": "others\n  + -- language other",
    "create subscription s connection 'dbname=x' publication p with (connect = false)": (
        "others\n  + -- subscription s: to p, switched off"
    ),
    "alter server elsewhere options (add host 'a')": "  - -- server elsewhere\n  + -- server elsewhere: host=a",
    "create user mapping for workouts_app server elsewhere options (password 'x')": (
        "others\n  + -- user mapping for workouts_app on server elsewhere"
    ),
    "create foreign table c (id int) server elsewhere options (path 'p')": (
        "  + create foreign table c (\n  +   id integer\n  + ) server elsewhere options (path=p);"
    ),
    "alter role all set statement_timeout = '1h'": "server\n  + alter role all set statement_timeout=1h;",
    "grant set on parameter log_min_messages to workouts_app": (
        "server\n  + grant set on parameter log_min_messages to workouts_app;"
    ),
    "grant workouts_owner to workouts_migrator with admin option": " to workouts_migrator with admin true",
}
# Of these a migration knows nothing, or an operator may have reasons for them.
TOLD_ONLY = re.compile(
    "alter role|workouts_owner|table c|publication|default privileges|replica identity|n_distinct"
    "|sequence|toast|database|grant option|somebody|create cast|create language"
    "|subscription|mapping|role all|on parameter"
)


@pytest.fixture
def migrated(database: Database, folder: Folder) -> Database:
    folder.add("0001_create_all", TABLES, "drop view v; drop table b, a; drop function f, g;")
    migrate(database.url, migrations=folder.path)
    return database


def run(*arguments: str | object) -> Result:
    return CliRunner().invoke(db, [str(argument) for argument in arguments])


def drift(database: Database, *options: str) -> Result:
    return run("drift", "--database-url", database.url, *options)


def test_every_change_by_hand_is_found_and_nothing_else(migrated: Database, folder: Folder) -> None:
    """Each alone, as a superuser makes them; the migrator looks."""
    migrated.run(
        """
        create publication kept for table a;
        create function h() returns event_trigger language plpgsql as 'begin end';
        create event trigger of_kept on ddl_command_end when tag in ('CREATE DOMAIN') execute function h();
        create foreign data wrapper of_kept;
        create server elsewhere foreign data wrapper of_kept;
        """
    )
    migrate(migrated.url, migrations=folder.path, take_as_is=True)
    with connect(migrated.superuser) as conn:
        assert since_migrated(conn) == []
        for change, expected in BY_HAND.items():
            with conn.transaction(force_rollback=True):
                conn.execute("reset role")
                conn.execute(change.encode())
                found = since_migrated(conn) or []
            told = "\n".join(line for one in found for line in one.told())
            assert expected in told, (change, told)
            assert any(one.blocks for one in found) is not bool(TOLD_ONLY.search(change)), (change, found)
        assert since_migrated(conn) == []


def test_the_command_tells_each_line_and_exits_with_1(migrated: Database) -> None:
    fine = drift(migrated)
    assert (fine.exit_code, fine.output) == (0, "Nothing was changed by hand.\n")
    migrated.run("revoke select on v from workouts_app")
    found = drift(migrated)
    assert (found.exit_code, found.output) == (1, "view v\n  - grant select on v to workouts_app;\n")


def test_a_migration_is_refused_until_the_change_is_put_back_or_accepted(migrated: Database, folder: Folder) -> None:
    where = ("migrate", "--database-url", migrated.url, "--migrations", folder.path)
    migrated.run("alter table a set (fillfactor = 80)")
    assert run(*where).output == "Nothing to do.\n"
    folder.add("0002_extend_a", "alter table a add column z int;", "alter table a drop column z;")
    refused = run(*where)
    assert refused.exit_code == 1
    assert "changed by hand since the last migration (- gone, + new):\ntable a\n" in refused.output
    assert "--allow-drift" in refused.output
    assert migrated.columns("a") == ["id", "x", "y"]
    assert run(*where, "--allow-drift").exit_code == 0
    assert drift(migrated).exit_code == 0


def test_what_was_changed_is_accepted_also_where_nothing_is_pending(migrated: Database, folder: Folder) -> None:
    migrated.run("alter table a set (fillfactor = 80)")
    where = ("migrate", "--database-url", migrated.url, "--migrations", folder.path)
    assert run(*where, "--allow-drift").exit_code == 0
    assert drift(migrated).output == "Nothing was changed by hand.\n"


@pytest.mark.parametrize("role", ["workouts_app", "workouts_dba"])
def test_another_role_is_told_in_one_line_who_may_migrate(migrated: Database, folder: Folder, role: str) -> None:
    migrated.run("grant usage on schema workouts to workouts_app, workouts_dba")  # as 0001 does
    where = ("--database-url", make_conninfo(migrated.superuser, user=role), "--migrations", folder.path)
    for command in (("migrate",), ("migrate", "--allow-drift"), ("rollback", "--yes")):
        told = run(*command, *where)
        expected = (
            f"Error: {role} may not migrate: the schema belongs to workouts_owner; sign in as workouts_migrator\n"
        )
        assert (told.exit_code, told.output) == (1, expected)


def test_memory_of_an_earlier_release_says_nothing_of_what_it_did_not_know(migrated: Database) -> None:
    migrated.run(
        "delete from workouts.schema_as_migrated where object in ('database', 'server', 'rights', 'publications')"
    )
    assert drift(migrated).output == "Nothing was changed by hand.\n"


def test_files_that_were_run_by_hand_are_recorded_without_a_question(migrated: Database, folder: Folder) -> None:
    folder.add("0002_extend_a", "alter table a add column z int;", "alter table a drop column z;")
    migrated.run("set role workouts_owner; alter table a add column z int")
    where = ("--database-url", migrated.url, "--migrations", folder.path)
    assert run("migrate", *where, "--record-only").exit_code == 0
    assert drift(migrated).exit_code == 0


def test_a_role_or_an_object_of_ones_own_stops_no_migration(migrated: Database, folder: Folder) -> None:
    migrated.run("create table notes_of_the_dba (note text)")
    folder.add("0002_extend_a", "alter table a add column z int;")
    assert run("migrate", "--database-url", migrated.url, "--migrations", folder.path).exit_code == 0


def test_a_rollback_and_a_failed_migration_are_no_drift(migrated: Database, folder: Folder) -> None:
    folder.add("0002_extend_a", "alter table a add column z int;", "alter table a drop column z;")
    folder.add("0003_fail", "create index concurrently i on a (z); select 1 / 0;", options=NO_TRANSACTION)
    with pytest.raises(StatementError):
        migrate(migrated.url, migrations=folder.path)
    assert drift(migrated).exit_code == 0
    migrated.run("update workouts.schema_unfinished set statements_done = 0")
    assert "0003 stopped half-way: `workouts db migrate` first" in drift(migrated).output
    migrated.run("delete from workouts.schema_unfinished; drop index i")
    assert "it isn't known how the last migration left the schema" in drift(migrated).output
    (folder.path / "0003_fail.sql").unlink()
    rollback(migrated.url, migrations=folder.path)
    assert drift(migrated).exit_code == 0


def test_without_a_memory_it_is_not_known(database: Database, folder: Folder) -> None:
    result = drift(database)
    assert (result.exit_code, result.output) == (1, "Error: no migration was ever applied to this database\n")


def test_it_is_compared_with_what_the_files_make(migrated: Database, folder: Folder) -> None:
    migrated.run("create extension pg_stat_statements with schema extensions")  # as deploy/roles.sql does
    options = ("--files", "--migrations", str(folder.path), "--scratch-url", migrated.server)
    assert drift(migrated, *options).output == "Nothing was changed by hand.\n"
    migrated.run("drop index b_a_idx; delete from workouts.schema_as_migrated")
    assert drift(migrated, *options).output.startswith("table b\n  - CREATE INDEX b_a_idx")
    folder.add("0002_extend_a", "alter table a add column z int;")
    assert "not every file is applied" in drift(migrated, *options).output


def test_library_callers_choose(migrated: Database, folder: Folder) -> None:
    migrated.run("drop index b_a_idx")
    folder.add("0002_extend_a", "alter table a add column z int;")
    with pytest.raises(MigrationError, match="b_a_idx"):
        migrate(migrated.url, migrations=folder.path, allow_drift=False)


def test_what_no_migration_made_is_told_only() -> None:
    assert not Change("table c", (), ("create table c (", ");"), is_unknown=True).blocks
    assert Change("states", (), ("x",)).blocks is False
    assert Change("table a", (), ("x",)).blocks
