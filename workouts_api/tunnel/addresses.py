"""Where the tunnel's two ends are: the far one from DATABASE_URL, the near one from the folder.

Owns the rule when TLS needs a TCP listener, and the conninfo that the workers connect with. Opens nothing.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from workouts_api.config import Settings

from .errors import TunnelError
from .status import read_status

SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PORT = 5432  # what libpq must be told to look for that name, whatever port the far end has
MAX_SOCKET_PATH = 100  # bytes; sun_path holds 104 to 108, by system
LOOPBACK = "127.0.0.1"

_STRICT_SSLMODES = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class FarEnd:
    """The database as the bastion sees it."""

    host: str
    port: int
    server_name: str
    """The name that the server's certificate must bear."""
    wants_tls: bool

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def far_end(database_url: str) -> FarEnd:
    """The one host and port that DATABASE_URL names.

    :raises TunnelError: the URL is none, or names no host, several hosts or a socket.
    """
    fields = _fields(database_url)
    host = str(fields.get("hostaddr") or fields.get("host") or "")
    port = str(fields.get("port") or "5432")
    if not host or host.startswith(("/", "@")) or "," in host:
        raise TunnelError("DATABASE_URL: expected exactly one host name or address, as the bastion sees it")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise TunnelError(f"DATABASE_URL holds the port {port!r}: expected one number from 1 to 65535")
    return FarEnd(host, int(port), str(fields.get("host") or host), _wants_tls(fields))


def _fields(database_url: str) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(database_url))
    except ProgrammingError as error:
        raise TunnelError(f"DATABASE_URL is not a PostgreSQL URL: {str(error).strip()}") from None


def _wants_tls(fields: dict[str, Any]) -> bool:
    """Whether plain text is refused. Over a unix socket libpq drops TLS silently, verify-full included."""
    sslmode = fields.get("sslmode") or os.environ.get("PGSSLMODE")
    root = fields.get("sslrootcert") or os.environ.get("PGSSLROOTCERT")
    binding = fields.get("channel_binding") or os.environ.get("PGCHANNELBINDING")
    return sslmode in _STRICT_SSLMODES or root == "system" or binding == "require"


def socket_path(folder: Path) -> Path:
    """The near end's unix socket.

    :raises TunnelError: the path is too long for a socket.
    """
    path = folder.absolute() / SOCKET_NAME
    length = len(os.fsencode(path))
    if length >= MAX_SOCKET_PATH:
        raise TunnelError(
            f"TUNNEL_DIR makes the socket's path {length} bytes long: expected fewer than {MAX_SOCKET_PATH} in {path}"
        )
    return path


def connection_info(settings: Settings, *, wait: float = 0.0) -> str:
    """What the workers connect with: a libpq connection string that holds the URL's user, password and options.

    Without SSH_HOST it is DATABASE_URL itself. Through the tunnel it names the socket's folder or, where TLS is
    demanded, the loopback port together with the server's name, so that certificates are still verified.

    :param wait: seconds to wait for the tunnel to be up. When they are over, the string is returned nevertheless:
        connecting then fails at once, and works as soon as the tunnel does.
    :raises TunnelError: DATABASE_URL cannot be tunnelled, or the TLS tunnel's port has not become known in time.
    """
    if not settings.database_url:
        raise TunnelError("DATABASE_URL is not set: expected the database to connect to")
    if not settings.ssh_host:
        return settings.database_url
    end = far_end(settings.database_url)
    listen = _await_listener(settings.tunnel_folder, wait)
    fields = {name: value for name, value in _fields(settings.database_url).items() if name != "hostaddr"}
    if not end.wants_tls:
        folder = str(socket_path(settings.tunnel_folder).parent)
        return make_conninfo("", **{**fields, "host": folder, "port": SOCKET_PORT})
    if not listen or not listen.startswith(f"{LOOPBACK}:"):
        raise TunnelError("the tunnel has not said on which port it listens: is `workouts tunnel run` running?")
    port = listen.rpartition(":")[2]
    return make_conninfo("", **{**fields, "host": end.server_name, "hostaddr": LOOPBACK, "port": port})


def connection_of_command(settings: Settings, *, wait: float = 0.0) -> str:
    """As connection_info(), for a command, which cannot wait for a tunnel that comes back at some time.

    :param wait: seconds to wait for the tunnel to be up.
    :raises TunnelError: also when it is not up then; the message says why, and what to do.
    """
    conninfo = connection_info(settings, wait=wait)
    if settings.ssh_host:
        status = read_status(settings.tunnel_folder)
        if status is None or not status.is_up:
            why = (status.last_error or status.state) if status is not None else "none has run there"
            raise TunnelError(
                f"the SSH tunnel in {settings.tunnel_folder} is not up ({why}): "
                "start `workouts serve` or `workouts tunnel run`, or set its TUNNEL_DIR or WORKOUTS_DATA_DIR"
            )
    return conninfo


def _await_listener(folder: Path, wait: float) -> str | None:
    deadline = time.monotonic() + wait
    while True:
        status = read_status(folder)
        if (status is not None and status.is_up) or time.monotonic() >= deadline:
            return status.listen if status is not None else None
        time.sleep(0.05)
