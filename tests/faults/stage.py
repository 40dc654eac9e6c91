"""All that is served, as real processes: database, SSH server, Redis, and ``workouts serve`` with all its children.

One stage is used for many faults. Whoever starts it plays systemd: if ``serve`` ends, it is started again.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import psycopg

from tests.conftest import ROOMY, SECRET, create_database, roomy_memory, url
from tests.faults.redis_process import RedisProcess
from tests.postgres import throwaway_cluster
from tests.processes import ROOT, descendants
from tests.replicas.standby import Standby
from tests.road.processes import bastion, wait_until
from tests.road.served import PASSWORD, Api
from tests.tunnel.servers import SshServer, free_port
from workouts_api import activity
from workouts_api.host.embedded import TRUST_ON_SOCKET, EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.tunnel import read_status

Road = Literal["sshtunnel", "openssh", "direct", "release", "failover", "replica"]
"""How the API reaches the database, or what else is special: a release in a folder of its own, a standby, a replica."""
NAME = "faults"
LOGS = Path(__file__).parents[2] / "build" / "faults"  # what was served says there what happened to it
REQUEST_TIMEOUT = 5  # s; what a client waits at most, so that a fault does not take the default's half a minute
DISK_MB, LOG_DISK_MB = 400, 8
RESTART = 0.5  # s until whoever plays systemd starts `serve` again
# Nothing that was acknowledged may depend on luck: as safe as a real server, on a disk of memory.
DURABLE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on", "max_connections": "60"}


HBA = (*TRUST_ON_SOCKET, "local replication all trust")
STANDBY_PORT = 5433
_NO_CACHES = shutil.ignore_patterns("__pycache__")


class NotHere(Exception):
    """This machine or account cannot cause the fault; str() says why."""


class Serve:
    """``workouts serve``, started again when it ends, until the block ends."""

    def __init__(self, name: str, environ: Mapping[str, str], folder: Path) -> None:
        self.environ, self._folder = dict(environ), folder
        self.log = LOGS / f"{name}.log"
        self.log.parent.mkdir(parents=True, exist_ok=True)
        self.log.unlink(missing_ok=True)
        self._over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._keeper = threading.Thread(target=self._keep, daemon=True)

    def __enter__(self) -> Serve:
        self._process = self._start()
        self._keeper.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._keeper.join(RESTART + 5)
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGCONT)
            self._process.terminate()
            try:
                self._process.wait(REQUEST_TIMEOUT + 30)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "workouts_api.cli", "serve"],
                env={**os.environ, **self.environ},
                cwd=self._folder,  # where no .env is
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _keep(self) -> None:
        while not self._over.wait(RESTART):
            if self._process is not None and self._process.poll() is not None:
                self._process = self._start()


@dataclass
class Stage:
    """What runs, and how to find each of its processes."""

    road: Road
    folder: Path
    cluster: EmbeddedPostgres
    serve: Serve
    redis: RedisProcess
    place: str
    admin: str
    bastion: SshServer | None = None
    database_port: int = 0
    """Under which the SSH server leads to the database."""
    disk: Path | None = None
    """A small disk of the database's own; None: this account may mount none, or the road needs none."""
    log_disk: Path | None = None
    standby: Standby | None = None
    """The replica, on the road that has one."""
    database_at: int = 0
    """The port of the server that has taken over; 0: none has."""
    found: list[str] = field(default_factory=list)
    """What a fault itself has found wrong."""
    told: list[str] = field(default_factory=list)
    """What a fault adds to the report."""

    @property
    def api(self) -> Api:
        return Api(self.place)

    def superuser(self, dbname: str = NAME) -> psycopg.Connection[Any]:
        """A connection that uses no tunnel."""
        return psycopg.connect(self.cluster.dsn(dbname), port=self.database_at or self.cluster.port, autocommit=True)

    def newcomer(self) -> Api:
        """Somebody who has just registered and signed in."""
        username = f"ada-{secrets.token_hex(4)}"
        person = {"email": f"{username}@example.org", "username": username, "password": PASSWORD, "zone": "UTC"}
        made = self.api.post("/api/v1/auth/register", person)
        assert made.status == 201, made.raw
        tokens = self.api.post("/api/v1/auth/login", {"username": username, "password": PASSWORD})
        assert tokens.status == 200, tokens.raw
        return Api(self.place, tokens.json["access_token"])

    def is_ready(self) -> bool:
        with contextlib.suppress(OSError):
            return self.api.get("/health/ready").status == 200
        return False

    def until_ready(self) -> None:
        wait_until(self.is_ready, self.serve.log)

    # ── processes ────────────────────────────────────────────────────────────────────────────────────────────

    def tunnel(self) -> list[int]:
        """The tunnel's own process."""
        status = read_status(self.folder / "tunnel")
        assert status is not None
        return [status.pid]

    def ssh_child(self) -> list[int]:
        """The system's ssh, which the tunnel has started."""
        return descendants(self.tunnel()[0])

    def workers(self) -> list[int]:
        return [worker.pid for worker in activity.read(self.folder / "workers")]

    def master(self) -> list[int]:
        """gunicorn's own process."""
        workers = set(self.workers())
        return [pid for pid in descendants(self.serve.pid) if workers & set(descendants(pid))][:1]

    def job_worker(self) -> list[int]:
        return [pid for pid in descendants(self.serve.pid) if "workouts_api.cli\0worker" in _command(pid)]

    def backends(self) -> list[int]:
        """The server's processes that answer the API."""
        with self.superuser() as admin:
            rows = admin.execute(
                "select pid from pg_stat_activity where datname = %s and application_name like 'workouts-api%%'", [NAME]
            ).fetchall()
        return [pid for (pid,) in rows]

    def postmaster(self) -> list[int]:
        return [int((self.cluster.data_dir / "postmaster.pid").read_text(encoding="utf-8").split()[0])]

    def database_processes(self) -> list[int]:
        postmaster = self.postmaster()
        return [*postmaster, *descendants(postmaster[0])]

    def start_database(self) -> None:
        """Starts it again after its end."""
        self.cluster.stop()
        self.cluster.start()

    def log_lines(self) -> list[str]:
        """What was said on the terminal and in the files of the log; errors stand in two of them."""
        files = sorted(self.log_disk.glob("api-[0-9]*.log")) if self.log_disk is not None else []
        return [line for file in (self.serve.log, *files) for line in file.read_text(errors="replace").splitlines()]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def kill(pids: Sequence[int]) -> None:
    assert pids, "there is no such process"
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path | None]:
    """A disk of so many megabytes; None: only root may mount one."""
    folder.mkdir(mode=0o755)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0755", "none", str(folder)]
    try:
        done = subprocess.run(command, capture_output=True, check=False)
    except OSError:
        done = None
    if done is None or done.returncode:
        yield None
        return
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


def fill_disk(disk: Path) -> Path:
    """Writes until no byte is left. Returns the file that fills it."""
    ballast = disk / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        for size in (2**20, 4096, 1):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)
    return ballast


def _end_standby(cluster: EmbeddedPostgres) -> None:
    pidfile = cluster.home / "standby" / "postmaster.pid"
    with contextlib.suppress(OSError, ValueError, IndexError):
        os.kill(int(pidfile.read_text().split()[0]), signal.SIGQUIT)


@contextmanager
def stage(road: Road, **settings: str) -> Iterator[Stage]:
    """All of it, ready."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wf-", ignore_cleanup_errors=True)))
        folder.chmod(0o711)  # PostgreSQL's account passes through
        disk, log_disk = None, None
        if road == "direct":
            disk = stack.enter_context(small_disk(folder / "disk", DISK_MB))
            log_disk = stack.enter_context(small_disk(folder / "logs", LOG_DISK_MB))
        memory = (disk or roomy_memory()) / f"faults-{secrets.token_hex(4)}"
        cluster = stack.enter_context(throwaway_cluster(memory, options=DURABLE, hba=HBA))
        stack.callback(_end_standby, cluster)
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            create_database(admin, NAME, "template0")
        migrate(cluster.dsn(NAME, "workouts_migrator"))
        redis = stack.enter_context(RedisProcess(folder))
        port, admin_port = free_port(), free_port()
        environ = {
            **ROOMY,
            "ADMIN_LISTEN": f"127.0.0.1:{admin_port}",
            "APP_ENV": "development",
            "DATABASE_URL": url(cluster, NAME, "workouts_app"),
            "JWT_SECRET_KEY": SECRET,
            "LOG_FORMAT": "json",
            "PORT": str(port),
            "RATE_LIMIT_ADDRESS": str(10**9),  # counted, and never reached
            "RATE_LIMIT_USER": str(10**9),
            "REDIS_URL": redis.url,
            "REQUEST_TIMEOUT": f"{REQUEST_TIMEOUT}s",
            "TUNNEL_DIR": str(folder / "tunnel"),
            "WEB_THREADS": "4",
            "WEB_WORKERS": "2",
            "WORKER_THREADS": "1",
            "WORKOUTS_DATA_DIR": str(folder),
        }
        if road == "failover":
            hosts, ports = f"{cluster.socket_dir},{cluster.socket_dir}", f"{cluster.port},{STANDBY_PORT}"
            places = f"host={hosts}&port={ports}&target_session_attrs=read-write"
            environ["DATABASE_URL"] = f"postgresql://workouts_app@/{NAME}?{places}"
        standby = None
        if road == "replica":
            standby = Standby(cluster)
            standby.make()
            stack.callback(standby.end)
            environ["DATABASE_REPLICA_URL"] = environ["DATABASE_URL"].replace(f"={cluster.port}", f"={STANDBY_PORT}")
        if road == "release":
            shutil.copytree(ROOT / "workouts_api", folder / "release" / "workouts_api", ignore=_NO_CACHES)
            environ["PYTHONPATH"] = str(folder / "release")
        if log_disk is not None:
            environ["LOG_FILE"] = str(log_disk / "api.log")
        server, database_port = None, 0
        if road in ("sshtunnel", "openssh"):
            near = cluster.socket_dir / f".s.PGSQL.{cluster.port}"
            server, database_port = stack.enter_context(bastion("sshd", folder, near))
            environ |= server.environment | {"SSH_ENGINE": road}
            environ["DATABASE_URL"] = f"postgresql://workouts_app@localhost:{database_port}/{NAME}"
        serve = stack.enter_context(Serve(road, {**environ, **settings}, folder))
        api, admin = f"127.0.0.1:{port}", f"http://127.0.0.1:{admin_port}"
        made = Stage(road, folder, cluster, serve, redis, api, admin, server, database_port, disk, log_disk)
        made.standby = standby
        made.until_ready()
        yield made
