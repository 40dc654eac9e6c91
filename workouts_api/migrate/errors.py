"""What can go wrong with a migration, each with a message that says what to do next."""

from __future__ import annotations

import psycopg


class MigrationError(Exception):
    """A migration cannot be done; the message says why, and where."""


class MigrationFilesError(MigrationError):
    """The folder of migrations is not what it should be; names every problem at once."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        super().__init__("\n".join(problems))


class LedgerError(MigrationError):
    """What the database says it has run is not what the files say."""


class UnreachableError(MigrationError):
    """No connection to the database, or it was lost under way."""


class BusyError(MigrationError):
    """Another runner held the lock for longer than this one was told to wait."""


class ScratchError(MigrationError):
    """No throw-away database to try migrations on."""


class VerifyError(MigrationError):
    """Up, down and up again did not lead to the same schema."""


class DriftError(MigrationError):
    """Somebody changed by hand what a migration had made."""

    def __init__(self, changes: str) -> None:
        super().__init__(
            "changed by hand since the last migration (- gone, + new):\n"
            f"{changes}\n"
            "put it back, or make it a migration; --allow-drift goes on and takes it as it is"
        )


class StatementError(MigrationError):
    """A statement of a file was refused by the server.

    :ivar file: name of the file.
    :ivar line: line in the file: the server's position where it gave one, else the statement's first line.
    :ivar sqlstate: the server's five-character code, empty when the connection broke.
    """

    def __init__(self, file: str, line: int, sqlstate: str, message: str, advice: str = "") -> None:
        self.file, self.line, self.sqlstate = file, line, sqlstate
        super().__init__(f"{file}:{line}: {sqlstate or 'no answer'}: {message}{advice and f' ({advice})'}")


class ReadOnlyError(MigrationError):
    """There is something to do, and the database can only be read."""


class LockTimeoutError(StatementError):
    """Other sessions held a lock through every retry."""


_ADVICE = {
    "2BP01": "where a repeatable file made it, drop … cascade is right: the next migrate makes it anew",
    "25001": "put it in a file of its own that begins with: -- migrate:up transaction:false",
    "57014": "statement_timeout; a file may ask for more: -- migrate:timeout 10min",
    "42501": "is deploy/roles.sql run, and does workouts_owner own the database?",
}


def server_words(error: psycopg.Error) -> str:
    """What the server said, on one line, with its detail and hint."""
    diag = error.diag
    parts = [diag.message_primary or str(error).strip(), diag.message_detail, diag.message_hint]
    return "; ".join(" ".join(part.split()) for part in parts if part)


def advice_for(error: psycopg.Error) -> str:
    return _ADVICE.get(error.sqlstate or "", "")
