"""Migrations that databases have had never change: one of them moved a path in a comment, and no database came up."""

from __future__ import annotations

import hashlib
from pathlib import Path

import workouts_api

FOLDER = Path(workouts_api.__file__).parent / "migrations"
APPLIED = dict(line.split() for line in Path(__file__).with_name("applied.txt").read_text().splitlines())


def test_a_migration_that_was_applied_stays_as_it_was() -> None:
    now = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in FOLDER.glob("[0-9]*.sql")}
    changed = [name for name, digest in APPLIED.items() if now.get(name) != digest]
    assert changed == [], "put them back and make the change in a new file (docs/MIGRATIONS.md)"


def test_the_list_has_no_gaps() -> None:
    until = max(APPLIED)
    assert sorted(path.name for path in FOLDER.glob("[0-9]*.sql") if path.name <= until) == sorted(APPLIED)
