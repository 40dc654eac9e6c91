"""An SSH server in front of the embedded database, for machines without one.

Run by ``workouts serve`` as ``python -m workouts_api.demo.ssh_server``. Owns the demo's keys and the one thing that
this server does: for the one key that it knows, it forwards 127.0.0.1:5432 to the database's unix socket. So the
database itself need not listen on TCP, where every user of the machine could try it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import asyncssh

from workouts_api.embedded import EmbeddedPostgres

USER = "workouts"
FAR_HOST, FAR_PORT = "127.0.0.1", 5432


@dataclass(frozen=True)
class Keys:
    """The files of one start."""

    host_key: Path
    user_key: Path
    authorized_keys: Path
    known_hosts: Path


def make_keys(folder: Path, port: int) -> Keys:
    """Fresh keys for a server on 127.0.0.1:``port``; the folder is made 0700, private keys 0600."""
    folder.mkdir(mode=0o700, exist_ok=True)
    keys = Keys(folder / "host_key", folder / "user_key", folder / "authorized_keys", folder / "known_hosts")
    host, user = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    limits = f'restrict,port-forwarding,permitopen="{FAR_HOST}:{FAR_PORT}"'
    _write(keys.host_key, host.export_private_key())
    _write(keys.user_key, user.export_private_key())
    _write(keys.authorized_keys, f"{limits} ".encode() + user.export_public_key())
    _write(keys.known_hosts, f"[127.0.0.1]:{port} ".encode() + host.export_public_key())
    return keys


def _write(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


class _Bastion(asyncssh.SSHServer):
    """Forwards to the database, and to nothing else."""

    def __init__(self, database_socket: str) -> None:
        self._database_socket = database_socket
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn

    def connection_requested(self, dest_host: str, dest_port: int, *_origin: object) -> Any:
        if self._connection is None or (dest_host, dest_port) != (FAR_HOST, FAR_PORT):
            return False
        return cast(Awaitable[Any], self._connection.forward_unix_connection(self._database_socket))


async def _hold(process: asyncssh.SSHServerProcess[str]) -> None:
    """A session for the command that the tunnel keeps open; it runs nothing and ends with the connection."""
    await process.stdin.read()
    process.exit(0)


async def _serve(listener: socket.socket, keys_folder: Path, database_socket: str) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    server = await asyncssh.listen(
        sock=listener,
        server_factory=lambda: _Bastion(database_socket),
        server_host_keys=[str(keys_folder / "host_key")],
        authorized_client_keys=str(keys_folder / "authorized_keys"),
        process_factory=_hold,
        allow_scp=False,
        agent_forwarding=False,
        password_auth=False,
        kbdint_auth=False,
    )
    async with server:
        await stop.wait()


def main(arguments: list[str]) -> None:
    """``FD KEYS_FOLDER DATABASE_FOLDER``: the listening socket, the keys' folder, the embedded database's folder."""
    fd, keys_folder, database_folder = arguments
    # It holds on to the database too: when its parent is killed it is told to end, and the last one out stops the
    # server, which would go on for ever otherwise.
    with EmbeddedPostgres(Path(database_folder)) as database, socket.socket(fileno=int(fd)) as listener:
        asyncio.run(_serve(listener, Path(keys_folder), str(database.socket_dir / f".s.PGSQL.{database.port}")))


if __name__ == "__main__":
    main(sys.argv[1:])
