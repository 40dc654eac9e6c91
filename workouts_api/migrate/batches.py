"""Backfills: an update or delete of a large table in many short transactions, resumable and with progress.

The file holds the plain statement, which any tool can run at once. Here a range of the key is added to its ``where``;
the place reached is written in the same transaction, so that no row is done twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from psycopg import sql

from . import ledger
from .errors import StatementError
from .executor import Run
from .statements import Batches, Statement, Target


@dataclass(frozen=True)
class Key:
    """The column that batches go along, its type's name as SQL writes it, and about how many rows there are."""

    column: sql.Identifier
    type_name: str
    rows: int


def run_in_batches(
    run: Run, statement: Statement, batches: Batches, digest: str, resumed: ledger.Unfinished | None
) -> None:
    """Runs what is left of a backfill.

    :param digest: of the file's statements up to this one, for the ledger.
    :raises StatementError: when the key is no indexed, not null column of the table, or a batch fails.
    """
    target = batches.target
    key = _find_key(run, statement, target, batches.key)
    after = resumed.batch_after if resumed else None
    rows = resumed.batch_rows if resumed else 0
    steps = 0
    while True:
        last = _boundary(run, target, key, after, batches.size)
        text = _with_range(statement, target, key, after, last)
        rows += run.patiently(partial(_one_batch, run, statement, text, last, digest))
        steps += 1
        run.say(f"{rows} rows changed", min(steps * batches.size, key.rows), key.rows)
        if last is None:
            return
        after = last


def _one_batch(run: Run, statement: Statement, text: bytes, last: str | None, digest: str) -> int:
    """:param last: the key up to which it goes; None for the last batch, with which the statement is done."""
    with run.conn.transaction():
        changed = run.execute(statement, text)
        if last is not None:
            ledger.batch_done(run.conn, run.file.version, last, changed)
        else:
            ledger.statement_done(run.conn, run.file.version, digest)
    return changed


def _find_key(run: Run, statement: Statement, target: Target, name: str) -> Key:
    row = run.conn.execute(
        """
        select format_type(a.atttypid, a.atttypmod), a.attnotnull, greatest(c.reltuples, 0)::bigint,
          exists (
            select
            from pg_index as x
            where x.indrelid = c.oid
              and x.indisvalid
              and x.indpred is null
              and x.indkey[0] = a.attnum
          )
        from pg_class as c
        left join pg_attribute as a on a.attrelid = c.oid and a.attname = %s and not a.attisdropped
        where c.oid = to_regclass(%s)
        """,
        [name, target.table],
    ).fetchone()
    problem = ""
    if row is None:
        problem = f"there is no table {target.table}"
    elif row[0] is None:
        problem = f"table {target.table} has no column {name}"
    elif not row[1]:
        problem = f"column {name} may be null, and rows without a key would be left out"
    elif not row[3]:
        problem = f"no index of {target.table} begins with {name}, so that every batch would read the whole table"
    if row is None or problem:
        raise StatementError(run.file.label, statement.line, "", problem, "see migrate:batch key=…")
    return Key(sql.Identifier(name), str(row[0]), int(str(row[2])))


def _value(key: Key, value: str) -> sql.Composed:
    return sql.SQL("{}::{}").format(sql.Literal(value), sql.SQL(key.type_name))


def _boundary(run: Run, target: Target, key: Key, after: str | None, size: int) -> str | None:
    """The key of the last row of the next ``size``; None when fewer are left."""
    # Qualified, because an unqualified name in `order by` would be the output column: text, in text's order.
    column = f"t.{key.column.as_string()}"
    where = f"where {column} > {_value(key, after).as_string()}" if after is not None else ""
    query = f"select {column}::text from {target.table} as t {where} order by {column} offset {size - 1} limit 1"
    row = run.conn.execute(query.encode()).fetchone()
    return str(row[0]) if row else None


def _with_range(statement: Statement, target: Target, key: Key, after: str | None, last: str | None) -> bytes:
    column = f"{target.alias}.{key.column.as_string()}"
    limits = [f"{column} > {_value(key, after).as_string()}"] if after is not None else []
    limits += [f"{column} <= {_value(key, last).as_string()}"] if last is not None else []
    span = " and ".join(limits) or "true"
    text = statement.text
    if target.where is None:
        return f"{text}\nwhere {span}".encode()
    start, end = target.where
    return f"{text[:start]}where ({text[end:]}\n) and {span}".encode()
