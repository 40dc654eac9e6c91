"""``workouts serve`` as a real process."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.attribution import ask
from tests.postgres import chosen_bin_dir
from tests.processes import ROOT, Person, descendants, is_alive, myself, wait_until
from workouts_api.host.embedded import EmbeddedPostgres, find_binaries

NOWHERE = "postgresql://nobody@127.0.0.1:1/nothing"
TINY = "tests.serve.tiny:app"


class Served:
    """A running ``workouts serve``."""

    def __init__(self, person: Person, data: Path, *, app: str = TINY, **environ: str) -> None:
        self.data = data
        self.log = data.parent / "log"
        told = {
            "PORT": "0",
            "WEB_WORKERS": "1",
            "WORKER_THREADS": "0",
            "LOG_LEVEL": "WARNING",
            "HOME": str(data.parent),
            **environ,
        }
        with self.log.open("w") as log:
            self.process = person.start(
                *("-m", "workouts_api.cli", "serve", "--app", app),
                environ={"WORKOUTS_DATA_DIR": str(data), **told},
                output=log,
            )
        assert self.process.stdin is not None
        self.process.stdin.close()

    @property
    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        return str(json.loads((self.data / "served.json").read_text(encoding="utf-8"))["url"])

    def get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.url + path, timeout=20) as reply:  # noqa: S310 – our own http URL
            return bytes(reply.read())

    def tunnel_status(self) -> dict[str, Any]:
        """What `workouts tunnel status` says where the data folder is all that is set."""
        environ = {"PATH": os.environ["PATH"], "HOME": str(self.data.parent), "WORKOUTS_DATA_DIR": str(self.data)}
        command = [sys.executable, "-m", "workouts_api.cli", "tunnel", "status", "--json"]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(json.loads(done.stdout))

    def until(self, text: str) -> Served:
        wait_until(lambda: text in self.said or self.process.poll() is not None, f"{text!r} in what it says")
        assert text in self.said, self.said
        return self

    def until_served(self) -> Served:
        return self.until("Ctrl-C ends everything")

    def wait(self) -> int:
        wait_until(lambda: self.process.poll() is not None, "its end")
        return self.process.wait()

    def ask(self) -> None:
        """Keeps what has been run on a database that it has started."""
        if (self.data / "postgres").is_dir():
            ask(EmbeddedPostgres(self.data / "postgres", binaries=find_binaries(chosen_bin_dir())).dsn())

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Sends the signal and returns the exit code. Checks that no process is left."""
        self.ask()
        started = [pid for pid in descendants(self.process.pid) if is_alive(pid)]
        if number == signal.SIGINT:
            os.killpg(self.process.pid, number)  # like Ctrl-C: to all processes in the terminal's foreground
        else:
            self.process.send_signal(number)
        code = self.wait()
        wait_until(lambda: not any(map(is_alive, started)), f"the end of what it started: {started}")
        return code


Serve = Callable[..., Served]


@pytest.fixture
def data() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="wk-"))
    parent.chmod(0o777)
    yield parent / "data"
    if (parent / "data" / "postgres").is_dir():
        server = EmbeddedPostgres(parent / "data" / "postgres", binaries=find_binaries(chosen_bin_dir()))
        if server.is_running():
            server.start()
            server.stop()
        server.delete()
    shutil.rmtree(parent)


@pytest.fixture
def serve(data: Path) -> Iterator[Serve]:
    """Starts ``workouts serve``. By default its database does not answer, which is the fastest way."""
    running: list[Served] = []

    def start(*, person: Person | None = None, data: Path = data, **options: Any) -> Served:
        served = Served(person or myself(), data, **{"DATABASE_URL": NOWHERE, **options})
        running.append(served)
        return served

    yield start
    for served in running:
        if served.process.poll() is None:
            served.ask()
            served.process.terminate()
            try:
                served.process.wait(20)
            except subprocess.TimeoutExpired:
                served.process.kill()
