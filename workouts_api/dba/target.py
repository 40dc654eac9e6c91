"""Chooses the database for the query tools.

The first of these that exists is used: ``--database-url``, ``DATABASE_URL`` (through the tunnel if SSH_HOST is set),
the embedded database, a throw-away database. This module also makes the throw-away database.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from workouts_api.config import ConfigurationError, Settings, load_settings

if TYPE_CHECKING:
    from workouts_api.host.embedded import EmbeddedPostgres

EMBEDDED_FOLDER = "postgres"  # in the data folder, made by workouts_api.host.bare_machine


class TargetError(Exception):
    """No database can be used. The message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A database: libpq's conninfo, and its name for messages.

    :param observer: the conninfo for looking at plans, if another role sees more. That role takes the application's.
    :param known: what samples are worth, by their SQL, where that is known from elsewhere.
    """

    conninfo: str
    name: str
    is_empty: bool = False
    observer: str | None = None
    known: Mapping[str, str | None] = field(default_factory=dict)


@contextmanager
def choose(database_url: str | None, *, embedded: bool) -> Iterator[Target]:
    """The database to use.

    :param embedded: whether to prefer the embedded database, with its data, to a throw-away one.
    :raises TargetError: when no database can be used.
    """
    if database_url:
        yield Target(database_url, "the database of --database-url")
        return
    settings = settings_of_tools()
    if settings.database_url:
        yield Target(_configured(settings), "the database of DATABASE_URL")
        return
    if embedded and (settings.workouts_data_dir / EMBEDDED_FOLDER).is_dir():
        from workouts_api.host.bare_machine import DATABASE, embedded_database

        with _started(embedded_database(settings.workouts_data_dir)) as server:
            yield Target(
                server.dsn(DATABASE, "workouts_app"),
                "the embedded database",
                observer=server.dsn(DATABASE, "workouts_dba"),
            )
        return
    with throwaway() as target:
        yield target


@contextmanager
def throwaway() -> Iterator[Target]:
    """A migrated, empty database on a server of its own. It is removed afterwards.

    :raises TargetError: when it cannot be started.
    """
    with scratch_server() as server:
        yield Target(
            server.dsn("scratch", "workouts_app"),
            "a throw-away database",
            is_empty=True,
            observer=server.dsn("scratch", "workouts_dba"),
        )


@contextmanager
def scratch_server(
    *, least: int = 0, options: Mapping[str, str] | None = None, checksums: bool = True
) -> Iterator[EmbeddedPostgres]:
    """A server of its own with the migrated, empty database ``scratch``. It is removed afterwards.

    :param least: the oldest major version that will do.
    :raises TargetError: when it cannot be started.
    """
    from workouts_api.host.bare_machine import roles_file
    from workouts_api.migrate import MigrationError, migrate

    with tempfile.TemporaryDirectory(prefix="workouts-sql-") as name:
        starting = _disposable(Path(name), least, options or {}, checksums)
        with _started(starting) as server:
            with psycopg.connect(server.dsn(), autocommit=True) as admin:
                admin.execute(roles_file().read_bytes())
                admin.execute(
                    "create database scratch owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8'"
                )
            try:
                migrate(server.dsn("scratch", "workouts_migrator"))
            except MigrationError as error:
                raise TargetError(f"the throw-away database could not be migrated: {error}") from error
            yield server


@contextmanager
def _disposable(folder: Path, least: int, options: Mapping[str, str], checksums: bool) -> Iterator[EmbeddedPostgres]:
    from workouts_api.host.embedded import EmbeddedPostgres, find_binaries

    binaries = find_binaries(least=least)
    server = EmbeddedPostgres(folder, binaries=binaries, durable=False, options=options, checksums=checksums)
    try:
        with server:
            yield server
    finally:
        server.delete()


@contextmanager
def _started(starting: AbstractContextManager[EmbeddedPostgres]) -> Iterator[EmbeddedPostgres]:
    """The started server. An error at its start becomes one line.

    :raises TargetError: when it does not start.
    """
    from workouts_api.host.embedded import EmbeddedError

    with ExitStack() as stack:
        try:
            server = stack.enter_context(starting)
        except (EmbeddedError, OSError) as error:
            raise TargetError(f"the embedded PostgreSQL does not start: {error}") from error
        yield server


def _configured(settings: Settings) -> str:
    from workouts_api.tunnel import TunnelError, connection_of_command

    try:
        return connection_of_command(settings) if settings.ssh_host else str(settings.database_url)
    except TunnelError as error:
        raise TargetError(str(error)) from error


def settings_of_tools() -> Settings:
    """The settings. JWT_SECRET_KEY may be missing, since these tools sign nothing.

    :raises ConfigurationError: naming all other problems.
    """
    dotenv = Path(".env")
    try:
        return load_settings(dotenv=dotenv)
    except ConfigurationError as error:
        if not all(problem.startswith("JWT_SECRET_KEY is not set") for problem in error.problems):
            raise
        return load_settings({**os.environ, "JWT_SECRET_KEY": secrets.token_urlsafe(48)}, dotenv=dotenv)
