"""``workouts db …``: the runner on the terminal. Owns what is asked and shown, nothing of what is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from psycopg import ProgrammingError, conninfo

from . import catalogue
from .anew import drift_from_files, dump_of_files
from .drift import since_migrated, unknown_because
from .errors import MigrationError, VerifyError
from .export import export
from .files import MIGRATIONS, read_folder
from .lint import find_squawk, lint
from .new import new_migration
from .runner import Applied, files_to_undo, migrate, rollback, status
from .session import Patience, connect
from .show import Reporter, console, show_pending, show_status
from .target import target_database
from .verify import verify

SCHEMA_FILE = Path("docs/schema.sql")


class _Group(click.Group):
    """Tells what goes wrong on one line, without a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from workouts_api.host.embedded import EmbeddedError
        from workouts_api.tunnel.errors import TunnelError

        try:
            return super().invoke(ctx)
        except (MigrationError, EmbeddedError, TunnelError) as error:
            raise click.ClickException(str(error)) from error


def _checked_url(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        conninfo.conninfo_to_dict(value or "")
    except ProgrammingError as error:
        expected = "expected postgresql://user@host/database or libpq's key=value"
        raise click.BadParameter(f"{str(error).strip()}; {expected}", param=parameter) from None
    return value


database_url_option = click.option(
    "--database-url",
    metavar="URL",
    callback=_checked_url,
    help="The database; default: DATABASE_URL, through the tunnel where SSH_HOST is set, else the embedded one.",
)
migrations_option = click.option(
    "--migrations",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=MIGRATIONS,
    help="The folder of migrations; default: the project's.",
)
scratch_url_option = click.option(
    "--scratch-url",
    metavar="URL",
    callback=_checked_url,
    help="A server for the throw-away database; default: an embedded one.",
)
_wait = click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=Patience.runner,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for another runner.",
)


@click.group("db", cls=_Group)
def db() -> None:
    """Migrations: applied, rolled back, planned, verified."""


@db.command("migrate")
@database_url_option
@migrations_option
@_wait
@click.option("--to", type=click.IntRange(min=0), metavar="N", help="Stop after this number.")
@click.option("--dry-run", is_flag=True, help="Only say what would be applied.")
@click.option("--record-only", is_flag=True, help="Only write the ledger, for files that were run by hand.")
@click.option("--allow-drift", is_flag=True, help="Also if the schema was changed by hand; it is taken as it is.")
def migrate_command(
    database_url: str | None,
    migrations: Path,
    wait: float,
    to: int | None,
    dry_run: bool,
    record_only: bool,
    allow_drift: bool,
) -> None:
    """Applies what is pending, then the repeatable files that changed.

    Refuses a schema that was changed by hand since the last migration, see `workouts db drift`.
    """
    out = console()
    newest = read_folder(migrations).newest
    if to is not None and to > newest:
        raise click.BadParameter(f"{to}: the newest file is {newest}", param_hint="--to")
    with target_database(database_url) as target:
        if dry_run:
            show_pending(out, status(target, migrations=migrations), to)
            return
        with Reporter(out) as progress:
            done = migrate(
                target,
                migrations=migrations,
                progress=progress,
                to=to,
                patience=Patience(runner=wait),
                record_only=record_only,
                allow_drift=allow_drift,
                take_as_is=allow_drift,
            )
    out.print(_summary("recorded" if record_only else "applied", done))


@db.command("rollback")
@database_url_option
@migrations_option
@_wait
@click.option("--steps", type=click.IntRange(min=1), default=1, show_default=True, help="How many files.")
@click.option("--yes", is_flag=True, help="Don't ask.")
def rollback_command(database_url: str | None, migrations: Path, wait: float, steps: int, yes: bool) -> None:
    """Undoes the last files, newest first. Data that only they hold is lost."""
    out = console()
    with target_database(database_url) as target:
        files = files_to_undo(status(target, migrations=migrations), read_folder(migrations), steps)
        if files and not yes:
            click.confirm(f"Undo {', '.join(file.name for file in files)}?", abort=True)
        with Reporter(out) as progress:
            done = rollback(target, steps, migrations=migrations, progress=progress, patience=Patience(runner=wait))
    out.print(_summary("rolled back", done))


def _summary(verb: str, done: list[Applied]) -> str:
    if not done:
        return "Nothing to do."
    names = "1 file" if len(done) == 1 else f"{len(done)} files"
    return f"{names} {verb} in {sum(applied.duration_ms for applied in done)} ms."


@db.command("status")
@database_url_option
@migrations_option
@click.option("--check", is_flag=True, help="Exit with 1 unless everything is applied.")
def status_command(database_url: str | None, migrations: Path, check: bool) -> None:
    """What is applied, pending, unfinished or changed."""
    with target_database(database_url) as target:
        found = status(target, migrations=migrations)
    show_status(console(), found)
    if check and not found.is_current:
        raise click.exceptions.Exit(1)


@db.command("verify")
@migrations_option
@scratch_url_option
def verify_command(migrations: Path, scratch_url: str | None) -> None:
    """Proves, on a throw-away database, that up, down and up leave the same schema."""
    out = console()
    with Reporter(out) as progress:
        found = verify(migrations=migrations, scratch_url=scratch_url, progress=progress)
    out.print(f"{found.files} files can be taken back.")
    if found.irreversible:
        out.print(f"Without a down: {', '.join(found.irreversible)}")


@db.command("drift")
@database_url_option
@migrations_option
@scratch_url_option
@click.option("--files", is_flag=True, help="Compare with what the files make, on a throw-away database.")
def drift_command(database_url: str | None, migrations: Path, scratch_url: str | None, files: bool) -> None:
    """What was changed by hand since the last migration: exits with 1 if anything was.

    It also finds privileges, comments, storage parameters, owners and the settings of the project's roles.
    """
    with target_database(database_url) as target:
        if files and not status(target, migrations=migrations).is_current:
            raise MigrationError("not every file is applied: run `workouts db migrate` first, or leave out --files")
        with connect(target) as conn:
            changes = drift_from_files(conn, migrations, scratch_url) if files else since_migrated(conn)
            if changes is None:
                raise MigrationError(unknown_because(conn))
    if not changes:
        click.echo("Nothing was changed by hand.")
        return
    click.echo("\n".join(line for change in changes for line in change.told()))
    raise click.exceptions.Exit(1)


@db.command("show")
@click.argument("version", type=click.IntRange(min=1), metavar="NUMBER")
@click.option("--down", is_flag=True, help="What undoes it.")
@migrations_option
def show_command(version: int, down: bool, migrations: Path) -> None:
    """Prints what a file runs, with the migrations of packages that it names in their place: for psql."""
    folder = read_folder(migrations)
    file = folder.get(version)
    if file is None:
        raise click.BadParameter(f"{version}: the newest file is {folder.newest}", param_hint="NUMBER")
    for statement in file.section("down" if down else "up").statements:
        click.echo(f"{statement.text.rstrip(';')};\n")


@db.command("export")
@click.argument("into", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER")
@migrations_option
def export_command(into: Path, migrations: Path) -> None:
    """Writes the numbered files for tools that send a file as one query, such as dbmate.

    FOLDER is a new or an empty one. docs/MIGRATIONS.md says how to go on.
    """
    written = export(read_folder(migrations), into)
    click.echo(f"{into}: {len(written)} files.")


@db.command("lint")
@click.argument("numbers", nargs=-1, type=click.IntRange(min=1), metavar="[NUMBER]…")
@migrations_option
def lint_command(numbers: tuple[int, ...], migrations: Path) -> None:
    """What is dangerous in the files, or in some of them: exits with 1 if anything is."""
    folder = read_folder(migrations)
    unknown = [number for number in numbers if folder.get(number) is None]
    if unknown:
        raise click.BadParameter(f"{unknown[0]}: the newest file is {folder.newest}", param_hint="NUMBER")
    found = lint(folder, numbers)
    if find_squawk() is None:
        click.echo("squawk is not installed: only the project's own rules are applied.", err=True)
    click.echo("\n".join(map(str, found)) if found else "Nothing is dangerous, as far as the text tells.")
    if found:
        raise click.exceptions.Exit(1)


@db.command("new")
@click.argument("name", metavar="VERB_NOUN")
@migrations_option
def new_command(name: str, migrations: Path) -> None:
    """Begins a migration: the next number and a template."""
    click.echo(new_migration(name, migrations=migrations))


@db.command("dump")
@database_url_option
@migrations_option
@scratch_url_option
@click.option("--live", is_flag=True, help="The schema of the configured database, not that of the files.")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default=SCHEMA_FILE,
    show_default=True,
    help="Where to write it; - for the terminal.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if the file is not what would be written.")
def dump_command(
    database_url: str | None, migrations: Path, scratch_url: str | None, live: bool, output: Path, check: bool
) -> None:
    """Writes the schema that the files make, or with --live or --database-url the one that a database has."""
    if live or database_url:
        with target_database(database_url) as target, connect(target) as conn:
            text = catalogue.dump(conn)
    else:
        text = dump_of_files(migrations, scratch_url)
    if str(output) == "-":
        click.echo(text, nl=False)
    elif check:
        _demand_equal(output, text)
    else:
        _write(output, text)


def _demand_equal(path: Path, text: str) -> None:
    if not path.is_file() or path.read_text(encoding="utf-8") != text:
        raise VerifyError(f"{path} is not the schema that the migrations make; write it anew: workouts db dump")


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise MigrationError(f"{path}: can't be written: {error.strerror}") from error
    click.echo(path)
