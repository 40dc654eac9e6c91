"""The replica is killed, frozen, promoted, or fails in the middle of a request: the primary serves, in time."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from tests.replicas.conftest import NAME, SESSIONS, Reader, Wait, listed, made
from tests.replicas.standby import Standby, until
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.config.production import RoleRefused
from workouts_api.database.replicas import Replica
from workouts_api.database.watching import Probe
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes


def test_a_replica_that_is_killed_costs_no_request_and_is_used_again(
    reader: Reader, standby: Standby, replica: Replica, served_by: list[str]
) -> None:
    statuses: list[int] = []
    over = threading.Event()

    def read() -> None:
        mine = Reader(type(reader.client)(reader.client.http.application.test_client(), token=reader.client.token))
        mine.position = reader.position
        while not over.is_set():
            statuses.append(mine("GET", SESSIONS).status_code)

    threads = [threading.Thread(target=read) for _ in range(3)]
    try:
        for thread in threads:
            thread.start()
        until(lambda: "read" in served_by)
        standby.kill()
        until(lambda: replica.watch.state == "down")
        standby.start()
        until(lambda: replica.watch.state == "up", "the replica")
        served_by.clear()
        until(lambda: "read" in served_by)
    finally:
        over.set()
        for thread in threads:
            thread.join()
    assert set(statuses) == {200}


def test_requests_go_on_with_the_primary_when_the_replica_freezes(
    reader: Reader, standby: Standby, replica: Replica, served_by: list[str]
) -> None:
    reader("GET", SESSIONS)
    with standby.frozen():
        started = time.monotonic()
        assert reader("GET", SESSIONS).status_code == 200
        assert time.monotonic() - started < 8  # REQUEST_TIMEOUT
        until(lambda: replica.watch.state == "down")
        assert reader("GET", SESSIONS).status_code == 200
        assert served_by[-1] == "down"
    until(lambda: replica.watch.state == "up", "the replica")


def test_a_replica_that_falls_behind_is_left_alone_until_it_has_caught_up(
    reader: Reader, standby: Standby, replica: Replica, served_by: list[str]
) -> None:
    standby.pause()
    made(reader)
    until(lambda: replica.watch.state == "behind", "the lag")
    assert replica.watch.lag_s > replica.watch.max_lag
    served_by.clear()
    reader("GET", SESSIONS)
    assert served_by == ["behind"]
    standby.resume()
    until(lambda: replica.watch.state == "up", "the replica")
    reader("GET", SESSIONS)
    assert served_by == ["behind", "read"]


def test_a_replica_that_is_not_there_at_the_start_is_used_when_it_comes(
    environ: dict[str, str], the_standby: Standby, reader: Reader
) -> None:
    the_standby.end()
    try:
        app = create_app(load_settings(environ))
        app.extensions["database"].open()
        late: Replica = app.extensions["database"].replica
        until(lambda: late.watch.state == "down")
        client = type(reader.client)(app.test_client(), token=reader.client.token)
        other = Reader(client)
        assert other("GET", SESSIONS).status_code == 200
    finally:
        the_standby.start()
    until(lambda: late.watch.state == "up", "the replica")
    app.extensions["database"].close()


def test_a_replica_that_was_promoted_serves_nothing_more(
    reader: Reader, the_standby: Standby, replica: Replica, caught_up: Wait
) -> None:
    """It may accept writes of others, and has none of this primary's any more."""
    the_standby.promote()
    try:
        for _ in range(5):
            mine: Any = made(reader)
            assert mine in listed(reader("GET", SESSIONS))
        until(lambda: replica.watch.state in ("promoted", "down"))
    finally:
        the_standby.end()
        the_standby.make()
    until(lambda: replica.watch.state == "up", "the replica")


def test_a_connection_of_the_watch_that_its_check_refuses_is_checked_again(
    replica: Replica, primary: EmbeddedPostgres
) -> None:
    def refuse(_: Any) -> None:
        raise RoleRefused

    probe = Probe(primary.dsn(NAME), refuse, replica.asks)
    for _ in range(2):
        with pytest.raises(RoleRefused):
            probe.ask(5)
