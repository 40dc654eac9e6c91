"""A proof that is ended or killed: what everybody has written must not stay behind in a folder that nobody knows."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workouts_api.host.backups import Backup, manifest_file

pytestmark = pytest.mark.processes

PATIENCE = 30.0


def begin(folder: Path, as_dba: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "workouts_api.cli", "backup", "verify", "--folder", str(folder)]
    environ = {
        **os.environ,
        "WORKOUTS_DATA_DIR": str(folder / "none"),
        "JWT_SECRET_KEY": "4kq0Zl5mJ2Q7yY3m1C9vB8nX6sT0rW4e",
    }
    with said(folder).open("wb") as stderr:
        return subprocess.Popen([*command, "--database-url", as_dba], env=environ, stdout=stderr, stderr=stderr)


def said(folder: Path) -> Path:
    return folder / "said.txt"


def await_true(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.01)


def servers_of(folder: Path) -> list[str]:
    """Postmasters whose data lies in the folder, or in an account's of its own that is named after it."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/postgres") and os.fsencode(folder) in b" ".join(words):
            found.append(process.name)
    return found


@pytest.fixture
def passable() -> Iterator[Path]:
    """A folder that PostgreSQL's account gets through: else its data would lie elsewhere, and not be found by it.

    pytest's own folder stays as it is: where servers lie that processes share depends on who gets through it.
    """
    with tempfile.TemporaryDirectory(prefix="wb-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


def test_a_proof_that_is_killed_or_ended_leaves_neither_server_nor_files(
    made: Backup, as_dba: str, passable: Path
) -> None:
    for path in (made.dump, manifest_file(made.dump)):
        shutil.copy(path, passable)
    killed = begin(passable, as_dba)
    await_true(lambda: servers_of(passable) or killed.poll() is not None)
    killed.kill()
    assert killed.wait() == -signal.SIGKILL, said(passable).read_text(encoding="utf-8")
    assert list(passable.glob("workouts-verify-*"))
    [left] = passable.glob("workouts-verify-*")

    ended = begin(passable, as_dba)
    await_true(lambda: not left.exists() and list(passable.glob("workouts-verify-*")))
    ended.send_signal(signal.SIGTERM)
    assert ended.wait(PATIENCE) == 128 + signal.SIGTERM
    assert list(passable.glob("workouts-verify-*")) == []
    assert servers_of(passable) == []
