"""What the pending files would do: found out on a throw-away clone of the schema, told with the sizes of the real one.

Nothing is tried on the real database: even rolled back, an ``alter table`` there would block its readers.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from . import ledger
from .errors import StatementError
from .executor import Run, in_silence
from .files import MIGRATIONS, Folder, MigrationFile, read_folder
from .observe import Effect, compare, look
from .runner import Status, apply_files, read_status, refuse
from .scratch import scratch_database
from .session import PATIENCE, Connection, become_owner, connect
from .statements import Statement


@dataclass(frozen=True)
class Size:
    """Of a table: rows as the planner believes, bytes with indexes and toast."""

    rows: int
    total_bytes: int


@dataclass(frozen=True)
class Step:
    """One statement of a pending file and what it does to tables that exist; ``note``: how it is run."""

    file: str
    line: int
    statement: str
    effects: tuple[Effect, ...]
    note: str = ""


@dataclass(frozen=True)
class Plan:
    """What `migrate` would do; ``sizes`` by table name, of the real database."""

    current: int
    required: int
    steps: tuple[Step, ...]
    sizes: dict[str, Size]


def make_plan(conninfo: str, *, migrations: Path = MIGRATIONS, scratch_url: str | None = None) -> Plan:
    """Runs the pending files on a clone of the schema, one statement at a time, and watches.

    :raises MigrationError: when a file fails there, as it would on the real database.
    """
    folder = read_folder(migrations)
    with connect(conninfo) as conn:
        conn.execute("set default_transaction_read_only = on")
        conn.execute("set lock_timeout = '1s'")
        state = read_status(conn, folder)
        refuse(state)
        sizes = _read_sizes(conn)
    pending = [*state.pending, *state.pending_repeatable]
    if not pending:
        return Plan(state.current, state.required, (), sizes)
    with scratch_database(scratch_url) as scratch, connect(scratch) as clone:
        ledger.create(clone)
        apply_files(clone, _already_applied(folder, state))
        _apply_where_possible(clone, state.changed_repeatable)
        known = {oid: table.name for oid, table in look(clone).items()}
        steps = tuple(step for file in pending for step in _watch_file(clone, file, known))
    return Plan(state.current, state.required, steps, sizes)


def _already_applied(folder: Folder, state: Status) -> list[MigrationFile]:
    """The files that make the schema that the real database has now, but for repeatable files that changed."""
    pending = {file.path for file in (*state.pending, *state.pending_repeatable)}
    return [file for file in (*folder.numbered, *folder.repeatable) if file.path not in pending]


def _apply_where_possible(clone: Connection, changed: Iterable[MigrationFile]) -> None:
    """Repeatable files that changed: their old text is gone, and so the new one stands for it.

    Where the new one needs what is still pending, the clone goes without: it will be made when its turn comes.
    """
    for file in changed:
        with suppress(StatementError):
            apply_files(clone, [file])


def _read_sizes(conn: Connection) -> dict[str, Size]:
    rows = conn.execute(
        """
        select c.oid::regclass::text, greatest(c.reltuples, 0)::bigint, pg_total_relation_size(c.oid)
        from pg_class as c
        where c.relkind in ('r', 'm')
          and c.relnamespace = to_regnamespace('workouts')
        """
    ).fetchall()
    return {str(name): Size(int(str(count)), int(str(total))) for name, count, total in rows}


def _watch_file(conn: Connection, file: MigrationFile, known: Mapping[int, str]) -> Iterator[Step]:
    run = Run(conn, file, "up", file.up, PATIENCE, in_silence, time.monotonic())
    become_owner(conn)
    if file.up.transaction:
        with conn.transaction():
            for statement in file.up.statements:
                yield _watch(run, statement, known)
            ledger.record(conn, file, "up", run.duration_ms)
        return
    for statement in file.up.statements:
        if statement.needs_no_transaction:
            run.execute(statement)
            yield _step(run, statement, _effects_by_the_book(statement), "outside a transaction")
            continue
        with conn.transaction():
            note = f"in batches of {statement.batches.size}" if statement.batches else "in a transaction of its own"
            yield _watch(run, statement, known, note)
    with conn.transaction():
        ledger.record(conn, file, "up", run.duration_ms)


def _watch(run: Run, statement: Statement, known: Mapping[int, str], note: str = "") -> Step:
    before = look(run.conn)
    run.execute(statement)
    return _step(run, statement, compare(before, look(run.conn), known=known), note)


def _step(run: Run, statement: Statement, effects: list[Effect], note: str) -> Step:
    return Step(run.file.label, statement.line, statement.first_line, tuple(effects), note)


def _effects_by_the_book(statement: Statement) -> list[Effect]:
    """What can't be watched from inside a transaction is known from PostgreSQL's documentation."""
    index = statement.concurrent_index
    if index is None:
        return []
    return [Effect(index.table, "ShareUpdateExclusiveLock", rewritten=False, scanned=True)]
