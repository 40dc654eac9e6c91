"""``workouts db export``: the numbered files, as tools take them that send a file as one query."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from click.testing import CliRunner
from psycopg.conninfo import conninfo_to_dict

from tests.conftest import required
from tests.postgres import ROLES
from workouts_api.migrate.commands import db
from workouts_api.migrate.errors import MigrationError
from workouts_api.migrate.export import export
from workouts_api.migrate.files import MIGRATIONS, read_folder

from .conftest import Database, Folder

DBMATE = os.environ.get("WORKOUTS_TEST_DBMATE") or shutil.which("dbmate")
NUMBERED = read_folder().newest


def test_what_runs_in_no_transaction_is_a_file_for_each_statement(folder: Folder, tmp_path: Path) -> None:
    folder.add("0001_a", "create table a (n int);\ncreate table b (n int);")
    folder.add("0002_b", "create index concurrently a_n_idx on a (n);\nvacuum b;", options="transaction:false")
    out = tmp_path / "new" / "out"
    result = CliRunner().invoke(db, ["export", str(out), "--migrations", str(folder.path)])
    assert (result.exit_code, result.output) == (0, f"{out}: 4 files.\n")
    written = sorted(out.iterdir())
    assert [path.name for path in written] == [
        "000000_create_schema.sql",
        "000100_a.sql",
        "000201_b.sql",
        "000202_b.sql",
    ]
    texts = [path.read_text().partition("\n-- migrate:down")[0] for path in written]
    assert texts == [
        "-- migrate:up\ncreate schema if not exists workouts;\n",
        "-- migrate:up\ncreate table a (n int);\ncreate table b (n int);\n",
        "-- migrate:up transaction:false\ncreate index concurrently a_n_idx on a (n);\n",
        "-- migrate:up transaction:false\nvacuum b;\n",
    ]


def test_more_statements_than_two_digits_are_refused(folder: Folder, tmp_path: Path) -> None:
    folder.add("0001_a", "vacuum;\n" * 100, options="transaction:false")
    with pytest.raises(MigrationError, match=r"0001_a\.sql has more than 99 statements and no transaction"):
        export(read_folder(folder.path), tmp_path / "out")


def test_a_folder_that_has_something_in_it_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.sql").write_text("select 1")
    with pytest.raises(MigrationError, match="is not empty: expected an empty or a new folder"):
        export(read_folder(), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.sql"]


def test_a_folder_that_cannot_be_written_is_a_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(db, ["export", str(tmp_path / "file" / "out")])
    assert (result.exit_code, result.output) == (
        1,
        f"Error: {tmp_path / 'file' / 'out'} cannot be written: Not a directory\n",
    )


@pytest.fixture
def prepared(database: Database) -> Database:
    """As the page wants it: deploy/roles.sql was run."""
    with psycopg.connect(database.superuser, autocommit=True) as conn:
        conn.execute(ROLES.read_bytes())
    return database


def finish(database: Database) -> str:
    """Steps 2 and 3 of the page; returns what is there and not in the files."""
    for path in sorted((MIGRATIONS / "repeatable").glob("*.sql")):
        with psycopg.connect(database.url) as conn:
            conn.execute("set role workouts_owner")
            conn.execute(path.read_bytes())
    at = ["--database-url", database.url]
    for command, said in ((["migrate", "--record-only"], f"{NUMBERED:04}"), (["migrate"], "Nothing to do.")):
        result = CliRunner().invoke(db, [*command, *at])
        assert (result.exit_code, said in result.output) == (0, True), result.output
    return CliRunner().invoke(db, ["drift", "--files", "--scratch-url", database.server, *at]).output


@pytest.mark.processes
def test_each_file_sent_as_one_query_makes_the_same_schema(prepared: Database, tmp_path: Path) -> None:
    for path in export(read_folder(), tmp_path / "out"):
        up = path.read_text(encoding="utf-8").partition("-- migrate:down")[0]
        with psycopg.connect(prepared.url, autocommit=True) as conn:
            conn.execute("set role workouts_owner")
            conn.execute("set search_path = workouts, extensions")
            conn.execute(up.encode())
    assert finish(prepared) == "Nothing was changed by hand.\n"


@pytest.mark.processes
def test_dbmate_makes_the_same_schema_and_goes_back_by_no_step(prepared: Database, tmp_path: Path) -> None:
    if DBMATE is None and required("dbmate"):
        pytest.fail("there is no dbmate, and this run must not skip")
    if DBMATE is None:
        pytest.skip("there is no dbmate; WORKOUTS_TEST_DBMATE names one")
    export(read_folder(), tmp_path / "out")
    given = conninfo_to_dict(prepared.url)
    where = f"postgres://workouts_migrator@:{given.get('port', 5432)}/{given['dbname']}"
    settings = f"socket={quote(str(given['host']), safe='')}&search_path=workouts,extensions&role=workouts_owner"
    common = [DBMATE, "--url", f"{where}?{settings}", "--migrations-dir", str(tmp_path / "out")]
    common += ["--migrations-table", "dbmate.migrations", "--no-dump-schema"]
    done = subprocess.run([*common, "up"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr
    back = subprocess.run([*common, "rollback"], capture_output=True, text=True, check=False)
    assert back.returncode != 0
    assert "go back with `workouts db rollback`" in back.stderr
    changed = [line for line in finish(prepared).splitlines() if not line.startswith("  ")]
    assert changed == ["schemas and extensions", "table dbmate.migrations"]  # its own ledger
