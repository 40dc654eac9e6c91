"""Starts, watches and ends real processes for tests, by their process id. As root also under an ordinary account."""

from __future__ import annotations

import os
import pwd
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from workouts_api.host.accounts import Account

ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 60.0  # s; a bound against hanging, not an expectation


@contextmanager
def signalled(pids: Sequence[int]) -> Iterator[None]:
    """Stopped by SIGSTOP, until the block ends."""
    assert pids, "there is no such process"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@dataclass(frozen=True)
class Person:
    """An account that runs processes, and a Python that it can run."""

    account: Account
    python: str
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path("/")

    def start(
        self, *arguments: str, environ: Mapping[str, str], output: IO[str] | None = None
    ) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self.python, *arguments],
            env={**self.environ, **environ, "PYTHONPATH": f"{ROOT}:{self.environ.get('PYTHONPATH', '')}"},
            text=True,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT if output is not None else None,
            cwd=self.folder,
            start_new_session=True,
            **self.account.identity,
        )


def myself() -> Person:
    return Person(Account("me", os.geteuid(), os.getegid()), sys.executable, {"PATH": os.environ.get("PATH", "")})


def ordinary_person() -> Person:
    """A person who is not root: the account of the tests or, as root, `nobody` with a Python that `nobody` can run."""
    if os.geteuid() != 0:
        return myself()
    entry = pwd.getpwnam("nobody")
    account = Account("nobody", entry.pw_uid, entry.pw_gid)
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    packages = sysconfig.get_path("platlib")
    # `nobody` cannot reach an interpreter under root's home (pyenv). One of the same version can use its packages.
    for python in (sys.executable, f"/usr/bin/python{version}", f"/usr/local/bin/python{version}"):
        environ = {"PATH": os.defpath, "PYTHONPATH": packages, "PYTHONDONTWRITEBYTECODE": "1"}
        if account.can_run(
            "/usr/bin/env", f"PYTHONPATH={packages}:{ROOT}", python, "-c", "import workouts_api.host.embedded"
        ):
            return Person(account, python, environ)
    pytest.skip(f"no Python {version} that the account nobody can run")


def wait_until(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not done():
        assert time.monotonic() < deadline, f"still waiting after {PATIENCE:g} s: {what}"
        time.sleep(0.02)


def is_alive(pid: int) -> bool:
    """Whether the process runs. A zombie does not run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def descendants(pid: int) -> list[int]:
    """The process's children, their children, and so on."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found, waiting = [], [pid]
    while waiting:
        children = parents.get(waiting.pop(), [])
        found += children
        waiting += children
    return found
