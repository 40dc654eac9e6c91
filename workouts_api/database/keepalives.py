"""How soon each side of a connection to PostgreSQL notices that the other one is gone. What the connection string says
comes first."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

# Without them Linux asks after two hours of silence, and sends what is not acknowledged again for a quarter of an hour.
_SOONER: dict[str, str | int] = {
    "connect_timeout": 10,  # seconds; without it, a server that listens and does not answer is waited for without end
    "keepalives_idle": 10,  # seconds of silence
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,  # ms without an acknowledgement; ignored where the system has no such thing
}


def with_keepalives(conninfo: str) -> str:
    """The connection string, by which a dead path is noticed in half a minute, and a silent server in 10 s.

    What the string says itself stays. Keepalives have no effect on a unix socket. A service file may say more than is
    seen here, so a service is left alone.
    """
    said = conninfo_to_dict(conninfo)
    if "PGCONNECT_TIMEOUT" in os.environ:
        said.setdefault("connect_timeout", os.environ["PGCONNECT_TIMEOUT"])
    if said.get("service") or os.environ.get("PGSERVICE"):
        return conninfo
    return make_conninfo(conninfo, **{name: value for name, value in _SOONER.items() if said.get(name) is None})


def end_with_client(conn: psycopg.Connection[Any], *, ends: bool = True) -> None:
    """Has the server look once a second, in the middle of a statement, whether its client is there, and end it if not.

    Otherwise the server notices when the statement has ended: until then a client that was killed holds its locks.

    :param ends: False lets statements go on again.
    """
    with suppress(psycopg.errors.InvalidParameterValue):  # on a server whose system cannot tell
        conn.execute(f"set client_connection_check_interval = '{1 if ends else 0} s'".encode())
