"""A Redis for one test, on a unix socket, which writes no files."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import redis

from tests.conftest import required


@contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """Its address, in the form of REDIS_URL. Skips the test if no server is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        if required("redis"):
            pytest.fail("no redis-server, and this run must not skip")
        pytest.skip("no redis-server")
    socket = folder / "redis.sock"
    options = ["--port", "0", "--unixsocket", str(socket), "--save", "", "--appendonly", "no", "--dir", str(folder)]
    server = subprocess.Popen([program, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(f"unix://{socket}")
        yield f"unix://{socket}"
    finally:
        server.terminate()
        server.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        with redis.Redis.from_url(url) as client:
            try:
                client.ping()
            except redis.RedisError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
            else:
                return
