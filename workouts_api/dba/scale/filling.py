"""Fills a database: people, sessions, exercises, sets, by set-based SQL in one transaction – all of it or nothing.

Foreign keys and the indexes that nothing depends on are taken away first and put back afterwards, as the catalogue has
them, the keys validated: checking them row by row takes longer than everything else together.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date
from itertools import zip_longest
from pathlib import Path
from typing import Any, cast

from psycopg import sql

from workouts_api.migrate.errors import MigrationError
from workouts_api.migrate.session import Connection

from .bareness import silence, take_away
from .spread import spread, spread_exercises

CROWD_PER_TEAM = 25
SETS_A_CHUNK = 100_000  # a step of the progress bar, a third of a second
TABLES = (  # so many rows that their keys and indexes are made anew
    *("sessions", "session_exercises", "sets", "team_athletes", "audit_events"),
    *("exercises", "exercise_aliases", "exercise_muscles"),
)
NUMBERED = ("users", "athletes", "sessions", "teams", "imports")  # their ids are chosen here
OTHERS = ("team_members", "imported_sessions", "logins", "api_keys", "invitations")
ALL = tuple(dict.fromkeys((*NUMBERED, *TABLES, *OTHERS)))
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
    crowd: int  # athletes who are coached and hardly train
    exercises: int  # that are somebody's own
    by_athlete: bool = False


@dataclass(frozen=True)
class Made:
    """What there is now more than before; ``athletes`` are those who train."""

    athletes: int
    crowd: int
    sessions: int
    sets: int


def is_filled(conn: Connection) -> bool:
    """Whether anybody or any training is there already."""
    return bool(_value(conn, "select exists (select from workouts.users) or exists (select from workouts.athletes)"))


def fill(conn: Connection, wanted: Wanted, step: Step, progress: Progress) -> Made:
    """Makes the training and those around it, then vacuums and analyses the tables.

    :param step: a context manager that is entered around each phase, with its name.
    :param progress: told how many sets have been added since it was last told.
    :raises ValueError: when ``wanted`` is no believable training.
    :raises MigrationError: when there is no schema or no catalogue of exercises to train by.
    """
    counts = spread(wanted.sets, wanted.athletes, wanted.seed)
    with conn.transaction():
        _settle(conn)
        values = _values(conn, wanted)
        restore = [*silence(conn, ALL), *take_away(conn, TABLES)]
        with step("athletes and days"):
            first, last = _people(conn, counts, wanted, values)
        with step("teams"):
            for part in ("crowd", "teams", "stays", "imports", "brought"):
                _run(conn, part, values)
        if not _value(conn, "select exists (select from workouts.session_exercises)"):
            # New files: a server with wal_level = minimal writes no log for them.
            conn.execute("truncate workouts.session_exercises, workouts.sets")
        with step("exercises of their own, sign-ins, the record"):
            for part in ("exercises", "aliases", "access", "events"):
                _run(conn, part, values)
        _training(conn, values, first, last, wanted.sets, progress)
        with step("sessions and their totals"):
            _run(conn, "totals", values)
            conn.execute("analyze scale_totals")
            _run(conn, "sessions", values)
            _run(conn, "imported", values)
        for statement, name in restore:
            with step(name):
                conn.execute(statement)
        _advance_identities(conn)
    with step("vacuum and analyze"):
        tables = sql.SQL(", ").join(map(sql.Identifier, (*ALL, "user_days")))
        conn.execute(sql.SQL("vacuum (analyze) {}").format(tables))
    return Made(len(counts), wanted.crowd, last - first + 1, wanted.sets)


def _settle(conn: Connection) -> None:
    """Waits for nobody long: the tables are locked until the end. Memory is for one build of an index at a time."""
    conn.execute("set local lock_timeout = '5s'")
    conn.execute("set local statement_timeout = 0")
    conn.execute("set local maintenance_work_mem = '512MB'")
    conn.execute("set local work_mem = '256MB'")
    conn.execute("set local jit = off")
    conn.execute("set local synchronous_commit = off")
    conn.execute("set local plan_cache_mode = force_custom_plan")
    for table in ALL:
        conn.execute(sql.SQL("lock table workouts.{} in access exclusive mode").format(sql.Identifier(table)))


def _values(conn: Connection, wanted: Wanted) -> dict[str, Any]:
    lifts = _exercise_ids(conn, "strength", 40)
    cardio = _exercise_ids(conn, "cardio", 8)
    if not lifts or not cardio:
        raise MigrationError("the catalogue of exercises is empty: run `workouts db migrate`")
    first = {f"first_{table.removesuffix('s')}": _next(conn, table) for table in NUMBERED}
    coach = first["first_user"] + wanted.athletes
    return {
        **first,
        "seed": wanted.seed,
        "until": wanted.until,
        "by_athlete": wanted.by_athlete,
        "athletes": wanted.athletes,
        "crowd": wanted.crowd,
        "first_crowd_user": coach,
        "coach": coach,
        "accounts": (wanted.crowd + 1) // 2,
        "users": wanted.athletes + (wanted.crowd + 1) // 2,
        "first_crowd_athlete": first["first_athlete"] + wanted.athletes,
        "teams": 1 + wanted.crowd // CROWD_PER_TEAM,
        "events": max(1, wanted.exercises // 4),
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


def _people(conn: Connection, counts: list[int], wanted: Wanted, values: dict[str, Any]) -> tuple[int, int]:
    """Users, athletes and the days of their sessions; gives the first and the last session's id."""
    conn.execute(
        "create temp table scale_athletes (no bigint primary key, sets bigint not null, exercises bigint not null) "
        "on commit drop"
    )
    exercises = spread_exercises(wanted.exercises, wanted.athletes + wanted.crowd, wanted.seed)
    with conn.cursor().copy("copy scale_athletes from stdin") as copy:
        for no, row in enumerate(zip_longest(counts, exercises, fillvalue=0), 1):
            copy.write_row((no, *row))
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


def _advance_identities(conn: Connection) -> None:
    """The next row that anybody adds gets the next number."""
    for table in NUMBERED:
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
