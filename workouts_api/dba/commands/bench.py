"""``bench``: how fast a query file runs under load."""

from __future__ import annotations

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
    read_captured,
    told,
)
from workouts_api.sql.files import QueryFile

if TYPE_CHECKING:
    from workouts_api.dba.benching import Values
    from workouts_api.dba.captured import Captured
    from workouts_api.dba.target import Target

MOST_CALLS = 100  # pgbench takes 128 scripts


@click.command("bench")
@click.argument("name")
@click.option("--clients", type=click.IntRange(1, 1000), default=1, show_default=True, help="Connections at a time.")
@click.option("--seconds", type=click.IntRange(1, 3600), default=5, show_default=True, help="For each set of samples.")
@click.option("--sample", metavar="NAME", help="Only this named set; default: the usual samples and all sets.")
@click.option("--captured", is_flag=True, help="The real calls that `capture` has kept, mixed, in place of samples.")
@click.option("--writes", is_flag=True, help="Also a file that writes, rolled back: on a copy, since rows are locked.")
@database_url_option
@queries_option
def bench_command(
    name: str,
    clients: int,
    seconds: int,
    sample: str | None,
    captured: bool,
    writes: bool,
    database_url: str | None,
    root: Path,
) -> None:
    """Run the query NAME under load, by pgbench: calls a second and latencies for each set of samples."""
    from workouts_api.dba.benching import BenchError, bench

    file = find(load(root), name)
    if file.writes and not writes:
        raise click.ClickException(f"{file.place} writes: expected --writes, on a database that is no live one")
    if sample and captured:
        raise click.UsageError("--sample and --captured exclude each other")
    calls = read_captured(file, MOST_CALLS) if captured else []
    rows = []
    with opened_target(database_url, embedded=True) as target:
        role, sets = _role_and_sets(target, file, sample, calls)
        for set_name, values in sets:
            try:
                with told():
                    speed = bench(
                        target.observer or target.conninfo, file, values, role=role, clients=clients, seconds=seconds
                    )
            except BenchError as error:
                raise click.ClickException(str(error)) from error
            rows.append(
                {
                    "set": set_name,
                    "calls": speed.calls,
                    "a second": round(speed.a_second),
                    "p50 ms": f"{speed.p50:.3f}",
                    "p95 ms": f"{speed.p95:.3f}",
                    "p99 ms": f"{speed.p99:.3f}",
                }
            )
    if target.is_empty:
        click.echo("The database is empty: the figures are those of empty tables.", err=True)
    print_table(rows, "set", "calls", "a second", "p50 ms", "p95 ms", "p99 ms")


def _role_and_sets(
    target: Target, file: QueryFile, sample: str | None, calls: Sequence[Captured]
) -> tuple[str, list[tuple[str, list[Values]]]]:
    """The role whose rights the application has, and what to run: each name with its sets of values."""
    from workouts_api.dba.comparing import parameter_sets

    with opened_session(target, read_only=True) as session:
        session.describe(file)
        row = session.conn.execute("select current_user::text").fetchone()
        role = str(row[0]) if row else "none"
        if sample:
            return role, [(sample, [session.values(file, sample=sample)])]
        if calls:
            usual = session.values(file)
            return role, [(f"{len(calls)} captured", [call.over(usual) for call in calls])]
        return role, [(name, [values]) for name, values in parameter_sets(session, file, None, 0)]
