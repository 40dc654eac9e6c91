"""``capture``: keeps real parameters of query files for a while, and shows them."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.dba.commands.shared import find, load, print_table, queries_option

if TYPE_CHECKING:
    from workouts_api.dba.captured import Captured, Kept

LONGEST_S = 24 * 3600
_DURATION = re.compile(r"(\d{1,6})(s|m|h)")
_FACTORS = {"s": 1, "m": 60, "h": 3600}
_MAX_SHOWN = 200  # characters of a value


class _Duration(click.ParamType[int]):
    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        found = _DURATION.fullmatch(str(value))
        seconds = int(found[1]) * _FACTORS[found[2]] if found else 0
        if not 1 <= seconds <= LONGEST_S:
            self.fail(f"{value}: expected a time such as 30s, 10m or 2h, at most 24h", param, ctx)
        return seconds


@click.command("capture")
@click.option("--for", "seconds", type=_Duration(), metavar="TIME", help="Begin, and forget what was kept before: 10m.")
@click.option("--stop", is_flag=True, help="End now. What was kept stays.")
@click.option("--clear", "forget", is_flag=True, help="End now, and remove what was kept.")
@click.option("--show", "shown", metavar="NAME", help="The kept calls of a query, with their values.")
@click.option("--list", "listed", is_flag=True, help="How many calls of each query are kept; the default.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=20, show_default=True, help="How many lines.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@queries_option
def capture_command(
    seconds: int | None,
    stop: bool,
    forget: bool,
    shown: str | None,
    listed: bool,
    limit: int,
    as_json: bool,
    root: Path,
) -> None:
    """Keep real calls of the queries, with their parameters: of each the slowest, and some by chance.

    All processes on this machine that use the same data folder do so, within a second. Values of secrets are never
    kept. `explain`, `compare`, `bench` and `budget` use the kept calls with --captured.
    """
    from workouts_api.dba.captured import captured
    from workouts_api.dba.target import settings_of_tools

    if sum(map(bool, (seconds, stop, forget, shown, listed))) > 1:
        raise click.UsageError("--for, --stop, --clear, --show and --list exclude each other")
    folder = settings_of_tools().captures_folder
    if seconds or stop or forget:
        _switch(folder, seconds, forget=forget)
        return
    kept = captured(folder)
    if shown:
        name = find(load(root), shown).full_name
        _show(name, kept[name].calls[:limit] if name in kept else [], as_json)
    else:
        _list(folder, kept, limit, as_json)


def _switch(folder: Path, seconds: int | None, *, forget: bool) -> None:
    from workouts_api.database.capture_files import clear, switch_off, switch_on

    try:
        if seconds:
            until = switch_on(folder, seconds).until
            click.echo(f"Calls are kept until {time.strftime('%H:%M:%S', time.localtime(until))}, in {folder}.")
        elif forget:
            clear(folder)
            click.echo("Nothing is kept any more.")
        else:
            switch_off(folder)
            click.echo("No more calls are kept.")
    except OSError as error:
        raise click.ClickException(f"{error.filename or folder}: {error.strerror}") from error


def _list(folder: Path, kept: dict[str, Kept], limit: int, as_json: bool) -> None:
    from workouts_api.database.capture_files import read_switch

    rows = [
        {
            "query": name,
            "calls": one.seen,
            "kept": len(one.calls),
            "slowest ms": one.calls[0].ms,
            "median ms": one.calls[len(one.calls) // 2].ms,
            "versions": ", ".join(sorted({call.digest for call in one.calls})),
        }
        for name, one in sorted(kept.items(), key=lambda pair: -pair[1].calls[0].ms)
        if one.calls
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    switch = read_switch(folder)
    left = int(switch.until - time.time()) if switch else 0
    click.echo(f"Calls are kept for another {left} s." if left > 0 else "No calls are kept now.", err=True)
    if rows:
        print_table(rows[:limit], "query", "calls", "kept", "slowest ms", "median ms", "versions")
    if len(rows) > limit:
        click.echo(f"{len(rows) - limit} more: --limit {len(rows)}", err=True)


def _show(name: str, calls: list[Captured], as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps([_as_json(call) for call in calls], indent=2))
        return
    if not calls:
        click.echo(f"No call of {name} is kept.")
    for number, call in enumerate(calls, 1):
        click.echo(f"{number}. {call.at:%H:%M:%S}  {call.ms:.3f} ms  {call.rows:,} row(s)  request {call.request_id}")
        for parameter, value in call.values.items():
            click.echo(f"   {parameter} = {_shortened(value)}")
        for parameter, reason in call.withheld.items():
            click.echo(f"   {parameter}: not kept ({reason})")


def _shortened(value: str | None) -> str:
    if value is None:
        return "null"
    # No character of a value may steer the terminal.
    told = "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in repr(value))
    return told if len(told) <= _MAX_SHOWN else f"{told[:_MAX_SHOWN]}… ({len(value):,} characters)"


def _as_json(call: Captured) -> dict[str, Any]:
    about = {"at": call.at.isoformat(), "ms": call.ms, "rows": call.rows, "request_id": call.request_id}
    return {**about, "digest": call.digest, "values": dict(call.values), "withheld": dict(call.withheld)}
