"""The way to the database, frozen at one place: every request ends in time, on both engines and without a tunnel."""

from __future__ import annotations

import contextlib
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.processes import signalled
from tests.road.http_servers import served_api
from tests.road.processes import available, short_folder, wait_until
from tests.road.served import PASSWORD, Answer, Api, served_road
from tests.routes import HEVY, SESSION
from tests.spine.proxy import CountingProxy
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.tunnel import read_status

pytestmark = pytest.mark.processes

TIMEOUT = 2
ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"
CALLS: dict[str, Callable[[Api], Answer]] = {
    "a read": lambda api: api.get(ME),
    "a write": lambda api: api.post(SESSIONS, SESSION),
    "an import": lambda api: api.upload(HEVY.encode()),
    "readiness": lambda api: api.get("/health/ready"),
}
ANSWERS = {(503, "unavailable"), (503, "overloaded"), (503, "outcome_unknown"), (504, "request_timeout")}
Freezing = Callable[[], AbstractContextManager[None]]


@dataclass(frozen=True)
class Served:
    api: Api
    freezings: dict[str, Freezing]
    tunnel_folder: Path | None


@pytest.fixture(scope="module", params=["sshtunnel", "openssh", "direct"])
def served(request: pytest.FixtureRequest, cluster: EmbeddedPostgres, template: str) -> Iterator[Served]:
    if request.param == "direct":
        with directly_served(cluster, template) as one:
            yield one
        return
    available(request.param, "sshd")
    with served_road(
        cluster, template, request.param, "sshd", REQUEST_TIMEOUT=str(TIMEOUT), SSH_KEEPALIVE="1s", WEB_WORKERS="1"
    ) as road:
        freezings: dict[str, Freezing] = {
            "the backends": lambda: signalled(backends(road.database)),
            "the tunnel": lambda: signalled(tunnel_processes(road.tunnel_folder)),
            "the path": lambda: frozen_sessions(road.server),
        }
        yield Served(road.newcomer(), freezings, road.tunnel_folder)


@contextlib.contextmanager
def directly_served(cluster: EmbeddedPostgres, template: str) -> Iterator[Served]:
    near = cluster.socket_dir / f".s.PGSQL.{cluster.port}"
    name = f"workouts_frozen_{secrets.token_hex(4)}"
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(short_folder())
        proxy = stack.enter_context(CountingProxy(folder, near, tcp=True))
        api = stack.enter_context(
            served_api(
                cluster, template, folder, REQUEST_TIMEOUT=str(TIMEOUT), tcp=f"127.0.0.1:{proxy.port}", name=name
            )
        )
        person = {"email": "ada@example.org", "username": "ada", "password": PASSWORD, "zone": "UTC"}
        assert api.post("/api/v1/auth/register", person).status == 201
        tokens = api.post("/api/v1/auth/login", {"username": "ada", "password": PASSWORD}).json
        admin = stack.enter_context(psycopg.connect(cluster.dsn(name), autocommit=True))
        freezings: dict[str, Freezing] = {
            "the backends": lambda: signalled(backends(admin)),
            "the path": lambda: swallowing(proxy, 0),
            "the middle of an answer": lambda: swallowing(proxy, 100),
        }
        yield Served(replace(api, token=tokens["access_token"]), freezings, None)


def backends(admin: psycopg.Connection[Any]) -> list[int]:
    """The API's, of this database: other tests have theirs on the same server."""
    return [
        pid
        for (pid,) in admin.execute(
            "select pid from pg_stat_activity"
            " where application_name like 'workouts-api%' and datname = current_database()"
        ).fetchall()
    ]


def tunnel_processes(folder: Path) -> list[int]:
    """The tunnel's, and its ssh."""
    status = read_status(folder)
    assert status is not None
    children = [path.read_text().split() for path in Path(f"/proc/{status.pid}/task").glob("*/children")]
    return [status.pid, *(int(pid) for of_thread in children for pid in of_thread)]


@contextlib.contextmanager
def frozen_sessions(server: Any) -> Iterator[None]:
    server.freeze()
    try:
        yield
    finally:
        server.thaw()


@contextlib.contextmanager
def swallowing(proxy: CountingProxy, answers: int) -> Iterator[None]:
    proxy.answers = answers
    try:
        yield
    finally:
        proxy.drop_connections()
        proxy.answers = float("inf")


def timed(call: Callable[[Api], Answer], api: Api) -> tuple[float, Answer]:
    started = time.monotonic()
    reply = call(api)
    return time.monotonic() - started, reply


@pytest.mark.parametrize("where", ["the path", "the backends", "the tunnel", "the middle of an answer"])
def test_every_request_ends_in_time_and_all_is_well_afterwards(served: Served, where: str) -> None:
    freezing = served.freezings.get(where)
    if freezing is None:
        return  # this road has no such place
    for call in CALLS.values():
        call(served.api)
    told: Counter[tuple[int, str]] = Counter()
    with freezing(), ThreadPoolExecutor(4) as threads:  # as many as the worker has: none waits for another's thread
        for round_of in (CALLS, ["a read"] * 4):  # on connections that stood, and then on new ones or none
            for took, reply in threads.map(lambda what: timed(CALLS[what], served.api), round_of):
                told[reply.status, reply.json.get("error", "")] += 1
                assert took < TIMEOUT + 1, f"{reply}: {took:.2f} s"
    failed = {one for one in told if one[1]}
    assert failed <= ANSWERS, told
    assert failed or where == "the path", told  # a tunnel that notices at once has another path
    wait_until(lambda: served.api.get("/health/ready").status == 200)
    assert served.api.get(ME).status == 200
    assert served.api.post(SESSIONS, SESSION).status == 201


def test_a_frozen_tunnel_is_told_as_down(served: Served) -> None:
    if served.tunnel_folder is None:
        return
    with served.freezings["the tunnel"]():
        wait_until(lambda: not read_status(served.tunnel_folder).is_up)
        ready = served.api.get("/health/ready")
        assert (ready.status, ready.json["tunnel"]["state"]) == (503, "down")
    wait_until(lambda: served.api.get("/health/ready").status == 200)
