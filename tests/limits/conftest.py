"""Applications with low limits, and a real Redis."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from redis import Redis
from werkzeug.test import TestResponse

from tests.conftest import Client, required
from tests.processes import wait_until
from workouts_api import create_app
from workouts_api.config import Settings

PER_USER, PER_ADDRESS = 25, 5
ME = "/api/v1/users/me"


@dataclass
class RedisServer:
    """A Redis of our own, on a unix socket."""

    folder: Path
    process: subprocess.Popen[bytes] | None = field(default=None)

    @property
    def url(self) -> str:
        return f"unix://{self.folder / 'redis.sock'}"

    def start(self) -> None:
        command = ["redis-server", "--port", "0", "--unixsocket", str(self.folder / "redis.sock"), "--save", ""]
        self.process = subprocess.Popen(command, cwd=self.folder, stdout=subprocess.DEVNULL)
        wait_until(lambda: (self.folder / "redis.sock").exists(), "Redis")

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)

    def clear(self) -> None:
        with Redis.from_url(self.url) as client:
            client.flushall()


@pytest.fixture(scope="module")
def redis() -> Iterator[RedisServer]:
    if shutil.which("redis-server") is None:
        if required("redis"):
            pytest.fail("no redis-server, and this run must not skip")
        pytest.skip("no redis-server")
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(Path(folder))
        server.start()
        yield server
        server.stop()


Build = Callable[..., Flask]


@pytest.fixture(scope="module")
def build(settings: Settings) -> Iterator[Build]:
    """Makes applications; one is like a worker."""
    built: list[Flask] = []

    def make(**changed: Any) -> Flask:
        low = {"rate_limits": True, "rate_limit_user": PER_USER, "rate_limit_address": PER_ADDRESS, "web_workers": 1}
        built.append(create_app(replace(settings, **{**low, **changed})))
        return built[-1]

    yield make
    for app in built:
        app.extensions["database"].close()


@pytest.fixture(scope="module")
def limited_app(build: Build) -> Flask:
    """A worker that is the only one, without Redis."""
    return build()


def ask(app: Flask, who: Client, path: str = ME, *, address: str = "192.0.2.1", **options: Any) -> TestResponse:
    """A request of ``who`` to this worker, from this address."""
    return Client(app.test_client(), token=who.token).get(path, environ_base={"REMOTE_ADDR": address}, **options)


def statuses(times: int, once: Callable[[], TestResponse]) -> list[int]:
    return [once().status_code for _ in range(times)]
