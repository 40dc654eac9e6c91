"""``workouts``: the operator's and the DBA's commands. Each group is imported when it is used."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from importlib import import_module
from io import TextIOWrapper

import click

from workouts_api.config import ConfigurationError
from workouts_api.config.showing import describe
from workouts_api.host.os_errors import sentence_of
from workouts_api.sql.catalogue import QueryFileError

_COMMANDS = {
    "admin": ("workouts_api.admin.commands:admin", "Health, metrics and threads, on an address of their own."),
    "backup": ("workouts_api.backup.commands:backup", "Backups: create, verify by a restore, list."),
    "config": ("workouts_api.cli:show_config", "Print the settings, secrets hidden, and where each came from."),
    "db": (
        "workouts_api.migrate.commands:db",
        "Migrations: migrate, rollback, status, plan, lint, drift, verify, dump; statistics.",
    ),
    "deprecations": ("workouts_api.logs.deprecations:deprecations", "Who still calls what will go, from the log."),
    "doctor": ("workouts_api.doctor.commands:doctor", "Look over this host and what it depends on."),
    "import": ("workouts_api.api.imports.commands:import_file", "Bring in a file that another service exported."),
    "reload": ("workouts_api.serve.commands:reload", "Have the running server take over a new release."),
    "serve": ("workouts_api.serve.commands:serve", "Serve the API, with all that it needs on this host."),
    "smoke": ("workouts_api.smoke.commands:smoke", "Try a served API from outside: register, import, report, delete."),
    "sql": ("workouts_api.dba.commands:sql", "Query files: list, check, explain, top, live, compare, bench …"),
    "worker": ("workouts_api.jobs.commands:worker", "Run background jobs: mails, and what is done at night."),
    "tunnel": ("workouts_api.tunnel.commands:tunnel", "The SSH tunnel: run it, see its state."),
    "user": ("workouts_api.api.administration.commands:user", "Superusers: create one, promote one."),
}


# Commands that a group shows and another package owns: migrations know nothing of made-up training.
_PARTS = {
    "db": (
        "workouts_api.dba.commands.anonymise:anonymise_command",
        "workouts_api.dba.scale.commands:scale",
        "workouts_api.dba.commands.doctor:doctor_command",
        "workouts_api.dba.commands.planning:plan_command",
        "workouts_api.dba.commands.statistics:statistics_command",
    )
}


def _imported(place: str) -> click.Command:
    module, _, name = place.partition(":")
    command: click.Command = getattr(import_module(module), name)
    return command


class _Lazy(click.Group):
    """Knows its commands by name and imports one only when it is called. So help and start-up are quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command = _imported(_COMMANDS[cmd_name][0])
        if isinstance(command, click.Group):
            for part in _PARTS.get(cmd_name, ()):
                command.add_command(_imported(part))
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in sorted(_COMMANDS.items())])


@click.group(cls=_Lazy)
@click.version_option(package_name="workouts-api")
def workouts() -> None:
    """A training-log server whose data layer is hand-written SQL."""


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def show_config(as_json: bool) -> None:
    """Print the settings and where each came from. Secrets are hidden."""
    from workouts_api.host.bare_machine import settings_with_secret

    rows = describe(settings_with_secret(os.environ)[0])
    if as_json:
        click.echo(json.dumps([dict(zip(_OF_SETTING, row, strict=True)) for row in rows], indent=1, ensure_ascii=False))
    elif sys.stdout.isatty():
        _show_table(rows)
    else:  # a table would cut values to the width that a terminal might have
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            click.echo("  ".join(map(str.ljust, row, widths)).rstrip())


_OF_SETTING = ("variable", "value", "from", "about")


def _show_table(rows: list[tuple[str, str, str, str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("Variable", "Value", "From", "What it is", box=None, pad_edge=False)
    for row in rows:
        table.add_row(*row)
    Console().print(table)


def main() -> None:
    """The entry point. A user's mistake gives one message and no traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without UTF-8 cannot show "…" or all names
    try:
        workouts(prog_name="workouts")
    except (ConfigurationError, QueryFileError) as error:
        click.echo(f"workouts: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:  # where click does not see it, such as while modules are read
        click.echo("Aborted!", err=True)
        sys.exit(130)
    except OSError as error:  # a full disk, a folder of another user
        click.echo(f"Error: {sentence_of(error)}", err=True)
        _forget_output()
        sys.exit(1)


def _forget_output() -> None:
    """What a full disk did not take is not tried again at the end, where Python would say so in lines of its own."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
