"""Reading the folder: what is accepted, and that every problem is named with its file and line."""

from __future__ import annotations

import pytest

from workouts_api.migrate import MIGRATIONS, MigrationFilesError, required_version
from workouts_api.migrate.files import read_folder

from .conftest import Folder


def problems(folder: Folder) -> str:
    with pytest.raises(MigrationFilesError) as raised:
        read_folder(folder.path)
    return str(raised.value)


def test_the_form_of_dbmate_is_read(folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);\ncreate index a_idx on a (id);", "drop table a;")
    folder.add("0002_index_a", "create index concurrently i on a (id)", "drop index i", options="transaction:false")
    first, second = read_folder(folder.path).numbered
    assert [s.text for s in first.up.statements] == ["create table a (id int)", "create index a_idx on a (id)"]
    assert first.down is not None
    assert [(s.line, s.text) for s in first.down.statements] == [(5, "drop table a")]
    assert (first.up.transaction, second.up.transaction) == (True, False)
    assert (first.version, first.name, first.timeout_ms) == (1, "0001_create_a", None)


def test_a_statement_without_a_semicolon_ends_at_the_marker(folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int)", "drop table a")
    file = read_folder(folder.path).numbered[0]
    assert [s.text for s in file.up.statements] == ["create table a (id int)"]


def test_comments_may_stand_above_the_first_marker(folder: Folder) -> None:
    folder.add("0001_create_a", "select 1;", head="-- What it is for.\n/* more */\n\n")
    assert len(read_folder(folder.path).numbered) == 1


def test_windows_line_ends_and_a_byte_order_mark_do_not_change_the_digest(folder: Folder) -> None:
    path = folder.add("0001_create_a", "create table a (id int);", "drop table a;")
    plain = read_folder(folder.path).numbered[0]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    windows = read_folder(folder.path).numbered[0]
    assert windows.sha256 == plain.sha256
    assert windows.up == plain.up


def test_text_that_is_not_utf8_is_named_with_its_line(folder: Folder) -> None:
    (folder.path / "0001_create_a.sql").write_bytes(b"-- migrate:up\nselect 'caf\xe9';\n")
    assert problems(folder) == "0001_create_a.sql:2: byte 0xe9 is not UTF-8; save the file as UTF-8"


def test_a_nul_byte_is_named_with_its_line(folder: Folder) -> None:
    folder.add("0001_create_a", "select 1;\nselect '\0';")
    assert problems(folder) == "0001_create_a.sql:3: holds a NUL byte; expected text"


def test_a_file_that_cannot_be_read_is_named(folder: Folder) -> None:
    (folder.path / "0001_create_a.sql").mkdir()
    assert problems(folder) == "0001_create_a.sql: cannot be read: Is a directory"


def test_an_empty_folder_is_an_error_and_a_missing_one_too(folder: Folder) -> None:
    assert "no migrations in it" in problems(folder)
    assert "no such folder" in problems(Folder(folder.path / "nowhere"))
    with pytest.raises(MigrationFilesError, match=r"no migrations in it"):
        required_version(folder.path)


def test_a_gap_is_named(folder: Folder) -> None:
    folder.add("0001_create_a", "select 1;")
    folder.add("0003_create_c", "select 1;")
    assert problems(folder) == "there is no file with the number 0002, but there are later ones"


def test_two_files_of_one_number_are_named(folder: Folder) -> None:
    folder.add("0001_create_a", "select 1;")
    folder.add("0001_create_b", "select 1;")
    assert problems(folder) == "two files have the number 0001: 0001_create_a.sql, 0001_create_b.sql"


def test_numbers_begin_at_one(folder: Folder) -> None:
    folder.add("0000_create_a", "select 1;")
    folder.add("0001_create_b", "select 1;")
    assert "numbers begin at 0001" in problems(folder)


@pytest.mark.parametrize("name", ["1_create_a", "0001-create-a", "0001_Create_A", "create_a"])
def test_a_name_of_another_form_is_refused(folder: Folder, name: str) -> None:
    folder.add(name, "select 1;")
    assert "expected a name such as 0001_create_users.sql" in problems(folder)


def test_a_repeatable_file_has_no_number_and_no_direction(folder: Folder) -> None:
    folder.add("0001_create_a", "select 1;")
    folder.repeat("0002_guard", "select 1;")
    folder.repeat("guard", "-- migrate:up\nselect 1;")
    found = problems(folder)
    assert "repeatable/0002_guard.sql: expected a name such as touch_version.sql" in found
    assert "repeatable/guard.sql:1: migrate:up is not known here; expected timeout" in found


def test_all_problems_are_named_at_once(folder: Folder) -> None:
    folder.add("0001_create_a", "select 'open;")
    folder.add("0002_create_b", "\\set x 1")
    assert [line.partition(": ")[0] for line in problems(folder).splitlines()] == [
        "0001_create_a.sql:2",
        "0002_create_b.sql:2",
    ]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("select 1;", 1, "a statement above the first marker"),
        ("-- nothing\n", 1, "no marker; expected a line -- migrate:up"),
        ("-- migrate:up\n-- migrate:down\n", 1, "nothing to run"),
        ("-- migrate:down\nselect 1;", 1, "migrate:down without a migrate:up"),
        ("-- migrate:up\nselect 1;\n-- migrate:up\nselect 1;", 3, "a second or misplaced migrate:up"),
        ("-- migrate:up\nselect 1;\n-- migrate:down\n-- migrate:down", 4, "a second or misplaced migrate:down"),
        ("-- migrate:up transaction:no\nselect 1;", 1, "option transaction:no is not known"),
        ("-- migrate:upp\nselect 1;", 1, "migrate:upp is not known here; expected up, down, package, timeout or batch"),
        ("-- migrate:up\nbegin;\ncreate table a (id int);\ncommit;", 2, "begin: transactions are the runner's"),
        ("-- migrate:up\nselect 1;\nrollback;", 3, "rollback: transactions are the runner's"),
        ("-- migrate:up\n\ncopy a from stdin;", 3, "copy from stdin is psql's"),
        ("-- migrate:up\nselect /* 1;", 2, "never ends"),
        ("-- migrate:timeout soon\n-- migrate:up\nselect 1;", 1, "expected migrate:timeout with a duration"),
        ("-- migrate:timeout 0s\n-- migrate:up\nselect 1;", 1, "expected migrate:timeout with a duration"),
        ("-- migrate:up\n-- migrate:batch key=id size=10\nupdate a set x = 1;", 2, "a batch needs"),
        ("-- migrate:up transaction:false\n-- migrate:batch key=id\nselect 1;", 2, "expected migrate:batch key=id"),
        ("-- migrate:up transaction:false\n-- migrate:batch key=i;d size=9\nselect 1;", 2, "expected migrate:batch"),
        ("-- migrate:up transaction:false\n-- migrate:batch key=id size=0\nselect 1;", 2, "size=0: expected a whole"),
        ("-- migrate:up transaction:false\n-- migrate:batch key=id size=10\nselect 1;", 3, "a batch takes an update"),
        ("-- migrate:up transaction:false\nselect 1;\n-- migrate:batch key=id size=10\n", 3, "no statement follows"),
        ("-- migrate:up\nselect 1\n-- migrate:timeout 1s\n;", 3, "is a semicolon missing above it?"),
        ("-- migrate:up transaction:false\ncreate index concurrently on a (id);", 2, "needs a name"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(folder: Folder, text: str, line: int, words: str) -> None:
    (folder.path / "0001_create_a.sql").write_text(text, encoding="utf-8")
    found = problems(folder)
    assert found.startswith(f"0001_create_a.sql:{line}: ")
    assert words in found


@pytest.mark.parametrize(
    ("said", "milliseconds"), [("500ms", 500), ("30s", 30_000), ("10min", 600_000), ("1h", 3_600_000), ("off", 0)]
)
def test_a_file_says_its_timeout(folder: Folder, said: str, milliseconds: int) -> None:
    folder.add("0001_create_a", "select 1;", head=f"-- migrate:timeout {said}\n")
    assert read_folder(folder.path).numbered[0].timeout_ms == milliseconds


def test_the_project_needs_its_newest_file() -> None:
    assert required_version() == len(read_folder(MIGRATIONS).numbered) > 0
