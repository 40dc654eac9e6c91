"""``advise``: what to change in tables and indexes."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.shared import (
    as_production_option,
    database_url_option,
    load,
    looked_at,
    opened_stand_in,
    opened_target,
    print_table,
    queries_option,
)

if TYPE_CHECKING:
    from workouts_api.dba.advising import Advice
    from workouts_api.sql.catalogue import Catalogue


@click.command("advise")
@click.option("--migration", is_flag=True, help="Print the migration that does all of it, for `workouts db new`.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@as_production_option
@click.option("--index", "indexes", multiple=True, metavar="SQL", help="With --as-production: the index to try.")
@database_url_option
@queries_option
def advise_command(
    migration: bool,
    as_json: bool,
    figures: Path | None,
    indexes: tuple[str, ...],
    database_url: str | None,
    root: Path,
) -> None:
    """Say which indexes and tables to change: exits with 1 if any.

    It finds indexes that are not valid, twice there or unused, foreign keys without an index, stale statistics, and
    tables whose updates are not in place. It does not propose indexes for queries: `explain` shows what they read.

    With --as-production and --index it says instead which queries would use that index, and exits with 1 if none would.
    """
    from workouts_api.dba.advising import advise, migration_of

    if bool(figures) is not bool(indexes):
        raise click.UsageError("--as-production and --index belong together: which queries would use the index?")
    if figures:
        if migration or database_url:
            raise click.UsageError("--as-production excludes --migration and --database-url")
        sys.exit(_try(figures, indexes, load(root), as_json))
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


def _try(figures: Path, indexes: Sequence[str], catalogue: Catalogue, as_json: bool) -> int:
    """Tries the indexes and prints the outcome. Returns the exit code."""
    from workouts_api.dba.production.trying import try_indexes

    with opened_stand_in(figures, indexes=indexes) as stand_in:
        trial = try_indexes(stand_in, catalogue)
        calls = stand_in.calls_of
    rows = [
        {
            "query": one.file,
            "set": one.sample,
            "cost": one.before,
            "with it": one.after,
            "calls": calls.get(one.file, 0),
        }
        for one in sorted(trial.used, key=lambda one: one.after / max(one.before, 0.01))
    ]
    if as_json:
        click.echo(json.dumps({"used": rows, "written_by": trial.writers}, indent=2))
    else:
        if rows:
            print_table(rows, *rows[0])
        else:
            click.echo("No query would use it.")
        written = ", ".join(f"{name} ({calls.get(name, 0):,} calls)" for name in trial.writers)
        click.echo(f"Written by: {written or 'no query file, as far as their own plans tell'}.")
    return 0 if rows else 1


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
