"""The ledger: what a database says it has run.

Owns four small tables in schema workouts: ``schema_migrations`` (a row for each applied file), ``schema_repeatables``
(the digest of each repeatable file), ``schema_unfinished`` (how far a ``transaction:false`` file has come that has not
come to its end) and ``schema_as_migrated`` (what ``drift`` compares with). The application may read them and nothing
else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from .errors import LedgerError
from .files import Direction, MigrationFile
from .session import APPLICATION, DBA, Connection

_CREATE = b"""
create table if not exists workouts.schema_migrations (
  version     integer not null,
  name        text not null,
  sha256      text not null,
  applied_at  timestamptz not null default clock_timestamp(),
  applied_by  text not null default session_user,
  duration_ms bigint not null,
  constraint schema_migrations_pkey primary key (version)
);
comment on table workouts.schema_migrations is
  'The ledger: one row for each file of migrations/ that was applied, written in its own transaction.';
create table if not exists workouts.schema_repeatables (
  name        text not null,
  sha256      text not null,
  applied_at  timestamptz not null default clock_timestamp(),
  applied_by  text not null default session_user,
  duration_ms bigint not null,
  constraint schema_repeatables_pkey primary key (name)
);
comment on table workouts.schema_repeatables is
  'The ledger of migrations/repeatable/: what each file looked like when it was last applied.';
create table if not exists workouts.schema_unfinished (
  version         integer not null,
  direction       text not null,
  statements_done integer not null default 0,
  sha256_done     text not null default '',
  is_running      boolean not null default false,
  batch_after     text,
  batch_rows      bigint not null default 0,
  started_at      timestamptz not null default clock_timestamp(),
  started_by      text not null default session_user,
  constraint schema_unfinished_pkey primary key (version)
);
comment on table workouts.schema_unfinished is
  'How far a transaction:false migration has come that has not come to its end; empty nearly always.';
create table if not exists workouts.schema_as_migrated (
  object text not null,
  text   text not null,
  constraint schema_as_migrated_pkey primary key (object)
);
comment on table workouts.schema_as_migrated is
  'The schema as the last migration left it, one row an object: `workouts db drift` compares with it.';
"""
_TABLES = ("schema_migrations", "schema_repeatables", "schema_unfinished", "schema_as_migrated")


@dataclass(frozen=True)
class AppliedRow:
    version: int
    name: str
    sha256: str
    applied_at: datetime
    applied_by: str
    duration_ms: int


@dataclass(frozen=True)
class Unfinished:
    """How far a file has come: whole statements, and in a backfill the last key and the number of rows."""

    version: int
    direction: Direction
    statements_done: int
    sha256_done: str
    is_running: bool
    batch_after: str | None
    batch_rows: int


def create(conn: Connection) -> None:
    """Makes the schemas and the ledger where they are missing, and leaves the application reading only."""
    with conn.transaction():
        for schema in ("workouts", "extensions"):
            # Not `if not exists`: that asks for the privilege to create schemas even where there is nothing to do.
            if not _exists(conn, "select to_regnamespace(%s) is not null", schema):
                conn.execute(sql.SQL("create schema {}").format(sql.Identifier(schema)))
        if not all(_exists(conn, "select to_regclass(%s) is not null", f"workouts.{table}") for table in _TABLES):
            conn.execute(_CREATE)
        _grant(conn)


def demand_owner(conn: Connection) -> None:
    """
    :raises LedgerError: when the schema is another role's: the server would refuse each statement in its own words.
    """
    row = conn.execute(
        """
        select current_user, c.relowner::regrole::text
        from pg_class as c
        where c.oid = to_regclass('workouts.schema_migrations')
          and not pg_has_role(current_user, c.relowner, 'USAGE')
        """
    ).fetchone()
    if row:
        raise LedgerError(f"{row[0]} may not migrate: the schema belongs to {row[1]}; sign in as workouts_migrator")


def _grant(conn: Connection) -> None:
    """Default privileges may have given the application more than reading."""
    tables = sql.SQL(", ").join(sql.Identifier("workouts", table) for table in _TABLES)
    for role in (APPLICATION, DBA):
        if _exists(conn, "select to_regrole(%s) is not null", role):
            names = {"tables": tables, "role": sql.Identifier(role)}
            conn.execute(sql.SQL("revoke all on {tables} from {role}").format(**names))
            conn.execute(sql.SQL("grant select on {tables} to {role}").format(**names))


def _exists(conn: Connection, query: str, name: str) -> bool:
    row = conn.execute(query.encode(), [name]).fetchone()
    return bool(row and row[0])


def exists(conn: Connection) -> bool:
    return _exists(conn, "select to_regclass(%s) is not null", "workouts.schema_migrations")


def current_version(conn: Connection) -> int:
    """The newest version that is wholly applied; 0 in a database without a ledger. Two cheap reads."""
    if not exists(conn):
        return 0
    row = conn.execute("select coalesce(max(version), 0) from workouts.schema_migrations").fetchone()
    return int(str(row[0])) if row else 0


def applied(conn: Connection) -> list[AppliedRow]:
    if not exists(conn):
        return []
    with conn.cursor(row_factory=class_row(AppliedRow)) as cursor:
        return cursor.execute(
            """
            select version, name, sha256, applied_at, applied_by, duration_ms
            from workouts.schema_migrations
            order by version
            """
        ).fetchall()


def repeatables(conn: Connection) -> dict[str, str]:
    """The digest of each repeatable file as it was last applied."""
    if not exists(conn):
        return {}
    rows = conn.execute("select name, sha256 from workouts.schema_repeatables").fetchall()
    return {str(name): str(sha256) for name, sha256 in rows}


def unfinished(conn: Connection) -> Unfinished | None:
    """The file that stopped half-way; there is at most one, since nothing is run past it."""
    if not exists(conn):
        return None
    with conn.cursor(row_factory=class_row(Unfinished)) as cursor:
        return cursor.execute(
            """
            select version, direction, statements_done, sha256_done, is_running, batch_after, batch_rows
            from workouts.schema_unfinished
            """
        ).fetchone()


def record(conn: Connection, file: MigrationFile, direction: Direction, duration_ms: int) -> None:
    """Writes, or for ``down`` takes away, a file's row; call it in the transaction of the file."""
    _run(conn, "delete from workouts.schema_unfinished where version = %s", file.version)
    if direction == "down":
        _run(conn, "delete from workouts.schema_migrations where version = %s", file.version)
        # What a down drops may carry triggers that a repeatable file made: all are made anew by the next `migrate`.
        _run(conn, "delete from workouts.schema_repeatables")
    elif file.version:
        query = "insert into workouts.schema_migrations (version, name, sha256, duration_ms) values (%s, %s, %s, %s)"
        _run(conn, query, file.version, file.name, file.sha256, duration_ms)
    else:
        query = """
            insert into workouts.schema_repeatables (name, sha256, duration_ms)
            values (%s, %s, %s)
            on conflict (name) do update
              set sha256 = excluded.sha256,
                  applied_at = excluded.applied_at,
                  applied_by = excluded.applied_by,
                  duration_ms = excluded.duration_ms
            """
        _run(conn, query, file.name, file.sha256, duration_ms)


def begin_unfinished(conn: Connection, version: int, direction: Direction) -> None:
    query = """
        insert into workouts.schema_unfinished as u (version, direction)
        values (%s, %s)
        on conflict (version) do update
          set direction = excluded.direction,
              statements_done = 0,
              sha256_done = '',
              is_running = false,
              batch_after = null,
              batch_rows = 0
          where u.direction <> excluded.direction
        """
    _run(conn, query, version, direction)


def statement_is_running(conn: Connection, version: int) -> None:
    _run(conn, "update workouts.schema_unfinished set is_running = true where version = %s", version)


def statement_done(conn: Connection, version: int, sha256_done: str) -> None:
    query = """
        update workouts.schema_unfinished
        set statements_done = statements_done + 1,
            sha256_done = %s,
            is_running = false,
            batch_after = null,
            batch_rows = 0
        where version = %s
        """
    _run(conn, query, sha256_done, version)


def batch_done(conn: Connection, version: int, after: str, rows: int) -> None:
    query = """
        update workouts.schema_unfinished
        set batch_after = %s,
            batch_rows = batch_rows + %s
        where version = %s
        """
    _run(conn, query, after, rows, version)


def _run(conn: Connection, query: str, *values: Any) -> None:
    arguments: Sequence[Any] = values
    conn.execute(query.encode(), arguments)
