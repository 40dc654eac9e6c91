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
from workouts_api.migrate.catalogue import read_schema
from workouts_api.migrate.commands import db
from workouts_api.migrate.errors import MigrationError
from workouts_api.migrate.export import export
from workouts_api.migrate.files import MIGRATIONS, read_folder

from .conftest import Database, Folder

DBMATE = os.environ.get("WORKOUTS_TEST_DBMATE") or shutil.which("dbmate")
NUMBERED = read_folder().newest
LEDGER = ("schema_migrations", "schema_as_migrated", "schema_unfinished", "dbmate_migrations")
"""What the runner, or the other tool, keeps for itself."""


def test_what_runs_in_no_transaction_is_a_file_for_each_statement(folder: Folder, tmp_path: Path) -> None:
    folder.add("0001_a", "create table a (n int);\ncreate table b (n int);")
    folder.add("0002_b", "create index concurrently a_n_idx on a (n);\nvacuum b;", options="transaction:false")
    out = tmp_path / "new" / "out"
    result = CliRunner().invoke(db, ["export", str(out), "--migrations", str(folder.path)])
    assert (result.exit_code, result.output) == (0, f"{out}: 3 files.\n")
    written = sorted(out.iterdir())
    assert [path.name for path in written] == ["000100_a.sql", "000201_b.sql", "000202_b.sql"]
    texts = [path.read_text().partition("\n-- migrate:down")[0] for path in written]
    assert texts == [
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


def finished(database: Database) -> dict[str, str]:
    """The rest of what the page says: psql for the repeatable files, the ledger, and nothing is left to do."""
    with psycopg.connect(database.url) as conn:
        conn.execute("set role workouts_owner")
        conn.execute("set search_path = workouts, extensions, pg_temp")
        for path in sorted((MIGRATIONS / "repeatable").glob("*.sql")):
            conn.execute(path.read_bytes())
    for arguments, said in (
        (["--record-only", "--to", str(NUMBERED)], "recorded"),
        ([], "Nothing to do."),
    ):
        result = CliRunner().invoke(db, ["migrate", "--database-url", database.url, *arguments])
        assert result.exit_code == 0, result.output
        assert said in result.output
    return schema(database)


def schema(database: Database) -> dict[str, str]:
    with psycopg.connect(database.superuser, autocommit=True) as conn:
        found = read_schema(conn)
    return {name: text for name, text in found.items() if not any(ledger in name for ledger in LEDGER)}


@pytest.mark.processes
def test_each_file_sent_as_one_query_makes_the_same_schema(prepared: Database, tmp_path: Path) -> None:
    for path in export(read_folder(), tmp_path / "out"):
        up = path.read_text(encoding="utf-8").partition("-- migrate:down")[0]
        with psycopg.connect(prepared.url, autocommit=True) as conn:
            conn.execute("set role workouts_owner")
            conn.execute("create schema if not exists workouts")
            conn.execute("set search_path = workouts, extensions")
            conn.execute(up.encode())
    assert finished(prepared) == migrated_anew(prepared)


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
    common += ["--migrations-table", "dbmate_migrations", "--no-dump-schema"]
    done = subprocess.run([*common, "up"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr
    back = subprocess.run([*common, "rollback"], capture_output=True, text=True, check=False)
    assert back.returncode != 0
    assert "go back with `workouts db rollback`" in back.stderr
    assert finished(prepared) == migrated_anew(prepared)


def migrated_anew(database: Database) -> dict[str, str]:
    """What the runner itself makes of an empty database: this one, emptied."""
    database.run("drop schema workouts cascade; drop schema if exists jobs cascade")
    result = CliRunner().invoke(db, ["migrate", "--database-url", database.url])
    assert result.exit_code == 0, result.output
    return schema(database)
