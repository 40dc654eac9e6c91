"""``workouts import``: brings a file in from the command line, by the code that the API uses."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson
import psycopg

from workouts_api.errors import ApiError
from workouts_api.schemas import zones

from .intake import Upload, take_in
from .refusals import FileError

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.database import Database

LONGEST = 3600.0  # seconds; millions of sets take minutes
SHOWN_REJECTIONS = 20
_NO_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedTable,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
)


def _known_zone(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and value not in zones():
        raise click.BadParameter(f"{value!r} is no IANA time zone, such as Europe/Berlin.")
    return value


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--user", "name", required=True, help="Whose training it is: username or e-mail address.")
@click.option("--zone", callback=_known_zone, help="IANA zone of the times in the file; default: the athlete's.")
@click.option("--dry-run", is_flag=True, help="Only report what would be added.")
def import_file(file: Path, name: str, zone: str | None, dry_run: bool) -> None:
    """Bring in a FILE that Hevy exported. Doing it again adds nothing.

    Exit code: 0 when something could be taken, also if it was there before; 1 when nothing could.
    """
    try:
        with _database() as database:
            report = _import(database, file, name, zone, dry_run=dry_run)
    except FileError as error:
        raise click.ClickException(f"{file}: {error}") from None
    except ApiError as error:
        raise click.ClickException(error.message) from None
    except OSError as error:
        raise click.ClickException(f"{file}: {error.strerror}") from None
    _show(report)
    if report["state"] == "failed":
        raise click.ClickException(f"{file}: not one line could be taken.")


@contextmanager
def _database() -> Iterator[Database]:
    """The database that the settings name, else the embedded one.

    :raises click.ClickException: when there is none, or it is not ready.
    """
    from workouts_api.bare_machine import BareMachineError, settings_with_secret
    from workouts_api.database import Database
    from workouts_api.embedded import EmbeddedError
    from workouts_api.sql.loaded import CATALOGUE
    from workouts_api.sqlstates import translate

    logging.getLogger("psycopg").addHandler(logging.NullHandler())  # what the pool tries is no line for a terminal
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
        from workouts_api.tunnel import TunnelError, connection_info

        try:
            return connection_info(settings)
        except TunnelError as error:
            raise click.ClickException(str(error)) from None
    if settings.database_url:
        return settings.database_url
    from workouts_api.bare_machine import application_conninfo

    return application_conninfo(settings)


def _import(database: Database, file: Path, name: str, zone: str | None, *, dry_run: bool) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    from workouts_api.database import Caller, acting
    from workouts_api.sql import queries

    who = Caller(database, f"import {os.getpid()}", time.monotonic() + LONGEST)
    console = Console(stderr=True)
    with acting(who), file.open("rb") as stream:
        user = queries.imports.find_importing_user(name=name)
        if user is None:
            raise click.ClickException(f"There is no active user called {name!r}.")
        who.user_id = user["id"]
        upload = Upload.of(stream, file.name)
        with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
            watched = progress.wrap_file(stream, total=upload.size, description=file.name)
            report = take_in(replace(upload, stream=watched), user_id=user["id"], zone=zone, dry_run=dry_run)
    found: dict[str, Any] = orjson.loads(orjson.dumps(report))
    return found


def _show(report: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column()
    table.add_column(justify="right")
    verb = "would be added" if report["state"] == "previewed" else "added"
    for label, value in (
        (f"Workouts {verb}", report["sessions_added"]),
        (f"Sets {verb}", report["sets_added"]),
        (f"Exercises {verb}", report["exercises_added"]),
        ("Workouts that were there before", report["duplicates"]),
        ("Lines rejected", len(report["rejected"])),
    ):
        table.add_row(label, f"{value:,}")
    console = Console(markup=False, highlight=False, soft_wrap=True)
    console.print(table)
    for rejected in report["rejected"][:SHOWN_REJECTIONS]:
        console.print(f"line {rejected['line']}: {rejected['reason']}")
    if len(report["rejected"]) > SHOWN_REJECTIONS:
        console.print(f"… and {len(report['rejected']) - SHOWN_REJECTIONS:,} more")
    for notice in report["notices"]:
        console.print(notice)
