"""The statistics of a database as a file: what its planner knows, and nothing that a person wrote.

Owns what is read, and which values stay behind. Read-only; the statistics are those that ANALYZE left, so no table is
read but for the samples of the query files.

Own SQL and not `pg_dump --statistics-only`: pg_dump keeps the most common values of every column, and knows neither the
size of an index, nor the planner's settings, nor samples.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import psycopg

from workouts_api.dba.production.indexes import ends, heights
from workouts_api.dba.production.told import BLOCK, FIRST_LINES, Statistics
from workouts_api.dba.server import Session, sample_as_sql
from workouts_api.dba.statements import StatisticsError, read_statements
from workouts_api.sql.catalogue import Catalogue

SCHEMAS = ("workouts", "jobs")
OLDEST = 150000
SAMPLE_TIMEOUT = "30s"

# Types whose values stay: numbers and times. All others are somebody's words or secrets, or may contain them: text,
# bytea, json, network addresses, uuid. A type that is not known here is among those.
NUMBERS_AND_TIMES = (
    *("bool", "int2", "int4", "int8", "oid", "float4", "float8", "numeric"),
    *("date", "time", "timetz", "timestamp", "timestamptz", "interval"),
    *("int4range", "int8range", "numrange", "daterange", "tsrange", "tstzrange"),
    *("int4multirange", "int8multirange", "nummultirange", "datemultirange", "tsmultirange", "tstzmultirange"),
)
# A number or a date in a column with one of these words in its name stays behind too: it says who a person is.
PERSONAL = ("born", "birth", "birthday", "height")


class TakingError(Exception):
    """The statistics can't be taken; the message says why."""


def take(conn: psycopg.Connection[Any]) -> list[str]:
    """The lines of the file, without samples.

    :param conn: under a role that reads every table, such as workouts_dba.
    :raises TakingError: when the server or the role does not show everything.
    :raises psycopg.Error: when the server refuses.
    """
    version = conn.info.server_version
    if version < OLDEST:
        raise TakingError(f"the server is PostgreSQL {version // 10000}: expected 15 or newer")
    _demand_all_is_visible(conn)
    schema, block = _row(
        conn, "select max(version), current_setting('block_size')::int from workouts.schema_migrations"
    )
    if block != BLOCK:
        raise TakingError(f"the server has blocks of {block} bytes: expected {BLOCK}")
    return [
        *FIRST_LINES,
        f"-- @server {version}",
        f"-- @schema {schema or 0}",
        f"-- @taken {datetime.now(UTC):%Y-%m-%d}",
        *(f"-- @setting {name} = {value}" for name, value in conn.execute(_SETTINGS)),
        *(f"-- @calls {name} {calls}" for name, calls in sorted(_calls(conn).items())),
        *(f"-- @index {name} {definition}" for name, definition in conn.execute(_INDEXES, [list(SCHEMAS)])),
        *(f"-- @height {name} {height}" for name, height in heights(conn, SCHEMAS)),
        "",
        *_relations(conn),
        *_columns(conn, version),
    ]


def samples(session: Session, catalogue: Catalogue) -> list[str]:
    """A line for each sample that reads data: its expression, and the value that it has in this database.

    A value of another type than numbers and times stays behind. The expressions stand in query files.
    """
    session.conn.execute(f"set statement_timeout = '{SAMPLE_TIMEOUT}'")
    found = {}
    for expression in dict.fromkeys(_expressions(catalogue)):
        try:
            row = session.conn.execute(f"select {expression}::text").fetchone()
        except psycopg.Error:
            continue  # `explain` says there what it says on an empty database: that the sample finds nothing
        if row is not None and row[0] is not None:
            found[expression] = row[0]
    return [Statistics.told_value(expression, value) for expression, value in found.items()]


def _expressions(catalogue: Catalogue) -> Iterator[str]:
    for file in catalogue.files():
        for parameter in file.parameters:
            if parameter.sent_type.removesuffix("[]") not in _SENT:
                continue
            for chosen in (None, *file.samples.values()):
                expression = sample_as_sql(parameter, chosen)
                if "select" in expression.lower():
                    yield expression


# The names under which the application sends what stays.
_SENT = (
    *("boolean", "bigint", "double precision", "numeric", "date", "interval"),
    *("time without time zone", "timestamp without time zone", "timestamp with time zone"),
)


def _demand_all_is_visible(conn: psycopg.Connection[Any]) -> None:
    """pg_stats leaves out, without a word, what the role may not read."""
    hidden = [name for (name,) in conn.execute(_HIDDEN, [list(SCHEMAS)])]
    if hidden:
        more = f" and {len(hidden) - 1} more" if len(hidden) > 1 else ""
        raise TakingError(f"this role may not read {hidden[0]}{more}: sign in as workouts_dba")


def _calls(conn: psycopg.Connection[Any]) -> Counter[str]:
    """How often each query file was called; nothing where the server does not count."""
    calls: Counter[str] = Counter()
    with suppress(StatisticsError):
        for version, figures in read_statements(conn).figures.items():
            if version.file:
                calls[version.file] += figures.calls
    return calls


def _relations(conn: psycopg.Connection[Any]) -> Iterator[str]:
    for schema, name, blocks, pages, rows, all_visible in conn.execute(_RELATIONS, [list(SCHEMAS)]):
        yield f"-- @relation {schema}.{name} {blocks}"
        values = {"relpages": f"{pages}::integer", "reltuples": f"{_text(rows)}::real"}
        values["relallvisible"] = f"{all_visible}::integer"
        yield _call("pg_restore_relation_stats", schema, name, values)


def _columns(conn: psycopg.Connection[Any], version: int) -> Iterator[str]:
    ranges = _RANGES if version >= 170000 else ""  # before, only a superuser sees them
    given = {"schemas": list(SCHEMAS), "types": list(NUMBERS_AND_TIMES), "personal": list(PERSONAL)}
    looked_up = ends(conn, SCHEMAS, NUMBERS_AND_TIMES)
    with conn.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        for row in cursor.execute((_COLUMNS % ranges).encode(), given):
            stays = row.pop("stays")
            schema, table, column, inherited = (row.pop(key) for key in ("schema", "relation", "column", "inherited"))
            is_text, bounds = row.pop("is_text"), row.pop("bounds")
            kept = {key: value for key, value in row.items() if value is not None and (stays or key in HARMLESS)}
            if is_text and not stays and bounds:
                kept["histogram_bounds"] = made_up(bounds)
            if (found := looked_up.get((schema, table, column))) and "histogram_bounds" in kept:
                kept["histogram_bounds"] = _between(*found, kept["histogram_bounds"])
            values = {key: f"{_text(value)}::{_TYPES.get(key, 'text')}" for key, value in kept.items()}
            values = {"attname": _text(column), "inherited": "true" if inherited else "false", **values}
            yield _call("pg_restore_attribute_stats", schema, table, values)


def _between(least: str, greatest: str, bounds: str) -> str:
    """A histogram of numbers or times with other ends: those of the index, by which the planner goes."""
    _, *inner, _ = bounds.strip("{}").split(",")
    return f"{{{','.join([_quoted(least), *inner, _quoted(greatest)])}}}"


def _quoted(element: str) -> str:
    return f'"{element}"' if " " in element else element


# What is told of every column: no value of it can be seen in these.
HARMLESS = ("null_frac", "avg_width", "n_distinct", "correlation", "elem_count_histogram", "range_empty_frac")
_TYPES = {
    **dict.fromkeys(("null_frac", "n_distinct", "correlation", "range_empty_frac"), "real"),
    **dict.fromkeys(("most_common_freqs", "most_common_elem_freqs", "elem_count_histogram"), "real[]"),
    "avg_width": "integer",
}


def made_up(bounds: int) -> str:
    """A histogram in the place of a text's, with as many bounds: as if texts were spread evenly from aa to zz.

    So the planner knows that `name > ''` is nearly all of them, and that few are like '%any word%'.
    """
    places = [round(number * (26**2 - 1) / max(1, bounds - 1)) for number in range(bounds)]
    return f"{{{','.join(chr(97 + place // 26) + chr(97 + place % 26) for place in places)}}}"


def _call(function: str, schema: str, relation: str, values: Mapping[str, str]) -> str:
    """One line: who reads the file takes each by itself."""
    named = {"schemaname": _text(schema), "relname": _text(relation), **values}
    return f"select {function}({', '.join(f'{_text(name)}, {value}' for name, value in named.items())});"


def _text(value: object) -> str:
    quoted = str(value).replace("'", "''")
    return f"'{quoted}'"


def _row(conn: psycopg.Connection[Any], statement: str) -> tuple[Any, ...]:
    rows: list[tuple[Any, ...]] = conn.execute(statement.encode()).fetchall()
    return rows[0]


_HIDDEN = """
select c.oid::regclass::text
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s)
  and c.relkind in ('r', 'p', 'm')
  and not (has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select'))
order by c.oid
"""
# What the planner's costs are made of, where it is not as the server was built.
_SETTINGS = """
select s.name, s.setting
from pg_settings as s
where (s.category like 'Query Tuning%' or s.name in ('work_mem', 'hash_mem_multiplier', 'effective_io_concurrency',
    'max_parallel_workers', 'max_parallel_workers_per_gather', 'constraint_exclusion', 'jit'))
  and s.context in ('user', 'superuser')
  and s.setting <> s.boot_val
  and s.name <> 'plan_cache_mode'
order by s.name
"""
# A string in a definition may be somebody's word, if the index was made by hand.
_INDEXES = """
select n.nspname || '.' || c.relname, pg_get_indexdef(x.indexrelid)
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s)
  and x.indisvalid
  and not exists (select from pg_constraint as k where k.conindid = x.indexrelid)
  and pg_get_indexdef(x.indexrelid) !~ '[''\n]'
order by n.nspname, c.relname
"""
_RELATIONS = """
select
  n.nspname,
  c.relname,
  pg_relation_size(c.oid) / current_setting('block_size')::int,
  c.relpages,
  c.reltuples,
  c.relallvisible
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any(%s)
  and c.relkind in ('r', 'm', 'p', 'i', 'I')
order by n.nspname, c.relname
"""
_RANGES = """
  s.range_length_histogram::text,
  s.range_empty_frac::text,
  s.range_bounds_histogram::text,"""
# Codes of the schema stay, though they are text: if a check constraint lists them, if they are names of tables, or if
# they refer to a table that the application cannot write to, so that migrations made them. Of an expression in an
# index that is no b-tree nothing stays: its column has the type that the index stores, integers for trigrams of a
# text. Nor does anything of a series of measures, such as the heart rates of a session: as a whole it is one
# person's.
_COLUMNS = """
with columns as (
  select
    a.attrelid,
    a.attnum,
    n.nspname,
    c.relname,
    a.attname,
    coalesce(case when t.typcategory = 'A' then e.typname end, b.typname, t.typname) as type,
    t.typcategory = 'A' and coalesce(e.typname in ('float4', 'float8', 'numeric'), false) as is_series,
    c.relkind in ('i', 'I') and m.amname <> 'btree' as is_in_another_form,
    t.typtype = 'e' or coalesce(e.typtype = 'e', false) as is_enum,
    t.typcategory = 'S' or (c.relkind in ('i', 'I') and a.attcollation <> 0) as is_text,
    exists (
      select
      from pg_constraint as k
      join pg_roles as r on r.rolname = 'workouts_app'
      where k.contype = 'f'
        and k.convalidated
        and (
          (k.conrelid = a.attrelid and k.conkey = array[a.attnum])
          or (k.confrelid = a.attrelid and k.confkey = array[a.attnum])
        )
        and not has_table_privilege(r.oid, k.confrelid, 'insert')
    ) as is_code,
    (
      select array_agg(code[1])
      from pg_constraint as k
      cross join lateral regexp_matches(pg_get_constraintdef(k.oid), '''((?:[^'']|'''')*)''::', 'g') as code
      where k.conrelid = a.attrelid
        and k.conkey = array[a.attnum]
        and k.contype = 'c'
        and k.convalidated
        and pg_get_constraintdef(k.oid) ~ '^CHECK \\(+[a-z_]+ = ANY \\(+ARRAY\\['
    ) || (select array_agg(r.relname::text) from pg_class as r where r.relkind = 'r') as codes
  from pg_attribute as a
  join pg_class as c on c.oid = a.attrelid
  join pg_namespace as n on n.oid = c.relnamespace
  left join pg_am as m on m.oid = c.relam
  join pg_type as t on t.oid = a.atttypid
  left join pg_type as e on e.oid = t.typelem and t.typcategory = 'A'
  left join pg_type as b on b.oid = t.typbasetype
  where n.nspname = any(%%(schemas)s)
    and a.attnum > 0
    and not a.attisdropped
)
select
  s.schemaname as schema,
  s.tablename as relation,
  s.attname as column,
  s.inherited,
  case
    when o.is_in_another_form or o.is_series then false
    when string_to_array(o.attname::text, '_') && %%(personal)s::text[] then false
    when o.is_enum or o.type = any(%%(types)s::text[]) then true
    when s.most_common_elems is not null then false
    when o.is_code then true
    else
      coalesce(s.most_common_vals::text::text[] <@ o.codes, true)
      and coalesce(s.histogram_bounds::text::text[] <@ o.codes, true)
  end as stays,
  o.is_text,
  cardinality(s.histogram_bounds::text::text[]) as bounds,
  s.null_frac::text,
  s.avg_width::text,
  s.n_distinct::text,
  s.most_common_vals::text,
  s.most_common_freqs::text,
  s.histogram_bounds::text,
  s.correlation::text,
  s.most_common_elems::text,
  s.most_common_elem_freqs::text,%s
  s.elem_count_histogram::text
from pg_stats as s
join columns as o on o.nspname = s.schemaname and o.relname = s.tablename and o.attname = s.attname
order by s.schemaname, s.tablename, o.attnum, s.inherited
"""
