"""``budget``: what query files take beside their budgets, and budgets to propose."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    opened_session,
    opened_target,
    print_table,
    queries_option,
    say_what_is_not_seen,
    write_whole,
)
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.captured import Captured
    from workouts_api.dba.proposing import Beside


@click.command("budget")
@click.argument("names", nargs=-1)
@click.option("--captured", is_flag=True, help="Also the real calls that `capture` has kept: the dearest counts.")
@click.option("--propose", is_flag=True, help="Print the @budget lines that fit what was measured, with some room.")
@click.option("--write", is_flag=True, help="Write these lines into the files.")
@database_url_option
@queries_option
def budget_command(
    names: tuple[str, ...], captured: bool, propose: bool, write: bool, database_url: str | None, root: Path
) -> None:
    """Measure query files (all, or NAMES) on each set of samples, and show the figures beside the budgets.

    Each run is rolled back. The exit code is 1 if a budget is exceeded, and if nothing could be measured.
    """
    catalogue = load(root)
    files = [find(catalogue, name) for name in names] or list(catalogue.files())
    found = _measured(files, captured, database_url)
    if propose or write:
        _propose(found, write=write)
        return
    rows = [_row(one) for one in found if one.budget or names]
    print_table(rows, "query", "set", "buffers", "budget", "rows removed", "limit")
    if rows and not any(one.taken for one in found):
        raise click.ClickException("nothing could be measured")
    sys.exit(1 if any(one.is_exceeded for one in found) else 0)


def _measured(files: Sequence[QueryFile], captured: bool, database_url: str | None) -> list[Beside]:
    from workouts_api.dba.budgets import too_high
    from workouts_api.dba.proposing import beside
    from workouts_api.dba.server import is_explainable

    calls = _calls(files) if captured else {}
    with (
        opened_target(database_url, embedded=True) as target,
        opened_session(target, read_only=False, nested="json") as session,
    ):
        say_what_is_not_seen(session)
        session.conn.execute("set max_parallel_workers_per_gather = 0")  # whose buffers vary from run to run
        ordered = sorted(filter(is_explainable, files), key=lambda file: file.writes)
        found = [one for file in ordered for one in beside(session, file, calls.get(file.full_name, ()))]
    if told := too_high(one.taken for one in found if one.taken):
        click.echo(told, err=True)
    if target.is_empty:
        click.echo("The database is empty: the figures say little.", err=True)
    return found


def _calls(files: Sequence[QueryFile]) -> dict[str, list[Captured]]:
    from workouts_api.dba.captured import captured
    from workouts_api.dba.target import settings_of_tools

    kept = captured(settings_of_tools().captures_folder)
    return {
        file.full_name: [call for call in kept[file.full_name].calls if call.fits(file)]
        for file in files
        if file.full_name in kept
    }


def _row(one: Beside) -> dict[str, str]:
    budget, taken = one.budget, one.taken
    limits = (budget.buffers, budget.rows_removed) if budget else (None, None)
    return {
        "query": one.file.full_name,
        "set": one.sample,
        "buffers": f"{taken.buffers:,}" if taken else one.why_not,
        "budget": f"{_limit(limits[0])}{' EXCEEDED' if one.is_exceeded else ''}",
        "rows removed": f"{taken.rows_removed:,}" if taken else "",
        "limit": _limit(limits[1]),
    }


def _limit(limit: int | None) -> str:
    return "" if limit is None else f"{limit:,}"


def _propose(found: Sequence[Beside], *, write: bool) -> None:
    from workouts_api.dba.proposing import proposed, with_budgets

    for file in dict.fromkeys(one.file for one in found):
        lines = proposed([one for one in found if one.file is file])
        new = with_budgets(file, lines)
        if not lines or new == file.text:
            continue
        if write:
            write_whole(file.path, new)
            click.echo(f"{file.place} was written.")
        else:
            click.echo("\n".join([f"{file.place}:", *(f"  {line}" for line in lines.values())]))
