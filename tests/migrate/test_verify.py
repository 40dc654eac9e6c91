"""Verify: up, down and up again give the same schema, or the difference is shown."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from workouts_api.host import cluster, embedded
from workouts_api.migrate import ScratchError, StatementError, VerifyError
from workouts_api.migrate.verify import verify

from .conftest import Database, Folder, Told


def test_files_that_can_be_taken_back_are_counted(database: Database, folder: Folder, told: Told) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    folder.add("0002_fill_a", "insert into a values (1);")
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    found = verify(migrations=folder.path, scratch_url=database.server, progress=told)
    assert (found.files, found.irreversible) == (1, ("0002_fill_a.sql",))
    assert "0001_create_a.sql up, down, up" in told.text


def test_a_down_that_forgets_something_is_shown(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    folder.add(
        "0002_widen_a",
        "alter table a add column n int;\nalter table a add constraint a_id_positive check (id > 0);",
        "alter table a drop column n;",
    )
    with pytest.raises(VerifyError) as raised:
        verify(migrations=folder.path, scratch_url=database.server)
    message = str(raised.value)
    assert message.startswith("0002_widen_a.sql: after its down the schema is not what it was before its up")
    assert "  table a" in message
    assert "+  constraint a_id_positive CHECK (id > 0)" in message


def test_an_up_that_makes_something_else_the_second_time_is_shown(database: Database, folder: Folder) -> None:
    folder.add("0001_create_count", "create table count (n int);", "drop table count;")
    up = (
        "insert into count values (1);\ndo $$ begin if (select count(*) from count) = 1 then "
        "create table a (id int); else create table a (id bigint); end if; end $$;"
    )
    folder.add("0002_create_a", up, "drop table a;")
    with pytest.raises(VerifyError, match=r"(?s)0002_create_a.sql: up after down .*-  id integer.*\+  id bigint"):
        verify(migrations=folder.path, scratch_url=database.server)


def test_a_down_that_fails_is_named(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table b;")
    with pytest.raises(StatementError, match=r"0001_create_a.sql:4: 42P01"):
        verify(migrations=folder.path, scratch_url=database.server)


def test_a_down_that_what_repeatable_files_make_prevents_is_named(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    folder.repeat("view_of_a", "create or replace view v as select id from a;")
    with pytest.raises(StatementError, match=r"0001_create_a.sql:4: 2BP01.*view v depends on table a"):
        verify(migrations=folder.path, scratch_url=database.server)


def test_a_repeatable_file_that_cannot_be_repeated_is_named(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a cascade;")
    folder.repeat("view_of_a", "create view v as select id from a;")
    with pytest.raises(StatementError, match=r"repeatable/view_of_a.sql:1: 42P07"):
        verify(migrations=folder.path, scratch_url=database.server)


def test_a_long_difference_is_cut(database: Database, folder: Folder) -> None:
    columns = ", ".join(f"c{n} int" for n in range(100))
    folder.add("0001_create_a", f"create table a ({columns});", "select 1;")
    with pytest.raises(VerifyError, match=r"  … and \d+ more lines$"):
        verify(migrations=folder.path, scratch_url=database.server)


def test_without_a_named_server_an_embedded_one_is_started_and_removed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.add("0001_create_a", "create table a (id int); grant select on a to workouts_app;", "drop table a;")
    with tempfile.TemporaryDirectory() as empty:
        Path(empty).chmod(0o711)  # the account that PostgreSQL runs under must get through
        monkeypatch.setattr(tempfile, "tempdir", empty)
        assert verify(migrations=folder.path).files == 1
        assert list(Path(empty).iterdir()) == []


def test_without_any_postgresql_it_says_what_to_install(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    monkeypatch.setattr(cluster, "find_binaries", _none_found)
    with pytest.raises(ScratchError, match=r"no throw-away database: no PostgreSQL was found.*--scratch-url"):
        verify(migrations=folder.path)


def _none_found(_bin_dir: Path | None = None) -> embedded.Binaries:
    raise embedded.EmbeddedError("no PostgreSQL was found")
