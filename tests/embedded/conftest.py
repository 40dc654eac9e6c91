"""Folders for clusters. Their paths are short enough for sockets, and they are always removed after the test."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import chosen_bin_dir
from tests.processes import Person, wait_until
from workouts_api.host.embedded import Binaries, EmbeddedPostgres, find_binaries

HOLD = """
import sys
from pathlib import Path
from workouts_api.host.embedded import EmbeddedPostgres, find_binaries
bin_dir = Path(sys.argv[2]) if sys.argv[2] else None
with EmbeddedPostgres(Path(sys.argv[1]), binaries=find_binaries(bin_dir), durable=False):
    Path(sys.argv[3]).touch()
    sys.stdin.read()
"""


class Held:
    """A process that uses the server of a folder until it is told to leave."""

    def __init__(self, person: Person, folder: Path) -> None:
        told = folder.parent / f"up-{os.urandom(4).hex()}"
        bin_dir = str(chosen_bin_dir() or "")
        self.process = person.start("-c", HOLD, str(folder), bin_dir, str(told), environ={"HOME": str(folder.parent)})
        wait_until(lambda: told.exists() or self.process.poll() is not None, "a process that starts a server")
        assert self.process.poll() is None, "it ended instead"

    def leave(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.close()
        return self.process.wait(20)

    def receive(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        wait_until(lambda: self.process.poll() is not None, f"the end by {number.name}")
        return self.leave()


@pytest.fixture
def binaries() -> Binaries:
    return find_binaries(chosen_bin_dir())


@pytest.fixture
def folder(binaries: Binaries) -> Iterator[Path]:
    """A folder for a server. Everybody may enter its parent, so that every account can reach it."""
    parent = Path(tempfile.mkdtemp(prefix="wk-"))
    parent.chmod(0o777)
    yield parent / "cluster"
    if (parent / "cluster").is_dir():
        server = EmbeddedPostgres(parent / "cluster", binaries=binaries)
        if server.is_running():
            server.start()
            server.stop()
        server.delete()
    shutil.rmtree(parent)
