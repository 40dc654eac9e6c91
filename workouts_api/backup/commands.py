"""``workouts backup``: create, verify, list, erase-again."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

import click
import psycopg

from workouts_api.backup import BackupError
from workouts_api.config import Settings
from workouts_api.host.backups import Backup, backups_in
from workouts_api.host.embedded import EmbeddedError
from workouts_api.tunnel import TunnelError

_Command = Callable[..., Any]


@click.group()
def backup() -> None:
    """Backups of the database: make them, prove them by a restore, list them."""


def _folder_option(command: _Command) -> _Command:
    return click.option(
        "--folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="Where backups are; default: BACKUP_DIR.",
    )(command)


def _database_option(command: _Command) -> _Command:
    return click.option(
        "--database-url",
        help="The database, as a role that reads everything; default: DATABASE_URL, through the tunnel.",
    )(command)


@backup.command()
@_database_option
@_folder_option
def create(database_url: str | None, folder: Path | None) -> None:
    """Dump the database, and note what the dump holds. Backups older than BACKUP_DAYS are deleted.

    Sign in as workouts_dba. Exit code: 0 when it was made, else 1.
    """
    from workouts_api.backup.creating import create, delete_old

    settings = _settings()
    folder = folder or settings.backup_folder
    with _told():
        with _database(database_url) as conninfo:
            made = create(conninfo, folder)
        rows = sum(table["rows"] for table in made.manifest["tables"].values())
        size = made.dump.stat().st_size
        click.echo(f"{made.name}: {len(made.manifest['tables'])} tables with {rows:,} rows in {size:,} bytes.")
        for name in delete_old(folder, settings.backup_days):
            click.echo(f"{name} was deleted: older than {settings.backup_days} days.")


@backup.command()
@click.argument("name", required=False)
@_database_option
@_folder_option
def verify(name: str | None, database_url: str | None, folder: Path | None) -> None:
    """Restore a backup, by default the newest, into a server that is thrown away, and compare it.

    Compared are rows and digests of all tables, and the schema with what the migrations made. Users who were erased
    since are erased again. Exit code: 0 when all is as it should be, else 1.
    """
    from workouts_api.backup.erasing import erased_according_to
    from workouts_api.backup.verifying import verify

    folder = folder or _settings().backup_folder
    with _told():
        chosen = _chosen(folder, name)
        with _database(database_url) as conninfo:
            erased = erased_according_to(backups_in(folder), conninfo)
        proof = verify(chosen, erased)
        for problem in proof.problems:
            click.echo(f"{chosen.name}: {problem}", err=True)
        if proof.problems:
            raise BackupError(f"{chosen.name} is not what was backed up")
        click.echo(
            f"{chosen.name} is good: {proof.tables} tables with {proof.rows:,} rows were restored and compared in "
            f"{proof.seconds:.1f} s; {proof.erased_again} users were erased again."
        )


@backup.command("list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_folder_option
def list_command(as_json: bool, folder: Path | None) -> None:
    """The backups, newest first, and when each was proved. Exit code: 0 when the newest one was, else 1."""
    found = backups_in(folder or _settings().backup_folder)
    if as_json:
        click.echo(json.dumps([_as_json(one) for one in found], indent=1))
    else:
        for one in found:
            click.echo(f"{one.name}  {one.dump.stat().st_size:>15,} bytes  {_state(one)}")
        if not found:
            click.echo("There is none.")
    sys.exit(0 if found and found[0].proved_at is not None else 1)


@backup.command("erase-again")
@click.option("--database-url", required=True, help="The restored database, as workouts_migrator or a superuser.")
@_folder_option
def erase_again_command(database_url: str, folder: Path | None) -> None:
    """After a restore: erase the users whom a later backup knows to have been erased."""
    from workouts_api.backup.erasing import erase_again, erased_according_to

    with _told():
        erased = erased_according_to(backups_in(folder or _settings().backup_folder), None)
        with psycopg.connect(database_url, autocommit=True) as conn:
            conn.execute("set search_path = workouts, extensions, pg_temp")
            again = erase_again(conn, erased)
        click.echo(f"{len(again)} users were erased again{': ' if again else ''}{', '.join(map(str, again))}.")


def _settings() -> Settings:
    import os

    from workouts_api.host.bare_machine import settings_with_secret

    return settings_with_secret(os.environ)[0]


def _database(url: str | None) -> Any:
    from workouts_api.migrate.target import target_database

    return target_database(url)


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong is said in a line. SIGTERM ends a command like Ctrl-C: what it made half is thrown away."""
    before = signal.signal(signal.SIGTERM, _end)
    try:
        yield
    except (BackupError, EmbeddedError, TunnelError, psycopg.Error) as error:
        raise click.ClickException(" ".join(str(error).split())) from None
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(number: int, _: FrameType | None) -> None:
    sys.exit(128 + number)


def _chosen(folder: Path, name: str | None) -> Backup:
    found = backups_in(folder)
    for one in found:
        if name is None or one.name == name:
            return one
    raise BackupError(f"there is no backup {name} in {folder}" if name else f"there is no backup in {folder}")


def _state(one: Backup) -> str:
    if one.proved_at is not None:
        return f"proved {one.proved_at:%Y-%m-%d %H:%M} UTC"
    return f"NOT GOOD: {one.proof.get('why')}" if one.proof else "not proved"


def _as_json(one: Backup) -> dict[str, Any]:
    return {
        "name": one.name,
        "made_at": one.made_at.isoformat(),
        "age_hours": round((datetime.now(UTC) - one.made_at).total_seconds() / 3600, 1),
        "bytes": one.dump.stat().st_size,
        "proved_at": one.proved_at.isoformat() if one.proved_at else None,
        "why": one.proof.get("why", ""),
    }
