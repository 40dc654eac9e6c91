"""Undoing files, newest first."""

from __future__ import annotations

import pytest

from workouts_api.migrate import LedgerError, StatementError, current_version, migrate, rollback, status

from .conftest import Database, Folder
from .test_stepwise import NO_TRANSACTION, UNFINISHED


def three(folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    folder.add("0002_widen_a", "alter table a add column x int;", "alter table a drop column x;")
    folder.add("0003_create_b", "create table b (id int);", "drop table b;")


def test_the_last_file_is_undone(database: Database, folder: Folder) -> None:
    three(folder)
    migrate(database.url, migrations=folder.path)
    done = rollback(database.url, migrations=folder.path)
    assert [(a.version, a.direction) for a in done] == [(3, "down")]
    with database.connect() as conn:
        assert current_version(conn) == 2
    assert database.columns("workouts.b") == []
    assert [a.version for a in migrate(database.url, migrations=folder.path)] == [3]


def test_several_are_undone_newest_first_and_no_more_than_there_are(database: Database, folder: Folder) -> None:
    three(folder)
    migrate(database.url, migrations=folder.path)
    assert [a.version for a in rollback(database.url, 99, migrations=folder.path)] == [3, 2, 1]
    assert rollback(database.url, migrations=folder.path) == []


def test_a_file_without_a_down_is_named_before_anything_is_undone(database: Database, folder: Folder) -> None:
    three(folder)
    folder.add("0002_widen_a", "alter table a add column x int;")
    migrate(database.url, migrations=folder.path)
    with pytest.raises(LedgerError, match=r"0002_widen_a.sql: has nothing below migrate:down"):
        rollback(database.url, 2, migrations=folder.path)
    assert status(database.url, migrations=folder.path).is_current


def test_a_down_that_fails_names_its_line_and_leaves_the_file_applied(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;\ndrop table nothing;")
    migrate(database.url, migrations=folder.path)
    with pytest.raises(StatementError, match=r"0001_create_a.sql:5: 42P01"):
        rollback(database.url, migrations=folder.path)
    assert database.columns("workouts.a") == ["id"]
    assert status(database.url, migrations=folder.path).is_current


def test_a_version_whose_file_is_not_here_is_named(database: Database, folder: Folder) -> None:
    three(folder)
    migrate(database.url, migrations=folder.path)
    (folder.path / "0003_create_b.sql").unlink()
    with pytest.raises(LedgerError, match=r"0003: its file is not in .*; roll back with the release that has it"):
        rollback(database.url, migrations=folder.path)


def test_what_repeatable_files_made_comes_back_with_the_table(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a cascade;")
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    migrate(database.url, migrations=folder.path)
    rollback(database.url, migrations=folder.path)
    assert database.columns("workouts.v") == []
    migrate(database.url, migrations=folder.path)
    assert database.columns("workouts.v") == ["id"]


def test_a_table_that_a_repeatable_file_needs_says_what_to_do(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    migrate(database.url, migrations=folder.path)
    with pytest.raises(StatementError, match=r"0001_create_a.sql:4: 2BP01: .*drop … cascade is right"):
        rollback(database.url, migrations=folder.path)


def test_a_file_that_stopped_half_way_is_undone_as_the_newest(database: Database, folder: Folder) -> None:
    three(folder)
    up = "create table c (id int);\nselect 1 / 0;"
    folder.add("0004_create_c", up, "drop table if exists c;", options=NO_TRANSACTION)
    with pytest.raises(StatementError):
        migrate(database.url, migrations=folder.path)
    assert [a.version for a in rollback(database.url, migrations=folder.path)] == [4]
    assert database.rows(UNFINISHED) == []
    assert database.columns("workouts.c") == []


def test_a_rollback_that_stopped_half_way_is_finished_by_rolling_back(database: Database, folder: Folder) -> None:
    down = "drop index concurrently a_idx;\ndrop table {};"
    folder.add("0001_create_a", "create table a (id int); create index a_idx on a (id);", options=NO_TRANSACTION)
    path = folder.path / "0001_create_a.sql"
    up = path.read_text()
    migrate(database.url, migrations=folder.path)
    path.write_text(up + down.format("nothing"))
    database.run(f"update workouts.schema_migrations set sha256 = '{_sha(path.read_bytes())}'")
    with pytest.raises(StatementError, match=r"42P01"):
        rollback(database.url, migrations=folder.path)
    with pytest.raises(LedgerError, match=r"0001: a rollback of it stopped half-way; finish it with"):
        migrate(database.url, migrations=folder.path)
    path.write_text(up + down.format("a"))
    database.run(f"update workouts.schema_migrations set sha256 = '{_sha(path.read_bytes())}'")
    assert [a.version for a in rollback(database.url, migrations=folder.path)] == [1]
    assert database.columns("workouts.a") == []


def _sha(content: bytes) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()
