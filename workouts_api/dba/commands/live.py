"""``live``: who runs what on the server now, and who waits for whom."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

import click

from workouts_api.dba.commands.shared import database_url_option, looked_at, opened_target, print_table

if TYPE_CHECKING:
    from workouts_api.dba.live import Running


@click.command("live")
@click.option("--watch", type=click.FloatRange(0.2, 3600), metavar="SECONDS", help="Again and again, until Ctrl-C.")
@click.option("--all", "idle", is_flag=True, help="Also sessions that do nothing.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, one line a time.")
@database_url_option
def live_command(watch: float | None, idle: bool, as_json: bool, database_url: str | None) -> None:
    """Show who runs what on the server now: query file, user and request, for how long, and whom it waits for.

    Who waits for a lock stands under its holder.
    """
    from workouts_api.dba.live import read_live, sees_others, shown

    with opened_target(database_url, embedded=True) as target, looked_at(target) as conn:
        if not sees_others(conn):
            click.echo("Sessions of other roles are not seen: expected a member of pg_monitor.", err=True)
        while True:
            sessions = shown(read_live(conn), idle=idle)
            _print_json(sessions) if as_json else _print(sessions, watch)
            if not as_json:
                _print_threads()
            if watch is None:
                return
            try:
                time.sleep(watch)
            except KeyboardInterrupt:
                return


def _print(sessions: Sequence[Running], watch: float | None) -> None:
    from workouts_api.dba.live import tree

    if watch is not None:
        if sys.stdout.isatty():
            click.clear()
        click.echo(f"{datetime.now().astimezone():%H:%M:%S}")
    rows = [_row(depth, one) for depth, one in tree(sessions)]
    if rows:
        print_table(rows, *rows[0])
    else:
        click.echo("Nothing runs.")


def _print_threads() -> None:
    """What the threads of this host's workers do: a request that waits for a connection has no session above."""
    from workouts_api import activity
    from workouts_api.config import ConfigurationError
    from workouts_api.dba.target import settings_of_tools

    try:
        folder = settings_of_tools().activity_folder
    except ConfigurationError:  # no host of the API, or none that could serve
        return
    for worker in activity.read(folder) if folder.is_dir() else ():
        click.echo(f"Worker {worker.slot}: {len(worker.requests)} of {worker.threads} threads busy.", err=True)
        for one in sorted(worker.requests, key=lambda one: -one.running_s):
            doing = f"{one.query} for {max(one.query_s or 0, 0):.1f} s" if one.query else "no query"
            click.echo(
                f"  {one.running_s:.1f} s  {one.method} {one.route}  {doing}  request {one.request_id}", err=True
            )


def _row(depth: int, one: Running) -> dict[str, Any]:
    return {
        "pid": f"{'   ' * (depth - 1)}{'└─ ' if depth else ''}{one.pid}",
        "query": one.query,
        "state": one.state,
        "for": _seconds(one.state_s),
        "transaction": _seconds(one.transaction_s),
        "waits for": one.waits_for,
        "who": one.who,
        "role": one.role,
    }


def _seconds(value: float | None) -> str:
    return "" if value is None else f"{max(value, 0):.1f} s"


def _print_json(sessions: Sequence[Running]) -> None:
    told = [{**asdict(one), "query": one.query, "who": one.who, "waits_for": one.waits_for} for one in sessions]
    click.echo(json.dumps(told))
