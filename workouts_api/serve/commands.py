"""``workouts serve`` and ``workouts reload``."""

from __future__ import annotations

import os
from contextlib import ExitStack

import click
import psycopg

from workouts_api import logs
from workouts_api.host import bare_machine
from workouts_api.host.bare_machine import BareMachineError
from workouts_api.host.embedded import EmbeddedError
from workouts_api.host.reloads import ReloadError, ask_for_reload
from workouts_api.host.supervisor import Ended, Supervisor
from workouts_api.serve import APPLICATION, order
from workouts_api.serve.road import made_ready

RELOAD_PATIENCE = 30.0  # s beyond RELOAD_TIMEOUT: for an earlier reload, and for a refused server's end
LONGEST_TURN = 1.0  # s between two looks of the supervisor at what sends no signal


class _Failed(click.ClickException):
    """An error with the exit code of what has failed."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc] # click reads it of the instance


@click.command()
@click.option("--reload", "watch", is_flag=True, help="Start the workers anew when Python or SQL changes.")
@click.option("--app", default=APPLICATION, show_default=True, help="The WSGI application.")
def serve(watch: bool, app: str) -> None:
    """Serve the API. Starts the database and the tunnel, if the settings ask for them, and the workers.

    Exit code: 0 after SIGTERM, SIGINT or Ctrl-C; 1 when another server runs here or a part has failed;
    2 when the settings are wrong.
    """
    try:
        with ExitStack() as stack:
            road = stack.enter_context(made_ready(dict(os.environ), logs.say))
            systemd = road.systemd
            tick = min(LONGEST_TURN, (systemd.watchdog_s or LONGEST_TURN) / 5)
            supervisor = stack.enter_context(Supervisor(logs.say, beat=road.beat, tick=tick))
            order.serve(road, supervisor, app, watch=watch)
    except Ended as ended:
        if ended.code:
            raise _Failed(str(ended), ended.code) from None
    except KeyboardInterrupt:
        return
    except (BareMachineError, EmbeddedError, psycopg.Error) as error:
        raise click.ClickException(str(error).strip()) from None


@click.command()
def reload() -> None:
    """Have the server of this host take over the installed release and the settings' files, and say how it went.

    New workers start beside the old ones. If they cannot serve, the old ones go on.

    Exit code: 0 when the new workers serve; 1 when they were refused or no server runs.
    """
    settings, _ = bare_machine.settings_with_secret(dict(os.environ))
    folder = bare_machine.data_folder(settings)
    try:
        click.echo(ask_for_reload(folder, settings.reload_timeout + RELOAD_PATIENCE))
    except ReloadError as error:
        raise click.ClickException(str(error)) from None
