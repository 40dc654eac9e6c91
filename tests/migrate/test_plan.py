"""Plan: what pending files would lock, rewrite and scan, without touching the real database."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from workouts_api.migrate import LedgerError, ScratchError, StatementError, migrate
from workouts_api.migrate import lint as linting
from workouts_api.migrate.files import read_folder
from workouts_api.migrate.lint import lint
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


# Each on a table of its own, so that one plan shows them all. "waits": reads or writes of the application wait for the
# lock; "reads": every row is read; "rewrites": every row is written; "drops": the table is gone.
DANGEROUS = {
    "create index on {t} (n)": "waits reads",
    "create unique index on {t} (id, n)": "waits reads",
    "drop index {t}_n": "waits",
    "reindex table {t}": "waits reads",
    "alter table {t} drop column note": "waits",
    "alter table {t} rename n to m": "waits",
    "alter table {t} rename to {t}_renamed": "waits",
    "drop table {t}": "waits drops",
    "alter table {t} alter n type bigint": "waits reads rewrites",
    "alter table {t} alter n set not null": "waits reads",
    "alter table {t} add constraint {t}_positive check (n > 0)": "waits reads",
    "alter table {t} add foreign key (n) references a": "waits reads",
    "alter table {t} add column a_id int references a": "waits",
    "alter table {t} add unique (n)": "waits reads",
    "alter table {t} add constraint {t}_once exclude (n with =)": "waits reads",
    "alter table {t} add column x uuid default gen_random_uuid()": "waits reads rewrites",
    "alter table {t} add column x bigserial": "waits reads rewrites",
    "alter table {t} add column x int generated always as (n + 1) stored": "waits reads rewrites",
    "alter table {t} set unlogged": "waits reads rewrites",
    "alter table {t} add column x int not null": "waits reads",
    "update {t} set n = 1": "reads",
    "delete from {t} where n is null": "reads",
    "truncate {t}": "waits reads rewrites",
    "lock table {t}": "waits",
    "alter table {t} disable trigger user": "waits",
    "alter table {t} enable row level security": "waits",
    "create rule r as on insert to {t} do instead nothing": "waits",
    "with gone as (delete from {t} returning id) select count(*) from gone": "reads",
    "do $$ begin update {t} set n = 1; end $$": "reads",
}


def test_lint_and_plan_find_each_of_29_dangerous_migrations(
    database: Database, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(linting, "find_squawk", lambda: None)  # the project's own rules alone find them
    tables = {f"t{number}": statement for number, statement in enumerate(DANGEROUS, 2)}
    made = "create table {t} (id int primary key, n int, note text); create index {t}_n on {t} (n);"
    folder.add("0001_create_all", "\n".join(["create table a (id int primary key);", *map(_of(made), tables)]))
    migrate(database.url, migrations=folder.path)
    for number, (table, statement) in enumerate(tables.items(), 2):
        folder.add(f"{number:04}_change_{table}", f"{_of(statement)(table)};")
    linted = {finding.file for finding in lint(read_folder(folder.path), list(range(2, len(tables) + 2)))}
    assert len(linted) == len(tables)
    steps = plan_of(database, folder).steps
    found = {}
    for step, (table, statement) in zip(steps, tables.items(), strict=True):
        [effect] = [one for one in step.effects if one.table == table]
        told = {
            "waits": effect.holds_up_the_application,
            "reads": effect.scanned,
            "rewrites": effect.rewritten,
            "drops": effect.dropped,
        }
        found[statement] = " ".join(word for word, is_so in told.items() if is_so)
    assert found == DANGEROUS


def _of(statement: str) -> Callable[[str], str]:
    return lambda table: statement.replace("{t}", table)


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


def test_a_table_that_is_renamed_keeps_the_name_by_which_its_size_is_known(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_rename_a", "alter table a rename to b; alter table b add column x int;")
    plan = plan_of(database, folder)
    assert {effect.table for step in plan.steps for effect in step.effects} == {"a"} <= plan.sizes.keys()


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
    folder.add("0001_fail", "do $$ begin raise exception 'this is %', current_database(); end $$;")
    with pytest.raises(StatementError, match="this is workouts_scratch_") as refused:
        plan_of(database, folder)
    (name,) = re.findall(r"workouts_scratch_\w+", str(refused.value))
    assert database.rows(f"select datname from pg_database where datname = '{name}'") == []


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
