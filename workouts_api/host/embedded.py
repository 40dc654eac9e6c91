"""A real PostgreSQL for machines that have none: initialised, started, shared and stopped.

Owns the life of such a server and nothing in it: roles, databases and tables are made by others.
"""

from __future__ import annotations

import atexit
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType, MappingProxyType, TracebackType
from typing import Any, Self

from psycopg.conninfo import make_conninfo

from workouts_api.host.accounts import AccountError, home_for, make_home, make_passable, remove_orphans
from workouts_api.host.postmaster import Postmaster, PostmasterError, telling
from workouts_api.host.programs import Binaries, EmbeddedError, find_binaries, runnable_by

__all__ = ["NO_OPTIONS", "TRUST_ON_SOCKET", "Binaries", "EmbeddedError", "EmbeddedPostgres", "find_binaries"]

MAX_SOCKET_PATH = (
    99  # bytes; sun_path has 104 on macOS, 108 on Linux, and PostgreSQL appends ".lock" to a name of its own
)
PORT = 5432
GATE_TIMEOUT = 60.0
LAST_USERS = 3.0  # s in which the threads of a killed process have certainly ended
CRASH_TIMEOUT = 5.0
MAX_LOG_BYTES = 5_000_000
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 – where Linux keeps it; nothing of a known name is made there
ROOM = 128 * 2**20  # bytes: in a container's usual 64 MB parallel queries fail
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})

# The socket lies in a 0700 folder of the server's account: the folder's mode is the authentication, and it lets in
# that account and root alone. There is no line for TCP, so listening there lets nobody in by itself.
TRUST_ON_SOCKET = ("local all all trust",)
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class EmbeddedPostgres:
    """A PostgreSQL server that all processes that name the same folder share; the last one out stops it.

    :param folder: what belongs together; made if it does not exist. The server's files are in :attr:`home`.
    :param binaries: by default what :func:`find_binaries` finds.
    :param durable: False for throw-away clusters: a crash of the machine may destroy them.
    :param options: settings of PostgreSQL, by name. Whoever starts the server decides; who joins takes it as it is.
    :param hba: lines of pg_hba.conf.
    :param checksums: False for a server whose files are changed from outside.
    """

    def __init__(
        self,
        folder: Path,
        *,
        binaries: Binaries | None = None,
        durable: bool = True,
        options: Mapping[str, str] = NO_OPTIONS,
        hba: Sequence[str] = TRUST_ON_SOCKET,
        checksums: bool = True,
    ) -> None:
        self.folder = folder.resolve()
        self.binaries = binaries or find_binaries()
        self.durable = durable
        self.options = dict(options)
        self.port = int(self.options.get("port", PORT))
        self._hba = tuple(hba)
        self._checksums = checksums
        self._users: int | None = None
        self._owner_pid = 0
        self._old_sigterm: Any = None
        try:
            self.home, self.account = home_for(self.folder)
        except AccountError as error:
            raise EmbeddedError(str(error)) from error
        self.data_dir = self.home / "data"
        self.log_file = self.home / "log"
        self.socket_dir = self._choose_socket_dir()
        self._postmaster = Postmaster(self.data_dir, self.dsn())

    def dsn(self, dbname: str = "postgres", user: str = "postgres") -> str:
        """libpq's conninfo over the unix socket."""
        return make_conninfo(host=str(self.socket_dir), port=self.port, dbname=dbname, user=user)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # ── the shared life ──────────────────────────────────────────────────────────────────────────────────────

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
            self._postmaster.stop()
            if not self.socket_dir.is_relative_to(self.home):
                with suppress(OSError):  # somebody's file is in it
                    self.socket_dir.rmdir()
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

    def reload(self) -> None:
        """Lets the server read its configuration again."""
        self._postmaster.reload()

    def is_running(self) -> bool:
        """Whether a postmaster works on this data folder."""
        return self._postmaster.is_running()

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

    # ── the server ───────────────────────────────────────────────────────────────────────────────────────────

    def _start_server(self) -> None:
        self.binaries = runnable_by(self.account, self.binaries, self.home)
        if not self.data_dir.is_dir():
            self._initialise()
        self._refuse_other_version()
        self._postmaster.forget_stale(self.socket_dir / f".s.PGSQL.{self.port}")
        self._configure()
        deadline = time.monotonic() + CRASH_TIMEOUT
        while True:
            begin = self.log_file.stat().st_size if self.log_file.exists() else 0
            try:
                self._pg_ctl("start", "-w", "-t", "60", "-l", str(self.log_file))
            except EmbeddedError:
                said = self._log_since(begin)
                # Backends of a killed postmaster hold its shared memory until they notice, in well under a second.
                if "still in use" not in said or time.monotonic() > deadline:
                    raise EmbeddedError(f"PostgreSQL did not start in {self.data_dir}: {said}") from None
                time.sleep(0.1)
            else:
                return

    def _log_since(self, begin: int) -> str:
        try:
            with self.log_file.open("rb") as log:
                log.seek(begin)
                lines = log.read()[-100_000:].decode(errors="replace").splitlines()
        except OSError:
            lines = []
        return telling(lines) or f"it said nothing in {self.log_file}"

    def _initialise(self) -> None:
        """initdb into a folder beside, renamed when it is whole: a half-made one is never taken for a database."""
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        options = [] if self.durable else ["--no-sync"]
        if self.binaries.version >= 18 and not self._checksums:  # before, they are off unless asked for
            options.append("--no-data-checksums")
        if self.binaries.version >= 16:  # before, initdb took whatever it found
            options += [f"--set={name}={value}" for name, value in self._shared_memory().items()]
        self._run("initdb", "-D", str(new), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", *options)
        with (new / "postgresql.conf").open("a", encoding="utf-8") as conf:
            conf.write("\ninclude 'workouts.conf'  # rewritten at every start; for changes of your own: alter system\n")
        new.rename(self.data_dir)

    def _configure(self) -> None:
        settings = {
            "unix_socket_directories": str(self.socket_dir),
            "unix_socket_permissions": "0700",
            "listen_addresses": "",
            "port": str(self.port),
            "shared_preload_libraries": "pg_stat_statements",
            "timezone": "UTC",
            "log_timezone": "UTC",
            **self._shared_memory(),
            **({} if self.durable else NOT_DURABLE),
            **self.options,
        }
        escaped = {name: value.replace("'", "''").replace("\\", "\\\\") for name, value in settings.items()}
        self._write("workouts.conf", [f"{name} = '{value}'" for name, value in escaped.items()])
        self._write("pg_hba.conf", self._hba)
        self.account.own_folder(self.socket_dir)
        if self.log_file.exists() and self.log_file.stat().st_size > MAX_LOG_BYTES:
            self.log_file.replace(self.home / "log.old")

    def _shared_memory(self) -> dict[str, str]:
        """Files of its own for what its processes share, where the system's place for that is closed or small."""
        if sys.platform != "linux" or self.account.can_fill(SHARED_MEMORY, ROOM):
            return {}
        return {"dynamic_shared_memory_type": "mmap"}

    def _write(self, name: str, lines: Sequence[str]) -> None:
        path = self.data_dir / name
        path.write_bytes(os.fsencode("".join(f"{line}\n" for line in lines)))
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, self.account.uid, self.account.gid)

    def _refuse_other_version(self) -> None:
        found = (self.data_dir / "PG_VERSION").read_text(encoding="ascii").strip()
        if found != str(self.binaries.version):
            raise EmbeddedError(
                f"the database in {self.data_dir} was made by PostgreSQL {found}, but {self.binaries.bin_dir} is "
                f"version {self.binaries.version}; nothing was changed. To take the data along: with the programs of "
                f"PostgreSQL {found}, `pg_ctl -D {self.data_dir} start`, "
                f"`pg_dumpall -h {self.socket_dir} -p {self.port} -U postgres > all.sql`, `pg_ctl -D {self.data_dir} "
                f"stop`; move {self.data_dir} away; start again, and `psql -h {self.socket_dir} -p {self.port} "
                "-U postgres -d postgres -f all.sql`"
            )

    # ── its surroundings ─────────────────────────────────────────────────────────────────────────────────────

    def _make_home(self) -> None:
        try:
            remove_orphans()
            make_home(self.home, self.account, self.folder)
        except (AccountError, OSError) as error:
            raise EmbeddedError(f"the embedded database cannot use {self.folder}: {error}") from error

    def _choose_socket_dir(self) -> Path:
        inside = self.home / "socket"
        # Not ASCII: under another locale than UTF-8 its bytes and what libpq makes of its characters differ.
        if str(inside).isascii() and len(os.fsencode(inside / f".s.PGSQL.{self.port}")) <= MAX_SOCKET_PATH:
            return inside
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path("/tmp") / f"workouts-{name}"  # noqa: S108 – own_folder refuses what somebody else put there

    def _pg_ctl(self, action: str, *arguments: str) -> None:
        self._run("pg_ctl", action, "-D", str(self.data_dir), "-s", *arguments)

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.binaries.bin_dir / program), *arguments]
        environ = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.home), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        # A file, not a pipe: the server inherits it, and a pipe would stay open for as long as it runs.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(
                command,
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd="/",
                env=environ,
                umask=0o077,
                **self.account.identity,
            )
            output.seek(0)
            said = telling(output.read().decode(errors="replace").strip().splitlines())
        if done.returncode != 0:
            raise EmbeddedError(f"{program} of {self.binaries.bin_dir} failed: {said or f'exit {done.returncode}'}")


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
