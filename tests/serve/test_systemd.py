"""``workouts serve`` as a service of systemd: what it says to it, and the sockets that it takes from it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.processes import ROOT, descendants, wait_until
from tests.serve.conftest import NOWHERE, TINY, Serve
from workouts_api.host.notify import Systemd
from workouts_api.host.reloads import ask_for_reload

pytestmark = pytest.mark.processes


class Manager:
    """The end of the notification socket that systemd has. It reads at once, as systemd does."""

    def __init__(self, address: str) -> None:
        self.environ = {"NOTIFY_SOCKET": address}
        self.heard: list[str] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + address[1:] if address[0] == "@" else address)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while said := self._socket.recv(4096):
            self.heard.append(said.decode())

    def has_heard(self, line: str, times: int = 1) -> bool:
        return sum(line in one.splitlines() for one in list(self.heard)) >= times

    def until(self, line: str, times: int = 1) -> str:
        wait_until(lambda: self.has_heard(line, times), f"{line} from the service")
        return [one for one in list(self.heard) if line in one.splitlines()][-1]

    def close(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as last:
            last.connect(self._socket.getsockname())
            last.send(b"")
        self._reader.join()
        self._socket.close()


@pytest.fixture(params=["a path", "an abstract address"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    made = Manager(str(tmp_path / "notify") if request.param == "a path" else f"@workouts-{os.getpid()}")
    yield made
    made.close()


def test_systemd_is_told_of_start_life_reload_and_stop(serve: Serve, manager: Manager) -> None:
    served = serve(**manager.environ, WATCHDOG_USEC="600000")
    assert "STATUS=Serving at http://127.0.0.1:" in manager.until("READY=1")
    assert served.get("/").isdigit()  # it is ready when it says so
    manager.until("WATCHDOG=1", times=2)
    served.until("Ctrl-C ends everything")

    before = time.monotonic_ns() // 1000
    done = ask_for_reload(served.data, 60)
    said = manager.until("RELOADING=1")
    reloading = re.search(r"^MONOTONIC_USEC=(\d+)$", said, re.M)
    assert reloading is not None
    assert before <= int(reloading[1]) <= time.monotonic_ns() // 1000
    assert f"STATUS={done}" in manager.until("READY=1", times=2)
    assert not any(b"NOTIFY_SOCKET" in environ_of(pid) for pid in descendants(served.process.pid))

    assert served.end() == 0
    assert manager.has_heard("STOPPING=1")


def environ_of(pid: int) -> bytes:
    """Nothing of a process that has ended, whose environment is root's until it is waited for."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes()
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return b""


def test_without_systemd_or_with_one_that_is_gone_nothing_is_said_and_nothing_fails(tmp_path: Path) -> None:
    for environ in ({}, {"NOTIFY_SOCKET": str(tmp_path / "nobody"), "WATCHDOG_USEC": "1000"}):
        systemd = Systemd(dict(environ))
        systemd.ready("Serving")
        systemd.beat()
        systemd.stopping()


@pytest.mark.parametrize(
    ("environ", "watched"),
    [({"WATCHDOG_USEC": "2000000"}, 2.0), ({"WATCHDOG_USEC": "2000000", "WATCHDOG_PID": "1"}, None), ({}, None)],
)
def test_the_watchdog_is_fed_only_where_systemd_asks_this_process(
    environ: dict[str, str], watched: float | None
) -> None:
    everything = {"NOTIFY_SOCKET": "@nobody", **environ}
    assert Systemd(everything).watchdog_s == watched
    assert everything == {}  # no child of ours speaks in our place


# What systemd does between fork and exec: the socket becomes descriptor 3, and the process learns that it is meant.
_PASS = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
os.execv(sys.executable, [sys.executable, "-m", *sys.argv[2:]])
"""


@contextmanager
def activated(command: list[str], listener: socket.socket, data: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is passed a socket as systemd does it."""
    environ = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "WORKOUTS_DATA_DIR": str(data),
        "DATABASE_URL": NOWHERE,
        "WORKER_THREADS": "0",
        "WEB_WORKERS": "1",
        "JWT_SECRET_KEY": "a-secret-of-forty-eight-letters-and-more-than-that",
    }
    process = subprocess.Popen(
        [sys.executable, "-c", _PASS, str(listener.fileno()), *command],
        env=environ,
        cwd=data.parent,
        pass_fds=(listener.fileno(),),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def ask(path: Path) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(60)
        client.connect(str(path))
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        said = b""
        while piece := client.recv(4096):
            said += piece
        return said


@pytest.mark.parametrize(
    "command",
    [
        ["workouts_api.cli", "serve", "--app", TINY],
        ["gunicorn", "--config", "python:workouts_api.web.gunicorn_config", TINY],
    ],
    ids=["workouts serve", "gunicorn"],
)
def test_a_socket_of_systemds_is_used_and_stays_when_the_service_ends(command: list[str], tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(16)
        with activated(command, listener, tmp_path / "data"):
            assert ask(path).startswith(b"HTTP/1.1 200")
            if "serve" in command:
                ask_for_reload(tmp_path / "data", 60)
                assert ask(path).startswith(b"HTTP/1.1 200")
        assert path.exists()
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))  # it waits for the next service


def test_what_is_passed_and_does_not_listen_is_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as talker:
        done = subprocess.run(
            [sys.executable, "-c", _PASS, str(talker.fileno()), "workouts_api.cli", "serve"],
            env={"PYTHONPATH": str(ROOT), "PATH": os.defpath, "WORKOUTS_DATA_DIR": str(tmp_path / "data")},
            pass_fds=(talker.fileno(),),
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
        )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "LISTEN_FDS passes descriptor 3: expected a listening stream socket" in line
