"""``workouts sql``: the DBA's tools for query files. Each module owns some of the commands."""

from __future__ import annotations

import click

from workouts_api.dba.commands.advising import advise_command
from workouts_api.dba.commands.bench import bench_command
from workouts_api.dba.commands.budget import budget_command
from workouts_api.dba.commands.capturing import capture_command
from workouts_api.dba.commands.checking import check_command, stubs_command, variants_command
from workouts_api.dba.commands.comparing import compare_command
from workouts_api.dba.commands.explaining import explain_command
from workouts_api.dba.commands.live import live_command
from workouts_api.dba.commands.reading import list_command, show_command
from workouts_api.dba.commands.running import psql_command
from workouts_api.dba.commands.swapping import swap_command
from workouts_api.dba.commands.watching import top_command


@click.group()
def sql() -> None:
    """List, show, check, explain and run the query files."""


for command in (
    advise_command,
    bench_command,
    budget_command,
    capture_command,
    check_command,
    compare_command,
    explain_command,
    list_command,
    live_command,
    psql_command,
    show_command,
    stubs_command,
    swap_command,
    top_command,
    variants_command,
):
    sql.add_command(command)
