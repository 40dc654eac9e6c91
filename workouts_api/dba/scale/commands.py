"""``workouts db scale``: the command's options and its progress bar. ``filling`` makes the rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime

import click
from psycopg import ProgrammingError, conninfo

DAY = "%Y-%m-%d"


def _checked_url(_context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    try:
        conninfo.conninfo_to_dict(value or "")
    except ProgrammingError as error:
        expected = "expected postgresql://user@host/database or libpq's key=value"
        raise click.BadParameter(f"{str(error).strip()}; {expected}", param=parameter) from None
    return value


@click.command("scale")
@click.argument("sets", metavar="N", type=click.IntRange(1, 1_000_000_000))
@click.option("--athletes", type=click.IntRange(1, 10_000_000), metavar="M", help="Default: one for 2,000 sets.")
@click.option(
    "--coached", type=click.IntRange(2, 100_000), metavar="C", help="Default: one for 200 sets, at most 5,000."
)
@click.option("--exercises", type=click.IntRange(0, 10_000_000), metavar="E", help="Default: 200,000 at most, by sets.")
@click.option("--seed", type=click.IntRange(0, 2**31 - 1), default=1, show_default=True, help="Another seed: others.")
@click.option(
    "--until", type=click.DateTime([DAY]), metavar="DAY", help="The day after the last session; default: today."
)
@click.option("--by-athlete", is_flag=True, help="Each athlete's rows in one piece, as imports leave them.")
@click.option("--add", is_flag=True, help="Even if there is somebody in the database already.")
@click.option(
    "--database-url",
    metavar="URL",
    callback=_checked_url,
    help="The database; default: DATABASE_URL, through the tunnel where SSH_HOST is set, else the embedded one.",
)
def scale(
    sets: int,
    athletes: int | None,
    coached: int | None,
    exercises: int | None,
    seed: int,
    until: datetime | None,
    by_athlete: bool,
    add: bool,
    database_url: str | None,
) -> None:
    """Fill a database with the made-up training of N sets.

    The same N, M, seed and day give the same rows. Athlete 1 (bench@example.com, without a password) has trained for
    five years and has 25,000 sets. Of the others, few have many sets and many have few. C further athletes are coached
    in teams; one team has all of them (its coach is coach@example.com). There are also E own exercises, imports,
    sign-ins, keys and an audit record. One transaction makes everything or nothing. It locks the tables until it ends.
    """
    from workouts_api.migrate.session import connect
    from workouts_api.migrate.show import console
    from workouts_api.migrate.target import target_database

    from .filling import Wanted, fill, is_filled
    from .spread import usual_athletes, usual_crowd, usual_exercises

    day: date = until.date() if until else datetime.now(UTC).date()
    wanted = Wanted(
        sets,
        athletes or usual_athletes(sets),
        seed,
        day,
        crowd=coached or usual_crowd(sets),
        exercises=usual_exercises(sets) if exercises is None else exercises,
        by_athlete=by_athlete,
    )
    out = console()
    with target_database(database_url) as target, connect(target) as conn:
        if not add and is_filled(conn):
            raise click.ClickException("There are people in this database: expected an empty one, or --add.")
        started = time.monotonic()
        with _shown(out, sets) as (step, progress):
            try:
                made = fill(conn, wanted, step, progress)
            except ValueError as error:
                raise click.BadParameter(str(error), param_hint="--athletes") from None
        took = time.monotonic() - started
    out.print(
        f"{made.sets:,} sets in {made.sessions:,} sessions of {made.athletes:,} athletes, "
        f"{made.crowd:,} more are coached, in {took:.1f} s: {made.sets / took:,.0f} sets a second."
    )


@contextmanager
def _shown(
    out: object, sets: int
) -> Iterator[tuple[Callable[[str], AbstractContextManager[None]], Callable[[int], None]]]:
    """A progress bar over the sets, with the name of the phase. In a pipe only the last line is printed."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    assert isinstance(out, Console)  # noqa: S101 – for the type checker
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, disable=not out.is_terminal) as bar:
        task = bar.add_task("", total=sets)

        @contextmanager
        def step(name: str) -> Iterator[None]:
            bar.update(task, description=name)
            yield
            bar.update(task, description="sets")

        yield step, lambda added: bar.update(task, advance=added)
