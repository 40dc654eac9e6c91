"""``workouts db doctor``: a look over the whole server."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.shared import database_url_option, looked_at, opened_target

if TYPE_CHECKING:
    from workouts_api.dba.checkup import Outcome


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@database_url_option
def doctor_command(as_json: bool, database_url: str | None) -> None:
    """Look for what will fail or grow slow: exits with 1 if anything was found.

    It reads catalogues and statistics, and changes nothing. Sign in as workouts_dba, which sees all sessions.
    """
    from workouts_api.dba.checkup import examine

    with opened_target(database_url, embedded=True) as target, looked_at(target) as conn:
        outcomes = list(examine(conn))
    if as_json:
        told = [
            {"check": one.check.name, "findings": one.findings, "more": one.more, "refused": one.refused}
            for one in outcomes
        ]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        _tell(outcomes)
    sys.exit(1 if any(one.findings or one.refused for one in outcomes) else 0)


def _tell(outcomes: Sequence[Outcome]) -> None:
    for one in outcomes:
        if one.refused:
            click.echo(f"{one.check.name}: not looked at: {one.refused}\n")
        elif one.findings:
            click.echo(f"{one.check.name}: {one.check.looks_for}")
            for name, finding in one.findings:
                click.echo(f"  {name}: {finding}")
            if one.more:
                click.echo("  … and more")
            click.echo(f"  What to do: {one.check.advice}\n")
    fine = [one.check.name for one in outcomes if not one.findings and not one.refused]
    click.echo(f"In order: {', '.join(fine) or 'nothing'}.")
