"""What is in a database, in few words: rows and a digest of each table, which a restore must have as well.

The digest is a sum of the rows' hashes. So the order in which rows lie does not matter, and PostgreSQL computes it
without sorting. Unlogged tables are left out: they may be empty at any time, and a dump has none of their rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import psycopg
from psycopg import sql

SCHEMAS = ("workouts", "jobs")

# Rows become text: these settings say how.
_SETTINGS = (
    "datestyle = 'ISO, YMD'", "intervalstyle = 'iso_8601'", "timezone = 'UTC'", "bytea_output = 'hex'",
    "extra_float_digits = 1", "statement_timeout = 0", "idle_in_transaction_session_timeout = 0", "jit = off",
)  # fmt: skip
_TABLES = """
select n.nspname, c.relname
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where n.nspname = any (%s)
  and c.relkind = 'r'
  and c.relpersistence = 'p'
order by n.nspname, c.relname
"""
_DIGEST = """
select count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)::text
from only {} as t
"""

Digests = dict[str, dict[str, Any]]


def settle(conn: psycopg.Connection[Any]) -> None:
    """Settings of a connection under which digests can be compared."""
    for setting in _SETTINGS:
        conn.execute(f"set {setting}".encode())


def digests(conn: psycopg.Connection[Any]) -> Digests:
    """Rows and digest of each table, by its name with its schema."""
    found: Digests = {}
    for schema, table in conn.execute(_TABLES, [list(SCHEMAS)]).fetchall():
        row = conn.execute(sql.SQL(_DIGEST).format(sql.Identifier(schema, table))).fetchone()
        if row is not None:
            found[f"{schema}.{table}"] = {"rows": row[0], "digest": row[1]}
    return found


def differences(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """A sentence for each table that is not as it should be."""
    for name in sorted({*expected, *found}):
        before, after = expected.get(name), found.get(name)
        if before == after:
            continue
        if before is None or after is None:
            yield f"{name} is {'new' if before is None else 'missing'}"
        elif before["rows"] != after["rows"]:
            yield f"{name} has {after['rows']} rows, expected {before['rows']}"
        else:
            yield f"{name} has the expected {before['rows']} rows, but other values"
