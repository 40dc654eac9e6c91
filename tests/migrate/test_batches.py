"""Backfills: every row once, in short transactions, resumed where they stopped."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from workouts_api.migrate import StatementError, UnreachableError, migrate
from workouts_api.migrate.executor import Event
from workouts_api.migrate.files import read_folder

from .conftest import FAST, Database, Folder, Told
from .test_stepwise import HERE, NO_TRANSACTION, terminate_runner, wait_for


def create_a(database: Database, folder: Folder, key: str = "int", rows: int = 100) -> None:
    """Table a with keys 10, 20, 30, …: batches go by rows, not by the width of the key."""
    folder.add(
        "0001_create_a",
        f"create table a (id {key} primary key, n int not null default 0, maybe int);"
        f"insert into a (id) select (10 * i)::text::{key} from generate_series(1, {rows}) as i;",
    )
    migrate(database.url, migrations=folder.path)


def backfill(folder: Folder, statement: str, size: int = 30, key: str = "id") -> None:
    folder.add("0002_fill_a", f"-- migrate:batch key={key} size={size}\n{statement};", options=NO_TRANSACTION)


@pytest.mark.parametrize(
    "statement",
    [
        "update a set n = n + 1",
        "update only workouts.a as b set n = b.n + 1 where b.id > 0 or b.id < 0 -- all of them",
        "update a set n = n + 1 from (values (1)) as v (x) where v.x = 1",
    ],
)
def test_every_row_is_changed_once(database: Database, folder: Folder, told: Told, statement: str) -> None:
    create_a(database, folder)
    backfill(folder, statement)
    migrate(database.url, migrations=folder.path, progress=told)
    assert database.rows("select n, count(*) from workouts.a group by n") == [(1, 100)]
    changed = [event.text for event in told.events if event.done is not None]
    assert changed == [f"{rows} rows changed" for rows in (30, 60, 90, 100)]
    assert database.value("select count(*) from workouts.schema_unfinished") == 0


def test_the_condition_keeps_its_meaning(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    backfill(folder, "update a set n = 1 where id = 10 or id = 1000")
    migrate(database.url, migrations=folder.path)
    assert database.rows("select id from workouts.a where n = 1 order by id") == [(10,), (1000,)]


@pytest.mark.parametrize("key", ["text", "bigint", "numeric(12, 2)"])
def test_the_key_may_be_of_any_type_with_an_order(database: Database, folder: Folder, key: str) -> None:
    create_a(database, folder, key)
    backfill(folder, "update a set n = n + 1")
    migrate(database.url, migrations=folder.path)
    assert database.rows("select n, count(*) from workouts.a group by n") == [(1, 100)]


def test_rows_are_deleted_in_batches(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    backfill(folder, "delete from a where id > 500", size=7)
    migrate(database.url, migrations=folder.path)
    assert database.rows("select count(*), max(id) from workouts.a") == [(50, 500)]


def test_an_empty_table_is_no_error(database: Database, folder: Folder) -> None:
    create_a(database, folder, rows=0)
    backfill(folder, "update a set n = 1")
    migrate(database.url, migrations=folder.path)


def test_a_batch_that_fails_keeps_those_before_and_is_resumed_there(
    database: Database, folder: Folder, told: Told
) -> None:
    create_a(database, folder)
    backfill(folder, "update a set n = n + 1 / coalesce((select maybe from a as x where x.id = a.id), 1)")
    database.run("update workouts.a set maybe = 0 where id = 650")
    with pytest.raises(StatementError, match=r"0002_fill_a.sql:3: 22012: division by zero"):
        migrate(database.url, migrations=folder.path)
    assert database.rows("select n, count(*) from workouts.a group by n order by n") == [(0, 40), (1, 60)]
    assert database.rows("select batch_after, batch_rows from workouts.schema_unfinished") == [("600", 60)]
    database.run("update workouts.a set maybe = 1 where id = 650")
    migrate(database.url, migrations=folder.path, progress=told)
    assert "goes on at statement 1 of 1" in told.text
    assert database.rows("select n, count(*) from workouts.a group by n") == [(1, 100)]


def test_a_runner_that_dies_in_a_batch_does_no_row_twice(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run(
        "create table workouts.pace as select 30 as seconds; grant select on workouts.pace to public;"
        "create function workouts.slowly(id int) returns int language sql volatile as "
        "'select 1 from workouts.pace, pg_sleep(case when slowly.id = 650 then seconds else 0 end)'"
    )
    backfill(folder, "update a set n = n + slowly(id)")
    with ThreadPoolExecutor() as pool:
        running = pool.submit(migrate, database.url, migrations=folder.path)
        wait_for(database, f"select count(*) {HERE} and wait_event = 'PgSleep'")
        terminate_runner(database)
        with pytest.raises(UnreachableError):
            running.result(10)
    database.run("update workouts.pace set seconds = 0")
    migrate(database.url, migrations=folder.path, patience=FAST)
    assert database.rows("select n, count(*) from workouts.a group by n") == [(1, 100)]


@pytest.mark.parametrize("size", [30, 1000], ids=["of several", "of one"])
def test_a_runner_that_dies_behind_the_last_batch_does_no_row_twice(
    database: Database, folder: Folder, size: int
) -> None:
    create_a(database, folder)
    backfill(folder, "update a set n = n + 1", size)

    def die(event: Event) -> None:
        if event.text == "100 rows changed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(database.url, migrations=folder.path, progress=die)
    migrate(database.url, migrations=folder.path, patience=FAST)
    assert database.rows("select n, count(*) from workouts.a group by n") == [(1, 100)]


def test_each_batch_is_a_transaction_of_its_own(database: Database, folder: Folder) -> None:
    create_a(database, folder)
    database.run("alter table workouts.a add column at_xid xid8")
    backfill(folder, "update a set at_xid = pg_current_xact_id()", size=10)
    migrate(database.url, migrations=folder.path)
    assert database.value("select count(distinct at_xid::text) from workouts.a") >= 10


def test_progress_knows_about_how_many_rows_there_are(database: Database, folder: Folder, told: Told) -> None:
    create_a(database, folder)
    database.run("analyze workouts.a")
    backfill(folder, "update a set n = 1")
    migrate(database.url, migrations=folder.path, progress=told)
    assert [(e.done, e.total) for e in told.events if e.done is not None] == [
        (30, 100),
        (60, 100),
        (90, 100),
        (100, 100),
    ]


@pytest.mark.parametrize(
    ("statement", "key", "words"),
    [
        ("update nothing set n = 1", "id", "there is no table nothing"),
        ("update a set n = 1", "nothing", "table a has no column nothing"),
        ("update a set n = 1", "maybe", "column maybe may be null"),
        ("update a set n = 1", "n", "no index of a begins with n"),
    ],
)
def test_a_key_that_cannot_serve_is_refused(
    database: Database, folder: Folder, statement: str, key: str, words: str
) -> None:
    create_a(database, folder)
    backfill(folder, statement, key=key)
    with pytest.raises(StatementError, match=rf"^0002_fill_a.sql:3: no answer: {words}|^0002_fill_a.sql:3: {words}"):
        migrate(database.url, migrations=folder.path)
    assert database.value("select count(*) from workouts.a where n = 1") == 0


def test_the_file_itself_is_plain_sql(folder: Folder) -> None:
    backfill(folder, "update a set n = 1")
    (folder.path / "0002_fill_a.sql").rename(folder.path / "0001_fill_a.sql")
    (statement,) = read_folder(folder.path).numbered[0].up.statements
    assert statement.text == "update a set n = 1"
