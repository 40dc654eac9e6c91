"""Throw-away databases: where migrations are tried before they touch one that matters."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import conninfo, sql

from workouts_api.host.bare_machine import roles_file
from workouts_api.host.embedded import EmbeddedError, EmbeddedPostgres

from .errors import ScratchError, server_words
from .session import OWNER


@contextmanager
def scratch_database(scratch_url: str | None = None) -> Iterator[str]:
    """The conninfo of an empty database that is gone afterwards.

    :param scratch_url: a server to make it on, as a role that may create databases; else an embedded one is started.
    :raises ScratchError: when there is no such server, or it refuses.
    """
    if scratch_url:
        with _on_server(scratch_url) as database:
            yield database
        return
    with tempfile.TemporaryDirectory(prefix="workouts-scratch-") as folder, _embedded(Path(folder)) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(roles_file().read_bytes())
            _create(admin, "scratch", owner=OWNER)
        yield server.dsn("scratch")


@contextmanager
def _embedded(folder: Path) -> Iterator[EmbeddedPostgres]:
    try:
        # As root, PostgreSQL runs under another account, which must be able to reach its own folder below.
        folder.chmod(0o711)
        server = EmbeddedPostgres(folder, durable=False)
        server.start()
    except EmbeddedError as error:
        raise ScratchError(f"no throw-away database: {error}; or name a server with --scratch-url") from error
    try:
        yield server
    finally:
        if server.stop():
            server.delete()


@contextmanager
def _on_server(url: str) -> Iterator[str]:
    name = f"workouts_scratch_{secrets.token_hex(4)}"
    try:
        with psycopg.connect(url, autocommit=True) as admin:
            owned = admin.execute("select from pg_roles where rolname = %s", [OWNER]).fetchone()
            _create(admin, name, owner=None if owned is None else OWNER)
    except psycopg.Error as error:
        raise ScratchError(f"no throw-away database on the server of --scratch-url: {server_words(error)}") from error
    try:
        yield conninfo.make_conninfo(url, dbname=name)
    finally:
        with psycopg.connect(url, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name)))


def _create(admin: psycopg.Connection[tuple[object, ...]], name: str, *, owner: str | None) -> None:
    """C.UTF-8, as every database of the project: text sorts the same on every machine."""
    query = sql.SQL("create database {} template template0 encoding 'UTF8' locale 'C.UTF-8'")
    admin.execute(query.format(sql.Identifier(name)))
    if owner:
        admin.execute(sql.SQL("alter database {} owner to {}").format(sql.Identifier(name), sql.Identifier(owner)))
