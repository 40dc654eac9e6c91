"""What the commands share: their options, the catalogue, the database, and errors as one line."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.host.terminal import visible
from workouts_api.sql.catalogue import QUERIES, Catalogue, QueryFileError, UnknownQueryError, load_catalogue
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    import psycopg

    from workouts_api.dba.captured import Captured
    from workouts_api.dba.nested import Style
    from workouts_api.dba.production.standing_in import StandIn
    from workouts_api.dba.server import Session
    from workouts_api.dba.target import Target

database_url_option = click.option(
    "--database-url", metavar="URL", help="The database to use; default: DATABASE_URL, else an embedded one."
)
queries_option = click.option(
    "--queries",
    "root",
    type=click.Path(path_type=Path),
    default=QUERIES,
    show_default="the application's",
    help="The folder of query files.",
)
as_production_option = click.option(
    "--as-production",
    "figures",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Plan as the database whose statistics are in FILE, see `workouts db statistics`.",
)
sample_option = click.option("--sample", metavar="NAME", help="A named set of samples, in place of the usual ones.")


def read_captured(file: QueryFile, most: int) -> list[Captured]:
    """The calls of the file that were kept on this machine, the slowest first.

    :raises click.ClickException: when there are none.
    """
    from workouts_api.dba.captured import captured
    from workouts_api.dba.target import settings_of_tools

    found = captured(settings_of_tools().captures_folder).get(file.full_name)
    usable = [call for call in found.calls if call.fits(file)] if found else []
    if not usable:
        raise click.ClickException(f"no call of {file.full_name} was kept: run `workouts sql capture --for 10m`")
    return usable[:most]


def load(root: Path) -> Catalogue:
    try:
        return load_catalogue(root)
    except QueryFileError as error:
        click.echo(str(error))
        sys.exit(1)


def find(catalogue: Catalogue, name: str) -> QueryFile:
    try:
        return catalogue.find(name)
    except UnknownQueryError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def told() -> Iterator[None]:
    """Turns a problem of a file or a value into one line and exit code 1."""
    from workouts_api.dba.server import StatementProblemError

    try:
        yield
    except StatementProblemError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def opened_target(database_url: str | None, *, embedded: bool) -> Iterator[Target]:
    from workouts_api.dba.target import TargetError, choose

    try:
        with choose(database_url, embedded=embedded) as target:
            yield target
    except TargetError as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def opened_stand_in(figures: Path, *, indexes: Sequence[str] = ()) -> Iterator[StandIn]:
    """A server that plans by the statistics in the file. What of them has no place in it is said."""
    from workouts_api.dba.production.standing_in import standing_in
    from workouts_api.dba.production.told import StatisticsFileError, read_statistics
    from workouts_api.dba.target import TargetError

    try:
        told = read_statistics(figures)
        with standing_in(told, indexes) as stand_in:
            for line in stand_in.remarks:
                click.echo(line, err=True)
            yield stand_in
    except (StatisticsFileError, TargetError) as error:
        raise click.ClickException(str(error)) from error


def say_what_is_not_seen(session: Session) -> None:
    if session.nested_missing:
        click.echo(f"Statements inside functions are not seen: {session.nested_missing}", err=True)


@contextmanager
def opened_session(target: Target, *, read_only: bool, nested: Style | None = None) -> Iterator[Session]:
    import psycopg

    from workouts_api.dba.server import first_line, session

    try:
        with (
            told(),
            session(
                target.observer or target.conninfo, read_only=read_only, nested=nested, known=target.known
            ) as opened,
        ):
            _demand_schema(target, opened)
            yield opened
    except psycopg.Error as error:
        raise click.ClickException(f"{target.name}: {first_line(error)}") from error


def _demand_schema(target: Target, session: Session) -> None:
    """Without it each file would be told that its tables do not exist."""
    row = session.conn.execute("select has_schema_privilege(to_regnamespace('workouts')::oid, 'usage')").fetchone()
    if row == (None,):
        raise click.ClickException(f"{target.name} has no schema workouts: expected `workouts db migrate` there")
    if row == (False,):
        raise click.ClickException(f"{target.name}: this role may not use the schema workouts: sign in as workouts_dba")


@contextmanager
def looked_at(target: Target) -> Iterator[psycopg.Connection[Any]]:
    """A connection to look at the server. What goes wrong on it becomes one line."""
    import psycopg

    from workouts_api.dba.looking import looking
    from workouts_api.dba.server import first_line

    try:
        with looking(target.observer or target.conninfo) as conn:
            yield conn
    except psycopg.Error as error:
        raise click.ClickException(f"{target.name}: {first_line(error)}") from error


def write_whole(path: Path, text: str) -> None:
    """Writes the whole file or nothing. A link, a device or a pipe stays what it is."""
    where = path.resolve()
    beside = where.with_name(where.name + ".new")
    try:
        if where.exists() and not where.is_file():
            where.write_text(text, encoding="utf-8")
            return
        beside.write_text(text, encoding="utf-8")
        beside.replace(where)
    except OSError as error:
        raise click.ClickException(f"{path} can't be written: {error.strerror}") from error


def _shown(value: Any, column: str) -> str:
    if not isinstance(value, float):
        return f"{value:,}" if isinstance(value, int) else visible(str(value))
    return f"{value:,.3f}" if column in ("total s", "mean ms") else f"{value:,.1f}"


def print_table(rows: list[dict[str, Any]], *columns: str) -> None:
    """In a pipe nothing is cut off, so that grep finds one whole line per query."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in columns:
        is_number = bool(rows) and isinstance(rows[0][column], int | float)
        table.add_column(column, justify="right" if is_number else "left", no_wrap=column == "query")
    for row in rows:
        table.add_row(*(_shown(row[column], column) for column in columns))
    Console(width=None if sys.stdout.isatty() else 400, highlight=False, markup=False).print(table)
