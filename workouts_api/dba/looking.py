"""A connection that looks at the server, under the role that signed in. It writes nothing.

The other tools become the application, to see what it may do. These look at what everybody does, which only a member of
pg_monitor may.
"""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from workouts_api.database.keepalives import with_keepalives

APPLICATION_NAME = "workouts sql"


@contextmanager
def looking(conninfo: str, longest: float | None = None) -> Iterator[psycopg.Connection[Any]]:
    """A read-only connection in autocommit, so that it holds back neither vacuum nor migrations.

    :param longest: seconds after which it is cut, whatever the server does.
    :raises psycopg.OperationalError: when the database cannot be reached.
    """
    with (
        psycopg.connect(
            with_keepalives(conninfo), autocommit=True, connect_timeout=10, application_name=APPLICATION_NAME
        ) as conn,
        cut_after(conn, longest) if longest else contextlib.nullcontext(),
    ):
        conn.execute("set default_transaction_read_only = on")
        conn.execute("set statement_timeout = '30s'")
        conn.execute("set datestyle = 'ISO'")  # psycopg reads instants of no other form
        conn.execute("set search_path = pg_catalog, extensions, public, pg_temp")
        yield conn


@contextmanager
def cut_after(conn: psycopg.Connection[Any], seconds: float) -> Iterator[None]:
    """Ends the connection if the block takes longer. A server that is frozen does not keep its own timeouts.

    :raises psycopg.OperationalError: where the block waits for the server then.
    """
    timer = threading.Timer(seconds, _cut, [conn])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _cut(conn: psycopg.Connection[Any]) -> None:
    with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(conn.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)
