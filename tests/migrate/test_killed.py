"""A runner that is killed in the middle of a statement: what the server goes on with, and what it does not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from workouts_api.migrate import migrate

from .conftest import Database, Folder
from .test_stepwise import NO_TRANSACTION

RUNNING = "select count(*) from pg_stat_activity where application_name = 'workouts db' and query like '{}%'"


def _within_seconds(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@contextmanager
def running(database: Database, folder: Folder, statement: str) -> Iterator[subprocess.Popen[bytes]]:
    """A runner in a process of its own, which the server keeps waiting at this statement."""
    command = [sys.executable, "-m", "workouts_api.cli", "db", "migrate", "--database-url", database.url]
    with subprocess.Popen(
        [*command, "--migrations", str(folder.path)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as runner:
        try:
            assert _within_seconds(lambda: database.value(RUNNING.format(statement)) == 1)
            yield runner
        finally:
            runner.kill()


@pytest.mark.processes
@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("options", ["", NO_TRANSACTION])
def test_a_statement_in_a_transaction_ends_with_its_runner_and_so_do_its_locks(
    database: Database, folder: Folder, end: signal.Signals, options: str
) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add(
        "0002_wait", "insert into a select 1 from pg_sleep(300);", options=options, head="-- migrate:timeout off\n"
    )
    with running(database, folder, "insert") as runner:
        runner.send_signal(end)
        assert _within_seconds(lambda: database.value(RUNNING.format("insert")) == 0)
    assert database.value("select count(*) from workouts.a") == 0


@pytest.mark.processes
def test_an_index_that_is_built_concurrently_is_finished_without_its_runner(database: Database, folder: Folder) -> None:
    """It may have taken hours, and the next runner finds it."""
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_index_a", "create index concurrently a_id on a (id);", options=NO_TRANSACTION)
    with database.connect() as other, other.transaction():
        other.execute("insert into a values (1)")
        with running(database, folder, "create index") as runner:
            runner.kill()
            runner.wait()
            time.sleep(3)  # longer than the server takes to notice
            assert database.value(RUNNING.format("create index")) == 1
    assert _within_seconds(
        lambda: database.value("select indisvalid from pg_index where indexrelid = 'workouts.a_id'::regclass")
    )
    migrate(database.url, migrations=folder.path)
