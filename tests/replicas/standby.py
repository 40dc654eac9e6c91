"""A real standby that follows a throw-away cluster by streaming."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo

from tests.attribution import ask
from tests.processes import descendants, signalled
from workouts_api.host.embedded import EmbeddedPostgres

PORT = 5433
PATIENCE = 30.0


def until(condition: Callable[[], object], what: str = "it") -> None:
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} has not come"
        time.sleep(0.02)


class Standby:
    """A copy of the cluster that follows it; it can be paused, stopped, killed, promoted and made anew."""

    def __init__(self, cluster: EmbeddedPostgres) -> None:
        self._cluster = cluster
        self.folder = cluster.home / "standby"
        self.made = 0

    def make(self) -> None:
        self.made += 1
        self.folder = self._cluster.home / f"standby{self.made}"
        copy = ("pg_basebackup", "-h", str(self._cluster.socket_dir), "-U", "postgres", "-D", str(self.folder))
        assert self._run(*copy, "-R", "-c", "fast") == 0
        with (self.folder / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write(f"port = {PORT}\n")
        self.start()

    def start(self) -> None:
        """Again and again: what is left of one that was killed may still hold its memory."""
        log = str(self._cluster.home / "standby.log")
        until(lambda: self._run("pg_ctl", "-D", str(self.folder), "-w", "-l", log, "start") == 0, log)

    def _run(self, program: str, *arguments: str) -> int:
        """The program's exit code."""
        command = [str(self._cluster.binaries.bin_dir / program), *arguments]
        quiet = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)
        return subprocess.run(command, cwd="/", check=False, **quiet, **self._cluster.account.identity).returncode

    @contextlib.contextmanager
    def connected(self, dbname: str = "postgres") -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self._cluster.dsn(dbname), port=PORT, autocommit=True) as connection:
            yield connection

    def pause(self) -> None:
        with self.connected() as admin:
            admin.execute("select pg_wal_replay_pause()")
            until(lambda: admin.execute("select pg_get_wal_replay_pause_state() = 'paused'").fetchone() == (True,))

    def resume(self) -> None:
        with self.connected() as admin:
            admin.execute("select pg_wal_replay_resume()")

    def promote(self) -> None:
        with self.connected() as admin:
            admin.execute("select pg_promote()")

    def _pids(self) -> list[int]:
        try:
            postmaster = int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split()[0])
        except (OSError, ValueError, IndexError):
            return []
        return [postmaster, *descendants(postmaster)]

    def signal(self, number: int) -> None:
        for pid in self._pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def frozen(self) -> AbstractContextManager[None]:
        return signalled(self._pids())

    def end(self) -> None:
        ask(make_conninfo(self._cluster.dsn(), port=PORT))
        for pid in self._pids()[:1]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGQUIT)
        until(lambda: not Path(self.folder / "postmaster.pid").exists() or not self._lives(), "its end")

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        until(lambda: not self._lives(), "its end")

    def _lives(self) -> bool:
        return any(_is_running(pid) for pid in self._pids()[:1])


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
