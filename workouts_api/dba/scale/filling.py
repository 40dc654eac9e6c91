"""Fills a database: people, sessions, exercises, sets, by set-based SQL in one transaction – all of it or nothing.

Foreign keys and the indexes that nothing depends on are taken away first and put back afterwards, as the catalogue has
them, the keys validated: checking them row by row takes longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

from psycopg import sql

from workouts_api.migrate.errors import MigrationError
from workouts_api.migrate.session import Connection

from .spread import spread

SETS_A_CHUNK = 100_000  # a step of the progress bar, a third of a second
TABLES = ("sessions", "session_exercises", "sets")
_SQL = Path(__file__).parent

Step = Callable[[str], AbstractContextManager[None]]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """What to make. The same values give the same rows."""

    sets: int
    athletes: int
    seed: int
    until: date
    by_athlete: bool = False


@dataclass(frozen=True)
class Made:
    """What there is now more than before."""

    athletes: int
    sessions: int
    sets: int


def is_filled(conn: Connection) -> bool:
    """Whether anybody or any training is there already."""
    return bool(_value(conn, "select exists (select from workouts.users) or exists (select from workouts.athletes)"))


def fill(conn: Connection, wanted: Wanted, step: Step, progress: Progress) -> Made:
    """Makes the training, then vacuums and analyses the tables.

    :param step: a context manager that is entered around each phase, with its name.
    :param progress: told how many sets have been added since it was last told.
    :raises ValueError: when ``wanted`` is no believable training.
    :raises MigrationError: when there is no schema or no catalogue of exercises to train by.
    """
    counts = spread(wanted.sets, wanted.athletes, wanted.seed)
    with conn.transaction():
        _settle(conn)
        values = _values(conn, wanted)
        with step("athletes and days"):
            first, last = _people(conn, counts, values)
        if not _value(conn, "select exists (select from workouts.session_exercises)"):
            # New files: a server with wal_level = minimal writes no log for them.
            conn.execute("truncate workouts.session_exercises, workouts.sets")
        with step("taking keys and indexes away"):
            restore = _take_away(conn)
        _training(conn, values, first, last, wanted.sets, progress)
        with step("sessions and their totals"):
            _run(conn, "totals", values)
            conn.execute("analyze scale_totals")
            _run(conn, "sessions", values)
        for statement, name in restore:
            with step(name):
                conn.execute(statement)
        _advance_identities(conn)
    with step("vacuum and analyze"):
        conn.execute(
            "vacuum (analyze) users, athletes, exercises, exercise_aliases, exercise_muscles, "
            "sessions, session_exercises, sets"
        )
    return Made(len(counts), last - first + 1, wanted.sets)


def _settle(conn: Connection) -> None:
    """Waits for nobody long: the tables are locked until the end. Memory is for one build of an index at a time."""
    conn.execute("set local lock_timeout = '5s'")
    conn.execute("set local statement_timeout = 0")
    conn.execute("set local maintenance_work_mem = '512MB'")
    conn.execute("set local work_mem = '256MB'")
    conn.execute("set local jit = off")
    conn.execute("set local synchronous_commit = off")
    conn.execute("set local plan_cache_mode = force_custom_plan")
    for table in ("users", "athletes", *TABLES):
        conn.execute(sql.SQL("lock table workouts.{} in access exclusive mode").format(sql.Identifier(table)))


def _values(conn: Connection, wanted: Wanted) -> dict[str, Any]:
    lifts = _exercise_ids(conn, "strength", 40)
    cardio = _exercise_ids(conn, "cardio", 8)
    if not lifts or not cardio:
        raise MigrationError("the catalogue of exercises is empty: run `workouts db migrate`")
    return {
        "seed": wanted.seed,
        "until": wanted.until,
        "by_athlete": wanted.by_athlete,
        "first_user": _next(conn, "users"),
        "first_athlete": _next(conn, "athletes"),
        "first_session": _next(conn, "sessions"),
        "lifts": lifts,
        "liftings": len(lifts),
        "cardio": cardio,
        "cardios": len(cardio),
    }


def _exercise_ids(conn: Connection, category: str, most: int) -> list[int]:
    rows = conn.execute(
        "select id from workouts.exercises where athlete_id is null and category = %s and merged_into is null "
        "order by id limit %s",
        [category, most],
    ).fetchall()
    return [cast("int", row[0]) for row in rows]


def _next(conn: Connection, table: str) -> int:
    """One more than the largest id: in an empty database 1, whatever its sequence has given away before."""
    found = _value(conn, sql.SQL("select coalesce(max(id), 0) + 1 from workouts.{}").format(sql.Identifier(table)))
    return cast("int", found)


def _people(conn: Connection, counts: list[int], values: dict[str, Any]) -> tuple[int, int]:
    """Users, athletes and the days of their sessions; gives the first and the last session's id."""
    conn.execute("create temp table scale_athletes (no bigint primary key, sets bigint not null) on commit drop")
    with conn.cursor().copy("copy scale_athletes from stdin") as copy:
        for row in enumerate(counts, 1):
            copy.write_row(row)
    conn.execute("analyze scale_athletes")
    _run(conn, "people", values)
    _run(conn, "plan", {})
    conn.execute("alter table scale_plan add primary key (plan, ordinal)")
    conn.execute("analyze scale_plan")
    _run(conn, "skeletons", values)
    conn.execute("create unique index scale_sessions_id on scale_sessions (id)")
    conn.execute("analyze scale_sessions")
    last = _value(conn, "select max(id) from scale_sessions")
    first = values["first_session"]
    return first, first - 1 if last is None else cast("int", last)


def _training(conn: Connection, values: dict[str, Any], first: int, last: int, sets: int, progress: Progress) -> None:
    sessions_a_chunk = max(1, (last - first + 1) * SETS_A_CHUNK // max(1, sets))
    for start in range(first, last + 1, sessions_a_chunk):
        chunk = {**values, "first": start, "last": min(last, start + sessions_a_chunk - 1)}
        added = _run(conn, "sets", chunk)
        _run(conn, "entries", chunk)
        progress(added)


def _take_away(conn: Connection) -> list[tuple[sql.SQL | sql.Composed, str]]:
    """Drops what slows an insert down; gives the statements that bring it back, and what to call each."""
    restore: list[tuple[sql.SQL | sql.Composed, str]] = []
    foreign: set[str] = set()
    for table, constraint, definition, comment, kind in conn.execute(_CONSTRAINTS, [list(TABLES)]).fetchall():
        place, name = sql.Identifier("workouts", str(table)), sql.Identifier(str(constraint))
        conn.execute(sql.SQL("alter table {} drop constraint {}").format(place, name))
        suffix = " not valid" if kind == "f" else ""
        add = sql.SQL("alter table {} add constraint {} {}" + suffix).format(place, name, _as_is(definition))
        restore.append((add, str(constraint)))
        if kind == "f":
            foreign.add(str(constraint))
            validate = sql.SQL("alter table {} validate constraint {}").format(place, name)
            restore.append((validate, str(constraint)))
        if comment is not None:
            about = sql.SQL("comment on constraint {} on {} is {}").format(name, place, sql.Literal(comment))
            restore.append((about, str(constraint)))
    indexes: list[tuple[sql.SQL | sql.Composed, str]] = []
    for index, definition, comment in conn.execute(_INDEXES, [list(TABLES)]).fetchall():
        name = sql.Identifier("workouts", str(index))
        conn.execute(sql.SQL("drop index {}").format(name))
        indexes.append((_as_is(definition), str(index)))
        if comment is not None:
            indexes.append((sql.SQL("comment on index {} is {}").format(name, sql.Literal(comment)), str(index)))
    keys = [one for one in restore if one[1] not in foreign]
    return [*keys, *indexes, *(one for one in restore if one[1] in foreign)]


def _as_is(definition: object) -> sql.SQL:
    """What the server's own catalogue says, which is SQL already."""
    return sql.SQL(cast("Any", definition))


_INDEXES = """
select c.relname, pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class')
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
where i.indrelid in (select ('workouts.' || t.name)::regclass from unnest(%s::text[]) as t (name))
  and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
order by c.relname
"""

# Foreign keys first, since they lean on the others. Those of sessions that other tables lean on stay.
_CONSTRAINTS = """
select t.relname, k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'), k.contype::text
from pg_constraint as k
join pg_class as t on t.oid = k.conrelid
where k.conrelid in (select ('workouts.' || n.name)::regclass from unnest(%s::text[]) as n (name))
  and (k.contype = 'f' and k.convalidated or k.contype in ('p', 'u') and t.relname <> 'sessions')
order by k.contype = 'f' desc, t.relname, k.conname
"""


def _advance_identities(conn: Connection) -> None:
    """The next row that anybody adds gets the next number."""
    for table in ("users", "athletes", "sessions"):
        conn.execute(
            sql.SQL("select setval(pg_get_serial_sequence({}, 'id'), greatest(max(id), 1)) from workouts.{}").format(
                sql.Literal(f"workouts.{table}"), sql.Identifier(table)
            )
        )


def _run(conn: Connection, name: str, values: dict[str, Any]) -> int:
    text = (_SQL / f"{name}.sql").read_text(encoding="utf-8")
    if not values:
        return conn.execute(text.encode()).rowcount
    import psycopg

    with psycopg.ClientCursor(conn) as cursor:  # values as literals: what plans and `create table as` need
        return cursor.execute(text.encode(), values).rowcount


def _value(conn: Connection, query: Any) -> object:
    row = conn.execute(query).fetchone()
    return row[0] if row else None
