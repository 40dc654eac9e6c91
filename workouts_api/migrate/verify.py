"""Proves on a throw-away database that every file can be taken back: up, down and up again give the same schema."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

from . import ledger
from .catalogue import read_schema
from .errors import VerifyError
from .executor import Event, Progress, in_silence
from .files import MIGRATIONS, Folder, MigrationFile, read_folder
from .runner import apply_files
from .scratch import scratch_database
from .session import Connection, connect

_SHOWN_LINES = 40


@dataclass(frozen=True)
class Verified:
    """How many files were taken down and up again; ``irreversible`` are those without a down."""

    files: int
    irreversible: tuple[str, ...]


def verify(
    *, migrations: Path = MIGRATIONS, scratch_url: str | None = None, progress: Progress = in_silence
) -> Verified:
    """Each file up, down and up; then the repeatable files twice; then all files down and up.

    :raises VerifyError: with the difference, when a schema isn't what it was.
    :raises StatementError: when a file can't be run.
    """
    folder = read_folder(migrations)
    with scratch_database(scratch_url) as scratch, connect(scratch) as conn:
        ledger.create(conn)
        for file in folder.numbered:
            _verify_file(conn, file)
            progress(Event(file.label, "up, down, up" if file.down else "up; it has no down"))
        _verify_whole(conn, folder)
        progress(Event("", "all files down and up, repeatable files twice"))
    irreversible = tuple(file.label for file in folder.numbered if file.down is None)
    return Verified(len(folder.numbered) - len(irreversible), irreversible)


def _verify_file(conn: Connection, file: MigrationFile) -> None:
    before = read_schema(conn)
    apply_files(conn, [file])
    after = read_schema(conn)
    if file.down is None:
        return
    apply_files(conn, [file], "down")
    _demand_same(f"{file.label}: after its down the schema is not what it was before its up", before, read_schema(conn))
    apply_files(conn, [file])
    _demand_same(f"{file.label}: up after down makes another schema than up alone", after, read_schema(conn))


def _verify_whole(conn: Connection, folder: Folder) -> None:
    apply_files(conn, folder.repeatable)
    whole = read_schema(conn)
    apply_files(conn, folder.repeatable)
    _demand_same("repeatable files: applied twice, they make another schema than once", whole, read_schema(conn))
    down = []
    for file in reversed(folder.numbered):
        if file.down is None:
            break
        down.append(file)
    apply_files(conn, down, "down")
    apply_files(conn, [*reversed(down), *folder.repeatable])
    _demand_same("all files: down and up again make another schema", whole, read_schema(conn))


def _demand_same(otherwise: str, expected: dict[str, str], found: dict[str, str]) -> None:
    if expected == found:
        return
    lines: list[str] = []
    for name in dict.fromkeys((*expected, *found)):
        old, new = expected.get(name, "").splitlines(), found.get(name, "").splitlines()
        if old != new:
            lines += [f"  {name}", *(f"    {line}" for line in list(unified_diff(old, new, n=0, lineterm=""))[2:])]
    more = [f"  … and {len(lines) - _SHOWN_LINES} more lines"] if len(lines) > _SHOWN_LINES else []
    raise VerifyError("\n".join([f"{otherwise} (- expected, + found):", *lines[:_SHOWN_LINES], *more]))
