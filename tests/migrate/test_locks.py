"""Locks: other sessions that hold them, and two runners at once."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from workouts_api.migrate import BusyError, Event, LockTimeoutError, MigrationError, migrate
from workouts_api.migrate.session import ADVISORY_LOCK, connect, one_at_a_time

from .conftest import FAST, Database, Folder, Told
from .test_stepwise import HERE


def test_a_held_lock_is_retried_and_then_the_file_is_given_up(database: Database, folder: Folder, told: Told) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_widen_a", "create table b (id int);\nalter table a add column x int;")
    with database.connect() as other:
        other.execute("set application_name = 'psql of the DBA'")
        with other.transaction():
            other.execute("select from workouts.a")
            with pytest.raises(LockTimeoutError) as raised:
                migrate(database.url, migrations=folder.path, progress=told, patience=FAST)
    message = str(raised.value)
    assert message.startswith("0002_widen_a.sql:3: 55P03: canceling statement due to lock timeout (after 3 tries")
    assert "; sessions with locks, oldest first: pid " in message
    assert ", psql of the DBA" in message
    assert told.text.count("waited 0.1 s for a lock") == 2
    assert "try 3 of 3" in told.text
    assert database.columns("workouts.b") == []


def test_a_lock_that_is_released_in_time_only_costs_a_retry(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_widen_a", "alter table a add column x int;")
    waited = threading.Event()

    def progress(event: Event) -> None:
        if "waited" in event.text:
            waited.set()

    with ThreadPoolExecutor() as pool, database.connect() as other:
        with other.transaction():
            other.execute("select from workouts.a")
            patience = replace(FAST, attempts=100)
            running = pool.submit(migrate, database.url, migrations=folder.path, progress=progress, patience=patience)
            assert waited.wait(10)
        assert [applied.version for applied in running.result(10)] == [2]


def test_while_a_file_waits_for_its_lock_others_wait_no_longer_than_the_lock_timeout(
    database: Database, folder: Folder
) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_widen_a", "alter table a add column x int;")
    with ThreadPoolExecutor() as pool, database.connect() as holder, database.connect() as reader:
        with holder.transaction():
            holder.execute("select from workouts.a")
            patience = replace(FAST, attempts=200)
            running = pool.submit(migrate, database.url, migrations=folder.path, patience=patience)
            reader.execute("set statement_timeout = '5s'")
            for _ in range(20):
                reader.execute("select from workouts.a")  # behind the waiting `alter table`, it would time out
        running.result(10)


def test_of_two_runners_one_waits_and_then_finds_nothing_to_do(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int); select pg_sleep(0.5);")
    folder.add("0002_index_a", "create index concurrently a_idx on a (id);", options="transaction:false")
    told = [Told(), Told()]
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(migrate, database.url, migrations=folder.path, progress=t) for t in told]
        counts = sorted(len(run.result(20)) for run in runs)
    assert counts == [0, 2]
    assert sum("waiting for another runner (pid " in t.text for t in told) == 1


def test_the_lock_is_free_as_soon_as_a_runner_has_ended_though_its_session_goes_on(database: Database) -> None:
    with connect(database.url) as one, connect(database.url) as two:
        with one_at_a_time(one, FAST, lambda _: None):
            pass
        with one_at_a_time(two, replace(FAST, runner=0), lambda _: None):
            pass


def test_a_ledger_that_somebody_holds_is_waited_for_as_long_as_any_lock(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    migrate(database.url, migrations=folder.path)
    with database.connect() as other, ThreadPoolExecutor() as pool, other.transaction():
        other.execute("lock table workouts.schema_migrations")
        running = pool.submit(migrate, database.url, migrations=folder.path, patience=FAST)
        with pytest.raises(MigrationError, match="55P03"):
            running.result(10)


def test_a_runner_waits_only_as_long_as_it_is_told(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int);")
    where = make_conninfo(database.server, user="workouts_migrator")
    with psycopg.connect(where) as elsewhere, database.connect() as other:  # that one is in nobody's way
        elsewhere.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
        other.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
        with pytest.raises(BusyError, match=r"^another runner is at work \(pid \d+, postgres\); gave up after 0 s$"):
            migrate(database.url, migrations=folder.path, patience=replace(FAST, runner=0))


def test_a_deadlock_is_retried(database: Database, folder: Folder, told: Told) -> None:
    folder.add("0001_create_both", "create table a (id int); create table b (id int);")
    migrate(database.url, migrations=folder.path)
    folder.add("0002_lock_both", "lock table a; select pg_sleep(0.2); lock table b;")
    with ThreadPoolExecutor() as pool, database.connect() as other:
        other.execute("set deadlock_timeout = '10s'")  # so that the runner is the one that is chosen
        with other.transaction():
            other.execute("lock table workouts.b")
            patience = replace(FAST, lock_timeout=5.0, attempts=20)
            where = f"{database.url.replace('workouts_migrator', 'postgres')} options='-c deadlock_timeout=50ms'"
            running = pool.submit(migrate, where, migrations=folder.path, progress=told, patience=patience)
            _wait_for_lock_on_a(database)
            other.execute("lock table workouts.a")
        running.result(20)
    assert "waited" in told.text


def _wait_for_lock_on_a(database: Database) -> None:
    deadline = time.monotonic() + 10
    query = (
        "select count(*) from pg_locks where relation = 'workouts.a'::regclass and mode = 'AccessExclusiveLock' "
        "and database = (select oid from pg_database where datname = current_database())"
    )
    while not database.value(query):
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_the_lock_is_gone_when_a_runner_is_killed(database: Database, folder: Folder) -> None:
    folder.add("0001_create_a", "create table a (id int); select pg_sleep(0.4);")
    code = (
        "import sys; from pathlib import Path; from workouts_api.migrate import migrate; "
        "migrate(sys.argv[1], migrations=Path(sys.argv[2]))"
    )
    victim = subprocess.Popen([sys.executable, "-c", code, database.url, str(folder.path)])
    deadline = time.monotonic() + 20
    while not database.value(f"select count(*) {HERE} and query like 'select pg_sleep(0.4)%'"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    victim.kill()
    victim.wait()
    assert [applied.version for applied in migrate(database.url, migrations=folder.path, patience=FAST)] == [1]
