"""``top``: what the query files cost on a server."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    looked_at,
    opened_target,
    print_table,
    queries_option,
)
from workouts_api.sql.catalogue import Catalogue
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.history import History
    from workouts_api.dba.statements import Figures, Snapshot, Version

ORDERS = {"total": "total_ms", "calls": "calls", "buffers": "buffers", "wal": "wal_bytes", "rows": "rows"}


@click.command("top")
@click.argument("name", required=False)
@click.option("--since", metavar="AGO", help="Only what was added since: 30m, 24h, 7d; default: since the last reset.")
@click.option("--by", "order", type=click.Choice([*ORDERS, "mean", "budget"]), default="total", show_default=True)
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many lines.")
@click.option("--record", is_flag=True, help="Only keep the figures, for a timer.")
@click.option("--json", "as_json", is_flag=True, help="All lines, as JSON.")
@database_url_option
@queries_option
def top_command(
    name: str | None,
    since: str | None,
    order: str,
    limit: int,
    record: bool,
    as_json: bool,
    database_url: str | None,
    root: Path,
) -> None:
    """Show what the query files cost, by pg_stat_statements: the most expensive first.

    With NAME it shows each version of that file: when it was at work, and its figures. Each call keeps the figures in
    the data folder. --since compares with them. --by budget has those first that take most of what they may take.
    """
    catalogue = load(root)
    wanted = find(catalogue, name).full_name if name else None
    snapshot, history = _read(database_url)
    if record:
        return
    if wanted:
        _show_versions(catalogue, wanted, history, _earlier(snapshot, history, since), as_json)
        return
    earlier = _earlier(snapshot, history, since)
    begun = earlier.at if earlier else snapshot.reset_at
    rows = list(_rows(catalogue, snapshot.since(earlier), order, snapshot.server, _swapped_texts()))
    if as_json:
        click.echo(json.dumps({"from": str(begun), "to": str(snapshot.at), "statements": rows}, indent=2))
        return
    click.echo(f"From {_minute(begun)} to {_minute(snapshot.at)}.", err=True)
    print_table(rows[:limit], "query", "version", "share", *_COLUMNS, "budget")
    if len(rows) > limit:
        click.echo(f"{len(rows) - limit} more: --limit {len(rows)}", err=True)


def _read(database_url: str | None) -> tuple[Snapshot, History]:
    """Reads the counters and keeps them."""
    from workouts_api.dba.history import History
    from workouts_api.dba.statements import StatisticsError, read_statements
    from workouts_api.dba.target import settings_of_tools

    with opened_target(database_url, embedded=True) as target, looked_at(target) as conn:
        try:
            snapshot = read_statements(conn)
        except StatisticsError as error:
            raise click.ClickException(str(error)) from error
    if snapshot.is_partial:
        click.echo("Statements of other roles are not seen: expected a member of pg_monitor.", err=True)
    history = History(settings_of_tools().workouts_data_dir, snapshot.database)
    try:
        history.add(snapshot)
    except OSError as error:
        click.echo(f"The figures are not kept: {error.strerror}: {error.filename}", err=True)
    return snapshot, history


def _earlier(snapshot: Snapshot, history: History, since: str | None) -> Snapshot | None:
    """What the figures are compared with; None: they are all since the last reset."""
    from workouts_api.dba.history import at_or_before, since_when

    if since is None:
        return None
    try:
        moment = since_when(since, snapshot.at)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--since") from error
    earlier = at_or_before((one for one in history.snapshots() if one.at < snapshot.at), moment)
    if earlier is None:
        raise click.ClickException("no earlier figures are kept: run `workouts sql top --record` by a timer")
    return earlier


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────

_COLUMNS = ("calls", "total s", "mean ms", "rows", "buffers", "read", "temp", "WAL B")


def _rows(
    catalogue: Catalogue, figures: Mapping[Version, Figures], order: str, server: int, swapped: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    """A line for each version of a file, the most expensive first; what belongs to no file is one line."""
    whole = sum(one.total_ms for one in figures.values())
    files = {file.full_name: file for file in catalogue.files()}

    def weight(version: Version) -> float:
        one = figures[version]
        if order == "budget":
            most = files[version.file].most_buffers(server) if version.file in files else None
            return one.a_call("buffers") / most if most else 0.0
        return one.a_call("total_ms") if order == "mean" else float(getattr(one, ORDERS[order]))

    for version in sorted(figures, key=weight, reverse=True):
        file, one = files.get(version.file), figures[version]
        yield {
            "query": version.file or "(not from a file)",
            "version": _version(version, file.digest if file else None, swapped),
            "share": f"{one.total_ms / whole:.1%}" if whole else "",
            **_as_columns(one),
            "budget": _budget(file, one, server) if file else "",
        }


def _swapped_texts() -> dict[str, str]:
    """By query, the digest of the text that is swapped in on this host."""
    from workouts_api.database.swap_files import DamagedSwapError, parse, read_contents
    from workouts_api.dba.target import settings_of_tools

    found = {}
    for query, content in read_contents(settings_of_tools().swaps_folder).items():
        with suppress(DamagedSwapError):
            found[query] = parse(query, content).digest[:8]
    return found


def _version(version: Version, current: str | None, swapped: Mapping[str, str]) -> str:
    """The digest, and whether the files here have it."""
    digest = version.digest
    if not digest or digest == current:
        return digest
    return f"{digest} ({'swapped' if swapped.get(version.file) == digest else 'not here'})"


def _budget(file: QueryFile, figures: Figures, server: int) -> str:
    """The budget of buffers beside what a call took on average. Calls are of all sets: the dearest's limit counts."""
    usual, most = file.budget_of(None, server), file.most_buffers(server)
    if most is None:
        return ""
    taken, least = figures.a_call("buffers"), usual.buffers if usual and usual.buffers else most
    limits = f"{least:,}" if least == most else f"{least:,} to {most:,}"
    return f"{taken:,.0f} of {limits}{' EXCEEDED' if taken > most else ''}"


def _as_columns(one: Figures) -> dict[str, Any]:
    """Calls and total; then what a call took on average."""
    return {
        "calls": one.calls,
        "total s": round(one.total_ms / 1000, 3),
        "mean ms": round(one.a_call("total_ms"), 3),
        **{
            column: round(one.a_call(what), 1)
            for column, what in zip(_COLUMNS[3:], ("rows", "buffers", "read", "temp", "wal_bytes"), strict=True)
        },
    }


def _show_versions(catalogue: Catalogue, name: str, history: History, earlier: Snapshot | None, as_json: bool) -> None:
    """Each version of a file: before and after each change."""
    from workouts_api.dba.history import lives

    current, swapped = catalogue.find(name).digest, _swapped_texts()
    later = (one for one in history.snapshots() if earlier is None or one.at > earlier.at)
    known = [(version, life) for version, life in lives(later, earlier).items() if version.file == name]
    rows = [
        {
            "version": _version(version, current, swapped),
            "first seen": _minute(life.first),
            "last seen": _minute(life.last),
            **_as_columns(life.figures),
        }
        for version, life in sorted(known, key=lambda one: one[1].first)
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    elif rows:
        print_table(rows, "version", "first seen", "last seen", *_COLUMNS)
    else:
        click.echo(f"{name} was not called, as far as is known.")


def _minute(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "the beginning"
