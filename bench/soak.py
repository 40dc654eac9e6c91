"""``python -m bench.soak``: whether a served host grows. Mixed requests and 200 sign-ins a minute, for ten minutes.

``workouts serve`` runs with two workers and a job worker, through a tunnel and a real sshd where there is one. Memory,
descriptors and connections are read every few seconds. The first quarter is for warming up; what the last quarter has
more than the second one is growth.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from rich.console import Console

from bench.figures import Figures, Target
from bench.page import held
from bench.processes import children, proportional_mb
from bench.stage import THREADS, Stage, answers, free_port, set_up, wait_until
from tests.road.processes import bastion
from tests.tunnel.servers import SSHD

SIGN_INS = 200  # a minute
OTHERS = 1500  # other requests a minute
CLIENTS = 3
START_WITHIN = 60.0  # s
MOST_MB = 60.0  # of a worker, in proportion; hashing a password takes 19 of them
AT_REST_MB = 40.0
SLACK = {"MB": 2.0, "descriptors": 4.0, "connections": 4.0, "processes": 0.0}  # growth that is noise
PASSWORD = "kX9-quux-17-foo"  # noqa: S105 – of a database that ends with the run
ACCOUNT = {"username": "soak", "email": "soak@example.com", "password": PASSWORD}
SESSION = {
    "title": "Legs",
    "started_at": "2026-01-05T18:00:00+01:00",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}] * 3}],
}

Sample = dict[tuple[str, str], float]
"""By part and unit."""


@dataclass
class Host:
    """A served host."""

    process: subprocess.Popen[bytes]
    port: int
    count_connections: Callable[[], int]
    ssh_server: int
    """The process of the bastion's sshd, whose children serve connections."""

    def parts(self) -> dict[str, list[int]]:
        """Processes by what they are."""
        found: dict[str, list[int]] = {"serve": [self.process.pid]}
        for pid in children(self.process.pid):
            words = Path(f"/proc/{pid}/cmdline").read_bytes()
            if b"gunicorn_start" in words:
                found["gunicorn"] = [pid]
                found["worker"] = children(pid)
            else:
                found["tunnel" if b"tunnel" in words else "job worker"] = [pid]
        return found

    def sample(self) -> Sample:
        taken: Sample = {}
        for part, pids in self.parts().items():
            taken[part, "MB"] = max(map(proportional_mb, pids), default=0.0)
            taken[part, "descriptors"] = sum(len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids)
        taken["database", "connections"] = self.count_connections()
        taken["bastion", "processes"] = len(descendants(self.ssh_server))
        return taken


def descendants(pid: int) -> list[int]:
    found = children(pid)
    return [*found, *(one for child in found for one in descendants(child))]


@contextmanager
def served(stage: Stage, workers: int) -> Iterator[Host]:
    database = stage.database(30_000)
    socket = stage.cluster.socket_dir / f".s.PGSQL.{stage.cluster.port}"
    port, folder = free_port(), stage.folder / "soak"
    folder.mkdir(mode=0o700)
    with bastion("sshd" if SSHD else "demo", stage.folder, socket) as (ssh, far):
        environ = {
            **stage.environ(database, port, workers),
            **ssh.environment,
            "DATABASE_URL": f"postgresql://workouts_app@localhost:{far}/{database.name}",
            "TRUSTED_PROXIES": "1",
            "TUNNEL_DIR": str(folder / "t"),
            "WORKOUTS_DATA_DIR": str(folder),
        }
        with (stage.folder / "soak.log").open("wb") as log:
            command = [sys.executable, "-m", "workouts_api.cli", "serve"]
            process = subprocess.Popen(command, env={**os.environ, **environ}, stdout=log, stderr=log)
        try:
            wait_until(lambda: answers(port, "/health/ready"), str(stage.folder / "soak.log"), START_WITHIN)
            with psycopg.connect(stage.cluster.dsn(database.name), autocommit=True) as admin:
                yield Host(process, port, lambda: _connections(admin), _pid_of(ssh))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def _connections(admin: psycopg.Connection[Any]) -> int:
    row = admin.execute("select count(*) from pg_stat_activity where usename = 'workouts_app'").fetchone()
    return int(row[0]) if row else 0


def _pid_of(ssh: Any) -> int:
    process = getattr(ssh, "process", None)
    return process.pid if process is not None else os.getpid()


class Clients:
    """Ask at a steady rate, each on a connection that it keeps."""

    def __init__(self, port: int) -> None:
        self.statuses: Counter[str] = Counter()
        self._port = port
        self._addresses = itertools.count(1)
        self._over = threading.Event()
        assert self._ask(self._line(), "POST", "/auth/register", ACCOUNT)[0] == 201
        self._token = self._sign_in(self._line())
        turns = [(self._sign_in_once, SIGN_INS), *[(self._mixed(), OTHERS / CLIENTS)] * CLIENTS]
        self._threads = [threading.Thread(target=self._go, args=turn) for turn in turns]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _line(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)

    def _go(self, once: Callable[[http.client.HTTPConnection], object], a_minute: float) -> None:
        line, due = self._line(), time.monotonic()
        while not self._over.wait(max(0.0, due - time.monotonic())):
            due += 60 / a_minute
            try:
                once(line)
            except (OSError, http.client.HTTPException) as error:
                self.statuses[type(error).__name__] += 1
                line.close()

    def _ask(
        self, line: http.client.HTTPConnection, method: str, path: str, body: Any = None, token: str = ""
    ) -> tuple[int, Any]:
        headers = {"Content-Type": "application/json"}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        else:  # people sign in from addresses of their own
            n = next(self._addresses)
            headers["X-Forwarded-For"] = f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}"
        line.request(method, f"/api/v1{path}", json.dumps(body) if body is not None else None, headers)
        reply = line.getresponse()
        content = json.loads(reply.read())
        self.statuses[str(reply.status)] += 1
        return reply.status, content

    def _sign_in(self, line: http.client.HTTPConnection) -> str:
        names = {"username": ACCOUNT["username"], "password": PASSWORD}
        return str(self._ask(line, "POST", "/auth/login", names)[1].get("access_token"))

    def _sign_in_once(self, line: http.client.HTTPConnection) -> None:
        self._sign_in(line)

    def _mixed(self) -> Callable[[http.client.HTTPConnection], object]:
        reads = itertools.cycle(("/sessions?limit=50", "/reports/training?bucket=week", "/users/me", "/exercises"))
        turns = itertools.cycle((False, False, False, True))

        def once(line: http.client.HTTPConnection) -> object:
            if next(turns):
                return self._ask(line, "POST", "/sessions", SESSION, self._token)
            return self._ask(line, "GET", next(reads), token=self._token)

        return once


def judged(samples: Sequence[Sample]) -> tuple[Figures, list[Target]]:
    """The quarters beside each other, and what grew."""
    quarter = max(1, len(samples) // 4)
    second, last = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    figures = Figures("A soak", ("part", "unit", "at first", "second quarter", "last quarter", "most"))
    targets = []
    for part, unit in samples[-1]:
        values = [one.get((part, unit), 0.0) for one in samples]
        # At rest: what a request needs for a moment is no growth.
        before, after = (min(one.get((part, unit), 0.0) for one in some) for some in (second, last))
        figures.add(part, unit, *(f"{value:.0f}" for value in (values[0], before, after, max(values))))
        grown = after - before
        targets.append(Target(f"{part}: growth", f"≤ {SLACK[unit]:g} {unit}", f"{grown:+.1f}", grown <= SLACK[unit]))
        if (part, unit) == ("worker", "MB"):
            targets.append(Target("worker: at rest", f"≤ {AT_REST_MB:g} MB", f"{after:.0f}", after <= AT_REST_MB))
            targets.append(Target("worker: most", f"≤ {MOST_MB:g} MB", f"{max(values):.0f}", max(values) <= MOST_MB))
    return figures, targets


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two looks")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 120, highlight=False, markup=False)
    samples: list[Sample] = []
    with set_up() as stage, served(stage, given.workers) as host, Clients(host.port) as clients:
        end = time.monotonic() + given.minutes * 60
        while time.monotonic() < end:
            time.sleep(given.every)
            samples.append(host.sample())
    figures, targets = judged(samples)
    figures.notes.append("Answers: " + ", ".join(f"{n:,} × {what}" for what, n in sorted(clients.statuses.items())))
    failed = sum(n for what, n in clients.statuses.items() if what not in ("200", "201"))
    most = given.workers * THREADS + 9
    connections = max(sample["database", "connections"] for sample in samples)
    targets += [
        Target("neither 200 nor 201", "0", str(failed), not failed),
        Target("connections", f"≤ {most}", f"{connections:.0f}", connections <= most),
    ]
    figures.show(out)
    held(targets).show(out)
    return 0 if all(target.met for target in targets) else 1


if __name__ == "__main__":
    raise SystemExit(main())
