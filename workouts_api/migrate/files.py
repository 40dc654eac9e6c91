"""Migration files: reads the folder, and knows what a file says before any database is asked.

Owns the form of a file: its number and name, its markers (those of dbmate, and ``batch``, ``package`` and ``timeout``
of our own), its statements with their lines, and its digest.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from workouts_api.database import schema_version

from . import packages
from .errors import MigrationFilesError
from .statements import FileError, Statement, split

MIGRATIONS = schema_version.MIGRATIONS
DEFAULT_TIMEOUT_MS = 30_000  # as long as a request may take: a longer lock would be seen by every client

Direction = Literal["up", "down"]

_NUMBERED = re.compile(r"(?P<version>\d{4,9})_(?P<name>[a-z][a-z0-9_]*)\.sql")
_REPEATABLE = re.compile(r"[a-z][a-z0-9_]*\.sql")
_MARKER = re.compile(r"--\s*migrate:(?P<key>[a-z]+)(?P<rest>.*)")
_TIMEOUT = re.compile(r"(?P<number>\d{1,6})(?P<unit>ms|s|min|h)")
_MILLISECONDS = {"ms": 1, "s": 1_000, "min": 60_000, "h": 3_600_000}


@dataclass(frozen=True)
class Section:
    """The statements of one direction; ``transaction``: whether they run, with the ledger's row, in one."""

    statements: tuple[Statement, ...]
    transaction: bool


@dataclass(frozen=True)
class MigrationFile:
    """One file. ``version`` is 0 for a repeatable one, which has no ``down``.

    ``timeout_ms`` is the statement_timeout that the file asks for, 0 for none at all, None if it says nothing.
    """

    version: int
    name: str
    path: Path
    text: str
    sha256: str
    up: Section
    down: Section | None
    timeout_ms: int | None

    @property
    def label(self) -> str:
        """How messages call the file."""
        return self.path.name if self.version else f"repeatable/{self.path.name}"

    def section(self, direction: Direction) -> Section:
        """What to run; without a down, going down runs nothing. A rollback first checks that there is one."""
        return self.up if direction == "up" else self.down or Section((), transaction=True)


@dataclass(frozen=True)
class Folder:
    """All files of a folder, in the order in which they are applied."""

    path: Path
    numbered: tuple[MigrationFile, ...]
    repeatable: tuple[MigrationFile, ...]

    @property
    def newest(self) -> int:
        return len(self.numbered)

    def get(self, version: int) -> MigrationFile | None:
        """The file of a number, if there is one: numbers run from 1 without a gap."""
        return self.numbered[version - 1] if 1 <= version <= len(self.numbered) else None


def required_version(migrations: Path = MIGRATIONS) -> int:
    """The number of the newest file, from names alone: what the code needs the database to be at, at least.

    :raises MigrationFilesError: when the folder is missing or empty.
    """
    return len(_numbered_paths(migrations))


def read_folder(migrations: Path = MIGRATIONS) -> Folder:
    """Reads and checks every file.

    :raises MigrationFilesError: with every problem of every file, each with its file and line.
    """
    problems: list[str] = []
    numbered = [_read(path, version, problems) for version, path in enumerate(_numbered_paths(migrations), start=1)]
    repeatable = [_read(path, 0, problems) for path in _repeatable_paths(migrations, problems)]
    if problems:
        raise MigrationFilesError(problems)
    return Folder(migrations, tuple(f for f in numbered if f), tuple(f for f in repeatable if f))


def _numbered_paths(folder: Path) -> list[Path]:
    if not folder.is_dir():
        raise MigrationFilesError([f"{folder}: no such folder; expected one with files such as 0001_create_users.sql"])
    problems: list[str] = []
    by_version: dict[int, list[Path]] = {}
    for path in sorted(folder.glob("*.sql")):
        if match := _NUMBERED.fullmatch(path.name):
            by_version.setdefault(int(match["version"]), []).append(path)
        else:
            problems.append(f"{path.name}: expected a name such as 0001_create_users.sql")
    for version, paths in by_version.items():
        if len(paths) > 1:
            problems.append(f"two files have the number {version:04}: {', '.join(p.name for p in paths)}")
    missing = sorted(set(range(1, max(by_version, default=0) + 1)) - set(by_version))
    problems += [f"there is no file with the number {version:04}, but there are later ones" for version in missing[:5]]
    if 0 in by_version:
        problems.append(f"{by_version[0][0].name}: numbers begin at 0001")
    if not by_version and not problems:
        problems.append(f"{folder}: no migrations in it; expected files such as 0001_create_users.sql")
    if problems:
        raise MigrationFilesError(problems)
    return [paths[0] for _, paths in sorted(by_version.items())]


def _repeatable_paths(folder: Path, problems: list[str]) -> list[Path]:
    paths = sorted((folder / "repeatable").glob("*.sql"), key=lambda path: path.stem)
    problems += [
        f"repeatable/{path.name}: expected a name such as touch_version.sql, lower-case and without a number"
        for path in paths
        if not _REPEATABLE.fullmatch(path.name)
    ]
    return paths


def _read(path: Path, version: int, problems: list[str]) -> MigrationFile | None:
    shown = path.name if version else f"repeatable/{path.name}"
    try:
        text = _decode(path.read_bytes())
        return _parse(path, version, text)
    except OSError as error:
        problems.append(f"{shown}: cannot be read: {error.strerror}")
    except FileError as problem:
        problems.append(f"{shown}:{problem.line}: {problem}")
    return None


def _decode(content: bytes) -> str:
    """The text, without what editors on Windows add, so that a checkout there has the same digest."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise FileError(line, f"byte 0x{content[error.start]:02x} is not UTF-8; save the file as UTF-8") from None
    if "\0" in text:
        raise FileError(text.count("\n", 0, text.index("\0")) + 1, "holds a NUL byte; expected text")
    return text.replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=512)
def _parse(path: Path, version: int, text: str) -> MigrationFile:
    reader = _Reader(is_numbered=version > 0)
    for piece in split(text):
        if isinstance(piece, Statement):
            reader.statement(piece)
        else:
            reader.comment(piece.line, piece.text)
    up, down = reader.finish()
    digest = hashlib.sha256(text.encode()).hexdigest()
    return MigrationFile(version, path.stem, path, text, digest, up, down, reader.timeout_ms)


class _Reader:
    """Puts statements into the section whose marker stands above them."""

    def __init__(self, *, is_numbered: bool) -> None:
        self.is_numbered = is_numbered
        self.timeout_ms: int | None = None
        self.sections: dict[str, tuple[list[Statement], bool]] = {} if is_numbered else {"up": ([], True)}
        self.batch: tuple[int, str, int] | None = None  # line, key, size

    def comment(self, line: int, text: str) -> None:
        if not (match := _MARKER.match(text)):
            return
        options = match["rest"].split()
        match match["key"]:
            case "up" | "down" as direction if self.is_numbered:
                self._begin(line, direction, options)
            case "timeout":
                self.timeout_ms = _milliseconds(line, options)
            case "batch":
                self.batch = line, *_batch(line, options)
            case "package" if self.is_numbered and self.sections:
                self._no_batch_left()
                list(self.sections.values())[-1][0].extend(packages.statements(line, match["rest"]))
            case key:
                expected = (
                    "up, down, package, timeout or batch" if self.is_numbered else "timeout: it is applied as a whole"
                )
                raise FileError(line, f"migrate:{key} is not known here; expected {expected}")

    def _begin(self, line: int, direction: str, options: list[str]) -> None:
        if direction in self.sections or (direction == "up" and self.sections):
            raise FileError(line, f"a second or misplaced migrate:{direction}; expected one up and then one down")
        if direction == "down" and "up" not in self.sections:
            raise FileError(line, "migrate:down without a migrate:up above it")
        unknown = set(options) - {"transaction:false", "transaction:true"}
        if unknown:
            raise FileError(line, f"option {' '.join(sorted(unknown))} is not known; expected transaction:false")
        self._no_batch_left()
        self.sections[direction] = ([], "transaction:false" not in options)

    def statement(self, statement: Statement) -> None:
        if not self.sections:
            raise FileError(statement.line, "a statement above the first marker; expected -- migrate:up before it")
        statements, in_transaction = list(self.sections.values())[-1]
        if self.batch:
            if in_transaction:
                raise FileError(self.batch[0], "a batch needs: -- migrate:up transaction:false")
            statement = statement.in_batches(*self.batch[1:])
            self.batch = None
        statements.append(statement)

    def _no_batch_left(self) -> None:
        if self.batch:
            raise FileError(self.batch[0], "no statement follows this migrate:batch")

    def finish(self) -> tuple[Section, Section | None]:
        self._no_batch_left()
        if "up" not in self.sections:
            raise FileError(1, "no marker; expected a line -- migrate:up")
        if not self.sections["up"][0]:
            raise FileError(1, "nothing to run; expected a statement")
        up, down = (self.sections.get(name) for name in ("up", "down"))
        return _section(up), _section(down) if down and down[0] else None


def _section(parts: tuple[list[Statement], bool] | None) -> Section:
    statements, transaction = parts or ([], True)
    return Section(tuple(statements), transaction)


def _milliseconds(line: int, options: list[str]) -> int:
    if options == ["off"]:
        return 0
    if len(options) != 1 or not (match := _TIMEOUT.fullmatch(options[0])) or not int(match["number"]):
        raise FileError(line, "expected migrate:timeout with a duration such as 500ms, 30s, 10min, 1h, or off")
    return int(match["number"]) * _MILLISECONDS[match["unit"]]


def _batch(line: int, options: list[str]) -> tuple[str, int]:
    given = dict(option.partition("=")[::2] for option in options)
    key, size = given.get("key", ""), given.get("size", "")
    if set(given) != {"key", "size"} or not re.fullmatch(r"[a-z_][a-z0-9_]*", key):
        raise FileError(line, "expected migrate:batch key=id size=10000, the key an indexed column of the table")
    if not re.fullmatch(r"\d{1,7}", size) or not int(size):
        raise FileError(line, f"size={size}: expected a whole number of rows from 1 to 9999999")
    return key, int(size)
