"""Runs the tests on a copy in which one thing is changed.

All runs share one PostgreSQL; a change of the schema's own functions has one of its own, or the template would not
have it.
"""

from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import roomy_memory
from tests.mutants.changes import Mutant
from tests.postgres import throwaway_cluster

LONGEST = 300.0  # seconds for one mutant: an endless loop is noticed, too


@dataclass(frozen=True)
class Outcome:
    mutant: Mutant
    survived: bool
    seconds: float
    said: str


@contextmanager
def copies(root: Path, count: int) -> Iterator[list[Path]]:
    """Copies of what is checked in, or about to be, one for each mutant that is tried at a time."""
    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=root, capture_output=True, check=True).stdout.decode().split("\0")
    with ExitStack() as stack:
        made = []
        for _ in range(count):
            folder = roomy_memory() / f"mutants-{uuid.uuid4().hex[:8]}"
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            for name in filter(None, names):
                if (root / name).is_symlink() or (root / name).exists():
                    (folder / name).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy2(root / name, folder / name, follow_symlinks=False)
            made.append(folder)
        yield made


def try_all(root: Path, mutants: Iterable[tuple[Mutant, str]], jobs: int) -> Iterator[Outcome]:
    """Each mutant with the tests that should notice it, in the order in which they are done."""
    run = f"m{uuid.uuid4().hex[:8]}"
    with copies(root, jobs) as folders, throwaway_cluster(roomy_memory() / f"workouts-{run}"):
        free: queue.SimpleQueue[tuple[int, Path]] = queue.SimpleQueue()
        for place in enumerate(folders):
            free.put(place)

        def attempt(mutant: Mutant, tests: str) -> Outcome:
            place = number, folder = free.get()
            try:
                return _attempt(folder, mutant, tests, run, number)
            finally:
                free.put(place)

        with ThreadPoolExecutor(jobs) as threads:
            done = [threads.submit(attempt, mutant, tests) for mutant, tests in mutants]
            try:
                for future in as_completed(done):
                    yield future.result()
            finally:
                threads.shutdown(cancel_futures=True)  # Ctrl-C ends it with those that are under way


def _attempt(folder: Path, mutant: Mutant, tests: str, run: str, number: int) -> Outcome:
    file = folder / mutant.path
    original = file.read_text(encoding="utf-8")
    file.write_text(mutant.applied(original), encoding="utf-8")
    if mutant.path.startswith("migrations/"):
        run = f"m{uuid.uuid4().hex[:8]}"
    started = time.monotonic()
    try:
        status, said = _tested(folder, tests, run, number)
    finally:
        file.write_text(original, encoding="utf-8")
    if _does_not_load(status, said):
        status = 2
    if status not in (0, 1, 2, None):  # passed, failed, broken at import, too long; all else is no verdict
        raise RuntimeError(f"{mutant.name}: pytest ended with {status}\n{said}")
    return Outcome(mutant, status == 0, time.monotonic() - started, said)


def _does_not_load(status: int | None, said: str) -> bool:
    """Whether the change ends the import of conftest.py: pytest has one status for that and for a wrong command."""
    return status == pytest.ExitCode.USAGE_ERROR and re.search(r"^E  ", said, re.MULTILINE) is not None


def _tested(folder: Path, tests: str, run: str, number: int) -> tuple[int | None, str]:
    """The exit status, None after LONGEST, and what was printed at the end."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line"]
    environ = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTEST_XDIST_TESTRUNUID": run,  # names the cluster
        "PYTEST_XDIST_WORKER": f"gw{number}",  # names the database
    }
    child = subprocess.Popen(
        [*command, *tests.split()],
        cwd=folder,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = child.communicate(timeout=LONGEST)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()
        return None, f"took more than {LONGEST:.0f} s"
    return child.returncode, "\n".join(said.splitlines()[-6:])
