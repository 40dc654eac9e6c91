"""The database of a command: the one that the settings name, else the embedded one; and its errors as one line."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click
import psycopg

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.database import Database

_NO_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)


@contextmanager
def command_database() -> Iterator[Database]:
    """The database that the settings name, else the embedded one.

    :raises click.ClickException: when there is none, or it is not ready.
    """
    from workouts_api.database import Database
    from workouts_api.database.sqlstates import translate
    from workouts_api.host.bare_machine import BareMachineError, settings_with_secret
    from workouts_api.host.embedded import EmbeddedError
    from workouts_api.sql.loaded import CATALOGUE

    # What the pool tries is no line for a terminal: the command says it in one.
    logging.getLogger("psycopg").addHandler(logging.NullHandler())
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    try:
        settings, _ = settings_with_secret(os.environ)
        database = Database(settings, _conninfo(settings), CATALOGUE)
        database.open()
        try:
            yield database
        finally:
            database.close()
    except (BareMachineError, EmbeddedError) as error:
        raise click.ClickException(str(error)) from None
    except _NO_SCHEMA:
        raise click.ClickException("The database has no or an older schema; run: workouts db migrate") from None
    except psycopg.Error as error:
        first_line = str(error).partition("\n")[0]
        raise click.ClickException(f"{translate(error).message} ({first_line})") from None


def _conninfo(settings: Settings) -> str:
    if settings.ssh_host:
        from workouts_api.tunnel import TunnelError, connection_of_command

        try:
            return connection_of_command(settings)
        except TunnelError as error:
            raise click.ClickException(str(error)) from None
    if settings.database_url:
        return settings.database_url
    from workouts_api.host.bare_machine import application_conninfo

    return application_conninfo(settings)
