"""The schema that the files make, built anew on a throw-away database: for the dump, and to compare a live one with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg

from workouts_api.host.bare_machine import roles_file

from .catalogue import dump
from .drift import OF_THE_PLACE, Change, compare, read_objects
from .files import MIGRATIONS
from .runner import migrate
from .scratch import scratch_database
from .session import Connection, connect


@contextmanager
def built_anew(migrations: Path, scratch_url: str | None) -> Iterator[Connection]:
    """A connection to a throw-away database to which all files were applied."""
    with scratch_database(scratch_url) as scratch:
        migrate(scratch, migrations=migrations)
        with connect(scratch) as conn:
            yield conn


def dump_of_files(migrations: Path = MIGRATIONS, scratch_url: str | None = None) -> str:
    """The schema that the files make, as one text."""
    with built_anew(migrations, scratch_url) as conn:
        return dump(conn)


def _of_files(conn: Connection) -> dict[str, str]:
    """What the files and the roles decide. Owner, settings and privileges are of each database and server alone."""
    return {name: text for name, text in read_objects(conn).items() if name not in OF_THE_PLACE}


def drift_from_files(live: Connection, migrations: Path = MIGRATIONS, scratch_url: str | None = None) -> list[Change]:
    """What a live database has in another form than the files make it."""
    with built_anew(migrations, scratch_url) as made:
        with suppress(psycopg.Error), psycopg.connect(made.info.dsn, autocommit=True) as admin:
            admin.execute(roles_file().read_bytes())  # some of what it makes belongs to a database
        return compare(_of_files(made), _of_files(live))
