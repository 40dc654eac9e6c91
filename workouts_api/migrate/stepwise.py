"""Files with ``transaction:false``: one statement at a time, resumed where they stopped.

What may run in a transaction does, together with its note in the ledger, so that it is done exactly once. What may
not (``create index concurrently``, ``vacuum``) is announced in the ledger before it runs, and looked for afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from . import ledger
from .batches import run_in_batches
from .errors import LedgerError
from .executor import Run, run_whole
from .statements import ConcurrentIndex, Statement


def run_file(run: Run) -> None:
    """Runs a file the way that its marker asks for."""
    if run.section.transaction:
        run_whole(run)
    else:
        run_stepwise(run)


def run_stepwise(run: Run) -> None:
    """Runs what is left of a file, and then writes its row.

    :raises LedgerError: when a statement that has already run was changed since.
    """
    run.set_limits()
    ledger.begin_unfinished(run.conn, run.file.version, run.direction)
    state = ledger.unfinished(run.conn)
    done = state.statements_done if state else 0
    statements = run.section.statements
    if state and state.sha256_done != _digest(statements[:done]):
        raise LedgerError(
            f"{run.file.label}: its first {done} statements have run, but not as they stand in the file now; "
            "put them back as they were, and change only what comes after them"
        )
    if done or (state and (state.is_running or state.batch_after is not None)):
        run.say(f"goes on at statement {done + 1} of {len(statements)}")
    for number, statement in enumerate(statements[done:], start=done + 1):
        resumed = state if state and number == done + 1 else None
        _run_statement(run, statement, _digest(statements[:number]), resumed)
    with run.conn.transaction():
        ledger.record(run.conn, run.file, run.direction, run.duration_ms)


def _digest(statements: Iterable[Statement]) -> str:
    texts = [statement.text for statement in statements]
    return hashlib.sha256("\0".join(texts).encode()).hexdigest() if texts else ""


def _run_statement(run: Run, statement: Statement, digest: str, resumed: ledger.Unfinished | None) -> None:
    version = run.file.version
    run.say(f"line {statement.line}: {statement.first_line}")
    if statement.needs_no_transaction:
        _run_outside(run, statement, was_running=resumed is not None and resumed.is_running)
        ledger.statement_done(run.conn, version, digest)
        return
    run.set_limits()
    if statement.batches:
        run_in_batches(run, statement, statement.batches, digest, resumed)
        return

    def transaction() -> None:
        with run.conn.transaction():
            run.execute(statement)
            ledger.statement_done(run.conn, version, digest)

    run.patiently(transaction)


def _run_outside(run: Run, statement: Statement, *, was_running: bool) -> None:
    """Without a lock_timeout: these wait for old transactions, which holds up no reader and no writer. A build that has
    taken hours is finished also without its runner, and found by the next one."""
    run.set_limits(lock_timeout=0, timeout_ms=0, may_outlive_us=True)
    index = statement.concurrent_index
    if index:
        is_valid = _index_is_valid(run, index)
        if is_valid is False:
            _drop_invalid(run, _schema_of(run, index), index.name)
        if is_valid and was_running:
            run.say(f"index {index.name} had been built when the runner stopped")
            return
    if was_running and statement.outline.startswith("reindex"):
        _drop_leftovers_of_reindex(run)
    if was_running and statement.outline.startswith("drop") and "if exists" not in statement.outline:
        statement = _made_repeatable(statement)
    ledger.statement_is_running(run.conn, run.file.version)
    run.execute(statement)


def _index_is_valid(run: Run, index: ConcurrentIndex) -> bool | None:
    """None: there is no such index."""
    row = run.conn.execute(
        """
        select x.indisvalid
        from pg_index as x
        join pg_class as i on i.oid = x.indexrelid
        where x.indrelid = to_regclass(%s)
          and i.relname = (parse_ident(%s))[1]
        """,
        [index.table, index.name],
    ).fetchone()
    return bool(row[0]) if row else None


def _schema_of(run: Run, index: ConcurrentIndex) -> str:
    row = run.conn.execute(
        "select relnamespace::regnamespace::text from pg_class where oid = to_regclass(%s)", [index.table]
    ).fetchone()
    return str(row[0]) if row else ""


def _drop_invalid(run: Run, schema: str, name: str) -> None:
    run.say(f"drops the invalid index {name}, left by an attempt that failed")
    run.conn.execute(f"drop index concurrently if exists {schema}.{name}".encode())


def _drop_leftovers_of_reindex(run: Run) -> None:
    rows = run.conn.execute(
        r"""
        select i.relnamespace::regnamespace::text, quote_ident(i.relname)
        from pg_index as x
        join pg_class as i on i.oid = x.indexrelid
        where not x.indisvalid
          and i.relname ~ '_cc(new|old)\d*$'
          and pg_has_role(i.relowner, 'usage')
          and i.relnamespace <> 'pg_toast'::regnamespace
        """
    ).fetchall()
    for schema, name in rows:
        _drop_invalid(run, str(schema), str(name))


def _made_repeatable(statement: Statement) -> Statement:
    """``drop index concurrently x`` may have dropped it before its runner stopped."""
    text = statement.text
    at = statement.outline.index("concurrently") + len("concurrently")
    return replace(statement, text=f"{text[:at]} if exists{text[at:]}")
