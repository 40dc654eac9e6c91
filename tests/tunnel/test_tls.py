"""TLS through the tunnel: libpq drops it silently over a unix socket, so there is none where it is demanded."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.tunnel.conftest import Database
from tests.tunnel.road import Road, wait_until
from tests.tunnel.servers import make_server
from tests.tunnel.tls_servers import bin_dir_with_tls, hostssl_cluster, tls_terminator
from workouts_api.tunnel import connection_info

pytestmark = pytest.mark.processes


@dataclass(frozen=True)
class TlsDatabase:
    port: int
    ca_file: Path

    def url(self, host: str, options: str) -> str:
        return f"postgresql://postgres@{host}:{self.port}/postgres?sslrootcert={self.ca_file}&{options}"


@pytest.fixture(scope="module")
def terminated(database: Database, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDatabase]:
    with tls_terminator(tmp_path_factory.mktemp("tls") / "t", database.socket) as (port, ca_file):
        yield TlsDatabase(port, ca_file)


@pytest.fixture(scope="module")
def hostssl(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsDatabase]:
    bin_dir = bin_dir_with_tls()
    if bin_dir is None and "postgresql" in os.environ.get("WORKOUTS_TEST_REQUIRE", ""):
        pytest.fail("there is no PostgreSQL with TLS, and WORKOUTS_TEST_REQUIRE names postgresql")
    if bin_dir is None:
        pytest.skip("there is no PostgreSQL with TLS")
    with hostssl_cluster(tmp_path_factory.mktemp("tls") / "h", bin_dir) as (port, ca_file):
        yield TlsDatabase(port, ca_file)


@pytest.fixture
def tls_road(terminated: TlsDatabase, folder: Path, engine: str) -> Iterator[Road]:
    with _road_to(terminated, folder, engine) as road:
        yield road


@contextlib.contextmanager
def _road_to(there: TlsDatabase, folder: Path, engine: str, host: str = "localhost") -> Iterator[Road]:
    server = make_server("demo", folder / "ssh", (host, there.port))
    server.start()
    try:
        yield Road(server, folder / "t", there.url(host, "sslmode=verify-full"), engine)
    finally:
        server.stop()


@pytest.mark.parametrize("name", ["terminated", "hostssl"])
def test_it_is_reached_with_tls_or_not_at_all(
    request: pytest.FixtureRequest, folder: Path, engine: str, name: str
) -> None:
    there: TlsDatabase = request.getfixturevalue(name)
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(there.url("localhost", "sslmode=disable"))  # what all of this rests on
    with _road_to(there, folder, engine) as road, road.tunnel() as tunnel, road.connect() as connection:
        assert connection.pgconn.ssl_in_use
        assert connection.execute("select 1").fetchone() == (1,)
        fields = conninfo_to_dict(connection_info(road.settings))
        assert (fields["host"], fields["hostaddr"]) == ("localhost", "127.0.0.1")
        assert tunnel.status.listen == f"127.0.0.1:{fields['port']}"
        assert not (road.folder / ".s.PGSQL.5432").exists()


def test_a_certificate_of_another_name_is_refused(terminated: TlsDatabase, folder: Path, engine: str) -> None:
    with _road_to(terminated, folder, engine, host="127.0.0.1") as road, road.tunnel() as tunnel:
        wait_until(lambda: tunnel.status.is_up)
        with pytest.raises(psycopg.OperationalError, match="does not match host name"):
            road.connect()


def test_without_a_demand_the_unix_socket_is_used_and_the_server_says_no(tls_road: Road) -> None:
    tls_road.database_url = tls_road.database_url.replace("verify-full", "prefer")
    with tls_road.tunnel() as tunnel:
        wait_until(lambda: tunnel.status.is_up)
        with pytest.raises(psycopg.OperationalError, match="no encryption"):
            tls_road.connect()


def test_the_port_stays_the_same_over_reconnects_and_restarts(tls_road: Road) -> None:
    with tls_road.tunnel() as tunnel:
        tls_road.connect().close()
        before = connection_info(tls_road.settings)
        tls_road.server.stop()
        wait_until(lambda: tunnel.status.state == "down")
        with pytest.raises(psycopg.OperationalError, match=r"refused|reset|closed"):
            psycopg.connect(before)
        tls_road.server.start()
        wait_until(lambda: tunnel.status.is_up)
        psycopg.connect(before).close()
    with tls_road.tunnel() as again:
        wait_until(lambda: again.status.is_up)
        psycopg.connect(before).close()


def test_10_kb_replies_and_large_pipelines_work_over_tcp_as_well(tls_road: Road) -> None:
    block = os.urandom(8 * 1024 * 1024)
    with tls_road.tunnel(), tls_road.connect() as connection:
        with connection.pipeline():
            cursors = [connection.execute("select %b::bytea", [block]) for _ in range(2)]
        assert [cursor.fetchone() == (block,) for cursor in cursors] == [True] * 2
