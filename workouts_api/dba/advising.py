"""What to change in tables and indexes, and the migration that does it.

Owns the reading of ``advice/``: a file is one check. Its first comment says what is looked for, its second what to do;
its columns are ``object``, ``finding`` and ``remedy``, a statement. It reads catalogues and statistics, and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.dba.checkup import Check, read_checks
from workouts_api.host.terminal import visible

ADVICE = Path(__file__).parent / "advice"
MAX_FINDINGS = 50  # of one check


@dataclass(frozen=True, slots=True)
class Found:
    """An object, what is wrong with it, and the statement that mends it."""

    object: str
    finding: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Advice:
    """What one check found."""

    check: Check
    found: tuple[Found, ...]
    more: bool


def advise(conn: psycopg.Connection[Any]) -> Iterator[Advice]:
    """Runs every check.

    :raises psycopg.Error: when the server refuses one.
    """
    for check in read_checks(ADVICE):
        rows = conn.execute(check.statement.encode()).fetchmany(MAX_FINDINGS + 1)
        found = tuple(Found(*(visible(str(told)) for told in row)) for row in rows[:MAX_FINDINGS])
        yield Advice(check, found, len(rows) > MAX_FINDINGS)


def migration_of(found: Sequence[Advice]) -> str:
    """The text of a migration with every remedy once, each below its finding.

    Statements with ``concurrently`` run outside a transaction, so all of them do.
    """
    remedies = {one.remedy: f"-- {one.object}: {one.finding}" for advice in found for one in advice.found}
    lines = ["-- What `workouts sql advise` found; keep what you have looked at.", "-- migrate:up transaction:false"]
    for remedy, reason in remedies.items():
        lines += [reason, f"{remedy};", ""]
    return "\n".join([*lines, "-- migrate:down transaction:false", "select 1;"])
