"""Which database the query tools talk to.

Owns that choice, and the throw-away database for those who have none. In this order: ``--database-url``,
``DATABASE_URL`` (through the tunnel where SSH_HOST is set), the embedded database, a throw-away one.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from workouts_api.config import ConfigurationError, Settings, load_settings

if TYPE_CHECKING:
    from workouts_api.embedded import EmbeddedPostgres

ROLES = Path(__file__).resolve().parents[2] / "deploy" / "roles.sql"
EMBEDDED_FOLDER = "postgres"  # in the data folder
EMBEDDED_DATABASE = "workouts"


class TargetError(Exception):
    """There is no database to ask; the message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A database: libpq's conninfo, and what to call it."""

    conninfo: str
    name: str
    is_empty: bool = False


@contextmanager
def choose(database_url: str | None, *, embedded: bool) -> Iterator[Target]:
    """The database to use.

    :param embedded: whether the embedded database, with its data, comes before a throw-away one.
    :raises TargetError: when none can be had.
    """
    if database_url:
        yield Target(database_url, "the database of --database-url")
        return
    settings = settings_of_tools()
    if settings.database_url:
        yield Target(_configured(settings), "the database of DATABASE_URL")
        return
    folder = settings.workouts_data_dir / EMBEDDED_FOLDER
    if embedded and folder.is_dir():
        with _started(folder, durable=True) as server:
            yield Target(server.dsn(EMBEDDED_DATABASE, "workouts_app"), "the embedded database")
        return
    with throwaway() as target:
        yield target


@contextmanager
def throwaway() -> Iterator[Target]:
    """A migrated, empty database on a server of its own, removed afterwards."""
    from workouts_api.migrate import MigrationError, migrate

    if not ROLES.is_file():
        raise TargetError(f"{ROLES} is missing: expected a checkout, or --database-url with a migrated database")
    with tempfile.TemporaryDirectory(prefix="workouts-sql-") as name, _started(Path(name), durable=False) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(ROLES.read_bytes())
            admin.execute(
                "create database scratch owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8'"
            )
        try:
            migrate(server.dsn("scratch", "workouts_migrator"))
        except MigrationError as error:
            raise TargetError(f"the throw-away database could not be migrated: {error}") from error
        yield Target(server.dsn("scratch", "workouts_app"), "a throw-away database", is_empty=True)


@contextmanager
def _started(folder: Path, *, durable: bool) -> Iterator[EmbeddedPostgres]:
    from workouts_api.embedded import EmbeddedError, EmbeddedPostgres

    try:
        server = EmbeddedPostgres(folder, durable=durable)
        server.start()
    except EmbeddedError as error:
        raise TargetError(str(error)) from error
    try:
        yield server
    finally:
        if server.stop() and not durable:
            server.delete()


def _configured(settings: Settings) -> str:
    from workouts_api.tunnel import TunnelError, connection_info

    try:
        return connection_info(settings) if settings.ssh_host else str(settings.database_url)
    except TunnelError as error:
        raise TargetError(str(error)) from error


def settings_of_tools() -> Settings:
    """The settings; a missing JWT_SECRET_KEY is no obstacle, since these tools sign nothing.

    :raises ConfigurationError: with everything else that is wrong.
    """
    dotenv = Path(".env")
    try:
        return load_settings(dotenv=dotenv)
    except ConfigurationError as error:
        if not all(problem.startswith("JWT_SECRET_KEY is not set") for problem in error.problems):
            raise
        return load_settings({**os.environ, "JWT_SECRET_KEY": secrets.token_urlsafe(48)}, dotenv=dotenv)
