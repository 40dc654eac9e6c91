"""``advise``: what to change in tables and indexes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.shared import database_url_option, looked_at, opened_target

if TYPE_CHECKING:
    from workouts_api.dba.advising import Advice


@click.command("advise")
@click.option("--migration", is_flag=True, help="Print the migration that does all of it, for `workouts db new`.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_url_option
def advise_command(migration: bool, as_json: bool, database_url: str | None) -> None:
    """Say which indexes and tables to change: exits with 1 if any.

    It finds indexes that are not valid, twice there or unused, foreign keys without an index, stale statistics, and
    tables whose updates are not in place. It does not propose indexes for queries: `explain` shows what they read.
    """
    from workouts_api.dba.advising import advise, migration_of

    with opened_target(database_url, embedded=True) as target, looked_at(target) as conn:
        found = [advice for advice in advise(conn) if advice.found]
    if as_json:
        told = [{"check": one.check.name, "found": [asdict(each) for each in one.found]} for one in found]
        click.echo(json.dumps(told, indent=2))
    elif migration:
        click.echo(migration_of(found) if found else "-- Nothing to change.")
    else:
        _tell(found)
    sys.exit(1 if found else 0)


def _tell(found: Sequence[Advice]) -> None:
    for advice in found:
        click.echo(f"{advice.check.name}: {advice.check.looks_for}")
        for one in advice.found:
            click.echo(f"  {one.object}: {one.finding}\n    {one.remedy};")
        if advice.more:
            click.echo("  … and more")
        click.echo(f"  What to do: {advice.check.advice}\n")
    if not found:
        click.echo("Nothing to change.")
