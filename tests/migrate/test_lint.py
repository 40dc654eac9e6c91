"""``workouts db lint``: what is dangerous is found in its line, and what is safe is not."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from workouts_api.migrate import commands
from workouts_api.migrate import lint as linting
from workouts_api.migrate.commands import db
from workouts_api.migrate.errors import MigrationFilesError
from workouts_api.migrate.files import read_folder
from workouts_api.migrate.lint import ACCEPTED, lint

from .conftest import Folder
from .test_stepwise import NO_TRANSACTION

TABLES = "create table a (id int primary key, n int, note text); create table b (a_id int); create view v as select 1;"
DANGEROUS = {
    "create index a_n on a (n)": "index-blocks",
    "create unique index a_once on only workouts.a (n, note)": "index-blocks",
    "drop index a_n": "index-blocks",
    "reindex table a": "index-blocks",
    "reindex (concurrently off) table a": "index-blocks",
    "reindex (concurrently) index a_n": "transaction",
    "alter table a drop column note": "drop-column",
    "alter table if exists only a drop if exists note": "drop-column",
    "alter table a rename n to m": "rename",
    "alter table a rename to c": "rename",
    "drop table b": "drop-table",
    "drop table b cascade": "cascade",
    "drop function f(int)": "drop-in-use",
    "drop view v": "drop-in-use",
    "alter table a alter n type bigint": "change-type",
    "alter table a alter column n set data type text": "change-type",
    "alter table a alter column n set not null": "not-null-scans",
    "alter table a add constraint positive check (n > 0)": "constraint-scans",
    "alter table b add foreign key (a_id) references a": "constraint-scans",
    "alter table a add column z int, add b_id int references b (a_id)": "constraint-scans",
    "alter table a add constraint p check (n > 0) not valid;\nalter table a validate constraint p": "constraint-scans",
    "alter table a add constraint once unique (n)": "unique-blocks",
    "alter table b add primary key (a_id)": "unique-blocks",
    "alter table a add exclude using gist (n with =)": "exclude-blocks",
    "alter table a add column x uuid default gen_random_uuid()": "rewrite",
    "alter table a add x timestamptz not null default (clock_timestamp())": "rewrite",
    "alter table a add column x int generated always as (n + 1) stored": "rewrite",
    "alter table a add column x bigserial": "rewrite",
    "alter table a set unlogged": "rewrite",
    "alter table a add column x int not null": "not-null-added",
    "update a set n = 1": "rows-at-once",
    "delete from a where n is null": "rows-at-once",
    "with gone as (delete from a returning id) select count(*) from gone": "rows-at-once",
    "with c as (select 1) update a set n = 1": "rows-at-once",
    "merge into a using b on a.id = b.a_id when matched then delete": "rows-at-once",
    "do $$ begin update workouts.a as x set n = 1; end $$": "rows-at-once",
    "DO $do$ BEGIN DELETE FROM a; END $do$": "rows-at-once",
    "set lock_timeout = 0": "limits-off",
    "set local statement_timeout = '1h'": "limits-off",
    "set session_replication_role = replica": "triggers-off",
    "alter sequence a_id_seq restart with 1": "numbers-again",
    "alter table a alter column id restart": "numbers-again",
    "select setval('a_id_seq', 1)": "numbers-again",
    "set local role workouts_app": "another-owner",
    "reset role": "another-owner",
    "set session authorization default": "another-owner",
    "drop owned by workouts_app": "drop-owned",
    "reassign owned by workouts_app to workouts_dba": "drop-owned",
    "alter index a_x_idx set tablespace elsewhere": "rewrite",
    "alter table a replica identity nothing": "replica-identity",
    "create rule r as on insert to a do instead nothing": "rewrites-statements",
    "grant select on a to workouts_app, public": "grant-to-all",
    "alter table a attach partition b for values in (1)": "partition-scans",
    "alter table a detach partition b": "partition-blocks",
    "truncate b": "truncate",
    "lock table a": "lock",
    "alter table a disable trigger t": "triggers-off",
    "alter table a enable row level security": "row-security",
    "alter table a owner to workouts_app": "owner",
    "revoke select on a from workouts_app": "revoke",
    "vacuum full a": "transaction",
    "create index concurrently a_n on a (n)": "transaction",
    "refresh materialized view m": "view-blocks",
}
SAFE = (
    "create table c (id int primary key, a_id int references a check (a_id > 0)); create index c_a on c (a_id);"
    " alter table c add column x uuid not null default gen_random_uuid(); update c set a_id = 1; drop table c",
    "create function g() returns int return 1; revoke execute on function g() from public; drop function g()",
    "alter table a add column x int not null default 7, add column y text, add z timestamptz default now()",
    "alter table a add constraint positive check (n > 0) not valid",
    "alter table a drop constraint a_pkey, alter n drop not null, alter n drop default, alter n set default 3",
    "alter table b add foreign key (a_id) references a not valid",
    "comment on table a is 'drop table a; truncate a'; insert into a values (1, 2, 'update a set n = 1')",
    "alter table a set (fillfactor = 80), alter n set statistics 500",
    "alter table a rename constraint a_pkey to a_key",
    "create table c (id int primary key); do $$ begin delete from c; update c set id = 1; end $$",
    "with t as (select 1 as n) insert into a select n, n, 'x' from t on conflict (id) do update set n = 7",
    "set local search_path = jobs; grant select on a to workouts_app",
    "alter sequence a_id_seq cache 20",
)


@pytest.fixture
def own_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without squawk, which has other words for some of it."""
    monkeypatch.setattr(linting, "find_squawk", lambda: None)


def found(folder: Folder, statement: str, options: str = "") -> list[tuple[int, str]]:
    folder.add("0001_create_a", TABLES)
    folder.add("0002_change", statement + ";", options=options)
    return [(one.line, one.rule) for one in lint(read_folder(folder.path), [2])]


@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize(("statement", "rule"), DANGEROUS.items())
def test_what_is_dangerous_is_found_in_its_line(folder: Folder, statement: str, rule: str) -> None:
    assert (2 + statement.count("\n"), rule) in found(folder, statement)


@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize("statements", SAFE)
def test_what_is_safe_is_not(folder: Folder, statements: str) -> None:
    assert found(folder, statements) == []


@pytest.mark.usefixtures("own_rules")
@pytest.mark.parametrize(
    "statement",
    [
        "create index concurrently a_n on a (n)",
        "drop index concurrently a_n",
        "reindex (concurrently) index a_n",
        "vacuum a",
    ],
)
def test_outside_of_a_transaction_more_is_safe(folder: Folder, statement: str) -> None:
    assert found(folder, statement, NO_TRANSACTION) == []


@pytest.mark.usefixtures("own_rules")
def test_a_column_may_be_not_null_once_a_check_has_said_so(folder: Folder) -> None:
    folder.add("0001_create_a", TABLES)
    folder.add("0002_check", "alter table a add constraint there check (n is not null) not valid;")
    folder.add("0003_validate", "alter table a validate constraint there;")
    folder.add("0004_demand", "alter table a alter column n set not null;")
    assert lint(read_folder(folder.path), [2, 3, 4]) == []


@pytest.mark.usefixtures("own_rules")
def test_a_backfill_in_batches_is_safe(folder: Folder) -> None:
    assert found(folder, "-- migrate:batch key=id size=100\nupdate a set n = 1", NO_TRANSACTION) == []


@pytest.mark.usefixtures("own_rules")
def test_a_reason_above_the_statement_waives_one_rule(folder: Folder) -> None:
    reason = "-- lint:drop-column nobody reads it since 0.4\n"
    assert found(folder, f"{reason}alter table a drop column note") == []
    assert found(folder, f"{reason}alter table a drop column note, alter n type text") == [(3, "change-type")]
    assert found(folder, "-- lint:drop-column\nalter table a drop column note") == [(3, "drop-column")]


@pytest.mark.usefixtures("own_rules")
def test_a_file_that_is_applied_everywhere_is_accepted_beside_it(folder: Folder) -> None:
    (folder.path / ACCEPTED).write_text('"0002_change.sql:2 truncate" = "it was empty"\n')
    assert found(folder, "truncate b") == []
    (folder.path / ACCEPTED).write_text("{")
    with pytest.raises(MigrationFilesError, match=r"accepted\.toml: cannot be read"):
        found(folder, "truncate b")


def test_the_command_names_squawks_findings_too_and_exits_with_1(folder: Folder) -> None:
    folder.add("0001_create_a", TABLES.replace("int primary key", "bigint primary key"))
    folder.add("0002_change", "alter table a drop column note;")
    result = CliRunner().invoke(db, ["lint", "2", "--migrations", str(folder.path)])
    assert result.exit_code == 1
    told = result.output.splitlines()
    assert any(line.startswith("0002_change.sql:2: drop-column: old code names it") for line in told), told
    assert any(line.startswith("0002_change.sql:2: squawk ban-drop-column: ") for line in told), told
    assert CliRunner().invoke(db, ["lint", "3", "--migrations", str(folder.path)]).exit_code == 2


def test_a_squawk_that_fails_is_named_with_what_it_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = folder.path.parent / "squawk"
    broken.write_text("#!/bin/sh\necho no such option: --reporter\n")
    broken.chmod(0o755)
    monkeypatch.setattr(linting, "find_squawk", lambda: str(broken))
    with pytest.raises(MigrationFilesError, match=r"0002_change\.sql: squawk said 'no such option: --reporter"):
        found(folder, "truncate b")


def test_without_squawk_the_command_says_that_only_its_own_rules_were_applied(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (linting, commands):
        monkeypatch.setattr(module, "find_squawk", lambda: None)
    folder.add("0001_create_a", TABLES)
    result = CliRunner().invoke(db, ["lint", "--migrations", str(folder.path)])
    told = "squawk is not installed: only the project's own rules are applied.\n"
    assert (result.exit_code, result.stderr) == (0, told)


def test_the_projects_own_files_are_in_order() -> None:
    result = CliRunner().invoke(db, ["lint"])
    assert (result.exit_code, result.output) == (0, "Nothing is dangerous, as far as the text tells.\n")
