"""The road's own processes: a bastion, the tunnel, gunicorn; and the folder that their sockets lie in."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import required
from tests.tunnel.servers import SSHD, Kind, SshServer, free_port, make_server, tcp_to_socket
from workouts_api.tunnel import read_status

PATIENCE = 60.0  # s; a bound against hanging, not an expectation


@contextlib.contextmanager
def short_folder() -> Iterator[Path]:
    """A folder of mode 0700 whose path is short enough for sockets."""
    made = Path(tempfile.mkdtemp(prefix="wr-"))
    try:
        yield made
    finally:
        shutil.rmtree(made)


def available(engine: str, kind: Kind) -> None:
    """Skips, or fails where this run must not skip, when a program is missing."""
    for program, found in (("ssh", shutil.which("ssh") or engine != "openssh"), ("sshd", SSHD or kind != "sshd")):
        if not found and required(program):
            pytest.fail(f"there is no {program}, and this run must not skip")
        if not found:
            pytest.skip(f"there is no {program}")


@contextlib.contextmanager
def bastion(kind: Kind, folder: Path, database_socket: Path) -> Iterator[tuple[SshServer, int]]:
    """A running SSH server in front of a database's unix socket, and the port under which that is asked for."""
    with contextlib.ExitStack() as stack:
        port = free_port()
        behind: Path | None = database_socket
        if kind == "sshd":  # whose far end can only be TCP
            stack.enter_context(tcp_to_socket(port, database_socket))
            behind = None
        server = make_server(kind, folder / "ssh", ("localhost", port), behind)
        server.start()
        stack.callback(server.stop)
        yield server, port


@contextlib.contextmanager
def process(*command: str, environ: Mapping[str, str], folder: Path, log: str, **more: Any) -> Iterator[None]:
    """A process that is ended by SIGTERM, and must then end of itself."""
    with (folder / log).open("wb") as output:
        started = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environ},
            cwd=folder,  # where no .env is
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            **more,
        )
    try:
        yield
        assert started.poll() is None, (folder / log).read_text()[-2000:]
    finally:
        started.terminate()
        try:
            started.wait(20)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextlib.contextmanager
def tunnel(environ: Mapping[str, str], folder: Path) -> Iterator[None]:
    """``workouts tunnel run``, up."""
    near_end = Path(environ["TUNNEL_DIR"])
    with process("workouts_api.cli", "tunnel", "run", environ=environ, folder=folder, log="tunnel.log"):
        wait_until(lambda: (status := read_status(near_end)) is not None and status.is_up, folder / "tunnel.log")
        yield


@contextlib.contextmanager
def gunicorn(environ: Mapping[str, str], folder: Path) -> Iterator[str]:
    """``workouts_api:create_app()`` behind gunicorn, answering; gives host and port."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as listener:
        place = f"127.0.0.1:{listener.getsockname()[1]}"
        command = (
            "gunicorn",
            "--config",
            "python:workouts_api.web.gunicorn_config",
            "--bind",
            f"fd://{listener.fileno()}",
        )
        options = ("--control-socket", str(folder / "gunicorn.ctl"), "workouts_api:create_app()")
        with process(
            *command, *options, environ=environ, folder=folder, log="gunicorn.log", pass_fds=(listener.fileno(),)
        ):
            yield place


def wait_until(done: Callable[[], object], log: Path | None = None) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        said = log.read_text()[-2000:] if log is not None and log.exists() else ""
        assert time.monotonic() < deadline, f"still waiting after {PATIENCE:g} s; {said}"
        time.sleep(0.02)
