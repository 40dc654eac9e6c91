"""``workouts tunnel``: run it, ask how it is."""

from __future__ import annotations

import json
import logging
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import click

from workouts_api.config import Settings
from workouts_api.host.bare_machine import private_socket_folder, settings_with_secret
from workouts_api.logs import is_json, take_over

from .status import TunnelStatus, read_status


@click.group()
def tunnel() -> None:
    """The SSH tunnel to the database."""


@tunnel.command("run")
def run_command() -> None:
    """Run the tunnel in the foreground until it is told to end.

    Exit code: 0 after SIGTERM, SIGINT or SIGHUP; 2 when the configuration is wrong.
    """
    settings = _settings()
    data = settings.workouts_data_dir.absolute()
    if settings.tunnel_dir is None and not settings.tunnel_folder.is_relative_to(data):
        private_socket_folder(data)  # in /tmp it has to be ours
    if is_json(settings):
        take_over(settings)
    elif not logging.getLogger().handlers:
        logging.basicConfig(level=settings.log_level, format="%(asctime)s %(levelname)s tunnel: %(message)s")
    from .process import run

    sys.exit(run(settings))


@tunnel.command("status")
@click.option("--json", "as_json", is_flag=True, help="The status file's fields as JSON.")
def status_command(as_json: bool) -> None:
    """Say how the tunnel is. Exit code: 0 if it is up, 1 if not."""
    folder = _settings().tunnel_folder
    status = read_status(folder)
    if as_json:
        click.echo(json.dumps(status.as_json() if status else {"state": "down", "last_error": "it has never run"}))
    else:
        click.echo(_in_words(status, folder))
    sys.exit(0 if status is not None and status.is_up else 1)


def _settings() -> Settings:
    return settings_with_secret(os.environ)[0]


def _in_words(status: TunnelStatus | None, folder: Path) -> str:
    if status is None:
        return f"down: no tunnel has run in {folder}"
    age = datetime.now(UTC) - status.since
    lines = [
        f"{status.state} for {int(age.total_seconds())} s, at {status.listen}; confirmed {status.age_s:g} s ago",
        f"engine {status.engine}, process {status.pid}, reconnected {status.reconnects} times",
    ]
    if status.bytes_in is not None and status.bytes_out is not None:
        lines.append(f"{status.bytes_in:,} bytes received, {status.bytes_out:,} sent")
    if status.last_error:
        lines.append(f"last error: {status.last_error}")
    return "\n".join(lines)
