"""The files of a PostgreSQL server, and the programs that work on them: initialised, configured, started.

Owns what a server of ours is like; who uses it, and for how long, is decided by others.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

from psycopg.conninfo import make_conninfo

from workouts_api.host.accounts import AccountError, home_for, make_home, remove_orphans
from workouts_api.host.postmaster import Postmaster, telling
from workouts_api.host.programs import Binaries, EmbeddedError, find_binaries, runnable_by

# Bytes; sun_path has 104 on macOS, 108 on Linux, and PostgreSQL appends ".lock" to a name of its own.
MAX_SOCKET_PATH = 99
PORT = 5432
CRASH_TIMEOUT = 5.0
MAX_LOG_BYTES = 5_000_000
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 – where Linux keeps it; nothing of a known name is made there
ROOM = 128 * 2**20  # bytes: in a container's usual 64 MB parallel queries fail
NO_OPTIONS: Mapping[str, str] = MappingProxyType({})

# The socket lies in a 0700 folder of the server's account: the folder's mode is the authentication, and it lets in
# that account and root alone. There is no line for TCP, so listening there lets nobody in by itself.
TRUST_ON_SOCKET = ("local all all trust",)
NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Cluster:
    """A server's data, its configuration and its log, in :attr:`home`, which the server's account owns.

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

    def reload(self) -> None:
        """Lets the server read its configuration again."""
        self._postmaster.reload()

    def is_running(self) -> bool:
        """Whether a postmaster works on this data folder."""
        return self._postmaster.is_running()

    def _make_home(self) -> None:
        try:
            remove_orphans()
            make_home(self.home, self.account, self.folder)
        except (AccountError, OSError) as error:
            raise EmbeddedError(f"the embedded database cannot use {self.folder}: {error}") from error

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

    def _stop_server(self) -> None:
        self._postmaster.stop()
        if not self.socket_dir.is_relative_to(self.home):
            with suppress(OSError):  # somebody's file is in it
                self.socket_dir.rmdir()

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
