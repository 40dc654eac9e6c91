"""The setup of the measurements: a throw-away PostgreSQL, databases of some size, servers, the load generator.

It starts and ends all of them. Nothing of it stays after the run.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg

from bench.client import Job
from bench.processes import children, cpu_s
from workouts_api.dba.scale.filling import Wanted, fill
from workouts_api.dba.scale.spread import usual_athletes, usual_crowd, usual_exercises
from workouts_api.host.bare_machine import roles_file
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.migrate.session import connect

SECRET = "a secret of the bench alone, 32 bytes and more"  # noqa: S105 – of a database that ends with the run
THREADS = 8
QUOTAS = ("LOGINS", "TEAMS", "KEPT_ATHLETES", "EXERCISES", "INVITATIONS", "IMPORTS_A_DAY")  # never reached
APPLICATION = ("--config", "python:workouts_api.web.gunicorn_config", "workouts_api:create_app()")
READY_WITHIN = 30.0  # s
# A page cache of the size that a small server would give it; without durability, so that disks don't count.
OPTIONS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "max_connections": "200", "autovacuum": "off",
           "wal_level": "minimal", "max_wal_senders": "0"}  # fmt: skip


@dataclass
class Database:
    """One database of the cluster, and who is signed in to it."""

    name: str
    sets: int
    url: str
    dsn: str
    owner_dsn: str
    viewer: str = ""
    """Bearer token of athlete 1, who has five years."""
    writer: str = ""
    """Bearer token of another athlete, for writes. So the pages that the reads use do not change."""
    made_in_s: float = 0.0


@dataclass
class Server:
    """A gunicorn of ours."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def workers(self) -> list[int]:
        return children(self.process.pid)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


@dataclass
class Measured:
    """One round: what the client saw, and CPU seconds that the processes used meanwhile."""

    seen: dict[str, Any]
    application_s: float
    database_s: float

    def per_request_us(self, seconds: float) -> float:
        return float(seconds / max(1, self.seen["requests"]) * 1e6)


@dataclass
class Stage:
    """Everything that is running."""

    folder: Path
    cluster: EmbeddedPostgres
    client: subprocess.Popen[str]
    databases: dict[int, Database] = field(default_factory=dict)

    # ── databases ───────────────────────────────────────────────────────────────────────────────────────────

    def database(self, sets: int) -> Database:
        """A database with so many sets; made at the first call. With 0, migrated and empty but for two users."""
        if sets not in self.databases:
            self.databases[sets] = self._make(f"bench_{sets}", sets)
        return self.databases[sets]

    def drop(self, sets: int) -> None:
        found = self.databases.pop(sets, None)
        if found:
            with psycopg.connect(self.cluster.dsn(), autocommit=True) as admin:
                admin.execute(f"drop database {found.name} with (force)")

    def _make(self, name: str, sets: int) -> Database:
        with psycopg.connect(self.cluster.dsn(), autocommit=True) as admin:
            admin.execute(
                f"create database {name} owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8'"
            )
        owner = self.cluster.dsn(name, "workouts_migrator")
        migrate(owner)
        host = quote(str(self.cluster.socket_dir), safe="")
        url = f"postgresql://workouts_app@/{name}?host={host}&port={self.cluster.port}"
        made = Database(name, sets, url, self.cluster.dsn(name, "workouts_app"), owner)
        started = time.perf_counter()
        if sets:
            wanted = Wanted(
                sets, max(2, usual_athletes(sets)), 1, today(), crowd=usual_crowd(sets), exercises=usual_exercises(sets)
            )
            with connect(owner) as conn:
                fill(conn, wanted, lambda _: nullcontext(), lambda _: None)
        made.made_in_s = time.perf_counter() - started
        with psycopg.connect(self.cluster.dsn(name), autocommit=True) as admin:
            admin.execute("set search_path = workouts, extensions, pg_temp")
            if not sets:
                admin.execute(
                    "insert into users (email, username) values ('bench@example.com', 'bench'), ('w@x.y', 'w2')"
                )
                admin.execute("insert into athletes (user_id, name) select id, username from users order by id")
            admin.execute("vacuum analyze")  # what autovacuum, which is off so that rounds are alike, would have done
            made.viewer, made.writer = (self._sign_in(admin, user_id) for user_id in (1, 2))
        return made

    def _sign_in(self, admin: psycopg.Connection[Any], user_id: int) -> str:
        """A token like one from a login."""
        from flask import Flask

        from workouts_api.api.auth import tokens
        from workouts_api.config import load_settings

        row = admin.execute(
            "insert into logins (user_id, refresh_hash, expires_at) values (%s, sha256('bench'), now() + '1 day') "
            "returning id",
            [user_id],
        ).fetchone()
        assert row is not None
        app = Flask("tokens")
        tokens.init_app(app, load_settings({"JWT_SECRET_KEY": SECRET}))
        with app.app_context():
            return tokens.new_access_token(user_id, row[0])

    def backends(self) -> list[int]:
        """Every process of PostgreSQL: backends and background ones."""
        postmaster = int((self.cluster.data_dir / "postmaster.pid").read_text(encoding="ascii").split()[0])
        return [postmaster, *children(postmaster)]

    # ── servers ─────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def gunicorn(
        self,
        *arguments: str,
        database: Database | None = None,
        workers: int = 1,
        ready: str = "/health/ready",
        environ: Mapping[str, str] | None = None,
    ) -> Iterator[Server]:
        """A gunicorn that answers 200 under ``ready``.

        :raises RuntimeError: when it does not, with the end of its log.
        """
        port = free_port()
        log = self.folder / f"gunicorn-{port}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "gunicorn", "--control-socket", str(self.folder / f"{port}.ctl"), *arguments],
                env={**os.environ, **self.environ(database, port, workers), **(environ or {})},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        server = Server(process, port, log)
        try:
            wait_until(lambda: answers(port, ready) or process.poll() is not None, f"gunicorn ({log})")
            if process.poll() is not None:
                raise RuntimeError(f"gunicorn ended: {log.read_text(errors='replace')[-2000:]}")
            yield server
        finally:
            server.stop()

    def application(self, database: Database, *, workers: int = 1, environ: Mapping[str, str] | None = None) -> Any:
        """The application as it is deployed: everything on, its log written to a file as JSON."""
        return self.gunicorn(*APPLICATION, database=database, workers=workers, environ=environ)

    @staticmethod
    def bare(workers: int) -> tuple[str, ...]:
        """gunicorn's settings for what is measured beside the application: the same worker class and threads."""
        numbers = ("--threads", str(THREADS), "--workers", str(workers), "--keep-alive", "75")
        return ("--config", "python:bench.hello_config", "--worker-class", "gthread", *numbers)

    def hello(self, workers: int = 1) -> Any:
        """The bare one, with the same kind and number of workers and threads."""
        return self.gunicorn(*self.bare(workers), "bench.hello:app", ready="/")

    def environ(self, database: Database | None, port: int, workers: int) -> dict[str, str]:
        return {
            "APP_ENV": "development",
            "DATABASE_URL": database.url if database else "postgresql://nobody@127.0.0.1:1/nothing",
            "JWT_SECRET_KEY": SECRET,
            "LOG_LEVEL": "INFO",
            "LOG_FORMAT": "json",
            "RATE_LIMIT_USER": str(10**9),  # counted, and never reached
            "RATE_LIMIT_ADDRESS": str(10**9),
            **{f"MAX_{quota}": str(10**6) for quota in QUOTAS},
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": "http://127.0.0.1",
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "WEB_WORKERS": str(workers),
            "WEB_THREADS": str(THREADS),
            "WORKOUTS_DATA_DIR": str(self.folder),
        }

    # ── load ────────────────────────────────────────────────────────────────────────────────────────────────

    def load(
        self, port: int, requests: Sequence[bytes], seconds: float, *, connections: int = 16, idle: int = 0
    ) -> dict[str, Any]:
        """What the load generator saw."""
        assert self.client.stdin is not None
        assert self.client.stdout is not None
        self.client.stdin.write(Job(port, list(requests), connections, seconds, idle).to_json() + "\n")
        self.client.stdin.flush()
        line = self.client.stdout.readline()
        if not line:
            raise RuntimeError("the load generator ended")
        return dict(json.loads(line))

    def measure(
        self, server: Server, requests: Sequence[bytes], seconds: float, *, connections: int = 16, idle: int = 0
    ) -> Measured:
        """A round of load, and the CPU of the server's workers and of all of PostgreSQL's processes meanwhile."""
        workers, backends = server.workers(), self.backends()
        application, database = cpu_s(workers), cpu_s(backends)
        seen = self.load(server.port, requests, seconds, connections=connections, idle=idle)
        return Measured(seen, cpu_s(workers) - application, cpu_s(backends) - database)


def today() -> date:
    return datetime.now(UTC).date()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(port: int, path: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n".encode())
            return line.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def wait_until(true: Callable[[], bool], what: str, seconds: float = READY_WITHIN) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} was not ready within {seconds:g} s")
        time.sleep(0.05)


def get(path: str, token: str = "", *, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    """A request's bytes; with a body, a POST of JSON."""
    lines = [f"{'POST' if body else 'GET'} {path} HTTP/1.1", "Host: 127.0.0.1"]
    if token:
        lines.append(f"Authorization: Bearer {token}")
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


@contextmanager
def set_up() -> Iterator[Stage]:
    """The cluster and the load generator; both end with the block, whatever happens in it."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="wb-")))
        folder.chmod(0o711)
        cluster = EmbeddedPostgres(folder / "pg", durable=False, options=OPTIONS)
        stack.callback(cluster.delete)
        stack.enter_context(cluster)
        with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
            admin.execute(roles_file().read_bytes())
        client = subprocess.Popen(
            [sys.executable, "-m", "bench.client"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stack.callback(_end, client)
        yield Stage(folder, cluster, client)


def _end(client: subprocess.Popen[str]) -> None:
    for stream in (client.stdin, client.stdout):
        if stream:
            stream.close()
    client.terminate()
    client.wait()
