"""``workouts db anonymise``: a copy of a database for development, without a text of anybody."""

from __future__ import annotations

import click

from workouts_api.dba.commands.shared import database_url_option, opened_target


@click.command("anonymise")
@click.option(
    "--to", "to_url", required=True, metavar="URL", help="The copy: an empty, migrated database; a superuser."
)
@database_url_option
def anonymise_command(to_url: str, database_url: str | None) -> None:
    """Copy a database for development, with no text of anybody in the copy.

    Names, addresses, notes, titles, comments, devices, hashes, keys and names of files become made-up ones. Days and
    measured values of each athlete move by the same weeks and the same share, so that plans and shapes stay. Nothing
    is written in the database that is read.
    """
    import psycopg

    from workouts_api.dba.production.anonymising import AnonymisingError, copy
    from workouts_api.dba.server import first_line

    with opened_target(database_url, embedded=True) as target:
        if target.is_empty:
            raise click.ClickException("there is no database: name one by --database-url or DATABASE_URL")
        try:
            rows = copy(target.observer or target.conninfo, to_url)
        except AnonymisingError as error:
            raise click.ClickException(str(error)) from error
        except psycopg.Error as error:
            raise click.ClickException(first_line(error)) from error
    click.echo(f"{sum(rows.values()):,} rows of {len(rows)} tables were copied. Nobody can sign in to the copy.")
