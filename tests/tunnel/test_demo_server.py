"""The SSH server for machines without one: forwards to one place, runs nothing, ends with its parent."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from tests.tunnel.conftest import Database
from tests.tunnel.road import Road, wait_until
from tests.tunnel.servers import ssh_server
from workouts_api.tunnel.demo_server import DemoServerError, DemoSshServer

pytestmark = pytest.mark.processes


def test_its_folder_and_keys_are_private(folder: Path) -> None:
    with DemoSshServer(folder / "ssh") as server:
        assert stat.S_IMODE((folder / "ssh").stat().st_mode) == 0o700
        assert stat.S_IMODE(server.key_file.stat().st_mode) == 0o600
        assert stat.S_IMODE((folder / "ssh" / "host_key").stat().st_mode) == 0o600
        assert server.known_hosts_file.read_text().startswith(f"[127.0.0.1]:{server.port} ssh-ed25519 ")


def test_a_second_start_has_the_same_keys_and_port(folder: Path) -> None:
    server = DemoSshServer(folder / "ssh")
    with server:
        first = (server.port, server.key_file.read_bytes(), server.known_hosts_file.read_text())
    with server:
        assert (server.port, server.key_file.read_bytes(), server.known_hosts_file.read_text()) == first


def test_a_name_leads_to_a_unix_socket(engine: str, kind: str, folder: Path, database: Database) -> None:
    from tests.tunnel.servers import free_port

    port = free_port()
    with ssh_server(folder, "localhost", port, target_socket=database.socket, kind=kind) as environment:
        road = Road(_Known(environment), folder / "t", f"postgresql://postgres@localhost:{port}/postgres", engine)
        with road.tunnel(), road.connect() as connection:
            assert connection.execute("select inet_server_addr()").fetchone() == (None,)


class _Known:
    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment


def test_it_leads_nowhere_else(engine: str, demo_server: DemoSshServer, folder: Path, database: Database) -> None:
    elsewhere = f"postgresql://postgres@127.0.0.1:{database.port}/postgres"  # the permitted name is localhost
    road = Road(demo_server, folder / "t", elsewhere, engine)
    with road.tunnel() as tunnel:
        wait_until(lambda: tunnel.status.state == "down")
        assert "opens no way" in str(tunnel.status.last_error)
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(host=str(road.folder), port=5432, user="postgres", connect_timeout=3)


def test_it_runs_no_command(demo_server: DemoSshServer) -> None:
    import paramiko

    transport = paramiko.Transport(("127.0.0.1", demo_server.port))
    try:
        transport.connect(username="workouts", pkey=paramiko.Ed25519Key(filename=str(demo_server.key_file)))
        session = transport.open_session()
        session.exec_command("id")
        assert session.makefile_stderr("r").read() == b"This server only forwards.\n"
        assert session.recv_exit_status() == 1
        assert session.makefile("r").read() == b""
    finally:
        transport.close()


def test_it_ends_with_its_parent_even_if_that_is_killed(folder: Path) -> None:
    code = (
        "import time; from pathlib import Path; from workouts_api.tunnel.demo_server import DemoSshServer\n"
        f"s = DemoSshServer(Path({str(folder / 'ssh')!r})); s.start(); print(s.process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        os.kill(pid, 0)
        parent.send_signal(signal.SIGKILL)

    def has_gone() -> bool:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        return "\nState:\tZ" in Path(f"/proc/{pid}/status").read_text()

    wait_until(has_gone)


def test_a_port_that_is_taken_is_said_in_one_line(demo_server: DemoSshServer, folder: Path) -> None:
    with pytest.raises(DemoServerError, match=r"did not start: .*address already in use"):
        DemoSshServer(folder / "other", port=demo_server.port).start()
