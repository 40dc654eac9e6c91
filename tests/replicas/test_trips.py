"""Trips on the wire, counted between the application and both servers."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import Client
from tests.replicas.conftest import NAME, SESSIONS, Reader, Wait, listed, made
from tests.replicas.standby import PORT, Standby, until
from tests.spine.proxy import CountingProxy
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes


@contextmanager
def counted(primary: EmbeddedPostgres, port: int) -> Iterator[CountingProxy]:
    with tempfile.TemporaryDirectory(prefix="proxy-") as folder:
        target = Path(primary.socket_dir) / f".s.PGSQL.{port}"
        with CountingProxy(Path(folder), target, delay=0.01) as proxy:
            yield proxy


def test_reads_and_writes_cost_one_trip_and_a_read_that_is_refused_two(
    primary: EmbeddedPostgres, environ: dict[str, str], owner: Client, caught_up: Wait, standby: Standby
) -> None:
    caught_up()
    with counted(primary, primary.port) as near, counted(primary, PORT) as far:
        urls = {
            name: f"postgresql://workouts_app@/{NAME}?host={proxy.folder}&port={proxy.port}"
            for name, proxy in (("DATABASE_URL", near), ("DATABASE_REPLICA_URL", far))
        }
        # The watch looks four times in the bound: not again while this test counts.
        app = create_app(
            load_settings(environ | urls | {"REPLICA_MAX_LAG": "60s", "REQUEST_TIMEOUT": "60s", "DB_POOL_MAX": "1"})
        )
        app.extensions["database"].open()
        until(lambda: app.extensions["database"].replica.watch.state == "up", "the replica")
        owner.http = app.test_client()
        reader = Reader(owner)

        def trips(act: object) -> tuple[int, int]:
            before = near.trips, far.trips
            act()
            return near.trips - before[0], far.trips - before[1]

        for _ in range(3):
            made(reader)
            caught_up()
            reader("GET", SESSIONS)
        assert trips(lambda: made(reader)) == (1, 0)
        caught_up()
        assert trips(lambda: listed(reader("GET", SESSIONS))) == (0, 1)
        standby.pause()
        made(reader)
        assert trips(lambda: listed(reader("GET", SESSIONS))) == (1, 1)
        standby.resume()
        app.extensions["database"].close()
