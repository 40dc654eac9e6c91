"""What the statements of each query file have cost, as pg_stat_statements counts it.

Owns the reading of that view. A statement leads to its file and digest by the comment after its first keyword.
``history`` keeps what was read; the commands show it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

import psycopg

TAG = re.compile(r"/\* (?P<file>[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*)@(?P<digest>[0-9a-f]{8}) \*/")
# Statements of the same text under several roles or query ids are one line.
_READ = """
select
  substring(s.query from '/\\* ([a-z][a-z0-9_]*\\.[a-z][a-z0-9_]*@[0-9a-f]{8}) \\*/') as tag,
  sum(s.calls)::bigint,
  sum(s.total_exec_time)::float8,
  sum(s.rows)::bigint,
  sum(s.shared_blks_hit + s.shared_blks_read)::bigint,
  sum(s.shared_blks_read)::bigint,
  sum(s.temp_blks_read + s.temp_blks_written)::bigint,
  sum(s.wal_bytes)::bigint
from pg_stat_statements as s
where s.dbid = (select d.oid from pg_database as d where d.datname = current_database())
  and s.toplevel
group by 1
"""
_ABOUT = """
select
  clock_timestamp(),
  i.stats_reset,
  (select c.system_identifier from pg_control_system() as c)::text || '-' || d.oid,
  exists (select from pg_stat_statements as s where s.query = '<insufficient privilege>')
from pg_stat_statements_info as i
join pg_database as d on d.datname = current_database()
"""


class StatisticsError(Exception):
    """The server gives no statistics of statements. The message says why."""


class Version(NamedTuple):
    """One text of a query file. Both are empty for statements that belong to no file."""

    file: str
    digest: str


OTHERS = Version("", "")


@dataclass(frozen=True, slots=True)
class Figures:
    """What a number of calls cost together. Buffers are pages found in memory or read; ``read`` are the latter."""

    calls: int = 0
    total_ms: float = 0.0
    rows: int = 0
    buffers: int = 0
    read: int = 0
    temp: int = 0
    wal_bytes: int = 0

    def plus(self, other: Figures) -> Figures:
        return Figures(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def since(self, earlier: Figures | None) -> Figures:
        """What was added. Counters that went back were reset in between; then all of them is what was added."""
        if earlier is None or earlier.calls > self.calls or earlier.total_ms > self.total_ms:
            return self
        return Figures(*(max(0, getattr(self, f.name) - getattr(earlier, f.name)) for f in fields(self)))

    def a_call(self, what: str) -> float:
        return float(getattr(self, what)) / self.calls if self.calls else 0.0

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The counters at a moment."""

    at: datetime
    reset_at: datetime | None
    database: str  # names the database for files: the cluster's identifier and the database's number
    figures: Mapping[Version, Figures]
    is_partial: bool = False  # the role may not read the texts of others
    server: int = 1000  # PostgreSQL's version, for budgets of old ones

    def since(self, earlier: Snapshot | None) -> dict[Version, Figures]:
        """What was added for each version of a file. After a reset, all that there is."""
        if earlier is None:
            return dict(self.figures)
        before = earlier.figures if earlier.reset_at == self.reset_at else {}
        added = {version: found.since(before.get(version)) for version, found in self.figures.items()}
        return {version: found for version, found in added.items() if found.calls}


def read_statements(conn: psycopg.Connection[Any]) -> Snapshot:
    """The counters of this database, by file and digest.

    :raises StatisticsError: when pg_stat_statements is missing or not loaded.
    """
    try:
        about = conn.execute(_ABOUT).fetchone()
        rows = conn.execute(_READ).fetchall()
    except psycopg.errors.UndefinedTable as error:
        raise StatisticsError("pg_stat_statements is not in this database: run deploy/roles.sql here") from error
    except psycopg.errors.ObjectNotInPrerequisiteState as error:
        raise StatisticsError(
            "pg_stat_statements is not loaded: expected shared_preload_libraries = 'pg_stat_statements'"
        ) from error
    if about is None:
        raise StatisticsError("pg_stat_statements gives no row")
    at, reset_at, database, is_partial = about
    figures = {Version(*tag.split("@")) if tag else OTHERS: Figures(*counted) for tag, *counted in rows}
    return Snapshot(at, reset_at, database, figures, is_partial, conn.info.server_version // 10000)
