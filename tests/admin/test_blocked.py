"""While the threads of the workers wait for a lock, and while the workers are stopped, the admin listener answers."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.admin.conftest import ask
from tests.processes import myself, wait_until
from tests.road.served import Api
from tests.serve.conftest import Served
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.serve import APPLICATION

pytestmark = pytest.mark.processes
SOON = 0.1  # s; of some answers the quickest, because the machine may be busy with other things
THREADS = 4


@pytest.fixture(scope="module")
def served(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    data = tmp_path_factory.mktemp("served") / "data"
    settings = {name: value for name, value in environ.items() if name != "WORKOUTS_DATA_DIR"}
    served = Served(myself(), data, app=APPLICATION, WEB_THREADS=str(THREADS), REQUEST_TIMEOUT="60s", **settings)
    try:
        yield served.until_served()
    finally:
        if served.process.poll() is None:
            served.end()


def admin(served: Served) -> str:
    return str(json.loads((served.data / "served.json").read_text(encoding="utf-8"))["admin"])


def quickest(place: str, path: str) -> float:
    def once() -> float:
        started = time.perf_counter()
        ask(place, path)
        return time.perf_counter() - started

    return min(once() for _ in range(5))


def busy(place: str) -> list[dict[str, Any]]:
    return [one for worker in ask(place, "/threads").json["workers"] for one in worker["requests"]]


def test_it_answers_at_once_while_every_thread_waits_for_a_lock_and_says_what_they_wait_for(
    served: Served, cluster: EmbeddedPostgres, database_name: str
) -> None:
    place, api = admin(served), Api(served.url.removeprefix("http://"))
    wait_until(lambda: ask(place, "/ready").status == 200, "a ready server")
    with psycopg.connect(cluster.dsn(database_name)) as holder, ThreadPoolExecutor(2 * THREADS) as pool:
        holder.execute("lock table workouts.users in access exclusive mode")
        body = {"username": "nobody", "password": "correct horse"}
        waiting = [pool.submit(api.post, "/api/v1/auth/login", body) for _ in range(2 * THREADS)]
        try:
            wait_until(lambda: sum(one["query_s"] is not None for one in busy(place)) >= THREADS - 1, "a full worker")
            for path in ("/live", "/ready", "/threads"):
                assert quickest(place, path) < SOON, path
            assert ask(place, "/ready").status == 200  # the database itself answers
            for one in busy(place):
                assert (one["method"], one["route"]) == ("POST", "/api/v1/auth/login")
                assert one["query"].startswith("auth.")
                assert one["running_s"] >= one["query_s"] >= 0
        finally:
            holder.rollback()
        assert {one.result().status for one in waiting} <= {401, 429, 503}
    wait_until(lambda: busy(place) == [], "idle threads")


def test_it_answers_while_the_workers_are_stopped(served: Served) -> None:
    place = admin(served)
    workers = [worker["pid"] for worker in ask(place, "/threads").json["workers"]]
    assert workers
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    try:
        for path in ("/live", "/ready", "/threads"):
            assert quickest(place, path) < SOON, path
        assert [worker["pid"] for worker in ask(place, "/threads").json["workers"]] == workers
    finally:
        for pid in workers:
            os.kill(pid, signal.SIGCONT)


def test_the_start_says_where_it_answers(served: Served) -> None:
    assert f"Admin      {admin(served)}: /console, /live, /ready, /metrics, /threads" in served.said
    assert admin(served) != served.url
