"""A look over the whole server: what will fail or grow slow if nobody does anything.

Owns the reading of ``doctor/``: a file is one check. Its first comment says what is looked for, its second what to do;
its columns are ``object`` and ``finding``. Every check reads catalogues and statistics only, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from workouts_api.host.terminal import visible

CHECKS = Path(__file__).parent / "doctor"
MAX_FINDINGS = 20  # of one check


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its name, what it looks for, what to do, and its statement."""

    name: str
    looks_for: str
    advice: str
    statement: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a check found, as pairs of an object and a finding; or why it could not look."""

    check: Check
    findings: tuple[tuple[str, str], ...] = ()
    more: bool = False
    refused: str | None = None


def read_checks(folder: Path = CHECKS) -> Iterator[Check]:
    """Every check, in the order of their names."""
    for path in sorted(folder.glob("*.sql")):
        text = path.read_text(encoding="utf-8")
        looks_for, advice, statement = text.split("\n", 2)
        yield Check(path.stem, looks_for.removeprefix("-- "), advice.removeprefix("-- "), statement)


def examine(conn: psycopg.Connection[Any]) -> Iterator[Outcome]:
    """Runs every check. One that the server refuses, for lack of a right or of a table, ends no other."""
    for check in read_checks():
        try:
            rows = conn.execute(check.statement.encode()).fetchmany(MAX_FINDINGS + 1)
        except psycopg.errors.OperationalError:
            raise
        except psycopg.Error as error:
            yield Outcome(check, refused=error.diag.message_primary or str(error))
        else:
            found = tuple((visible(str(name)), visible(str(finding))) for name, finding in rows[:MAX_FINDINGS])
            yield Outcome(check, found, more=len(rows) > MAX_FINDINGS)
