"""Which database a command works on.

Owns the choice alone: a URL from the command line; else DATABASE_URL, through the tunnel where SSH_HOST is set; else
the embedded database in the data folder, which is made where it is missing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from psycopg import sql

from workouts_api.config import load_settings

from .session import APPLICATION, DBA, MIGRATOR, OWNER

if TYPE_CHECKING:
    from workouts_api.embedded import EmbeddedPostgres

EMBEDDED_FOLDER = "postgres"
EMBEDDED_DATABASE = "workouts"
TUNNEL_WAIT = 5.0


@contextmanager
def target_database(database_url: str | None) -> Iterator[str]:
    """A conninfo for as long as it is needed.

    :raises ConfigurationError, TunnelError, EmbeddedError: in the words of those who own the matter.
    """
    if database_url:
        yield database_url
        return
    settings = load_settings(dotenv=Path(".env"))
    if settings.database_url:
        from workouts_api.tunnel import connection_info

        yield connection_info(settings, wait=TUNNEL_WAIT)
        return
    from workouts_api.embedded import EmbeddedPostgres

    with EmbeddedPostgres(settings.workouts_data_dir / EMBEDDED_FOLDER) as server:
        create_database(server, EMBEDDED_DATABASE)
        yield server.dsn(EMBEDDED_DATABASE, MIGRATOR)


def create_database(server: EmbeddedPostgres, name: str) -> None:
    """Makes the roles and a database of the owner's, where they are missing. Roles get no settings here."""
    with psycopg.connect(server.dsn(), autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(hashtext('roles.sql'))")  # two at once collide in pg_authid
        roles = {str(row[0]) for row in conn.execute("select rolname from pg_roles")}
        for role in (OWNER, MIGRATOR, APPLICATION, DBA):
            if role not in roles:
                login = sql.SQL("nologin" if role == OWNER else "login")
                conn.execute(sql.SQL("create role {} {}").format(sql.Identifier(role), login))
        conn.execute(sql.SQL("grant {} to {}").format(sql.Identifier(OWNER), sql.Identifier(MIGRATOR)))
        if conn.execute("select from pg_database where datname = %s", [name]).fetchone() is None:
            create_database_in(conn, name, owner=OWNER)


def create_database_in(conn: psycopg.Connection[tuple[object, ...]], name: str, *, owner: str | None) -> None:
    """C.UTF-8, so that text sorts the same on every machine and indexes outlive an upgrade of its libc."""
    query = sql.SQL("create database {} template template0 encoding 'UTF8' locale 'C.UTF-8'")
    conn.execute(query.format(sql.Identifier(name)))
    if owner:
        conn.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(owner)))
