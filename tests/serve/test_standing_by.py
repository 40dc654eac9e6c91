"""A gunicorn that ``workouts serve`` has started loads at once, and goes on when it may."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.processes import ROOT, descendants, is_alive, wait_until
from tests.serve.conftest import TINY

pytestmark = pytest.mark.processes
A_WHILE = 0.5  # s in which a worker that did not wait would have spoken


@dataclass
class Gunicorn:
    """One that has loaded the application, and whose only worker waits for the road."""

    process: subprocess.Popen[bytes]
    heard: int
    road: int

    def has_spoken(self, wait: float) -> bool:
        return bool(select.select([self.heard], [], [], wait)[0])


@pytest.fixture
def gunicorn(tmp_path: Path) -> Iterator[Gunicorn]:
    heard, says = os.pipe()
    stays, road = os.pipe()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "workouts_api.web.gunicorn_start"),
                *map(str, (listener.fileno(), says, stays, -1)),
                *("--config", "python:workouts_api.web.gunicorn_config", "--no-control-socket", "--preload", TINY),
            ],
            cwd=ROOT,
            env={**os.environ, "WEB_WORKERS": "1", "WORKOUTS_DATA_DIR": str(tmp_path), "JWT_SECRET_KEY": "k" * 32},
            pass_fds=(listener.fileno(), says, stays),
            stderr=subprocess.DEVNULL,
        )
    os.close(says)
    os.close(stays)
    try:
        wait_until(lambda: descendants(process.pid) or process.poll() is not None, "its worker")
        yield Gunicorn(process, heard, road)
    finally:
        process.kill()
        process.wait()
        os.close(heard)


def test_a_worker_goes_on_when_there_is_a_road_to_the_database(gunicorn: Gunicorn) -> None:
    assert not gunicorn.has_spoken(A_WHILE)
    os.close(gunicorn.road)
    assert gunicorn.has_spoken(20)
    said = json.loads(os.read(gunicorn.heard, 4096))
    assert said == {"ready": said["ready"], "of": 1}
    assert said["ready"] in descendants(gunicorn.process.pid)


def test_a_stop_meanwhile_ends_it(gunicorn: Gunicorn) -> None:
    workers = descendants(gunicorn.process.pid)
    gunicorn.process.send_signal(signal.SIGTERM)
    assert gunicorn.process.wait(20) == 0
    wait_until(lambda: not any(map(is_alive, workers)), "the end of its worker")
    assert os.read(gunicorn.heard, 4096) == b""  # it has never said that it is ready
    os.close(gunicorn.road)
