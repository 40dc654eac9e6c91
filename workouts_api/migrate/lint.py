"""What is dangerous in migration files, told from their text: locks, rewrites, lost data, old code that breaks.

Owns the project's own rules. They know what a file itself made, what earlier files checked, and what the runner does:
``plan`` then shows what a file really locks. squawk, where it is installed, adds its rules.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from .errors import MigrationFilesError
from .files import Folder, MigrationFile
from .lint_rules import ACTIONS, STATEMENTS
from .statements import Statement

ACCEPTED = "accepted.toml"
_NAME = r'(?P<table>(?:"[^"]*"|[\w$]+)(?:\s*\.\s*(?:"[^"]*"|[\w$]+))*)'
_ALTER = re.compile(rf"alter\s+table\s+(?:if\s+exists\s+)?(?:only\s+)?{_NAME}\s*(?:\*\s*)?")
_CREATE = re.compile(
    rf"create\s+(?:(?:global|local)\s+)?(?:temp(?:orary)?\s+|unlogged\s+)?table\s+(?:if\s+not\s+exists\s+)?{_NAME}"
)
_INDEX = re.compile(rf"create\s+(?:unique\s+)?index\b(?!\s+concurrently).*?\bon\s+(?:only\s+)?{_NAME}", re.DOTALL)
_CHANGES_ROWS = re.compile(rf"(?P<verb>update|delete\s+from|merge\s+into)\s+(?:only\s+)?{_NAME}")
# In a common table expression, and in the block of a `do`, such a statement stands where the outline is blank.
_MAY_HOLD_OTHERS = re.compile(r"(?:with|do)\b")
_CHANGES_ROWS_INSIDE = re.compile(
    rf"\b(?:update\s+(?:only\s+)?{_NAME}(?:\s+(?:as\s+)?\w+)?\s+set\b"
    rf"|(?:delete\s+from|merge\s+into)\s+(?:only\s+)?{_NAME.replace('<table>', '<other>')})",
    re.IGNORECASE,
)
# Functions whose value is the same for all rows of a statement: such a default rewrites nothing.
_STEADY = frozenset(("now", "make_date", "make_interval", "to_date", "lower", "upper", "coalesce", "array", "row"))
_WAIVER = re.compile(r"--\s*lint:(?P<rule>[a-z-]+)\s+(?P<reason>\S.*)")


@dataclass(frozen=True, order=True)
class Finding:
    """What is dangerous at a place, and what to do instead."""

    file: str
    line: int
    rule: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.rule}: {self.message}"


_DEFAULT = re.compile(r"add\s.*\bdefault\b", re.DOTALL)
_CALL = re.compile(r"[\s(]*(?P<call>[a-z_][\w.]*)\s*\(", re.IGNORECASE)
_NAMED = re.compile(
    r"""(?: drop \s+ (?:materialized\s+)? \w+ \s+ (?:if\s+exists\s+)?
          | revoke\b .*? \bon\s+ (?:table\s+|function\s+)? )
        (?:\w+\.)? (?P<name>\w+)""",
    re.VERBOSE | re.DOTALL,
)
_SET_NOT_NULL = re.compile(r"alter\s+(?:column\s+)?(?P<column>\S+)\s+set\s+not\s+null\b")
_NOT_VALID = re.compile(r"\bnot\s+valid\b")
_VALIDATE = re.compile(r"validate\s+constraint\b")


def lint(folder: Folder, numbers: Iterable[int] = ()) -> list[Finding]:
    """What is dangerous in the way up of the numbered files, or of some of them.

    :raises MigrationFilesError: when squawk, or the file of what is accepted, cannot be read.
    """
    wanted, program = set(numbers), find_squawk()
    accepted = _accepted(folder.path)
    findings: list[Finding] = []
    earlier = ""
    for file in folder.numbered:
        if not wanted or file.version in wanted:
            findings += _of_file(file, earlier)
            findings += squawk(program, file) if program else ()
        earlier += " ".join(statement.text for statement in file.up.statements).lower()
    return sorted(one for one in findings if f"{one.file}:{one.line} {one.rule}" not in accepted)


def _accepted(folder: Path) -> Mapping[str, str]:
    """What is dangerous in files that nobody may change any more, each with the reason why it was done."""
    path = folder / ACCEPTED
    try:
        accepted: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise MigrationFilesError([f"{path.name}: cannot be read: {error}"]) from error
    return accepted


def _of_file(file: MigrationFile, earlier: str) -> Iterator[Finding]:
    waived = _waived(file)
    made: set[str] = set()
    own = ""  # what the file has made so far
    not_valid: set[str] = set()
    for statement in file.up.statements:
        if statement.is_of_package:
            continue
        if created := _CREATE.match(statement.outline):
            made.add(_table(statement, created))
        own += statement.outline if statement.outline.startswith("create") else ""
        for rule, message in (
            *_of_statement(file, statement, made, own),
            *_of_alter(file, statement, made, not_valid, earlier),
        ):
            if (statement.line, rule) not in waived:
                yield Finding(file.label, statement.line, rule, message)


def _waived(file: MigrationFile) -> set[tuple[int, str]]:
    """``-- lint:RULE reason`` in the line above a statement."""
    return {
        (number + 1, found["rule"])
        for number, line in enumerate(file.text.split("\n"), 1)
        if (found := _WAIVER.match(line.strip()))
    }


def _table(statement: Statement, found: re.Match[str]) -> str:
    return _plain(statement.text[found.start("table") : found.end("table")])


def _plain(written: str) -> str:
    return re.sub(r'[\s"]', "", written).lower().removeprefix("workouts.")


def _of_statement(file: MigrationFile, statement: Statement, made: set[str], own: str) -> Iterator[tuple[str, str]]:
    outline = statement.outline
    for rule, pattern, message in STATEMENTS:
        if pattern.match(outline) and not _is_about(outline, own):
            yield rule, message
    if re.search(r"\bcascade\s*$", outline) and outline.startswith("drop"):
        yield "cascade", "it also drops what nobody has named: drop each object by itself"
    if (index := _INDEX.match(outline)) and _table(statement, index) not in made:
        yield "index-blocks", "it blocks writes while it is built: create index concurrently, transaction:false"
    if not statement.batches and any(table not in made for table in _tables_changed(statement)):
        yield "rows-at-once", "all rows are locked to the end of the file: migrate:batch, transaction:false"
    if file.up.transaction and statement.needs_no_transaction:
        yield "transaction", "the server refuses it inside a transaction: migrate:up transaction:false"


def _tables_changed(statement: Statement) -> Iterator[str]:
    """The tables whose rows a statement changes, itself or by what it holds."""
    if rows := _CHANGES_ROWS.match(statement.outline):
        yield _table(statement, rows)
    if _MAY_HOLD_OTHERS.match(statement.outline):
        for inside in _CHANGES_ROWS_INSIDE.finditer(statement.text):
            yield _plain(inside["table"] or inside["other"])


def _is_about(outline: str, own: str) -> bool:
    """Whether what is dropped, or whose privilege is revoked, was made by the file itself."""
    named = _NAMED.match(outline)
    return named is not None and re.search(rf"\b{re.escape(named['name'])}\b", own) is not None


def _of_alter(
    file: MigrationFile, statement: Statement, made: set[str], not_valid: set[str], earlier: str
) -> Iterator[tuple[str, str]]:
    found = _ALTER.match(statement.outline)
    if not found or (table := _table(statement, found)) in made:
        return
    for piece in re.finditer(r"[^,\s][^,]*", statement.outline[found.end() :]):
        action, written = piece[0], statement.text[found.end() :][piece.start() : piece.end()]
        for rule, pattern, message in ACTIONS:
            if pattern.match(action):
                yield rule, message
        yield from _of_default(action, written)
        if column := _SET_NOT_NULL.match(action):
            yield from _of_not_null(column["column"], earlier)
        if _NOT_VALID.search(action):
            not_valid.add(table)
        if _VALIDATE.match(action) and table in not_valid and file.up.transaction:
            yield "constraint-scans", "the lock of `not valid` above is held while it reads: validate in the next file"


def _of_default(action: str, written: str) -> Iterator[tuple[str, str]]:
    """The outline says where the default begins; what is in brackets stands only in the text as it is written."""
    begins = _DEFAULT.match(action)
    called = _CALL.match(written, begins.end()) if begins else None
    if called and called["call"].lower().rpartition(".")[2] not in _STEADY:
        yield "rewrite", f"{called['call']}() may differ from row to row: add the column without it, fill it in batches"


def _of_not_null(column: str, earlier: str) -> Iterator[tuple[str, str]]:
    if not re.search(rf"check\s*\(\s*{re.escape(column)}\s+is\s+not\s+null", earlier):
        yield "not-null-scans", "it reads the table under a lock that blocks reads: first a check, not valid, validated"


# ── squawk ──────────────────────────────────────────────────────────────────────────────────────────────────


def find_squawk() -> str | None:
    """squawk beside this Python, or on the PATH."""
    beside = Path(sys.executable).parent / "squawk"
    return str(beside) if beside.exists() else shutil.which("squawk")


def squawk(program: str, file: MigrationFile) -> Iterator[Finding]:
    """What squawk says of a file's way up."""
    upwards = re.split(r"(?m)^-- migrate:down", file.text, maxsplit=1)[0]
    command = [program, "--reporter", "Json", "--stdin-filepath", file.label]
    config = file.path.resolve().parent.parent / ".squawk.toml"
    command += ["--config", str(config)] if config.is_file() else []
    command += [] if file.up.transaction else ["--no-assume-in-transaction"]
    done = subprocess.run(command, input=upwards, capture_output=True, text=True, check=False)
    try:
        told = json.loads(done.stdout or "[]")
    except ValueError as error:
        raise MigrationFilesError([f"{file.label}: squawk said {done.stdout[:200]!r} {done.stderr[:200]!r}"]) from error
    for one in told:
        yield _of_squawk(file, one)


def _of_squawk(file: MigrationFile, one: Mapping[str, object]) -> Finding:
    message = " ".join(str(one.get(key) or "") for key in ("message", "help")).strip()
    return Finding(file.label, int(str(one.get("line", 0))) + 1, f"squawk {one.get('rule_name')}", message)
