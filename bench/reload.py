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
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from bench.stage import answers, free_port, wait_until
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


_NGINX = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/nginx.error.log;
events {{}}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  upstream api {{ server {place}; keepalive 16; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://api; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
    }}
  }}
}}
"""


@contextmanager
def behind_nginx(place: str, folder: Path) -> Iterator[str]:
    """nginx in front of the server, with connections that it keeps; gives its host and port."""
    port = free_port()
    config = folder / "nginx.conf"
    config.write_text(_NGINX.format(folder=folder, place=place, port=port), encoding="utf-8")
    program = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        raise SystemExit("there is no nginx: install it, or leave out --nginx")
    process = subprocess.Popen([program, "-p", str(folder), "-c", str(config), "-e", str(folder / "nginx.early.log")])
    try:
        wait_until(lambda: answers(port, "/health/live"), "nginx")
        yield f"127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


def signed_in(place: str, data: Path) -> str:
    connection = http.client.HTTPConnection(place, timeout=30)
    body = {"username": "demo", "password": (data / "demo_password").read_text().strip()}
    connection.request("POST", "/api/v1/auth/login", json.dumps(body), {"Content-Type": "application/json"})
    token: str = json.loads(connection.getresponse().read())["access_token"]
    connection.close()
    return token


def measure(clients: int, reloads: int, *, nginx: bool) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="wk-", ignore_cleanup_errors=True) as parent:
        Path(parent).chmod(0o755)
        data = Path(parent) / "data"
        with ExitStack() as stack:
            place = stack.enter_context(served(data))
            front = stack.enter_context(behind_nginx(place, Path(parent))) if nginx else place
            asked = stack.enter_context(Clients(front, signed_in(place, data), clients))
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
    parser.add_argument("--nginx", action="store_true", help="clients come through nginx")
    given = parser.parse_args()
    found = measure(given.clients, given.reloads, nginx=given.nginx)
    table = Table(f"{given.clients} clients{' through nginx' if given.nginx else ''}, {given.reloads} reloads", "")
    for name, value in found.items():
        table.add_row(name, f"{value:,.1f}" if isinstance(value, float) else str(value or "0"))
    Console().print(table)
    return 1 if found["failures"] else 0


if __name__ == "__main__":
    sys.exit(main())
