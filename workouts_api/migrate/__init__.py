"""The migration runner: plain SQL files, a ledger, and nothing in between.

Owns the road from ``migrations/`` to a schema. The application only asks ``required_version`` and
``current_version``; it never migrates by itself.
"""

from .errors import (
    BusyError,
    LedgerError,
    LockTimeoutError,
    MigrationError,
    MigrationFilesError,
    ReadOnlyError,
    ScratchError,
    StatementError,
    UnreachableError,
    VerifyError,
)
from .executor import Event
from .files import MIGRATIONS, required_version
from .ledger import current_version
from .runner import Applied, Status, migrate, rollback, status
from .session import Patience

__all__ = [
    "MIGRATIONS",
    "Applied",
    "BusyError",
    "Event",
    "LedgerError",
    "LockTimeoutError",
    "MigrationError",
    "MigrationFilesError",
    "Patience",
    "ReadOnlyError",
    "ScratchError",
    "StatementError",
    "Status",
    "UnreachableError",
    "VerifyError",
    "current_version",
    "migrate",
    "required_version",
    "rollback",
    "status",
]
