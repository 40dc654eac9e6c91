"""The schema of a database as text, the same for the same schema: what ``dump`` writes and ``verify`` compares.

Owns the reading of the catalogue, by the files of ``catalogue/`` in the order of their numbers, each of which gives
lines of SQL by object. The text is for reading and comparing; a database is made by the migrations. It is our own and
not pg_dump's, whose output differs with its version and with the server's.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path

from . import ledger, packages
from .session import SEARCH_PATH, Connection

_QUERIES = Path(__file__).parent / "catalogue"
_OF_PACKAGE = re.compile(rf"\w+ (?:{'|'.join(packages.SCHEMAS)})\.")
_HEADER = """\
-- The schema that the migrations make, up to {version:04}, for reading. Written by `workouts db dump`; don't edit.
-- A database is made by `workouts db migrate`. search_path is {search_path}.
"""


def read_schema(conn: Connection) -> dict[str, str]:
    """Every object of the database, by its name such as ``table users``, in the order of the dump."""
    objects: dict[str, str] = {}
    with conn.transaction():
        conn.execute(f"set local search_path = {SEARCH_PATH}".encode())
        for path in sorted(_QUERIES.glob("*.sql")):
            rows = conn.execute(path.read_bytes()).fetchall()
            for name, lines in groupby(rows, key=lambda row: str(row[0])):
                objects[name] = "\n".join(str(line) for _, line in lines)
    return objects


def dump(conn: Connection) -> str:
    """The whole schema of a database as one text; what a package brought is told by its digest."""
    header = _HEADER.format(version=ledger.current_version(conn), search_path=SEARCH_PATH)
    return "\n".join(f"{chapter.rstrip()}\n" for chapter in (header, *_folded(read_schema(conn)).values()))


def _folded(objects: Mapping[str, str]) -> dict[str, str]:
    """Without the objects of packages' schemas, for each of which there is one line instead."""
    folded = {name: text for name, text in objects.items() if not _OF_PACKAGE.match(name)}
    for schema, package in packages.SCHEMAS.items():
        theirs = {name: text for name, text in objects.items() if re.match(rf"\w+ {schema}\.", name)}
        if theirs:
            kinds = Counter(name.partition(" ")[0] for name in theirs)
            counted = ", ".join(f"{count} {kind}s" for kind, count in sorted(kinds.items()))
            digest = hashlib.sha256("\n".join(theirs.values()).encode()).hexdigest()
            folded[f"schema {schema}"] = f"-- Schema {schema} is {package}'s: {counted}; sha256 {digest}."
    return folded
