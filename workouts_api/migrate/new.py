"""Begins a migration: the next number, and a template that says what can stand in it."""

from __future__ import annotations

import re
from pathlib import Path

from .errors import MigrationFilesError
from .files import MIGRATIONS, required_version

_NAME = re.compile(r"[a-z]+(_[a-z0-9]+)+")

_TEMPLATE = """\
-- What this is for, in one sentence.
--
-- All of it runs in one transaction, and waits at most 1.5 s for each lock. Delete what you don't need of this:
--   -- migrate:up transaction:false           one statement at a time, for `create index concurrently`
--   -- migrate:batch key=id size=10000        above an update or delete: in short transactions, resumable
--   -- migrate:timeout 10min                  statement_timeout, unless 30s are enough
-- migrate:up

-- migrate:down
"""


def new_migration(name: str, *, migrations: Path = MIGRATIONS) -> Path:
    """Writes the template of the next migration.

    :param name: ``verb_noun``, such as ``add_zone_to_athletes``.
    :raises MigrationFilesError: when the name is none, or the folder is not in order.
    """
    if not _NAME.fullmatch(name):
        raise MigrationFilesError([f"{name}: expected a verb and a noun, such as create_measurements"])
    number = required_version(migrations) + 1 if any(migrations.glob("*.sql")) else 1
    path = migrations.resolve() / f"{number:04}_{name}.sql"
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(_TEMPLATE)
    return path
