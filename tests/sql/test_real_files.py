"""The project's own query files: checked, printed for psql and typed, on the oldest and the newest server."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import throwaway_cluster
from workouts_api.dba.check import check_files
from workouts_api.dba.server import nodes, plan_mode, session
from workouts_api.dba.show import as_psql
from workouts_api.dba.stubs import STUB, make_stub
from workouts_api.host.embedded import EmbeddedPostgres, find_binaries
from workouts_api.migrate import migrate
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

from .conftest import OLDEST, create_database

FILES = list(CATALOGUE.files())


@pytest.fixture(scope="module")
def newest_project(cluster: EmbeddedPostgres, worker: str) -> tuple[Path, str]:
    return find_binaries().bin_dir, _migrated(cluster, f"sql_project_{worker}")


@pytest.fixture(scope="module")
def oldest_project(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[tuple[Path, str]]:
    if not OLDEST.is_dir():
        pytest.skip("there is no PostgreSQL 15 on this machine")
    folder = tmp_path_factory.getbasetemp().parent / "sql-oldest"
    with throwaway_cluster(folder, bin_dir=OLDEST) as server:
        yield OLDEST, _migrated(server, f"sql_project_{worker}")


def _migrated(server: EmbeddedPostgres, name: str) -> str:
    create_database(server, name, owner="workouts_owner")
    migrate(server.dsn(name, "workouts_migrator"))
    return server.dsn(name, "workouts_app")


@pytest.fixture(params=["oldest", "newest"])
def project(request: pytest.FixtureRequest) -> tuple[Path, str]:
    found: tuple[Path, str] = request.getfixturevalue(f"{request.param}_project")
    return found


def test_every_file_passes_its_check(project: tuple[Path, str]) -> None:
    with session(project[1], read_only=True) as server:
        assert check_files(server, FILES) == []


HOLDS_FIELDS = re.compile(r"\b(?:\w+_columns|given_\w+)\(")


def test_functions_that_hold_a_resource_s_fields_leave_no_trace_in_the_plan(project: tuple[Path, str]) -> None:
    """The planner puts their text where they are called: no plan has a scan of one, or a call."""
    with session(project[1], read_only=True) as server:
        for file in FILES:
            if not HOLDS_FIELDS.search(file.body):
                continue
            with server.prepared(file, server.values(file)) as execute:
                plan = server.plan(execute, plan_mode(file), "verbose")
            assert not HOLDS_FIELDS.search(json.dumps(plan)), file.place
            called = {node.get("Function Name", "") for node in nodes(plan["Plan"])}
            assert not any(name.endswith("_columns") or name.startswith("given_") for name in called), file.place


def test_every_file_runs_in_psql_as_printed(project: tuple[Path, str]) -> None:
    """One psql for all: each file in a transaction of its own that is rolled back, at the mercy of no data."""
    psql, dsn = project
    done = subprocess.run(
        [psql / "psql", "-X", "-q", "-A", "-t", dsn],
        input="".join(map(_in_psql, FILES)),
        capture_output=True,
        text=True,
        check=False,
    )
    said = re.split(r"^ran (\S+), error: (\S+)$", done.stderr, flags=re.MULTILINE)
    ran = {name: (failed, message) for message, name, failed in zip(said[::3], said[1::3], said[2::3], strict=False)}
    for file in FILES:
        failed, message = ran[file.full_name]
        # What the data don't allow is the statement's business, and has a SQLSTATE of ours or a constraint's name.
        assert failed == "false" or _was_understood(file, dsn), f"{file.place}: {message}"


def _in_psql(file: QueryFile) -> str:
    """The file as printed, what came of it, and nothing left behind for the next one."""
    unset = "".join(f"\\unset {parameter.name}\n" for parameter in file.parameters)
    return f"begin;\n{as_psql(file)}\\warn ran {file.full_name}, error: :ERROR\nrollback;\n{unset}"


def _was_understood(file: QueryFile, dsn: str) -> bool:
    with psycopg.connect(dsn, cursor_factory=psycopg.RawCursor) as conn:
        with session(dsn, read_only=False) as server:
            values = server.values(file)
        try:
            conn.execute(file.statement.encode(), [values[name] for name in file.order])
        except psycopg.Error as error:
            return (error.sqlstate or "")[:2] in ("WK", "23")
    return False


def test_the_stub_is_up_to_date(newest_project: tuple[Path, str]) -> None:
    with session(newest_project[1], read_only=True) as server:
        assert STUB.read_text(encoding="utf-8") == make_stub(server, CATALOGUE), "run `workouts sql stubs`"
