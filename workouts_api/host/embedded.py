"""A real PostgreSQL for machines that have none, shared by the processes that use it: the first one starts it, the last
one stops it.

Owns the life of such a server and nothing in it: roles, databases and tables are made by others.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from workouts_api.host.accounts import make_passable
from workouts_api.host.cluster import NO_OPTIONS, TRUST_ON_SOCKET, Cluster
from workouts_api.host.postmaster import PostmasterError
from workouts_api.host.programs import Binaries, EmbeddedError, find_binaries

__all__ = ["NO_OPTIONS", "TRUST_ON_SOCKET", "Binaries", "EmbeddedError", "EmbeddedPostgres", "find_binaries"]

GATE_TIMEOUT = 60.0
LAST_USERS = 3.0  # s in which the threads of a killed process have certainly ended


class EmbeddedPostgres(Cluster):
    """A PostgreSQL server that all processes that name the same folder share; the last one out stops it."""

    _users: int | None = None
    """The lock file that this process holds while it uses the server."""
    _owner_pid = 0
    _old_sigterm: Any = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Joins the running server, or starts it, initialising the data folder at the first time.

        Until :meth:`stop`, SIGTERM is a normal exit of this process, unless it has a handler of its own.

        :raises EmbeddedError: naming the cause, with what the server said.
        """
        if self._users is not None:
            return
        with self._gate():
            self._make_home()
            users = self._open_lock("users.lock")
            try:
                fcntl.flock(users, fcntl.LOCK_SH)
                if not self.is_running():
                    self._start_server()
            except OSError as error:
                os.close(users)
                raise EmbeddedError(f"the embedded database cannot use {self.home}: {error}") from error
            except BaseException:
                os.close(users)
                raise
            self._users, self._owner_pid = users, os.getpid()
        atexit.register(self.stop)
        self._exit_on_sigterm()

    def stop(self, *, patience: float = 0.0) -> bool:
        """Leaves, and stops the server if no other process uses it. Returns whether it stopped it.

        :param patience: seconds in which it asks again whether another process uses it.
        """
        if self._users is None or self._owner_pid != os.getpid():
            return False  # a fork's copy must not stop what its parent uses
        users, self._users = self._users, None
        atexit.unregister(self.stop)
        self._restore_sigterm()
        deadline = time.monotonic() + patience
        try:
            while not self._stop_if_unused(users):
                if time.monotonic() >= deadline:
                    return False
                time.sleep(0.05)
        except PostmasterError as error:
            raise EmbeddedError(str(error)) from None
        finally:
            fcntl.flock(users, fcntl.LOCK_UN)
            os.close(users)
        return True

    def _stop_if_unused(self, users: int) -> bool:
        with self._gate():
            # What was killed holds its lock no longer: so the next one that leaves cleanly stops the server.
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self._stop_server()
            return True

    def delete(self) -> bool:
        """Removes all files of a server that no process uses any longer. Returns whether it did."""
        with self._gate():
            users = self._open_lock("users.lock")
            try:
                fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            finally:
                os.close(users)
            # Behind the gate: who waits there sees that its file is gone, and begins anew.
            shutil.rmtree(self.home, ignore_errors=True)
            shutil.rmtree(self.socket_dir, ignore_errors=True)
            for name in ("users.lock", "gate.lock"):
                (self.folder / name).unlink(missing_ok=True)
            with suppress(OSError):  # somebody else's files are in it
                self.folder.rmdir()
            return True

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time starts or stops; a second lock, because flock's upgrade is not atomic."""
        deadline = time.monotonic() + GATE_TIMEOUT
        while (gate := self._try_gate()) is None:
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    f"another process has been starting or stopping the database in {self.folder} "
                    f"for {GATE_TIMEOUT:g} s: expected it to be done"
                )
            time.sleep(0.01)
        try:
            yield
        finally:
            os.close(gate)

    def _try_gate(self) -> int | None:
        try:
            gate = self._open_lock("gate.lock")
        except FileNotFoundError:  # the folder was removed at this moment
            return None
        try:
            fcntl.flock(gate, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(gate), (self.folder / "gate.lock").stat()):
                return gate
        except (BlockingIOError, FileNotFoundError):
            pass
        os.close(gate)
        return None

    def _open_lock(self, name: str) -> int:
        make_passable(self.folder)
        return os.open(self.folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def _exit_on_sigterm(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            self._old_sigterm = signal.signal(signal.SIGTERM, _exit)

    def _restore_sigterm(self) -> None:
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and self._old_sigterm is not None and signal.getsignal(signal.SIGTERM) is _exit:
            signal.signal(signal.SIGTERM, self._old_sigterm)
        self._old_sigterm = None


def keep(folder: Path) -> None:
    """Uses the folder's server until this process is told to end: ``python -m workouts_api.host.embedded FOLDER``.

    If the process that started it is killed, the kernel tells it at the end of each of that process's threads. So it
    takes the first signal and is not interrupted by the others. Until the last of those threads has ended, the process
    holds its lock: so it asks again before it leaves the server to others.
    """
    server = EmbeddedPostgres(folder)
    server.start()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    signal.sigwait(ends)
    server.stop(patience=LAST_USERS)


def _exit(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
