"""What was changed by hand: the schema as the last migration left it, beside the schema as it is.

Owns the comparison, and the table that remembers: ``schema_as_migrated``, one row an object. The runner writes it after
each change. So a host without PostgreSQL's programs can compare too: nothing is built anew for it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import ndiff
from pathlib import Path

from workouts_api.host.terminal import visible

from . import ledger
from .catalogue import read_schema
from .errors import DriftError
from .session import SEARCH_PATH, Connection, become_owner

OF_THE_PLACE = ("database", "server")  # which no file decides
_ALWAYS_THERE = (*OF_THE_PLACE, "rights", "publications")  # also where there is nothing to say
_SURROUNDINGS = Path(__file__).parent / "surroundings"
_LEDGER = "ledger"  # the row that says after which migrations the others were written
_REMEMBERED = b"select object, text from workouts.schema_as_migrated"


@dataclass(frozen=True)
class Change:
    """An object that is not as the migrations left it: lines that are gone, and lines that are new."""

    object: str
    gone: tuple[str, ...]
    new: tuple[str, ...]
    is_unknown: bool = False  # no migration made it

    @property
    def blocks(self) -> bool:
        """Whether a migration might meet what its author didn't expect: not by roles, extensions and new objects."""
        if self.is_unknown or self.object in _ALWAYS_THERE or self.object.startswith("role "):
            return False
        return bool(self.gone) or self.object not in ("schemas and extensions", "others", "states")

    def told(self) -> Iterator[str]:
        """The object, then each line with - or + in front. Names may hold anything."""
        yield visible(self.object)
        yield from (visible(f"  - {line}", keeps="\t") for line in self.gone)
        yield from (visible(f"  + {line}", keeps="\t") for line in self.new)


def read_objects(conn: Connection) -> dict[str, str]:
    """The schema, and what is set around it: for the project's roles, the database, rights and publications."""
    objects = read_schema(conn)
    with conn.transaction():
        conn.execute(f"set local search_path = {SEARCH_PATH}".encode())
        for path in sorted(_SURROUNDINGS.glob("*.sql")):
            objects |= {str(name): str(text) for name, text in conn.execute(path.read_bytes()).fetchall()}
    return objects


def remember(conn: Connection) -> None:
    """Writes down the schema as it is now, in place of what was remembered."""
    become_owner(conn)
    objects = {**read_objects(conn), _LEDGER: _state_of_ledger(conn)}
    with conn.transaction():
        conn.execute("delete from workouts.schema_as_migrated")
        conn.execute(
            "insert into workouts.schema_as_migrated (object, text) select * from unnest(%s::text[], %s::text[])",
            [list(objects), list(objects.values())],
        )


def remembered(conn: Connection) -> dict[str, str] | None:
    """The schema as the last migration left it. None where it isn't known, or a migration stopped half-way since."""
    if conn.execute("select to_regclass('workouts.schema_as_migrated')").fetchone() == (None,):
        return None
    objects = {str(name): str(text) for name, text in conn.execute(_REMEMBERED).fetchall()}
    return objects if objects.pop(_LEDGER, None) == _state_of_ledger(conn) else None


def unknown_because(conn: Connection) -> str:
    """Why it isn't known how the last migration left the schema, and what to do."""
    if not ledger.exists(conn):
        return "no migration was ever applied to this database"
    if stopped := ledger.unfinished(conn):
        again = "rollback" if stopped.direction == "down" else "migrate"
        return f"{stopped.version:04} stopped half-way: `workouts db {again}` first, or compare with --files"
    return "it isn't known how the last migration left the schema: compare with --files"


def since_migrated(conn: Connection) -> list[Change] | None:
    """What was changed by hand since the last migration; None where that isn't known."""
    objects = remembered(conn)
    if objects is None:
        return None
    found = read_objects(conn)
    for name in _ALWAYS_THERE:
        if name not in objects:  # an earlier release did not write it down
            found.pop(name)
    return compare(objects, found)


def refuse_drift(conn: Connection) -> None:
    """:raises DriftError: when an object that a migration made was changed by hand."""
    blocking = [change for change in since_migrated(conn) or () if change.blocks]
    if blocking:
        raise DriftError("\n".join(line for change in blocking for line in change.told()))


def compare(expected: Mapping[str, str], found: Mapping[str, str]) -> list[Change]:
    """Every object whose text is another one, in the order of the dump."""
    return [
        _change(name, expected.get(name), found.get(name))
        for name in dict.fromkeys((*expected, *found))
        if expected.get(name) != found.get(name)
    ]


def _change(name: str, expected: str | None, found: str | None) -> Change:
    lines = list(ndiff((expected or "").splitlines(), (found or "").splitlines()))
    gone, new = (tuple(line[2:] for line in lines if line.startswith(sign)) for sign in ("- ", "+ "))
    return Change(name, gone, new, is_unknown=expected is None and name != "states")


def _state_of_ledger(conn: Connection) -> str:
    """A digest of what has been applied."""
    stopped = ledger.unfinished(conn)
    rows = [f"{row.version} {row.sha256}" for row in ledger.applied(conn)]
    rows += [f"{name} {sha256}" for name, sha256 in sorted(ledger.repeatables(conn).items())]
    return hashlib.sha256("\n".join([*rows, repr(stopped)]).encode()).hexdigest()
