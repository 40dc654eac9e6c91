"""At 20 ms of round trip a request takes as long as one trip, directly and through the tunnel.

The measure is a ratio of two medians of one run over one path: what a request spends on the database, by the db and
pool parts of its Server-Timing, and a bare ``select 1``. The application's own CPU is left out, because it is not held
in trips: with Flask's test client it adds 1.3 to 2.5 ms here, which makes 1.09 to 1.18 trips of 1.02 to 1.07.
Where the database itself has work to do, or a busy machine keeps the cores from it, the same request is sent with the
delay and without: what it takes longer is one trip.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import ROOMY, Client
from tests.road.cases import EXERCISES, ME, REPORT, SESSIONS, STEADY, USERS, Ask, Route, Stage
from tests.road.processes import available, bastion, short_folder, tunnel
from tests.road.test_trips import name
from tests.spine.proxy import CountingProxy
from tests.tunnel.servers import SSHD, Kind
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.tunnel import connection_info

pytestmark = pytest.mark.processes

ROUND_TRIP = 0.020  # s
MOST_TRIPS = 1.1
MOST_OF_THE_CLIENT = 2.0  # trips of wall time, CPU included: waiting outside of the measured parts shows here
TRIES = 4
ONE_TRIP = 1.5  # trips that the fastest takes longer than the fastest without a delay: a second one would make it 2
EXCEPTIONS = {
    ("GET", REPORT): (1.5, "one trip, but 3 to 5 ms of planning and work in the database"),
    ("POST", f"{USERS}/bulk"): (1.3, "one trip, but 2 to 4 ms for ten users"),
}
A_SESSION = f"{SESSIONS}/<int:session_id>"
THROUGH_A_TUNNEL = [
    ("GET", ME),
    ("GET", SESSIONS),
    ("GET", A_SESSION),
    ("GET", EXERCISES),
    ("POST", SESSIONS),
    ("PATCH", A_SESSION),
    ("DELETE", A_SESSION),
]
WARM, TIMES, BARE = 1, 9, 3


@dataclass
class SlowRoad:
    """An application, and a bare connection, on the same slow way to the database."""

    app: Flask
    bare: psycopg.Connection[Any]
    proxy: CountingProxy

    def trip(self) -> float:
        """Seconds that a bare round trip takes."""
        started = time.perf_counter()
        self.bare.execute("select /* by hand */ 1").fetchone()
        return time.perf_counter() - started

    @contextmanager
    def delayed(self, seconds: float) -> Iterator[None]:
        self.proxy.delay = seconds
        try:
            yield
        finally:
            self.proxy.delay = 0.0


@dataclass
class Spent:
    """What a request took, in seconds: on the database and in all."""

    database: float
    wall: float

    @classmethod
    def on(cls, client: Client, method: str, ask: Ask) -> Spent:
        started = time.perf_counter()
        reply = client.request(method, ask.address, **ask.options)
        wall = time.perf_counter() - started
        assert reply.status_code < 300, reply.text
        parts = dict(part.split(";dur=") for part in reply.headers["Server-Timing"].split(", "))
        return cls((float(parts["db"]) + float(parts["pool"])) / 1000, wall)


@pytest.fixture(scope="module")
def slow_road(
    request: pytest.FixtureRequest, cluster: EmbeddedPostgres, database_name: str, environ: dict[str, str]
) -> Iterator[SlowRoad]:
    """20 ms lie in front of PostgreSQL when it is measured; the SSH server, if there is one, stands before them."""
    with ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        target = cluster.socket_dir / f".s.PGSQL.{cluster.port}"
        proxy = stack.enter_context(CountingProxy(folder, target))
        url = f"postgresql://workouts_app@/{database_name}?host={proxy.folder}&port={proxy.port}"
        variables = {**environ, **ROOMY, "DATABASE_URL": url, "DB_POOL_MAX": "1"}
        if request.param != "direct":
            variables |= stack.enter_context(_tunnelled(request.param, folder, proxy, database_name))
        settings = load_settings(variables)
        app = create_app(settings)
        app.extensions["database"].open()
        stack.callback(app.extensions["database"].close)
        bare = stack.enter_context(psycopg.connect(connection_info(settings), autocommit=True, prepare_threshold=0))
        yield SlowRoad(app, bare, proxy)


@contextmanager
def _tunnelled(engine: str, folder: Path, proxy: CountingProxy, database_name: str) -> Iterator[dict[str, str]]:
    """A running tunnel to what the proxy leads to, and the settings that go through it."""
    kind: Kind = "sshd" if SSHD else "demo"
    available(engine, kind)
    with bastion(kind, folder, proxy.folder / f".s.PGSQL.{proxy.port}") as (server, port):
        variables = {
            **server.environment,
            "DATABASE_URL": f"postgresql://workouts_app@localhost:{port}/{database_name}",
            "SSH_ENGINE": engine,
            "TUNNEL_DIR": str(folder / "tunnel"),
        }
        with tunnel({"JWT_SECRET_KEY": "not-for-tokens-0f86d081884c7d659a2f", **variables}, folder):
            yield variables


@dataclass
class Measured:
    """Medians in seconds, and the fastest."""

    trip: float
    database: float
    wall: float
    fastest: float


@pytest.fixture
def stage(slow_road: SlowRoad, owner: Client, database: psycopg.Connection[Any]) -> Stage:
    """The owner with some training, and with room for more."""
    return Stage(slow_road.app, replace(owner, http=slow_road.app.test_client()), database)


def measure(route: Route, road: SlowRoad, stage: Stage, client: Client, delay: float = ROUND_TRIP) -> Measured:
    client.http = road.app.test_client()
    requests, bare = [], []
    asks = [STEADY[route](stage) for _ in range(WARM + TIMES)]
    with road.delayed(delay):
        for number, ask in enumerate(asks):
            requests.append(Spent.on(client, route[0], ask))
            if number % (TIMES // BARE) == 0:
                bare.append(road.trip())
    steady = requests[WARM:]
    database = [one.database for one in steady]
    return Measured(median(bare), median(database), median(one.wall for one in steady), min(database))


def cases() -> Iterator[Any]:
    """Every route directly; through each engine, one of each kind: what lies between is the same for all."""
    for route in STEADY:
        yield pytest.param("direct", route, id=f"direct-{name(route)}")
    for engine in ("sshtunnel", "openssh"):
        for route in THROUGH_A_TUNNEL:
            yield pytest.param(engine, route, id=f"{engine}-{name(route)}")


@pytest.mark.parametrize(("slow_road", "route"), list(cases()), indirect=["slow_road"])
def test_a_request_takes_no_longer_than_a_trip(route: Route, slow_road: SlowRoad, stage: Stage, owner: Client) -> None:
    """p50; where other work spoils it each time, the fastest with and without the delay still differ by one trip."""
    most, _ = EXCEPTIONS.get(route, (MOST_TRIPS, ""))
    slow = []
    for _ in range(TRIES):
        slow.append(measured := measure(route, slow_road, stage, owner))
        assert measured.trip >= ROUND_TRIP  # the delay is there
        if measured.database <= most * measured.trip and measured.wall <= MOST_OF_THE_CLIENT * measured.trip:
            return
    fast = [measure(route, slow_road, stage, owner, 0.0) for _ in range(TRIES // 2)]
    longer = min(one.fastest for one in slow) - min(one.fastest for one in fast)
    assert longer <= ONE_TRIP * min(one.trip for one in slow)
