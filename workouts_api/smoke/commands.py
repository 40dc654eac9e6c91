"""``workouts smoke``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from workouts_api.config.private_files import why_not_private
from workouts_api.smoke.client import Client, SmokeError
from workouts_api.smoke.walk import Walk


@click.command()
@click.argument("url")
@click.option("--username", help="An account that exists; needed where addresses are verified.")
@click.option(
    "--password-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A private file that holds its password.",
)
@click.option(
    "--timeout", type=click.FloatRange(0.1, 600), default=30.0, show_default=True, help="Seconds for each request."
)
def smoke(url: str, username: str | None, password_file: Path | None, timeout: float) -> None:
    """Try the API at URL from outside: register, sign in, import a workout, ask for a report, delete everything.

    With an account, nobody is registered, and only what was imported is deleted.

    Exit code: 0 when each step went well; 1 when one failed; 2 when the command is wrong.
    """
    account = _account(username, password_file)
    try:
        walk = Walk(Client(url, timeout), account)
    except SmokeError as error:
        raise click.BadParameter(str(error), param_hint="URL") from None
    is_fine = True
    for step in walk.run():
        is_fine = is_fine and not step.failure
        click.echo(f"{'failed' if step.failure else 'ok':<7} {step.name} ({step.seconds:.2f} s)")
        if step.failure:
            click.echo(f"{'':<7} {step.failure}")
    click.echo(f"{url} works." if is_fine else f"{url} does not work.")
    sys.exit(0 if is_fine else 1)


def _account(username: str | None, password_file: Path | None) -> tuple[str, str] | None:
    if (username is None) != (password_file is None):
        raise click.UsageError("--username and --password-file: expected both or none")
    if username is None or password_file is None:
        return None
    if why := why_not_private(password_file):
        raise click.BadParameter(f"'{password_file}' {why}", param_hint="--password-file")
    return username, password_file.read_text(encoding="utf-8").strip()
