"""Fills a database with people, sessions, exercises and sets, by set-based SQL in one transaction.

Foreign keys, and indexes on which nothing depends, are dropped first and restored afterwards from the catalogue's
definitions. The restored keys are validated. Checking them row by row would take longer than everything else together.
"""

from __future__ import annotations

import time
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
VACUUMS = 5
SETS_A_CHUNK = 100_000  # a step of the progress bar, a third of a second
TABLES = (  # these get so many rows that their keys and indexes are rebuilt
    *("sessions", "session_exercises", "sets", "laps", "team_athletes", "audit_events"),
    *("exercises", "exercise_aliases", "exercise_muscles"),
)
NUMBERED = ("users", "athletes", "sessions", "teams", "imports")  # this module chooses their ids
OTHERS = ("team_members", "day_values", "imported_sessions", "logins", "api_keys", "invitations")
ALL = tuple(dict.fromkeys((*NUMBERED, *TABLES, *OTHERS)))
_SQL = Path(__file__).parent

Step = Callable[[str], AbstractContextManager[None]]
Progress = Callable[[int], None]


@dataclass(frozen=True)
class Wanted:
    """What to make. Equal values give equal rows."""

    sets: int
    athletes: int
    seed: int
    until: date
    crowd: int  # athletes in teams, with little training
    exercises: int  # athletes' own ones
    by_athlete: bool = False


@dataclass(frozen=True)
class Made:
    """The numbers of new rows. ``athletes`` counts those who train."""

    athletes: int
    crowd: int
    sessions: int
    sets: int


def is_filled(conn: Connection) -> bool:
    """Whether the database already has a user or any training."""
    return bool(_value(conn, "select exists (select from workouts.users) or exists (select from workouts.athletes)"))


def fill(conn: Connection, wanted: Wanted, step: Step, progress: Progress) -> Made:
    """Makes the training and the rows around it, then vacuums and analyses the tables.

    :param step: a context manager for each phase; it gets the phase's name.
    :param progress: called with the number of sets added since its last call.
    :raises ValueError: when ``wanted`` asks for more sets than so few athletes can have.
    :raises MigrationError: when the schema or the catalogue of exercises is missing.
    """
    counts = spread(wanted.sets, wanted.athletes, wanted.seed)
    with conn.transaction():
        _settle(conn)
        values = _values(conn, wanted)
        restore = [*silence(conn, ALL), *take_away(conn, TABLES)]
        with step("athletes and days"):
            first, last = _people(conn, counts, wanted, values)
        with step("teams"):
            for part in ("crowd", "teams", "stays", "days", "imports", "brought"):
                _run(conn, part, values)
        if not _value(conn, "select exists (select from workouts.session_exercises)"):
            # This makes new files. A server with wal_level = minimal writes no log for them.
            conn.execute("truncate workouts.session_exercises, workouts.sets")
        with step("exercises of their own, sign-ins, the record"):
            for part in ("exercises", "aliases", "access", "events"):
                _run(conn, part, values)
        _training(conn, values, first, last, wanted.sets, progress)
        with step("sessions and their totals"):
            _run(conn, "totals", values)
            conn.execute("analyze scale_totals")
            _run(conn, "laps", values)
            conn.execute("analyze workouts.laps")
            _run(conn, "sessions", values)
            _run(conn, "imported", values)
        for statement, name in restore:
            with step(name):
                conn.execute(statement)
        _advance_identities(conn)
    with step("vacuum and analyze"):
        _vacuum(conn)
    return Made(len(counts), wanted.crowd, last - first + 1, wanted.sets)


_HIDDEN = """
select exists (
  select from pg_class as c
  where c.relnamespace = 'workouts'::regnamespace and c.relname = any(%s::name[]) and c.relallvisible < c.relpages
)
"""


def _vacuum(conn: Connection) -> None:
    """Until every page is visible to all, which decides what an index-only scan costs.

    Once may not be enough: where the server has synchronous_commit off, rows are visible to all only when their WAL is
    written, a moment later. A snapshot elsewhere may be in the way for longer; it is not waited for.
    """
    tables = [*ALL, "user_days", "exercise_muscle_shares"]
    named = sql.SQL(", ").join(map(sql.Identifier, tables))
    for _ in range(VACUUMS):
        conn.execute(sql.SQL("vacuum (analyze, index_cleanup on) {}").format(named))
        if conn.execute(_HIDDEN, [tables]).fetchone() == (False,):
            return
        time.sleep(0.2)


def _settle(conn: Connection) -> None:
    """Sets a short timeout for locks, which are held to the end, and the memory for one index build at a time."""
    conn.execute("set local lock_timeout = '5s'")
    conn.execute("set local statement_timeout = 0")
    conn.execute("set local maintenance_work_mem = '512MB'")
    conn.execute("set local work_mem = '256MB'")
    conn.execute("set local jit = off")
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
    """One more than the largest id. In an empty database it is 1, whatever numbers its sequence has given before."""
    found = _value(conn, sql.SQL("select coalesce(max(id), 0) + 1 from workouts.{}").format(sql.Identifier(table)))
    return cast("int", found)


def _people(conn: Connection, counts: list[int], wanted: Wanted, values: dict[str, Any]) -> tuple[int, int]:
    """Makes users, athletes and the days of their sessions. Returns the first and the last session's id."""
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
    """Advances the sequences, so the next added row gets the next number."""
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

    with psycopg.ClientCursor(conn) as cursor:  # values as literals: `create table as` and good plans need them
        return cursor.execute(text.encode(), values).rowcount


def _value(conn: Connection, query: Any) -> object:
    row = conn.execute(query).fetchone()
    return row[0] if row else None
