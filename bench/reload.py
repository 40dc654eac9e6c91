"""``python -m bench.reload``: what clients see while a server of this machine reloads, again and again.

A server is started by ``workouts serve`` on a throw-away database. Clients that keep their connections ask it without
a pause. Meanwhile it is told to reload. A gap is a time in which no client got an answer.
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
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.host.reloads import ask_for_reload

START_WITHIN = 180.0  # s; the first start makes a database and a year of training
PATIENCE = 120.0  # s for one reload
PAUSE = 2.0  # s between two reloads
PATH = "/api/v1/sessions?limit=10"


@dataclass
class Seen:
    """What one client saw: when each answer came, how long it took, and what failed."""

    at: list[float] = field(default_factory=list)
    took: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


class Clients:
    """``count`` clients, each with a connection that it keeps as long as the server does."""

    def __init__(self, place: str, token: str, count: int) -> None:
        self.seen = [Seen() for _ in range(count)]
        self._place, self._headers = place, {"Authorization": f"Bearer {token}"}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(seen,)) for seen in self.seen]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, seen: Seen) -> None:
        connection = http.client.HTTPConnection(self._place, timeout=30)
        while not self._over.is_set():
            began = time.perf_counter()
            try:
                connection.request("GET", PATH, headers=self._headers)
                reply = connection.getresponse()
                reply.read()
            except (OSError, http.client.HTTPException) as error:
                seen.failures.append(type(error).__name__)
                connection.close()
                continue
            now = time.perf_counter()
            if reply.status != http.HTTPStatus.OK:
                seen.failures.append(str(reply.status))
                continue
            seen.at.append(now)
            seen.took.append(now - began)
        connection.close()


def longest_gap(seen: list[Seen], since: float, until: float) -> float:
    """The longest time without an answer to any client, in seconds."""
    answers = sorted([since, until, *(at for one in seen for at in one.at if since <= at <= until)])
    return max(later - earlier for earlier, later in itertools.pairwise(answers))


@contextmanager
def served(data: Path) -> Iterator[str]:
    """``workouts serve`` with its own database; gives host and port."""
    environ = {**os.environ, "WORKOUTS_DATA_DIR": str(data), "PORT": "0", "LOG_LEVEL": "WARNING", "RATE_LIMITS": "no"}
    environ.pop("DATABASE_URL", None)
    log = data.parent / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "workouts_api.cli", "serve"], env=environ, stdout=output, stderr=subprocess.STDOUT
        )
    try:
        deadline = time.monotonic() + START_WITHIN
        while b"Ctrl-C ends everything" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit(log.read_text(errors="replace"))
            time.sleep(0.1)
        yield urlsplit(json.loads((data / "served.json").read_text())["url"]).netloc
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
        EmbeddedPostgres(data / "postgres").delete()


def signed_in(place: str, data: Path) -> str:
    connection = http.client.HTTPConnection(place, timeout=30)
    body = {"username": "demo", "password": (data / "demo_password").read_text().strip()}
    connection.request("POST", "/api/v1/auth/login", json.dumps(body), {"Content-Type": "application/json"})
    token: str = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return token


def measure(clients: int, reloads: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="wk-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o755)
        data = Path(parent) / "data"
        with served(data) as place, Clients(place, signed_in(place, data), clients) as asked:
            quiet_since = time.perf_counter()
            time.sleep(reloads * PAUSE)
            quiet_until = time.perf_counter()
            took = []
            for _ in range(reloads):
                began = time.perf_counter()
                ask_for_reload(data, PATIENCE)
                took.append(time.perf_counter() - began)
                time.sleep(PAUSE)
            end = time.perf_counter()
    times = sorted(one for seen in asked.seen for one in seen.took)
    return {
        "answers": len(times),
        "failures": [failure for seen in asked.seen for failure in seen.failures],
        "longest gap without a reload, ms": longest_gap(asked.seen, quiet_since, quiet_until) * 1000,
        "longest gap during reloads, ms": longest_gap(asked.seen, quiet_until, end) * 1000,
        "slowest answer, ms": times[-1] * 1000,
        "a reload, s": sum(took) / len(took),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.reload", description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--reloads", type=int, default=5)
    given = parser.parse_args()
    found = measure(given.clients, given.reloads)
    table = Table(f"{given.clients} clients, {given.reloads} reloads", "")
    for name, value in found.items():
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else str(value or "0"))
    Console().print(table)
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
