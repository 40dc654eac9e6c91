"""A tunnel whose bastion is killed, stopped, gone for a while; a database that is gone behind a living bastion."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import psycopg
import pytest

from tests.tunnel.conftest import Database
from tests.tunnel.road import Road, wait_until
from tests.tunnel.servers import make_server, tcp_to_socket
from workouts_api.tunnel import read_status

pytestmark = pytest.mark.processes

BACK_WITHIN = 2.0  # s after the bastion's return, that is, after it listens again


class Load:
    """Threads that ask without end, verify every reply, and connect anew when their connection breaks."""

    def __init__(self, road: Road, threads: int) -> None:
        self.road = road
        self.right = self.wrong = self.broken = 0
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]

    def _work(self, number: int) -> None:
        asked = number * 1_000_000
        while not self._stop.is_set():
            try:
                with self.road.connect() as connection:
                    while not self._stop.is_set():
                        asked += 1
                        reply = connection.execute("select %s::int, repeat(%s, 3000)", [asked, str(number)]).fetchone()
                        if reply == (asked, str(number) * 3000):
                            self.right += 1
                        else:
                            self.wrong += 1
            except psycopg.OperationalError:
                self.broken += 1
                time.sleep(0.02)

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def test_kills_under_load_return_nothing_wrong_and_the_load_goes_on(road: Road) -> None:
    with road.tunnel() as tunnel, Load(road, threads=4) as load:
        for kills in (1, 2, 3):
            before = load.right

            def works(so_far: int = before) -> bool:
                return load.right > so_far + 50

            wait_until(works)
            road.server.kill_connections()

            def has_reconnected(wanted: int = kills) -> bool:
                return tunnel.status.reconnects >= wanted and tunnel.status.is_up

            assert wait_until(has_reconnected) < BACK_WITHIN
        before = load.right
        wait_until(works)
    assert load.wrong == 0
    assert load.broken > 0  # the kills did hit connections that were in use


def test_while_the_bastion_is_away_connecting_fails_at_once(road: Road) -> None:
    with road.tunnel() as tunnel:
        road.connect().close()
        road.server.stop()

        def is_down() -> bool:
            return tunnel.status.state == "down"

        wait_until(is_down)
        started = time.monotonic()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host=str(road.folder), port=5432, user="postgres", dbname="postgres")
        assert time.monotonic() - started < 1.0


def test_a_bastion_that_returns_is_used_within_two_seconds(road: Road) -> None:
    with road.tunnel() as tunnel:
        road.connect().close()
        road.server.stop()
        time.sleep(1.6)  # long enough for the pauses to have reached their longest
        assert tunnel.status.state == "down"
        road.server.start()

        def is_up() -> bool:
            return tunnel.status.is_up

        assert wait_until(is_up) < BACK_WITHIN
        with road.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert tunnel.status.reconnects == 1


def test_a_tunnel_that_starts_before_its_bastion_comes_up_with_it(demo_road: Road) -> None:
    demo_road.server.stop()
    with demo_road.tunnel() as tunnel:

        def is_down() -> bool:
            return tunnel.status.state == "down"

        wait_until(is_down)
        assert "cannot be reached" in str(tunnel.status.last_error)
        demo_road.server.start()
        demo_road.connect().close()


def test_a_stopped_bastion_is_noticed_by_the_probe(road: Road) -> None:
    """SIGSTOP leaves every socket open: without the probe the query below hangs for as long as anybody waits."""
    road.keepalive = 0.5
    with road.tunnel() as tunnel, road.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)
        road.server.freeze()
        try:
            started = time.monotonic()
            with pytest.raises(psycopg.OperationalError):
                connection.execute("select 1")
            # Twice the keepalive is what the probe needs at most; the rest is for a busy machine.
            assert time.monotonic() - started < 2 * road.keepalive + 2.0
            assert "has not answered for 0.5 s" in str(tunnel.status.last_error)
        finally:
            road.server.thaw()
        with road.connect() as after:
            assert after.execute("select 1").fetchone() == (1,)


def test_a_database_that_is_away_is_told_apart_from_a_bastion_that_is(
    engine: str, folder: Path, database: Database
) -> None:
    """Its return is noticed on the SSH connection that stands: no new one is made."""
    away = socket.create_server(("127.0.0.1", 0))
    port = away.getsockname()[1]
    away.close()
    server = make_server("demo", folder / "ssh", ("localhost", port))
    server.start()
    road = Road(server, folder / "t", f"postgresql://postgres@localhost:{port}/postgres", engine)
    try:
        with road.tunnel() as tunnel:

            def is_down() -> bool:
                return tunnel.status.state == "down"

            wait_until(is_down)
            assert f"opens no way to localhost:{port}" in str(tunnel.status.last_error)
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(host=str(road.folder), port=5432, connect_timeout=3)
            with tcp_to_socket(port, database.socket):
                road.connect().close()
            assert server.sign_ins() == 1
    finally:
        server.stop()


def test_what_answers_but_is_not_postgresql_is_not_called_up(engine: str, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_greet, args=(listener,), daemon=True).start()
        server = make_server("demo", folder / "ssh", ("localhost", port))
        server.start()
        road = Road(server, folder / "t", f"postgresql://postgres@localhost:{port}/postgres", engine)
        try:
            with road.tunnel() as tunnel:

                def is_down() -> bool:
                    return tunnel.status.state == "down"

                wait_until(is_down)
                assert tunnel.status.last_error == f"what answers at localhost:{port} is not PostgreSQL"
        finally:
            server.stop()
            listener.shutdown(socket.SHUT_RDWR)


def _greet(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        client.sendall(b"220 mail.example.test ESMTP\r\n")
        client.close()


def test_the_status_file_says_since_when(demo_road: Road) -> None:
    with demo_road.tunnel():
        demo_road.connect().close()
        first = read_status(demo_road.folder)
        demo_road.server.kill_connections()

        def has_reconnected() -> bool:
            status = read_status(demo_road.folder)
            return status is not None and status.reconnects == 1

        wait_until(has_reconnected)
        second = read_status(demo_road.folder)
        assert first is not None
        assert second is not None
        assert second.since > first.since
        assert "ended the connection" in str(second.last_error) or "cannot be reached" in str(second.last_error)
    last = read_status(demo_road.folder)
    assert last is not None
    assert (last.state, last.last_error) == ("down", "the tunnel was stopped")


@pytest.mark.parametrize("lost", ["folder", "socket"])
def test_a_folder_or_socket_that_somebody_removed_is_made_anew(steady_demo_road: Road, lost: str) -> None:
    with steady_demo_road.tunnel() as tunnel:
        with steady_demo_road.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        if lost == "folder":
            steady_demo_road.remove()
        else:
            (steady_demo_road.folder / ".s.PGSQL.5432").unlink()
        wait_until(lambda: tunnel.status.reconnects)
        with steady_demo_road.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        assert "has been removed" in str(tunnel.status.last_error)
        assert steady_demo_road.folder.stat().st_mode & 0o777 == 0o700
