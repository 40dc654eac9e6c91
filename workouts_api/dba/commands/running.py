"""``psql``: one query file by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_target,
    queries_option,
    sample_option,
    told,
)


@click.command("psql")
@click.argument("name", required=False)
@sample_option
@database_url_option
@queries_option
def psql_command(name: str | None, sample: str | None, database_url: str | None, root: Path) -> None:
    """Open psql on the database, with the variables of the query NAME set to its samples."""
    from workouts_api.dba.show import psql_command, run_psql

    file = find(load(root), name) if name else None
    with opened_target(database_url, embedded=True) as target:
        try:
            with told():
                arguments, environment = psql_command(target.conninfo, file, sample)
        except FileNotFoundError as error:
            raise click.ClickException(str(error)) from error
        if file:
            click.echo(f"Run it as often as you like: \\i {file.path.resolve()}", err=True)
        code = run_psql(arguments, environment)
    sys.exit(code)
