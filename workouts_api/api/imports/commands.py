"""``workouts import``: imports a file from the command line, with the same code as the API."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import orjson

from workouts_api.database.commands import command_database
from workouts_api.errors import ApiError
from workouts_api.web import texts
from workouts_api.web.addresses import forms_of
from workouts_api.web.zones import is_zone_name

from .intake import Upload, take_in
from .refusals import FileError

if TYPE_CHECKING:
    from workouts_api.database import Database

LONGEST = 3600.0  # seconds; millions of sets take minutes
SHOWN_REJECTIONS = 20


def _known_zone(_: click.Context, __: click.Parameter, value: str | None) -> str | None:
    if value is not None and not is_zone_name(value):
        raise click.BadParameter(f"{value!r} is no IANA time zone, such as Europe/Berlin.")
    return value


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--user", "name", required=True, help="Whose training it is: username or e-mail address.")
@click.option("--zone", callback=_known_zone, help="IANA zone of the times in the file; default: the athlete's.")
@click.option("--dry-run", is_flag=True, help="Only report what would be added.")
def import_file(file: Path, name: str, zone: str | None, dry_run: bool) -> None:
    """Import a FILE that another service exported (Hevy's CSV). Importing it again adds nothing.

    Exit code: 0 when at least one set was accepted, even if it was there before; 1 when none was.
    """
    try:
        with command_database() as database:
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


def _import(database: Database, file: Path, name: str, zone: str | None, *, dry_run: bool) -> dict[str, Any]:
    from rich.console import Console
    from rich.progress import Progress

    from workouts_api.database import Caller, acting
    from workouts_api.sql import queries

    who = Caller(database, f"import {os.getpid()}", time.monotonic() + LONGEST)
    console = Console(stderr=True)
    with acting(who), file.open("rb") as stream:
        forms = dict.fromkeys(forms_of(texts.name_of_somebody(name)))
        user = next(filter(None, (queries.imports.find_importing_user(name=form) for form in forms)), None)
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
        (f"Workouts {'that would be ' if verb != 'added' else ''}completed", report["sessions_completed"]),
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
    made = [one["name"] for one in report["exercises"] if one["is_new"]]
    if made:
        console.print(f"Exercises of your own, for names that nobody knew: {', '.join(made[:SHOWN_REJECTIONS])}")
    for notice in report["notices"]:
        console.print(notice)
