"""``psql`` and ``explain``: one query file on a server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_session,
    opened_target,
    queries_option,
    sample_option,
    say_what_is_not_seen,
    told,
)

if TYPE_CHECKING:
    from workouts_api.dba.nested import Style


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


@click.command("explain")
@click.argument("name")
@click.option("--analyze", is_flag=True, help="Run it and roll back: buffers, and plans inside functions.")
@click.option("--generic", is_flag=True, help="The generic plan; default: as the file says, else the custom one.")
@sample_option
@click.option("--set", "settings", multiple=True, metavar="NAME=VALUE", help="A value in place of the sample.")
@click.option("--json", "as_json", is_flag=True, help="As EXPLAIN's JSON.")
@database_url_option
@queries_option
def explain_command(
    name: str,
    analyze: bool,
    generic: bool,
    sample: str | None,
    settings: tuple[str, ...],
    as_json: bool,
    database_url: str | None,
    root: Path,
) -> None:
    """Show the plan of the query NAME on its samples."""
    from workouts_api.dba.explain import explain

    given = dict(_assignment(text) for text in settings)
    file = find(load(root), name)
    nested: Style | None = ("json" if as_json else "text") if analyze else None
    with (
        opened_target(database_url, embedded=True) as target,
        opened_session(target, read_only=not analyze, nested=nested) as session,
    ):
        say_what_is_not_seen(session)
        found = explain(session, file, given=given, sample=sample, analyze=analyze, generic=generic, as_json=as_json)
    if target.is_empty:
        click.echo("The database is empty: the plan is that of empty tables.", err=True)
    click.echo(json.dumps(found, indent=2) if as_json else found)


def _assignment(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise click.UsageError(f"--set {text}: expected NAME=VALUE")
    return name.strip(), value
