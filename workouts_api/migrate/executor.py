"""Runs the statements of one file: patiently where locks are taken, and with an error that names file and line.

Owns how a file is run – whole, in one transaction with its row in the ledger. Files that can't be run so are
``stepwise``'s.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import psycopg
from psycopg import errors

from workouts_api.database.keepalives import end_with_client

from . import ledger
from .errors import LockTimeoutError, StatementError, advice_for, server_words
from .files import DEFAULT_TIMEOUT_MS, Direction, MigrationFile, Section
from .session import Connection, Patience, oldest_lock_holders
from .statements import Statement

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Event:
    """Something that happened on the way: to which file, in words, and how far a backfill is, in rows."""

    file: str
    text: str
    done: int | None = None
    total: int | None = None


Progress = Callable[[Event], None]


def in_silence(_event: Event) -> None:
    """Ignores the progress."""


@dataclass(frozen=True)
class Run:
    """One file on its way in one direction."""

    conn: Connection
    file: MigrationFile
    direction: Direction
    section: Section
    patience: Patience
    progress: Progress
    started: float

    def say(self, text: str, done: int | None = None, total: int | None = None) -> None:
        self.progress(Event(self.file.label, text, done, total))

    @property
    def duration_ms(self) -> int:
        return round((time.monotonic() - self.started) * 1000)

    def execute(self, statement: Statement, text: bytes | None = None) -> int:
        """Runs one statement, or ``text`` in its name; the number of rows it touched.

        :raises StatementError: with the line in the file.
        """
        try:
            return self.conn.execute(statement.text.encode() if text is None else text).rowcount
        except psycopg.Error as error:
            if self.conn.broken:
                raise
            line = statement.line_of(error.diag.statement_position)
            kind = LockTimeoutError if _is_about_locks(error) else StatementError
            words, code = server_words(error), error.sqlstate or ""
            raise kind(self.file.label, line, code, words, advice_for(error)) from error

    def patiently(self, work: Callable[[], _Result]) -> _Result:
        """Does ``work``, which is a transaction, again while it fails for want of a lock."""
        for attempt in range(1, self.patience.attempts):
            try:
                return work()
            except LockTimeoutError as error:
                self.say(f"line {error.line} waited {self.patience.lock_timeout:g} s for a lock{self._held_by()}")
                time.sleep(self.patience.pause_after(attempt))
                self.say(f"try {attempt + 1} of {self.patience.attempts}")
        try:
            return work()
        except LockTimeoutError as error:
            advice = f"after {self.patience.attempts} tries{self._held_by()}"
            words = str(error).partition(f"{error.sqlstate}: ")[2]
            raise LockTimeoutError(error.file, error.line, error.sqlstate, words, advice) from error

    def _held_by(self) -> str:
        holders = oldest_lock_holders(self.conn)
        return f"; sessions with locks, oldest first: {holders}" if holders else ""

    def set_limits(
        self, *, lock_timeout: float | None = None, timeout_ms: int = DEFAULT_TIMEOUT_MS, may_outlive_us: bool = False
    ) -> None:
        """For this session: a file's own timeout goes before ``timeout_ms``.

        :param may_outlive_us: whether the server goes on with a statement though this process was killed.
        """
        lock_ms = round((self.patience.lock_timeout if lock_timeout is None else lock_timeout) * 1000)
        limit_ms = timeout_ms if self.file.timeout_ms is None else self.file.timeout_ms
        self.conn.execute(f"set lock_timeout = {lock_ms}".encode())
        self.conn.execute(f"set statement_timeout = {limit_ms}".encode())
        end_with_client(self.conn, ends=not may_outlive_us)


def _is_about_locks(error: psycopg.Error) -> bool:
    return isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected)


def run_whole(run: Run) -> None:
    """A file in one transaction with its row in the ledger: all of it, or nothing."""
    run.set_limits()

    def transaction() -> None:
        with run.conn.transaction():
            for statement in run.section.statements:
                run.execute(statement)
            ledger.record(run.conn, run.file, run.direction, run.duration_ms)

    run.patiently(transaction)
