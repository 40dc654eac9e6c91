"""``workouts admin``: the admin listener as a process of its own, where the server's parts are units of their own."""

from __future__ import annotations

import os
import signal

import click

from workouts_api.admin.listener import OFF, admin_listener
from workouts_api.host.bare_machine import BareMachineError, settings_with_secret
from workouts_api.host.notify import Systemd

ENDS = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


@click.command()
def admin() -> None:
    """Answer health, metrics and what the threads do, on ADMIN_LISTEN. `workouts serve` does that by itself.

    Exit code: 0 after SIGTERM, SIGINT or SIGHUP; 1 when the address cannot be listened on.
    """
    environ = dict(os.environ)
    systemd = Systemd(environ)
    settings, _ = settings_with_secret(environ)
    if settings.admin_listen == OFF:
        raise click.ClickException("ADMIN_LISTEN holds off: expected an address")
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        with admin_listener(settings, lambda: settings, lambda: 0.0) as (url, _):
            click.echo(f"The admin listener answers at {url}.")
            systemd.ready(f"Answering at {url}")
            while signal.sigtimedwait(ENDS, (systemd.watchdog_s or 5.0) / 5) is None:
                systemd.beat()
            systemd.stopping()
    except BareMachineError as error:
        raise click.ClickException(str(error)) from None
