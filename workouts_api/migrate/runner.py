"""Brings a database to where the files are, and back.

Owns the order of things: one runner at a time, the ledger checked against the files first, then each file.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

from . import drift, ledger
from .errors import LedgerError, MigrationError, ReadOnlyError
from .executor import Event, Progress, Run, in_silence
from .files import MIGRATIONS, Direction, Folder, MigrationFile, read_folder
from .ledger import AppliedRow, Unfinished
from .session import PATIENCE, Connection, Patience, become_owner, connect, one_at_a_time
from .stepwise import run_file


@dataclass(frozen=True)
class Applied:
    """A file that was run: ``version`` is 0 for a repeatable one."""

    version: int
    name: str
    direction: Direction
    duration_ms: int


@dataclass(frozen=True)
class Status:
    """Where a database stands against the files.

    ``ahead`` are versions that a newer release has applied; ``changed_repeatable`` those of the pending repeatable
    files that were applied once, in another form.
    """

    current: int
    required: int
    applied: tuple[AppliedRow, ...]
    pending: tuple[MigrationFile, ...]
    pending_repeatable: tuple[MigrationFile, ...]
    changed_repeatable: tuple[MigrationFile, ...]
    unfinished: Unfinished | None
    ahead: tuple[AppliedRow, ...]
    problems: tuple[str, ...]

    @property
    def is_current(self) -> bool:
        """Nothing to do, and nothing wrong."""
        return not (self.pending or self.pending_repeatable or self.unfinished or self.problems)


def status(conninfo: str, *, migrations: Path = MIGRATIONS) -> Status:
    """Where the database stands. Reads only, and takes no lock.

    :raises MigrationError: when the files or the database can't be read.
    """
    folder = read_folder(migrations)
    with connect(conninfo) as conn:
        return read_status(conn, folder)


def read_status(conn: Connection, folder: Folder) -> Status:
    rows = ledger.applied(conn)
    ahead = tuple(row for row in rows if row.version > folder.newest)
    versions = {row.version for row in rows}
    digests = ledger.repeatables(conn)
    # An older release must not put its older functions over those of a newer one.
    repeatable = () if ahead else tuple(f for f in folder.repeatable if digests.get(f.name) != f.sha256)
    return Status(
        current=max(versions, default=0),
        required=folder.newest,
        applied=tuple(rows),
        pending=tuple(f for f in folder.numbered if f.version not in versions),
        pending_repeatable=repeatable,
        changed_repeatable=tuple(f for f in repeatable if f.name in digests),
        unfinished=ledger.unfinished(conn),
        ahead=ahead,
        problems=tuple(_disagreements(rows, folder)),
    )


def _disagreements(rows: list[AppliedRow], folder: Folder) -> Iterator[str]:
    """Where ledger and files contradict each other."""
    newest = max((row.version for row in rows), default=0)
    for version in sorted(set(range(1, newest + 1)) - {row.version for row in rows}):
        file = folder.get(version)
        yield f"{file.label if file else f'{version:04}'}: not applied, although {newest:04} is"
    for row in rows:
        file = folder.get(row.version)
        if file and file.sha256 != row.sha256:
            now = "" if file.name == row.name else f", as {row.name}"
            yield (
                f"{file.label}: changed since it was applied on {row.applied_at:%Y-%m-%d %H:%M}{now}; "
                "put it back as it was, and make the change in a new file"
            )


def migrate(
    conninfo: str,
    *,
    migrations: Path = MIGRATIONS,
    progress: Progress = in_silence,
    to: int | None = None,
    patience: Patience = PATIENCE,
    record_only: bool = False,
    allow_drift: bool = True,
    take_as_is: bool = False,
) -> list[Applied]:
    """Applies every pending file, then the repeatable ones that changed.

    :param to: the last version to apply; repeatable files wait until none is left.
    :param record_only: writes the ledger alone, for files that were run by hand.
    :param allow_drift: False refuses a database whose schema was changed by hand since the last migration.
    :param take_as_is: `drift` compares with what was changed by hand from now on, also where nothing is pending.
    :raises MigrationError: what was wrong; files before the one that it names stay applied.
    """
    folder = read_folder(migrations)
    with _runner(conninfo, progress, patience) as conn:
        state = read_status(conn, folder)
        refuse(state)
        if state.ahead:
            progress(Event("", f"the database is at {state.current:04}, newer than these files ({state.required:04})"))
        files = [f for f in state.pending if to is None or f.version <= to]
        if len(files) == len(state.pending):
            files += state.pending_repeatable
        if files and not allow_drift and not record_only:
            drift.refuse_drift(conn)
        if not _may_write(conn, bool(files) or take_as_is):
            return []
        with _remembered(conn, bool(files) or take_as_is):
            return [_apply(conn, file, "up", progress, patience, record_only=record_only) for file in files]


def rollback(
    conninfo: str,
    steps: int = 1,
    *,
    migrations: Path = MIGRATIONS,
    progress: Progress = in_silence,
    patience: Patience = PATIENCE,
) -> list[Applied]:
    """Undoes the last ``steps`` files, newest first; one that stopped half-way counts as the newest.

    :raises MigrationError: when a file has no down, or it fails. Nothing is begun unless every step has a down.
    """
    folder = read_folder(migrations)
    with _runner(conninfo, progress, patience) as conn:
        state = read_status(conn, folder)
        refuse(state, rolling_back=True)
        files = files_to_undo(state, folder, steps)
        if not _may_write(conn, bool(files)):
            return []
        with _remembered(conn, bool(files)):
            return [_apply(conn, file, "down", progress, patience) for file in files]


def files_to_undo(state: Status, folder: Folder, steps: int) -> list[MigrationFile]:
    """The files that a rollback would undo, newest first.

    :raises LedgerError: when one is missing or has no down.
    """
    versions = {row.version for row in state.applied} | ({state.unfinished.version} if state.unfinished else set())
    files = []
    for version in sorted(versions, reverse=True)[:steps]:
        file = folder.get(version)
        if file is None:
            raise LedgerError(f"{version:04}: its file is not in {folder.path}; roll back with the release that has it")
        if file.down is None:
            raise LedgerError(f"{file.label}: has nothing below migrate:down, so it can't be rolled back")
        files.append(file)
    return files


@contextmanager
def _runner(conninfo: str, progress: Progress, patience: Patience) -> Iterator[Connection]:
    """A connection that is the only runner's, with a ledger in the database."""
    with (
        connect(conninfo, notice=lambda text: progress(Event("", text))) as conn,
        one_at_a_time(conn, patience, lambda text: progress(Event("", text))),
    ):
        conn.execute(f"set lock_timeout = {round(patience.lock_timeout * 1000)}".encode())
        ledger.demand_owner(conn)
        if _why_read_only(conn) is None:
            ledger.create(conn)
        yield conn


def _may_write(conn: Connection, must: bool) -> bool:
    """:raises ReadOnlyError: when something must be written, and the database can only be read."""
    why = _why_read_only(conn)
    if why is not None and must:
        raise ReadOnlyError(f"there is something to migrate, and the database can only be read: {why}")
    return why is None


def _why_read_only(conn: Connection) -> str | None:
    row = conn.execute("select current_setting('transaction_read_only') = 'on', pg_is_in_recovery()").fetchone()
    if row is None or not row[0]:
        return None
    if row[1]:
        return "it is a standby; migrate the primary"
    return "default_transaction_read_only is on, for the server, the database or the role"


@contextmanager
def _remembered(conn: Connection, changes: bool) -> Iterator[None]:
    """Writes down the schema afterwards, for `db drift`; also what the files before a failing one have made."""
    try:
        yield
    except MigrationError:
        with suppress(psycopg.Error):
            drift.remember(conn)
        raise
    if changes or drift.remembered(conn) is None:
        drift.remember(conn)


def refuse(state: Status, *, rolling_back: bool = False) -> None:
    """:raises LedgerError: when the database is not in a state to be migrated, or rolled back, from."""
    if state.problems:
        raise LedgerError("\n".join(state.problems))
    if state.unfinished and state.unfinished.direction == "down" and not rolling_back:
        version = state.unfinished.version
        raise LedgerError(f"{version:04}: a rollback of it stopped half-way; finish it with: workouts db rollback")


def apply_files(conn: Connection, files: Iterable[MigrationFile], direction: Direction = "up") -> None:
    """Runs files one after the other on a database that nobody else uses, without a look at its ledger first."""
    for file in files:
        _apply(conn, file, direction, in_silence, PATIENCE)


def _apply(
    conn: Connection,
    file: MigrationFile,
    direction: Direction,
    progress: Progress,
    patience: Patience,
    *,
    record_only: bool = False,
) -> Applied:
    section = file.section(direction)
    run = Run(conn, file, direction, section, patience, progress, time.monotonic())
    run.say({"up": "begins", "down": "is rolled back"}[direction])
    become_owner(conn)
    if record_only:
        with conn.transaction():
            ledger.record(conn, file, direction, 0)
    else:
        run_file(run)
    run.say(f"done in {run.duration_ms} ms")
    return Applied(file.version, file.name, direction, run.duration_ms)
