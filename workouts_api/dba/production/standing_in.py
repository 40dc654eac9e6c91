"""A server that plans as production does: its statistics, its sizes, its settings, and none of its rows.

Owns the throw-away server. Nothing is executed on it but what the planner itself evaluates: its tables are holes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from workouts_api.dba.production import files
from workouts_api.dba.production.told import BLOCK, Statistics
from workouts_api.dba.target import Target, TargetError, scratch_server
from workouts_api.host.embedded import EmbeddedPostgres

FIRST_VERSION = 18  # that restores statistics
# Nothing analyses the tables: it would find them empty.
OPTIONS = {"autovacuum": "off", "max_parallel_maintenance_workers": "0"}
_CONCURRENTLY = re.compile(
    r"\bconcurrently\s", re.IGNORECASE
)  # needless where nobody else is, and not for a transaction
_CREATES_INDEX = re.compile(r"\s*create\s+(?:unique\s+)?index\s", re.IGNORECASE)
_INDEXES = "select schemaname || '.' || indexname from pg_indexes"
_OWN_INDEXES = """
select n.nspname || '.' || c.relname, exists (select from pg_constraint as k where k.conindid = c.oid)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ('workouts', 'jobs')
  and c.relkind = 'i'
"""
_TABLE_OF = "select tablename from pg_indexes where schemaname || '.' || indexname = %s"
_NOT_HERE = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InvalidSchemaName)


@dataclass(frozen=True, slots=True)
class StandIn:
    """The stand-in, what its user should know of it, one line each, and the indexes that were made for it."""

    target: Target
    remarks: tuple[str, ...]
    made: tuple[str, ...]
    calls_of: Mapping[str, int]
    superuser: str

    def drop_made(self) -> set[str]:
        """Drops these indexes. Returns the names of their tables."""
        tables = set()
        with psycopg.connect(self.superuser, autocommit=True) as conn:
            for name in self.made:
                place = sql.Identifier(*name.split(".", 1))
                found = conn.execute(_TABLE_OF, [name]).fetchall()
                tables |= {table for (table,) in found}
                conn.execute(sql.SQL("drop index {}").format(place))
        return tables


@contextmanager
def standing_in(figures: Statistics, indexes: Sequence[str] = ()) -> Iterator[StandIn]:
    """The migrated database with the statistics of another one, for as long as it is needed.

    :param indexes: statements that make indexes which production does not have.
    :raises TargetError: when there is no such server, or it refuses an index.
    """
    with scratch_server(least=FIRST_VERSION, options=OPTIONS, checksums=False) as server:
        dsn = server.dsn("scratch")
        with psycopg.connect(dsn, autocommit=True, options="-c search_path=workouts,extensions") as conn:
            conn.execute("set role workouts_owner")
            [schema] = conn.execute("select coalesce(max(version), 0) from schema_migrations").fetchone() or [0]
            differing = tuple(_indexes_as_there(conn, figures, schema))
            made = _make(conn, indexes)
            left_out = _restore(conn, figures.calls)
            conn.execute("reset role")
            _settle(conn, figures.settings)
            found = _relations(conn, figures)
        _stopped(server, found)
        yield StandIn(
            Target(
                server.dsn("scratch", "workouts_app"),
                f"a stand-in with the statistics of {figures.taken}",
                observer=server.dsn("scratch", "workouts_dba"),
                known=figures.values,
            ),
            (*differing, *_remarks(figures, schema, left_out, found)),
            tuple(made),
            figures.calls_of,
            dsn,
        )


def _remarks(figures: Statistics, schema: int, left_out: Sequence[str], found: Sequence[_Relation]) -> Iterator[str]:
    if figures.schema != schema:
        yield f"The statistics are of schema {figures.schema}; the migrations here make {schema}."
    for told in left_out:
        yield f"Left out: {told}"
    for one in found:
        if one.is_estimated:
            yield f"{one.name} has no statistics: it is planned with {one.blocks:,} blocks, as if newly built."


def _indexes_as_there(conn: psycopg.Connection[Any], figures: Statistics, schema: int) -> Iterator[str]:
    """Drops and makes indexes until they are those of production, and says so: somebody changed them there by hand.

    Those of constraints stay. Those that pending migrations make are not missing there yet, and stay as well.
    """
    here = dict(conn.execute(_OWN_INDEXES).fetchall())
    for name in sorted(here.keys() - figures.blocks.keys()) if figures.schema == schema else ():
        if not here[name]:
            conn.execute(sql.SQL("drop index {}").format(sql.Identifier(*name.split(".", 1))))
            yield f"{name} is not in that database, and so not here: see `workouts db drift` there."
    for name, definition in figures.indexes.items():
        if name not in here and figures.schema >= schema:
            try:
                conn.execute(definition.encode())
            except psycopg.Error as error:
                yield f"{name} is in that database alone, and can't be made here: {error.diag.message_primary}"
            else:
                yield f"{name} is in that database alone, and was made here: see `workouts db drift` there."


def _make(conn: psycopg.Connection[Any], indexes: Sequence[str]) -> list[str]:
    """Makes the indexes. Returns their names, by schema."""
    before = set(conn.execute(_INDEXES).fetchall())
    for statement in indexes:
        if not _CREATES_INDEX.match(statement):
            raise TargetError(f"{statement}: expected a `create index` statement")
        try:
            conn.execute(_CONCURRENTLY.sub("", statement).encode())
        except psycopg.Error as error:
            raise TargetError(f"{statement}: {error.diag.message_primary or error}") from error
    return sorted(name for (name,) in set(conn.execute(_INDEXES).fetchall()) - before)


def _restore(conn: psycopg.Connection[Any], calls: Sequence[str]) -> list[str]:
    """Runs each call. Returns what the schema here does not have, and what the server says that it left out."""
    missing: dict[str, None] = {}
    conn.add_notice_handler(lambda notice: missing.setdefault(notice.message_primary or ""))
    for call in calls:
        try:
            conn.execute(call.encode())
        except _NOT_HERE as error:
            missing[error.diag.message_primary or str(error)] = None
        except psycopg.Error as error:
            raise TargetError(f"the statistics can't be restored: {error.diag.message_primary}: {call}") from error
    return list(missing)


def _settle(conn: psycopg.Connection[Any], settings: Mapping[str, str]) -> None:
    """The planner's settings, and a limit for what a sample might do to the holes."""
    for name, value in {**settings, "statement_timeout": "10s"}.items():
        place = sql.SQL("alter database scratch set {} = {}").format(sql.Identifier(name), sql.Literal(value))
        try:
            conn.execute(place)
        except psycopg.errors.UndefinedObject:
            continue  # a setting that a later version no longer has


@dataclass(frozen=True, slots=True)
class _Relation:
    """A file, and what is to become of it. ``height`` 0: it needs no root, or is no b-tree."""

    name: str
    path: str
    blocks: int
    height: int
    is_estimated: bool


def _relations(conn: psycopg.Connection[Any], figures: Statistics) -> list[_Relation]:
    """What is larger in production than here. An index that is not there gets the size that its table makes likely."""
    found = []
    for name, path, blocks_here, is_btree, rows, widths, multiples, keys in conn.execute(_FILES.encode()):
        parts = list(zip(widths or (), multiples or (), strict=True))
        blocks = figures.blocks.get(name)
        is_estimated = blocks is None and is_btree
        if is_estimated:
            blocks = files.blocks_of(rows, files.entry_of(parts))
        if blocks is not None and blocks > blocks_here:
            likely = files.height_of(blocks, files.entry_of(parts[:keys])) if is_btree else 0
            height = figures.heights.get(name, likely)
            found.append(_Relation(name, path, blocks, height, is_estimated))
    return found


def _stopped(server: EmbeddedPostgres, relations: Sequence[_Relation]) -> None:
    """Changes the files while nobody has them open or in memory.

    :raises TargetError: when the disk refuses, or the files are of a version that is not known.
    """
    server.stop()
    try:
        for one in relations:
            path = server.data_dir / one.path
            if one.height:
                files.plant(path, one.height)
            files.extend(path, one.blocks)
    except (OSError, ValueError) as error:
        raise TargetError(f"a table can't be given its size: {error}") from error
    server.start()


# Of each column of an index: what it takes, and at which multiple of bytes it begins. A text of less than 127 bytes, as
# keys are, begins anywhere.
_FILES = f"""
with parts as (
  select
    x.indexrelid,
    array_agg(case when a.attlen > 0 then a.attlen else coalesce(s.avg_width, 16) end order by a.attnum) as widths,
    array_agg(
      case when a.attlen < 0 then 1 when a.attalign = 'd' then 8 when a.attalign = 'i' then 4 else 1 end
      order by a.attnum
    ) as multiples
  from pg_index as x
  join pg_attribute as a on a.attrelid = x.indexrelid
  join pg_class as t on t.oid = case x.indkey[a.attnum - 1] when 0 then x.indexrelid else x.indrelid end
  left join pg_attribute as b on b.attrelid = x.indrelid and b.attnum = x.indkey[a.attnum - 1]
  left join pg_stats as s
    on s.schemaname = t.relnamespace::regnamespace::text
    and s.tablename = t.relname
    and s.attname = coalesce(b.attname, a.attname)
    and not s.inherited
  group by x.indexrelid
)
select
  n.nspname || '.' || c.relname,
  pg_relation_filepath(c.oid),
  pg_relation_size(c.oid) / {BLOCK},
  coalesce(m.amname = 'btree', false) and c.relkind = 'i',
  coalesce(t.reltuples, 0),
  p.widths,
  p.multiples,
  x.indnkeyatts
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
left join pg_am as m on m.oid = c.relam
left join pg_index as x on x.indexrelid = c.oid
left join parts as p on p.indexrelid = c.oid
left join pg_class as t on t.oid = x.indrelid
where n.nspname in ('workouts', 'jobs')
  and c.relkind in ('r', 'm', 'i')
order by n.nspname, c.relname
"""
