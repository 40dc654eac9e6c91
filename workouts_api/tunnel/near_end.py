"""The tunnel's near end: a private folder with a socket in it, or a port on loopback where TLS is demanded.

Owns the folder's mode, the lock that keeps a second tunnel out, and what a killed tunnel has left behind. The engine
is what listens there.
"""

from __future__ import annotations

import fcntl
import os
import socket
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .addresses import LOOPBACK, socket_path
from .errors import TunnelError
from .status import read_status

LOCK_FILE = "lock"


@dataclass
class NearEnd:
    """Where the application connects to."""

    folder: Path
    address: str | tuple[str, int]
    lock: IO[bytes]
    reservation: socket.socket | None = None

    @property
    def is_socket(self) -> bool:
        return isinstance(self.address, str)

    def __str__(self) -> str:
        return self.address if isinstance(self.address, str) else f"{self.address[0]}:{self.address[1]}"

    def connect(self, timeout: float) -> socket.socket:
        """A connection as the application makes it. :raises OSError: nobody listens."""
        family = socket.AF_UNIX if self.is_socket else socket.AF_INET
        local = socket.socket(family, socket.SOCK_STREAM)
        try:
            local.settimeout(timeout)
            local.connect(self.address)
        except OSError:
            local.close()
            raise
        return local

    def is_lost(self) -> bool:
        """Whether folder, lock or socket were removed by somebody: who cleans up, say. While a forwarder stands."""
        return self.is_folder_lost() or (isinstance(self.address, str) and not Path(self.address).exists())

    def is_folder_lost(self) -> bool:
        """Whether the lock is not ours any more."""
        try:
            return not os.path.samestat(os.fstat(self.lock.fileno()), (self.folder / LOCK_FILE).stat())
        except OSError:
            return True

    def claim_again(self) -> None:
        """Makes the folder anew and takes possession of it.

        :raises TunnelError: as claim_near_end.
        """
        _make_private(self.folder)
        lock = _lock(self.folder)
        self.lock.close()
        self.lock = lock

    def remove_socket(self) -> None:
        """Removes what the last forwarder left behind: connecting then fails at once."""
        if isinstance(self.address, str):
            Path(self.address).unlink(missing_ok=True)

    def release(self) -> None:
        self.remove_socket()
        if self.reservation is not None:
            self.reservation.close()
        self.lock.close()


def claim_near_end(folder: Path, *, tls: bool) -> NearEnd:
    """Takes possession of the folder for this process.

    :raises TunnelError: the folder is not private, its path is too long, or another tunnel uses it.
    """
    path = socket_path(folder)
    _make_private(path.parent)
    lock = _lock(path.parent)
    if tls:
        reservation = _reserve_port(path.parent)
        path.unlink(missing_ok=True)  # a worker that is configured without TLS shall not find an old socket
        return NearEnd(path.parent, (LOOPBACK, reservation.getsockname()[1]), lock, reservation)
    near_end = NearEnd(path.parent, str(path), lock)
    near_end.remove_socket()
    return near_end


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.lstat()
    except OSError as error:
        raise TunnelError(f"TUNNEL_DIR {folder} cannot be made: {error.strerror}") from None
    if not stat.S_ISDIR(found.st_mode):
        raise TunnelError(f"TUNNEL_DIR {folder} is a link or a file: expected a folder of our own")
    if found.st_uid != os.geteuid():
        raise TunnelError(f"TUNNEL_DIR {folder} belongs to user {found.st_uid}: expected {os.geteuid()}, who runs this")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise TunnelError(f"TUNNEL_DIR {folder} has mode {stat.S_IMODE(found.st_mode):04o}: expected 0700")


def _lock(folder: Path) -> IO[bytes]:
    try:
        lock = (folder / LOCK_FILE).open("ab")
    except OSError as error:
        raise TunnelError(f"TUNNEL_DIR {folder} cannot be used: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        status = read_status(folder)
        pid = f" (process {status.pid})" if status else ""
        raise TunnelError(f"another tunnel{pid} uses TUNNEL_DIR {folder}: expected one tunnel a folder") from None
    return lock


def _reserve_port(folder: Path) -> socket.socket:
    """Binds a free port without listening, so that it stays ours while no forwarder stands.

    With SO_REUSEADDR on both sides, as sshtunnel and OpenSSH set it, each forwarder can listen on it; until one does,
    connecting is refused at once. The port of the tunnel before is preferred: the workers' pools still name it.
    """
    status = read_status(folder)
    last = status.listen.rpartition(":") if status else ("", "", "")
    wanted = [int(last[2])] if last[0] == LOOPBACK and last[2].isdecimal() else []
    for port in (*wanted, 0):
        reservation = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            reservation.bind((LOOPBACK, port))
        except OSError:
            reservation.close()
            continue
        return reservation
    raise TunnelError(f"no free port on {LOOPBACK}: expected one to listen on")
