"""``workouts db plan``: what pending migrations lock, and what they mean to an older release."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workouts_api.migrate.commands import database_url_option, migrations_option, scratch_url_option
from workouts_api.migrate.plan import make_plan
from workouts_api.migrate.show import console, show_plan
from workouts_api.migrate.target import target_database

if TYPE_CHECKING:
    from workouts_api.dba.releases import Compared

MOST_TOLD = 10  # of the files that wait for the migration


@click.command("plan")
@database_url_option
@migrations_option
@scratch_url_option
@click.option(
    "--release",
    metavar="WHEEL|REF",
    help="Instead: which query files of that release break on the new schema, and which new ones on its schema.",
)
def plan_command(database_url: str | None, migrations: Path, scratch_url: str | None, release: str | None) -> None:
    """What `migrate` would lock, rewrite and scan, found out on a clone of the schema.

    With --release it needs no database, and exits with 1 if the older release breaks.
    """
    if release:
        found = _compared(release, migrations, scratch_url)
        _tell(release, found)
        if any(not one.is_harmless for one in found.differences):
            raise click.exceptions.Exit(1)
        return
    with target_database(database_url) as target:
        plan = make_plan(target, migrations=migrations, scratch_url=scratch_url)
    show_plan(console(), plan)


def _compared(release: str, migrations: Path, scratch_url: str | None) -> Compared:
    from workouts_api.dba.releases import NotThereError, compare, unpack
    from workouts_api.migrate.scratch import scratch_database
    from workouts_api.sql.catalogue import QUERIES, QueryFileError

    with tempfile.TemporaryDirectory(prefix="workouts-release-") as name:
        folder = Path(name)
        try:
            unpack(release, folder, Path.cwd())
            with scratch_database(scratch_url) as scratch:
                return compare(scratch, folder / "queries", folder / "migrations", migrations, new_queries=QUERIES)
        except NotThereError as error:
            raise click.ClickException(str(error)) from error
        except QueryFileError as error:
            raise click.ClickException(f"a query file of {release} is none today: {error.problems[0]}") from error


def _tell(release: str, found: Compared) -> None:
    breaking = [one for one in found.differences if not one.is_harmless]
    harmless = len(found.differences) - len(breaking)
    click.echo(f"The query files of {release} on the new schema: {len(breaking)} differences.")
    for one in breaking:
        before, _, now = one.told.partition("; now it ")
        click.echo(f"  {before.partition(':')[0]}: {now}" if now.startswith("refused") else f"  {one.told}")
    if harmless:
        click.echo(f"  {harmless} more files give additional columns, which harms nobody.")
    click.echo(f"The new query files on the schema of {release}: {len(found.waiting)} do not run before `migrate`.")
    for name, reason in list(found.waiting.items())[:MOST_TOLD]:
        click.echo(f"  {name}: {reason}")
    if len(found.waiting) > MOST_TOLD:
        click.echo(f"  … and {len(found.waiting) - MOST_TOLD} more")
