"""Whether a pooler stands before the database, and whether the settings are right for what it does.

A pooler does not say what it is. It is known by what it does: it makes up a process id for its clients; in transaction
mode it gives one server to several of them; and one that keeps prepared statements (PgBouncer from 1.21 on) names them
itself.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import generators, pq

from workouts_api.config import Settings
from workouts_api.database.pipeline import Connection
from workouts_api.doctor.finding import Finding, fine, warning, wrong

LOOKS = 5  # at two connections in turn: under load a pooler gives them others' servers
_Connect = Callable[[str], Connection]


@dataclass(frozen=True)
class Pooler:
    """What stands before the database."""

    changes_servers: bool
    """Between transactions: transaction mode."""
    keeps_statements: bool
    """What a client has prepared is there on each server."""


def find_pooler(conn: Connection, connect: Callable[[], Connection]) -> Pooler | None:
    """None: the connection is the server's own.

    :param connect: opens another one the same way.
    :raises psycopg.Error: when it does not answer.
    """
    if conn.info.backend_pid == _server_of(conn):
        return None
    with contextlib.closing(connect()) as other:
        changes = _share_servers(conn, other)
    return Pooler(changes, not changes or _renames(conn))


def _share_servers(conn: Connection, other: Connection) -> bool:
    """In session mode each connection has one server, which is its own."""
    own, others = set[int](), set[int]()
    for _ in range(LOOKS):
        own.add(_server_of(conn))
        others.add(_server_of(other))
    return len(own) > 1 or len(others) > 1 or bool(own & others)


def _server_of(conn: Connection) -> int:
    row = conn.execute("select pg_backend_pid() as pid").fetchone()
    return int(row["pid"]) if row is not None else 0


def _renames(conn: Connection) -> bool:
    """Whether what is prepared gets a name of the pooler's. Nothing is left on a server that others use."""
    name = f"workouts_doctor_{secrets.token_hex(8)}"
    with conn.transaction():
        _prepare(conn, name)
        found = conn.execute("select from pg_prepared_statements where name = %s", [name]).fetchone()
        if found is None:
            return True
        conn.execute(f"deallocate {name}".encode())
        return False


def _prepare(conn: Connection, name: str) -> None:
    """By the protocol: the text of a PREPARE is the server's own matter, and no pooler looks at it."""
    conn.pgconn.send_prepare(name.encode(), b"select 1")
    [result] = conn.wait(generators.execute(conn.pgconn))
    if result.status != pq.ExecStatus.COMMAND_OK:
        raise psycopg.InterfaceError(result.get_error_message())


def judge_pooler(pooler: Pooler | None, settings: Settings) -> Iterator[Finding]:
    if pooler is None:
        if settings.db_prepare:
            yield fine("pooler", "none stands before the database")
        else:
            said = "none stands before the database, and DB_PREPARE is false: each statement is planned anew"
            yield warning("pooler", said, "set DB_PREPARE=true")
        return
    if not pooler.changes_servers:
        yield fine("pooler", "one stands before the database, in session mode")
        return
    yield _judge_statements(pooler, settings)
    if settings.worker_threads and not settings.database_direct_url:
        said = "background jobs listen, which a pooler in transaction mode does not let them"
        yield warning("pooler", said, "set DATABASE_DIRECT_URL to the server's own address")


def _judge_statements(pooler: Pooler, settings: Settings) -> Finding:
    said = "PgBouncer or another one stands before the database, in transaction mode, and "
    if pooler.keeps_statements:
        if settings.db_prepare:
            return fine("pooler", said + "keeps prepared statements")
        return warning(
            "pooler", said + "keeps prepared statements, which DB_PREPARE=false does not use", "set it to true"
        )
    said += "keeps no prepared statements"
    if settings.db_prepare:
        todo = "set its max_prepared_statements to 200 (PgBouncer 1.21 or newer), or set DB_PREPARE=false"
        return wrong("pooler", f"{said}: requests fail with 500 (42P05, 26000)", todo)
    return fine("pooler", f"{said}; DB_PREPARE is false, as it has to be")


def look_at_direct(conn: Connection, connect: _Connect, settings: Settings) -> Iterator[Finding]:
    """Whether DATABASE_DIRECT_URL leads to the same server, and past the pooler.

    :param conn: the connection by DATABASE_URL.
    """
    url = settings.database_direct_url
    if url is None:
        return
    try:
        with contextlib.closing(connect(url)) as direct:
            is_same = identity(direct) == identity(conn)
            is_direct = direct.info.backend_pid == _server_of(direct)
    except psycopg.Error as error:
        yield wrong("direct database", " ".join(str(error).split()), "mend DATABASE_DIRECT_URL, which jobs use")
        return
    if not is_same:
        yield wrong(
            "direct database",
            "DATABASE_DIRECT_URL leads to another database than DATABASE_URL",
            "let both lead to one database",
        )
    elif not is_direct:
        todo = "name the server's own address"
        yield wrong("direct database", "DATABASE_DIRECT_URL leads to a pooler as well", todo)
    else:
        yield fine("direct database", "DATABASE_DIRECT_URL leads past the pooler")


def identity(conn: Connection) -> Any:
    """Which database of which server it is, also behind a pooler."""
    return conn.execute("select current_database() as name, pg_postmaster_start_time() as since").fetchone()
