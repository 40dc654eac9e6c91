"""``list`` and ``show``: what the query files say. They ask no server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    find,
    load,
    looked_at,
    opened_target,
    queries_option,
    sample_option,
    told,
)
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.callers import Callers
    from workouts_api.dba.statements import Figures


@click.command("list")
@click.option("--calls", is_flag=True, help="Also how often each was called, and its mean time, by the server.")
@click.option("--json", "as_json", is_flag=True, help="Everything that the files say, as JSON.")
@database_url_option
@queries_option
def list_command(calls: bool, as_json: bool, database_url: str | None, root: Path) -> None:
    """List every query: name, description, parameters, result, plan, budgets, and which routes call it."""
    from workouts_api.dba.callers import find_callers

    catalogue = load(root)
    callers = find_callers(frozenset(file.full_name for file in catalogue.files()))
    figures = _figures(database_url) if calls else {}
    if as_json:
        told = [_as_json(file, callers[file.full_name], figures.get(file.full_name)) for file in catalogue.files()]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    table = Table(
        "query", "what it does", "parameters", "returns", "plan", "budgets", "called by", box=None, pad_edge=False
    )
    for column in ("calls", "mean ms") if calls else ():
        table.add_column(column, justify="right")
    for file in catalogue.files():
        table.add_row(
            file.full_name,
            file.summary + (f" DEPRECATED: {file.deprecated}" if file.deprecated else ""),
            " ".join(f"{p.name}{'?' if p.nullable else ''}" for p in file.parameters),
            f"{file.returns} {file.effect}",
            file.plan,
            " ".join(_budgets(file)),
            ", ".join(_called_by(callers[file.full_name])),
            *(_calls(figures.get(file.full_name)) if calls else ()),
        )
    # In a pipe nothing is cut off, so that grep finds one whole line per query.
    Console(width=None if sys.stdout.isatty() else 400, highlight=False, markup=False).print(table)


def _called_by(callers: Callers) -> Iterator[str]:
    """Up to three routes; the modules of a file that no route calls."""
    shown = callers.routes or callers.modules
    yield from shown[:3]
    if len(shown) > 3:
        yield f"{len(shown) - 3} more"


def _figures(database_url: str | None) -> dict[str, Figures]:
    """What the calls of each file cost, all its versions together."""
    from workouts_api.dba.statements import Figures, StatisticsError, read_statements

    with opened_target(database_url, embedded=True) as target, looked_at(target) as conn:
        try:
            snapshot = read_statements(conn)
        except StatisticsError as error:
            raise click.ClickException(str(error)) from error
    found: dict[str, Figures] = {}
    for version, figures in snapshot.figures.items():
        found[version.file] = found.get(version.file, Figures()).plus(figures)
    return found


def _calls(figures: Figures | None) -> tuple[str, str]:
    return (f"{figures.calls:,}", f"{figures.a_call('total_ms'):,.3f}") if figures else ("0", "")


def _budgets(file: QueryFile) -> Iterator[str]:
    if file.plan_budget and file.plan_budget.no_seqscan:
        yield f"no_seqscan({', '.join(file.plan_budget.no_seqscan)})"
    if file.plan_budget and file.plan_budget.max_cost is not None:
        yield f"max_cost={file.plan_budget.max_cost:g}"
    for sample in (None, *file.set_budgets):
        budget, of = file.set_budgets[sample] if sample else file.run_budget, f"({sample})" if sample else ""
        if budget and budget.buffers is not None:
            yield f"buffers{of}<={budget.buffers}"
        if budget and budget.rows_removed is not None:
            yield f"rows_removed{of}<={budget.rows_removed}"
    if file.timeout_s is not None:
        yield f"timeout={file.timeout_s:g}s"


def _as_json(file: QueryFile, callers: Callers, figures: Figures | None) -> dict[str, Any]:
    return {
        "name": file.full_name,
        "file": file.place,
        "summary": file.summary,
        "digest": file.digest,
        "parameters": [
            {"name": p.name, "type": p.type, "nullable": p.nullable, "sample": p.sample} for p in file.parameters
        ],
        "returns": file.returns,
        "columns": [{"name": c.name, "type": c.type, "nullable": c.nullable} for c in file.columns],
        "plan": file.plan,
        "readonly": not file.writes,
        "writes": file.writes,
        "timeout_s": file.timeout_s,
        "samples": {name: samples.values for name, samples in file.samples.items()},
        "budgets": list(_budgets(replace(file, timeout_s=None))),
        "deprecated": file.deprecated,
        "routes": callers.routes,
        "modules": callers.modules,
        **({"calls": figures.calls, "mean_ms": figures.a_call("total_ms")} if figures else {}),
    }


@click.command("show")
@click.argument("name")
@click.option("--sent", is_flag=True, help="What is sent to the server.")
@click.option("--psql", "for_psql", is_flag=True, help="With \\set lines from the samples: runs in psql as printed.")
@sample_option
@queries_option
def show_command(name: str, sent: bool, for_psql: bool, sample: str | None, root: Path) -> None:
    """Print the query file NAME (chapter.name, or its path). With --sample it prints a script, as with --psql."""
    if sent and (for_psql or sample):
        raise click.UsageError("--sent and --psql exclude each other")
    file = find(load(root), name)
    if for_psql or sample:
        from workouts_api.dba.show import as_psql

        with told():
            click.echo(as_psql(file, sample), nl=False)
    elif sent:
        click.echo(file.statement)
        for number, parameter in enumerate(file.order, 1):
            click.echo(f"-- ${number}: {parameter}", err=True)
    else:
        click.echo(file.text, nl=False)
