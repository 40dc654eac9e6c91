"""The running server of a data folder: found, told, waited for, and understood when it fails.

Owns what `pg_ctl stop` would do, by the postmaster's own signals: who joined a running server can end it, even where
its programs are out of reach or have been deleted meanwhile.
"""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg.pq

STOP_TIMEOUT = 60.0  # s; to write what memory holds takes as long as the disk needs
_PAUSE = 0.01
_TELLING = re.compile(r"FATAL|PANIC|ERROR|error:|HINT|invalid|unrecognized|could not|still in use|No space left|denied")


class PostmasterError(Exception):
    """The server did not do what it was told."""


class Postmaster:
    """The process that works on ``data_dir``, if there is one.

    :param dsn: a way to it, for systems whose processes do not tell where they stand.
    """

    def __init__(self, data_dir: Path, dsn: str) -> None:
        self.data_dir = data_dir
        self._dsn = dsn

    def pid(self) -> int | None:
        """The number in its file; by now another process may have it."""
        try:
            # Bytes: further lines hold paths, in whatever encoding.
            return int((self.data_dir / "postmaster.pid").read_bytes().splitlines()[0])
        except (OSError, ValueError, IndexError):
            return None

    def is_running(self) -> bool:
        pid = self.pid()
        return pid is not None and self._stands_here(pid)

    def _stands_here(self, pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/cwd").samefile(self.data_dir)  # as a postmaster does in its data folder
        except OSError:
            if Path("/proc/self/cwd").exists():
                return False
        ping = psycopg.pq.PGconn.ping(self._dsn.encode())
        return ping in (psycopg.pq.Ping.OK, psycopg.pq.Ping.REJECT)

    def reload(self) -> None:
        """Lets it read its configuration again."""
        self._send(signal.SIGHUP)

    def stop(self) -> None:
        """Ends it in order, its clients at once. :raises PostmasterError: when it has not ended within STOP_TIMEOUT."""
        pid = self._send(signal.SIGINT)
        deadline = time.monotonic() + STOP_TIMEOUT
        while pid is not None and self._stands_here(pid):
            if time.monotonic() > deadline:
                raise PostmasterError(f"PostgreSQL in {self.data_dir} has not ended within {STOP_TIMEOUT:g} s")
            time.sleep(_PAUSE)

    def forget_stale(self, socket: Path) -> None:
        """Forgets a postmaster whose number another process has by now: PostgreSQL would refuse to start."""
        pid = self.pid()
        if pid is None or not Path(f"/proc/{pid}").exists():
            return  # PostgreSQL sees by itself that nobody has that number
        (self.data_dir / "postmaster.pid").unlink(missing_ok=True)
        socket.with_name(f"{socket.name}.lock").unlink(missing_ok=True)

    def _send(self, number: signal.Signals) -> int | None:
        """The number of the process that was told; None: there is none."""
        pid = self.pid()
        if pid is None or not self._stands_here(pid):
            return None
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return None
        except PermissionError:
            raise PostmasterError(f"PostgreSQL in {self.data_dir} belongs to another account than this one") from None
        return pid


def telling(lines: Sequence[str]) -> str:
    """What a program of PostgreSQL said that tells why it failed; empty if it said nothing."""
    return " | ".join([line.strip() for line in lines if _TELLING.search(line)][-6:] or lines[-3:])
