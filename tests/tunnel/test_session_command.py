"""The command on a session channel that keeps sshd from holding large replies back, and bastions that don't run it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.tunnel.conftest import Database
from tests.tunnel.road import Road, wait_until
from tests.tunnel.servers import SSHD, Sshd
from tests.tunnel.test_process import running
from tests.tunnel.test_traffic import median_ms
from workouts_api.tunnel.relay import QuickAckSocket

pytestmark = pytest.mark.processes


@pytest.fixture(params=["it ends at once", "no session is allowed"])
def unwilling(request: pytest.FixtureRequest, folder: Path, database: Database, engine: str) -> Iterator[Road]:
    if SSHD is None:
        pytest.skip("there is no sshd")
    more = "MaxSessions 0" if request.param == "no session is allowed" else ""
    server = Sshd(folder / "ssh", ("localhost", database.port), command="exit 1", more=more)
    server.start()
    yield Road(server, folder / "t", database.url, engine)
    server.stop()


def test_it_runs_on_every_ssh_connection(steady_road: Road) -> None:
    log = Path(steady_road.environment["SSH_KEY_FILE"]).parent / "log"

    def sessions() -> int:
        text = log.read_text()
        return text.count("session cat\n") + text.count("forced-command (key-option) 'cat'")

    before = sessions() if log.exists() else 0
    with steady_road.tunnel():
        steady_road.connect().close()
        wait_until(lambda: sessions() == before + 1)


def test_it_ends_with_its_connection_so_that_nothing_gathers_on_the_bastion(
    folder: Path, database: Database, engine: str
) -> None:
    if SSHD is None:
        pytest.skip("there is no sshd")
    note = folder / "pids"
    server = Sshd(folder / "ssh", ("localhost", database.port), command=f"echo $$ >> {note}; exec cat")
    server.start()
    road = Road(server, folder / "t", database.url, engine)
    try:
        with running(road) as tunnel:
            wait_until(lambda: note.exists() and note.read_text().endswith("\n"))
            tunnel.kill()
            wait_until(lambda: not any(_is_running(int(pid)) for pid in note.read_text().split()))
    finally:
        server.stop()


def _is_running(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_a_bastion_that_does_not_run_it_is_used_without(unwilling: Road) -> None:
    with unwilling.tunnel() as tunnel:
        wait_until(lambda: tunnel.status.is_up)
        wait_until(lambda: _carries_10_kb(unwilling))


def _carries_10_kb(road: Road) -> bool:
    """The refusal may come a moment after the first sign of life, and takes the connections of that moment along."""
    try:
        with road.connect() as connection:
            return bool(connection.execute("select length(repeat('x', 10240))").fetchone() == (10240,))
    except psycopg.OperationalError:
        return False


def test_sshtunnel_does_without_it_by_acknowledging_at_once(folder: Path, database: Database) -> None:
    """Both sockets are loopback's, so that sshd's TCP peer is the tunnel itself."""
    if SSHD is None:
        pytest.skip("there is no sshd")
    server = Sshd(folder / "ssh", ("localhost", database.port), more="MaxSessions 0")
    server.start()
    road = Road(server, folder / "t", database.url, "sshtunnel")
    try:
        with road.tunnel(), road.connect() as connection:
            small = median_ms(connection, "select 1", 40)
            assert median_ms(connection, "select repeat('x', 10240)", 40) < 12 * small
    finally:
        server.stop()


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="TCP_QUICKACK is Linux's")
def test_the_ssh_socket_never_falls_back_to_delayed_acks() -> None:
    """A plain socket does so as soon as a conversation looks interactive; then timing decides on a stall."""
    assert _quick_after_a_conversation(QuickAckSocket.connected) == [1] * 20
    assert 0 in _quick_after_a_conversation(lambda host, port, timeout: socket.create_connection((host, port), timeout))


def _quick_after_a_conversation(connect: Callable[[str, int, float], socket.socket]) -> list[int]:
    quick = []
    with socket.create_server(("127.0.0.1", 0)) as listener, connect("127.0.0.1", listener.getsockname()[1], 5) as near:
        far, _ = listener.accept()
        with far:
            for _ in range(20):
                near.sendall(b"question")
                far.recv(64)
                far.sendall(b"answer")
                assert near.recv(64) == b"answer"
                quick.append(near.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK))
    return quick
