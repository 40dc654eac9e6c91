"""What kind of handling a statement needs, told from its text."""

from __future__ import annotations

import pytest

from workouts_api.migrate.statements import Statement, split


def only(text: str) -> Statement:
    (statement,) = [piece for piece in split(text) if isinstance(piece, Statement)]
    return statement


@pytest.mark.parametrize(
    "text",
    [
        "create index concurrently i on a (id)",
        "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON a (id)",
        "drop index concurrently i",
        "reindex index concurrently i",
        "reindex (verbose) table concurrently a",
        "reindex (concurrently) table a",
        "REINDEX (VERBOSE, CONCURRENTLY TRUE) INDEX i",
        "reindex (concurrently on, tablespace t) table a",
        "reindex database",
        "cluster",
        "cluster (verbose)",
        "alter table a detach partition b concurrently",
        "vacuum (analyze) a",
        "create /* not a */ index concurrently i on a (id)",
    ],
)
def test_these_run_outside_a_transaction(text: str) -> None:
    assert only(text).needs_no_transaction


@pytest.mark.parametrize(
    "text",
    [
        "create index i on a (id) -- concurrently",
        "create index i on a (id) where note = 'index concurrently'",
        'create index "concurrently" on a (id)',
        "create index i on concurrently (id)",
        "refresh materialized view concurrently v",
        "reindex (verbose) table a",
        "reindex (concurrently false) table a",
        "reindex (concurrently off) table a",
        "reindex (concurrently 0, verbose) table a",
        'reindex (tablespace "concurrently") table a',
        "alter table a detach partition b",
        "rollback to savepoint s",
    ],
)
def test_these_run_in_a_transaction(text: str) -> None:
    assert not only(text).needs_no_transaction


@pytest.mark.parametrize(
    ("text", "name", "table"),
    [
        ("create index concurrently i on a (id)", "i", "a"),
        ("create unique index concurrently if not exists i on only workouts.a using gin (id)", "i", "workouts.a"),
        ('create index concurrently "I x" on workouts . "A b" (id)', '"I x"', 'workouts . "A b"'),
        ("CREATE INDEX CONCURRENTLY I\n  ON A (id)", "I", "A"),
        ("create index concurrently größe on maß (id)", "größe", "maß"),
    ],
)
def test_an_index_built_concurrently_is_known_by_name_and_table(text: str, name: str, table: str) -> None:
    index = only(text).concurrent_index
    assert index is not None
    assert (index.name, index.table) == (name, table)


@pytest.mark.parametrize(
    ("text", "table", "alias", "condition"),
    [
        ("update a set x = 1", "a", "a", None),
        ("update only workouts.a as b set x = 1 where x is null", "workouts.a", "b", " x is null"),
        ("UPDATE a b SET x = (select 1 from c where c.y = 2) WHERE x = 3", "a", "b", " x = 3"),
        ("update workouts.\"A\" set x = 'where' where x = 1 or y", 'workouts."A"', '"A"', " x = 1 or y"),
        ("update a set x = c.x from c where c.id = a.id", "a", "a", " c.id = a.id"),
        ("delete from a where x", "a", "a", " x"),
        ("delete from a", "a", "a", None),
        ("delete from a using c where c.id = a.id", "a", "a", " c.id = a.id"),
        ("update a -- where\n set x = 1 where y", "a", "a", " y"),
    ],
)
def test_the_target_of_a_backfill_is_found(text: str, table: str, alias: str, condition: str | None) -> None:
    statement = only(text)
    target = statement.target
    assert target is not None
    assert (target.table, target.alias) == (table, alias)
    assert (statement.text[target.where[1] :] if target.where else None) == condition


@pytest.mark.parametrize(
    "text",
    [
        "insert into a select 1",
        "with c as (select 1) update a set x = 1",
        "update a set x = 1 returning x",
        "update a set x = 1 where current of cursor_name",
    ],
)
def test_what_is_beyond_a_backfill_has_no_target(text: str) -> None:
    assert only(text).target is None


def test_semicolons_in_bodies_strings_and_brackets_do_not_cut() -> None:
    text = """
    create function f() returns int language sql begin atomic select case when true then 1 else 2 end; select 2; end;
    create function g() returns void language plpgsql as $x$ begin perform 1; end; $x$;
    select ';', E'\\';', ";" from a;
    create rule r as on insert to a do (delete from b; delete from c);
    """
    assert [s.line for s in split(text) if isinstance(s, Statement)] == [2, 3, 4, 5]


def test_a_position_of_the_server_becomes_a_line_of_the_file() -> None:
    statement = only("-- a\n\n  select 1,\n  2")
    assert (statement.line, statement.line_of(None), statement.line_of("10"), statement.line_of("13")) == (3, 3, 3, 4)
