"""Plan: what pending files would lock, rewrite and scan, without touching the real database."""

from __future__ import annotations

import time

import pytest

from workouts_api.migrate import LedgerError, ScratchError, StatementError, migrate
from workouts_api.migrate.observe import Effect
from workouts_api.migrate.plan import Plan, Step, make_plan

from .conftest import Database, Folder
from .test_stepwise import NO_TRANSACTION


def plan_of(database: Database, folder: Folder) -> Plan:
    return make_plan(database.url, migrations=folder.path, scratch_url=database.server)


def plan_of_statement(database: Database, folder: Folder, statement: str, *, options: str = "") -> Step:
    """What one more file would do to tables a and b."""
    folder.add("0001_create_a", "create table a (id int primary key, n int, note text); create table b (a_id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_change", statement, options=options)
    (step,) = plan_of(database, folder).steps
    return step


@pytest.mark.parametrize(
    ("statement", "effects"),
    [
        ("create table c (id int)", ()),
        ("alter table a add column x int default 7", (Effect("a", "AccessExclusiveLock", False, False),)),
        (
            "alter table a add column x uuid default gen_random_uuid()",
            (Effect("a", "AccessExclusiveLock", True, True),),
        ),
        ("alter table a alter column n type bigint", (Effect("a", "AccessExclusiveLock", True, True),)),
        ("alter table a alter column n set not null", (Effect("a", "AccessExclusiveLock", False, True),)),
        ("alter table a add constraint c check (n > 0)", (Effect("a", "AccessExclusiveLock", False, True),)),
        ("alter table a add constraint c check (n > 0) not valid", (Effect("a", "AccessExclusiveLock", False, False),)),
        ("create index i on a (n)", (Effect("a", "ShareLock", False, True),)),
        (
            "alter table b add foreign key (a_id) references a not valid",
            (Effect("a", "ShareRowExclusiveLock", False, False), Effect("b", "ShareRowExclusiveLock", False, False)),
        ),
        ("update a set n = 1", (Effect("a", "RowExclusiveLock", False, True),)),
        ("drop table b", (Effect("b", "AccessExclusiveLock", False, False, dropped=True),)),
        ("comment on table a is 'x'", (Effect("a", "ShareUpdateExclusiveLock", False, False),)),
        ("select 1", ()),
    ],
)
def test_locks_rewrites_and_scans_are_named(
    database: Database, folder: Folder, statement: str, effects: tuple[Effect, ...]
) -> None:
    step = plan_of_statement(database, folder, statement)
    assert step.effects == effects
    assert (step.file, step.line, step.statement, step.note) == ("0002_change.sql", 2, statement, "")


def test_validating_a_foreign_key_reads_the_table_and_blocks_no_writes(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int primary key); create table b (a_id int);")
    folder.add("0002_reference_a", "alter table b add constraint b_a_fkey foreign key (a_id) references a not valid;")
    migrate(database.url, migrations=folder.path)
    folder.add("0003_validate_b", "alter table b validate constraint b_a_fkey;")
    (step,) = plan_of(database, folder).steps
    assert {(effect.table, effect.lock) for effect in step.effects} == {
        ("a", "RowShareLock"),
        ("b", "ShareUpdateExclusiveLock"),
    }
    assert any(effect.scanned for effect in step.effects)
    assert not any(effect.holds_up_the_application for effect in step.effects)


def test_a_lock_that_the_file_holds_already_is_not_named_again(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int, n int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_change_a", "lock table a;\nalter table a alter column n type bigint;\ncreate table b (id int);")
    folder.repeat("view_of_b", "create or replace view v as select id from b;")
    steps = plan_of(database, folder).steps
    assert [step.effects for step in steps] == [
        (Effect("a", "AccessExclusiveLock", False, False),),
        (Effect("a", None, True, True),),
        (),
        (),
    ]
    assert [step.file for step in steps][-1] == "repeatable/view_of_b.sql"


def test_an_index_built_concurrently_is_told_by_the_book(database: Database, folder: Folder) -> None:
    statement = "create index concurrently a_n_idx on a (n)"
    step = plan_of_statement(database, folder, statement, options=NO_TRANSACTION)
    assert step.effects == (Effect("a", "ShareUpdateExclusiveLock", False, True),)
    assert step.note == "outside a transaction"


def test_other_statements_outside_a_transaction_say_so(database: Database, folder: Folder) -> None:
    step = plan_of_statement(database, folder, "vacuum a", options=NO_TRANSACTION)
    assert (step.effects, step.note) == ((), "outside a transaction")


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ("update a set n = 1", "in a transaction of its own"),
        ("-- migrate:batch key=id size=500\nupdate a set n = 1", "in batches of 500"),
    ],
)
def test_how_a_statement_is_run_is_said(database: Database, folder: Folder, statement: str, note: str) -> None:
    step = plan_of_statement(database, folder, statement, options=NO_TRANSACTION)
    assert (step.effects, step.note) == ((Effect("a", "RowExclusiveLock", False, True),), note)


def test_sizes_are_those_of_the_real_database(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a as select i from generate_series(1, 5000) as i;")
    migrate(database.url, migrations=folder.path)
    database.run("analyze workouts.a")
    folder.add("0002_widen_a", "alter table a add column x int;")
    plan = plan_of(database, folder)
    assert plan.sizes["a"].rows == 5000
    assert plan.sizes["a"].total_bytes == database.value("select pg_total_relation_size('workouts.a')")
    assert (plan.current, plan.required) == (1, 2)


def test_nothing_is_changed_or_locked_in_the_real_database(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_drop_a", "drop table a;")
    with database.connect() as other, other.transaction():
        other.execute("select from workouts.a")  # an `alter table` would wait for this one
        assert plan_of(database, folder).steps[0].effects[0].dropped
    assert database.columns("workouts.a") == ["id"]


def test_an_up_to_date_database_has_an_empty_plan(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    assert plan_of(database, folder).steps == ()


def test_what_would_fail_fails_here_first(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_widen_a", "alter table a\nadd column id int;")
    with pytest.raises(StatementError, match=r"0002_widen_a.sql:2: 42701"):
        plan_of(database, folder)


def test_a_ledger_that_contradicts_the_files_is_no_ground_for_a_plan(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0001_create_a", "create table a (id bigint);")
    with pytest.raises(LedgerError, match=r"changed since it was applied"):
        plan_of(database, folder)


def test_the_scratch_database_is_gone_afterwards(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);\nselect 1 / 0;")
    with pytest.raises(StatementError):
        plan_of(database, folder)
    for _ in range(100):  # other tests, running beside this one, have theirs on the same server for a moment
        if not database.rows("select datname from pg_database where datname like 'workouts_scratch_%'"):
            return
        time.sleep(0.1)
    raise AssertionError("a scratch database stays behind")


def test_a_scratch_server_that_refuses_is_one_line(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    with pytest.raises(ScratchError, match=r"^no throw-away database on the server of .*permission denied"):
        make_plan(database.url, migrations=folder.path, scratch_url=database.url)


def test_a_repeatable_file_that_changed_stands_in_for_its_old_text_where_it_can(
    database: Database, folder: Folder
) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    folder.repeat("view_v", "create or replace view v as select id from a;")
    folder.repeat("view_w", "create or replace view w as select id from a;")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_widen_a", "drop view v;\nalter table a add column n int;")
    folder.repeat("view_v", "create or replace view v as select id, 1 as one from a;")
    folder.repeat("view_w", "create or replace view w as select id, n from a;")
    files = [step.file for step in plan_of(database, folder).steps]
    assert files == ["0002_widen_a.sql"] * 2 + ["repeatable/view_v.sql", "repeatable/view_w.sql"]
