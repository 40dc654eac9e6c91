"""A version rises with every change that a client can see, whoever makes it: statements by hand too."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.access.cast import World

# What no reply shows, or what tells of the version itself; and a session's athlete, whose change is no edit.
UNSEEN = {
    "users": {"password_hash"},
    "athletes": set(),
    "teams": set(),
    "exercises": {"athlete_id"},
    "sessions": {"athlete_id", "import_version"},
}
OF_ALL = {"id", "version", "created_at", "updated_at"}
OTHER = {
    "text": "{0} || 'x'",
    "boolean": "not {0}",
    "date": "coalesce({0}, '2001-01-01') - 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 second'",
    "double precision": "coalesce({0}, 170) + 1",
    "smallint": "{0} + 1",
    "integer": "coalesce({0}, 0) + 1",
    "uuid": "gen_random_uuid()",
    "numeric": "coalesce({0}, 5) + 1",
}
OTHER_OF = {
    "users.username": "'another'",
    "athletes.sex": "'other'",
    "athletes.zone": "'Europe/Berlin'",
    "athletes.kept_by": "(select max(id) from users)",
    "athletes.user_id": "null",
    "exercises.athlete_id": "null",
    "exercises.equipment": "'other'",
    "exercises.category": "'other'",
    "exercises.mechanic": "'isolation'",
    "exercises.merged_into": "1",
    "exercises.tracking": "'reps'",
    "exercises.bodyweight_factor": "0.64",
    "sessions.athlete_id": "(select max(id) from athletes)",
    "sessions.status": "'planned'",
    "sessions.zone": "'Europe/Berlin'",
    "sessions.ended_at": "started_at + interval '3 hours'",
    "sessions.started_at": "started_at - interval '1 second'",
    "sessions.import_id": "case when import_id is null then (select max(id) from imports) end",
}
ROWS = {
    "users": "username = 'owner'",
    "athletes": "user_id = (select id from users where username = 'owner')",
    "teams": "name = 'Weightlifters'",
    "exercises": "athlete_id is not null",
    "sessions": "title = 'Legs'",
}
KEPT = {"athletes.kept_by": "user_id is null and kept_by is not null"}


def columns(database: psycopg.Connection[Any], table: str) -> dict[str, str]:
    rows = database.execute(
        "select a.attname, format_type(a.atttypid, null) from pg_attribute as a"
        " where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped order by a.attnum",
        [table],
    ).fetchall()
    return dict(rows)


@pytest.fixture(scope="module")
def world(app: Any, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    made = World(app, _superuser, password_hash)
    made.make()
    return made


def test_every_table_with_a_version_is_looked_at(world: World) -> None:
    found = world.database.execute(
        "select a.attrelid::regclass::text from pg_attribute as a join pg_class as c on c.oid = a.attrelid"
        " where c.relkind = 'r' and a.attname = 'updated_at' and c.relnamespace = 'workouts'::regnamespace"
    ).fetchall()
    assert {table for (table,) in found} == set(ROWS)


@pytest.mark.parametrize("table", ROWS)
def test_it_rises_by_one_for_each_column_that_is_seen(world: World, table: str) -> None:
    before = "select version, updated_at from {0} where {1}"
    wrong = {}
    for column, kind in columns(world.database, table).items():
        if column in OF_ALL:
            continue
        where = KEPT.get(f"{table}.{column}", ROWS[table])
        other = OTHER_OF.get(f"{table}.{column}", OTHER.get(kind, "no rule")).format(column)
        with world.database.transaction(force_rollback=True):
            then = world.database.execute(before.format(table, where)).fetchone()
            now = world.database.execute(
                f"update {table} set {column} = {other} where {where} returning version, updated_at"
            ).fetchone()
            rise = 0 if column in UNSEEN[table] else 1
            if now is None or then is None or now[0] - then[0] != rise or (now[1] > then[1]) != bool(rise):
                wrong[column] = (then, now)
    assert wrong == {}


@pytest.mark.parametrize("table", ROWS)
def test_a_statement_that_sets_it_keeps_its_own_and_one_that_changes_nothing_leaves_it(
    world: World, table: str
) -> None:
    first = next(name for name in columns(world.database, table) if name in ("email", "name", "title"))
    for change, version in ((f"{first} = {first} || 'x', version = 7", 7), (f"{first} = {first}", 1)):
        with world.database.transaction(force_rollback=True):
            world.database.execute(f"update {table} set version = 1 where {ROWS[table]}")
            found = world.database.execute(
                f"update {table} set {change} where {ROWS[table]} returning version"
            ).fetchone()
            assert found == (version,)
