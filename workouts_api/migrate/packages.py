"""The migrations that an installed package brings for its own tables, taken in by a file of ours.

    -- migrate:package procrastinate 00.00.00_01 to 02.06.00_01 sha256:…

stands for the statements of that package's files from the first to the last, in order. The digest is over their texts,
so that the file which names them says exactly what it runs: a release of the package that brings others is refused.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from .statements import FileError, Statement, split

# Where each package keeps its migrations.
FOLDERS: Mapping[str, str] = {"procrastinate": "sql/migrations"}
SCHEMAS: Mapping[str, str] = {"jobs": "procrastinate"}
"""The schemas that hold nothing but a package's objects."""
_FILE = re.compile(r"(?P<number>\d\d\.\d\d\.\d\d_\d\d)_.*\.sql")
_MARKER = re.compile(r"(?P<package>\S+) (?P<first>\S+) to (?P<last>\S+) sha256:(?P<digest>\S*)")

FindFolder = Callable[[str], Path | None]


def installed(package: str) -> Path | None:
    """The folder of a package's migrations, without importing it."""
    spec = find_spec(package) if package in FOLDERS else None
    return Path(spec.origin).parent / FOLDERS[package] if spec and spec.origin else None


def numbers(folder: Path) -> dict[str, Path]:
    """Every migration of a package by its number, in order."""
    matches = ((_FILE.fullmatch(path.name), path) for path in sorted(folder.glob("*.sql")))
    return {match["number"]: path for match, path in matches if match}


def statements(line: int, rest: str, find: FindFolder = installed) -> list[Statement]:
    """What a marker in this line stands for.

    :raises FileError: when the package is missing, or is not the one that the marker was written for.
    """
    match = _MARKER.fullmatch(" ".join(rest.split()))
    if not match:
        raise FileError(line, "expected migrate:package NAME FIRST to LAST sha256:DIGEST")
    folder = find(match["package"])
    if folder is None or not folder.is_dir():
        raise FileError(line, f"{match['package']}: no such package with migrations is installed")
    found = numbers(folder)
    if missing := [number for number in (match["first"], match["last"]) if number not in found]:
        raise FileError(
            line, f"{match['package']}: has no migration {missing[0]}; its last is {max(found, default='')}"
        )
    texts = [path.read_text("utf-8") for number, path in found.items() if match["first"] <= number <= match["last"]]
    digest = hashlib.sha256("\0".join(texts).encode()).hexdigest()
    if digest != match["digest"]:
        raise FileError(
            line,
            f"{match['package']}: its migrations {match['first']} to {match['last']} are not those that this file was "
            f"written for; found sha256:{digest}",
        )
    pieces = (piece for text in texts for piece in split(text))
    return [replace(piece, line=line, is_of_package=True) for piece in pieces if isinstance(piece, Statement)]
