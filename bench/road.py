"""The road to the database: through the tunnel by both engines, and at a round trip of 20 ms."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPResponse
from pathlib import Path

import psycopg

from bench.effort import Effort
from bench.figures import Figures, Target, middle, milliseconds, with_spread
from bench.requests import NAMES, requests_of
from bench.stage import Database, Stage, get, wait_until
from tests.spine.proxy import CountingProxy
from workouts_api.tunnel import read_status
from workouts_api.tunnel.demo_server import DemoSshServer

DELAY = 0.020  # s of a round trip
EXEMPT = {"report"}  # more than what TCP sends at once
REPLAYED = {"create with a key"}  # when it is sent again with the same key
THROUGH = ("me", "list-50", "get-one", "create", "report")
PAUSED = 41  # requests
ENGINES = ("sshtunnel", "openssh")


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    tunnelled = _tunnels(stage, effort)
    delayed, held = _delayed(stage, effort)
    return [tunnelled, delayed, _pauses(stage, effort)], held


def _tunnels(stage: Stage, effort: Effort) -> Figures:
    database = stage.database(effort.load_sets)
    figures = Figures("Through the SSH tunnel", ("way", "request", "requests/s", "p50 ms", "p99 ms", "errors"))
    figures.notes.append("One worker, 16 connections; SSH server, tunnel, application and database on the same cores.")
    _ask(stage, effort, figures, "direct, unix socket", database, {})
    for engine in ENGINES:
        if engine == "openssh" and shutil.which("ssh") is None:
            figures.notes.append("openssh: there is no ssh on this machine.")
            continue
        with _tunnel(stage, database, engine) as environ:
            _ask(stage, effort, figures, engine, database, environ)
    return figures


def _ask(stage: Stage, effort: Effort, figures: Figures, way: str, database: Database, environ: dict[str, str]) -> None:
    with stage.application(database, environ=environ) as server:
        requests = requests_of(stage, database, server)
        for name in THROUGH:
            stage.load(server.port, [requests[name]], effort.warm_up_s)
            seen = [stage.load(server.port, [requests[name]], effort.round_s / 2) for _ in range(effort.few_rounds)]
            rate = with_spread([one["requests"] / one["seconds"] for one in seen])
            errors = sum(one["errors"] for one in seen)
            figures.add(way, name, rate, milliseconds(seen, "p50_ms"), milliseconds(seen, "p99_ms"), errors)


@contextmanager
def _tunnel(stage: Stage, database: Database, engine: str) -> Iterator[dict[str, str]]:
    """An SSH server and a tunnel through it; gives the settings by which the application finds its way."""
    with tempfile.TemporaryDirectory(prefix="wt-") as name:
        folder = Path(name)
        near = stage.cluster.socket_dir / f".s.PGSQL.{stage.cluster.port}"
        with DemoSshServer(folder / "ssh", socket_path=near) as bastion:
            environ = {
                **bastion.environment,
                "DATABASE_URL": f"postgresql://workouts_app@localhost:5432/{database.name}",
                "SSH_ENGINE": engine,
                "TUNNEL_DIR": str(folder / "t"),
            }
            command = [sys.executable, "-m", "workouts_api.cli", "tunnel", "run"]
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    command, env={**stage.environ(database, 0, 1), **environ}, stdout=log, stderr=log
                )
            try:
                wait_until(lambda: _is_up(folder / "t"), f"{engine} tunnel")
                yield environ
            finally:
                process.terminate()
                process.wait(20)


def _is_up(folder: Path) -> bool:
    status = read_status(folder)
    return status is not None and status.is_up


def _delayed(stage: Stage, effort: Effort) -> tuple[Figures, list[Target]]:
    """Measures with one connection. Nothing waits in a queue, so the times are those of the trips."""
    database = stage.database(effort.load_sets)
    columns = ("request", "p50 ms", "p50 in round trips", "round trips counted", "errors")
    figures = Figures(f"At a round trip of {DELAY * 1000:.0f} ms", columns)
    figures.notes.append("By a proxy between application and database that delays and counts; one connection.")
    held = []
    target = stage.cluster.socket_dir / f".s.PGSQL.{stage.cluster.port}"
    with tempfile.TemporaryDirectory(prefix="wp-") as name, CountingProxy(Path(name), target, delay=DELAY) as proxy:
        url = f"postgresql://workouts_app@/{database.name}?host={name}&port={proxy.port}"
        trip = _trip_s(url)
        figures.notes.append(
            f"One trip of `select 1` through the same proxy: {trip * 1000:.1f} ms, the measure of the ratio."
        )
        with stage.application(database, environ={"DATABASE_URL": url}) as server:
            requests = requests_of(stage, database, server)
            for what in NAMES:
                stage.load(server.port, [requests[what]], effort.warm_up_s, connections=1)
                before = proxy.trips
                seen = stage.load(server.port, [requests[what]], effort.round_s, connections=1)
                trips = (proxy.trips - before) / max(1, seen["requests"])
                ratio = seen["p50_ms"] / 1000 / trip
                figures.add(what, f"{seen['p50_ms']:.1f}", f"{ratio:.2f}", f"{trips:.2f}", seen["errors"])
                if what not in EXEMPT:
                    held.append(Target(f"{what}: p50 at 20 ms", "≤ 1.1 round trips", f"{ratio:.2f}", ratio <= 1.1))
    return figures, held


def _pauses(stage: Stage, effort: Effort) -> Figures:
    """The same requests without any delay, one after the other and with pauses: what a machine takes to wake up."""
    database = stage.database(effort.load_sets)
    columns = ("request", "p50 ms, one after the other", f"p50 ms, a pause of {DELAY * 1000:.0f} ms before each")
    figures = Figures("No delay, but pauses", columns)
    with stage.hello() as hello, stage.application(database) as server:
        targets = {"hello": (hello, get("/"))}
        targets |= {name: (server, request) for name, request in requests_of(stage, database, server).items()}
        for name, (where, request) in targets.items():
            if name not in EXEMPT | REPLAYED:
                times = [_median_ms(where.port, request, pause) for pause in (0, DELAY)]
                figures.add(name, *(f"{ms:.2f}" for ms in times))
    figures.notes.append(
        "Caches and cores cool down while the database is far away: what a request takes beyond its round trip above "
        "is what it takes after a pause here. On a server that is busy it is nearer to the other column."
    )
    return figures


def _median_ms(port: int, request: bytes, pause: float) -> float:
    taken = []
    with socket.create_connection(("127.0.0.1", port)) as line:
        for _ in range(PAUSED):
            time.sleep(pause)
            began = time.perf_counter()
            line.sendall(request)
            reply = HTTPResponse(line)
            reply.begin()
            reply.read()
            taken.append((time.perf_counter() - began) * 1000)
    return middle(taken)


def _trip_s(url: str) -> float:
    """The real time of one trip through this proxy on this machine: the median of many."""
    taken = []
    with psycopg.connect(url, autocommit=True) as connection:
        for _ in range(41):
            began = time.perf_counter()
            connection.execute("select 1")
            taken.append(time.perf_counter() - began)
    return middle(taken)
