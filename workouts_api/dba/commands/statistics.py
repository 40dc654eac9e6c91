"""``workouts db statistics``: what the planner of a database knows, to carry home."""

from __future__ import annotations

from pathlib import Path

import click

from workouts_api.dba.commands.shared import (
    database_url_option,
    load,
    looked_at,
    opened_session,
    opened_target,
    queries_option,
    write_whole,
)


@click.command("statistics")
@click.option(
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True, path_type=Path),
    default="-",
    help="The file to write; default: the terminal, or where it is sent.",
)
@click.option("--without-samples", is_flag=True, help="Do not evaluate the samples of query files, which read data.")
@database_url_option
@queries_option
def statistics_command(output: Path, without_samples: bool, database_url: str | None, root: Path) -> None:
    """Write the planner's statistics to a file, for `workouts sql explain NAME --as-production FILE`.

    It has sizes, settings and statistics, and no text that a person wrote: of columns, only numbers, times and the
    schema's own codes have values. Sign in as workouts_dba. Nothing is written in the database.
    """
    from workouts_api.dba.production.taking import TakingError, samples, take

    catalogue = load(root)
    with opened_target(database_url, embedded=True) as target:
        if target.is_empty:
            raise click.ClickException("there is no database: name one by --database-url or DATABASE_URL")
        try:
            with looked_at(target) as conn:
                lines = take(conn)
        except TakingError as error:
            raise click.ClickException(str(error)) from error
        if not without_samples:
            with opened_session(target, read_only=True) as session:
                lines += samples(session, catalogue)
    text = "\n".join([*lines, ""])
    if str(output) == "-":
        click.echo(text, nl=False)
    else:
        write_whole(output, text)
        click.echo(f"{output} was written: {len(text.encode()):,} bytes.", err=True)
