"""TCP connections notice a dead path. An operator's own keepalive settings are kept."""

from __future__ import annotations

import os
import socket

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.tunnel.servers import free_port, tcp_to_socket
from workouts_api.config import load_settings
from workouts_api.database import Database
from workouts_api.database.keepalives import with_keepalives
from workouts_api.sql.loaded import CATALOGUE


def test_what_the_url_says_itself_stays():
    said = conninfo_to_dict(with_keepalives("postgresql://db/x?keepalives_idle=99&tcp_user_timeout=0&user=ada"))
    assert (said["keepalives_idle"], said["tcp_user_timeout"], said["keepalives_count"]) == ("99", "0", "3")
    assert (said["host"], said["dbname"], said["user"]) == ("db", "x", "ada")


@pytest.mark.parametrize(
    ("url", "of_environment", "seconds"),
    [("host=db", None, "10"), ("host=db connect_timeout=2", None, "2"), ("host=db", "7", None)],
)
def test_connecting_ends_in_time(monkeypatch, url, of_environment, seconds):
    monkeypatch.delenv("PGCONNECT_TIMEOUT", raising=False)
    if of_environment:
        monkeypatch.setenv("PGCONNECT_TIMEOUT", of_environment)
    assert conninfo_to_dict(with_keepalives(url)).get("connect_timeout") == seconds


def test_a_service_is_left_alone(monkeypatch):
    assert with_keepalives("service=workouts") == "service=workouts"
    monkeypatch.setenv("PGSERVICE", "workouts")
    assert with_keepalives("dbname=x") == "dbname=x"


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="only Linux has TCP_USER_TIMEOUT")
def test_the_pools_sockets_have_them(cluster, environ, database_name):
    port = free_port()
    with tcp_to_socket(port, cluster.socket_dir / f".s.PGSQL.{cluster.port}"):
        url = f"postgresql://workouts_app@127.0.0.1:{port}/{database_name}"
        pool = Database(load_settings({**environ, "DATABASE_URL": url}), url, CATALOGUE)
        pool.open()
        connection = pool.pool.getconn(5)
        with socket.socket(fileno=os.dup(connection.fileno())) as same:
            assert same.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 10
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
            assert same.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 15_000
        pool.pool.putconn(connection)
        pool.close()


def test_a_unix_socket_needs_none(cluster):
    with psycopg.connect(with_keepalives(cluster.dsn())) as connection:
        assert connection.execute("select /* by hand */ 1").fetchone() == (1,)
