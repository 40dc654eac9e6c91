"""What a planner reads in b-trees themselves, and no statistics tell: how high they are, and their ends.

The first page of an index knows its height, and only a superuser may read that page. But the planner reads it too, and
counts 50 operators for each level: with costly operators, the start of an index scan tells the height.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any

import psycopg

_A_LEVEL = 50  # DEFAULT_PAGE_CPU_MULTIPLIER of PostgreSQL 15 to 18. The search within pages is log2 of the rows: less
_OPERATOR = 1000.0
# An index is taken if it alone gives this order. None is run, so what it costs does not matter.
_SETTINGS = {
    "cpu_operator_cost": str(_OPERATOR),
    "enable_indexscan": "on",
    "enable_indexonlyscan": "on",
    **dict.fromkeys(("enable_seqscan", "enable_bitmapscan", "enable_sort", "enable_incremental_sort", "jit"), "off"),
}
_INDEXES = """
select
  n.nspname || '.' || c.relname,
  c.relname,
  format(
    'explain (format json) select from %%s%%s order by %%s',
    x.indrelid::regclass,
    ' where ' || pg_get_expr(x.indpred, x.indrelid),
    k.keys
  )
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
join pg_namespace as n on n.oid = c.relnamespace
join pg_am as m on m.oid = c.relam
cross join lateral (
  select
    string_agg(
      pg_get_indexdef(x.indexrelid, p.place, false)
        || case when x.indoption[p.place - 1] & 1 = 1 then ' desc' else ' asc' end
        || case when x.indoption[p.place - 1] & 2 = 2 then ' nulls first' else ' nulls last' end,
      ', '
      order by p.place
    ) as keys
  from generate_series(1, x.indnkeyatts) as p (place)
) as k
where n.nspname = any(%s)
  and m.amname = 'btree'
  and c.relkind = 'i'
  and x.indisvalid
order by n.nspname, c.relname
"""
# The planner looks up the least and the greatest value itself where a whole table's index begins with the column.
_LEADING = """
select distinct
  n.nspname,
  t.relname,
  a.attname,
  format('select min(%%1$I)::text, max(%%1$I)::text from %%2$s', a.attname, t.oid::regclass)
from pg_index as x
join pg_class as c on c.oid = x.indexrelid
join pg_class as t on t.oid = x.indrelid
join pg_namespace as n on n.oid = t.relnamespace
join pg_am as m on m.oid = c.relam
join pg_attribute as a on a.attrelid = t.oid and a.attnum = x.indkey[0]
join pg_type as y on y.oid = a.atttypid
where n.nspname = any(%s)
  and m.amname = 'btree'
  and c.relkind = 'i'
  and x.indisvalid
  and x.indpred is null
  and y.typname = any(%s)
"""
Column = tuple[str, str, str]


def ends(conn: psycopg.Connection[Any], schemas: Sequence[str], types: Sequence[str]) -> dict[Column, tuple[str, str]]:
    """The least and the greatest value of each column of these types with which an index begins."""
    found: dict[Column, tuple[str, str]] = {}
    for schema, table, column, statement in conn.execute(_LEADING.encode(), [list(schemas), list(types)]).fetchall():
        with suppress(psycopg.Error):
            least, greatest = conn.execute(statement.encode()).fetchone() or (None, None)
            if least is not None and greatest is not None:
                found[schema, table, column] = (least, greatest)
    return found


def heights(conn: psycopg.Connection[Any], schemas: Sequence[str]) -> Iterator[tuple[str, int]]:
    """Each b-tree that its planner would read in order, by schema and name, and its levels above the leaves."""
    with conn.transaction():
        for name, value in _SETTINGS.items():
            conn.execute("select set_config(%s, %s, true)", [name, value])
        for name, index, statement in conn.execute(_INDEXES.encode(), [list(schemas)]).fetchall():
            height = _height(conn, index, statement)
            if height is not None:
                yield name, height


def _height(conn: psycopg.Connection[Any], index: str, statement: str) -> int | None:
    """None where the planner takes another index, or the server refuses, as for rights that are missing."""
    try:
        with conn.transaction():
            found: Any = conn.execute(statement.encode()).fetchone()
    except psycopg.Error:
        return None
    plan: dict[str, Any] = found[0][0]["Plan"]
    if plan.get("Index Name") != index:
        return None
    return int(plan["Startup Cost"] / _OPERATOR / _A_LEVEL) - 1
