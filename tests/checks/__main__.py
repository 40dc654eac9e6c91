"""``python -m tests.checks [NAME …]``: every check of the code without its tests; `make check` runs all.

A check that fails does not end the run: the others run too, and the last line says which failed. A check that needs a
program which is no Python package is skipped where the program is missing. WORKOUTS_TEST_REQUIRE names checks that must
not be skipped, as it does for tests; `.ci/run` names all of them.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.checks.last_release import SKIPPED

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AT_A_TIME = 2


@dataclass(frozen=True)
class Check:
    """A command; ``program`` is what the machine may lack. Exit code 77 says that it could not check."""

    name: str
    command: tuple[str, ...]
    program: str = ""


@dataclass(frozen=True)
class Outcome:
    """How a check ended: "ok", "failed" or "skipped"; what it said; how long it took."""

    check: Check
    word: str
    said: str
    seconds: float


def _ours(program: str, *arguments: str) -> tuple[str, ...]:
    return (str(BIN / program), *arguments)


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)


def _shell_scripts() -> tuple[str, ...]:
    files = (path for folder in (".ci", "deploy") for path in sorted((ROOT / folder).rglob("*")) if path.is_file())
    scripts = (path for path in files if path.read_bytes().startswith((b"#!/usr/bin/env bash", b"#!/bin/sh")))
    return tuple(str(path.relative_to(ROOT)) for path in scripts)


# Those that take longest come first, so that two at a time end together.
CHECKS = (
    Check(
        "sqlfluff",
        _ours(
            "sqlfluff",
            "lint",
            "--processes",
            "2",
            "queries",
            "migrations",
            "workouts_api/migrate/catalogue",
            "workouts_api/migrate/surroundings",
            "workouts_api/dba/advice",
            "workouts_api/dba/doctor",
            "workouts_api/doctor",
        ),
    ),
    Check("db verify", _ours("workouts", "db", "verify")),
    Check("mypy", _ours("mypy")),
    Check("last-release", _module("tests.checks.last_release")),
    Check("sql check", _ours("workouts", "sql", "check")),
    Check("sql stubs", _ours("workouts", "sql", "stubs", "--check")),
    Check("db dump", _ours("workouts", "db", "dump", "--check")),
    Check("squawk", _module("tests.checks.squawk")),
    Check("nginx", _module("tests.checks.nginx")),
    Check("systemd", _module("tests.checks.systemd")),
    Check("image", _module("tests.checks.image"), "buildah"),
    Check("shellcheck", ("shellcheck", "--severity=warning", *_shell_scripts()), "shellcheck"),
    Check("alerts", ("promtool", "test", "rules", "deploy/prometheus/alerts_test.yml"), "promtool"),
    Check(
        "prometheus",
        (
            *("promtool", "check", "config"),
            *("deploy/prometheus/prometheus.yml", "deploy/container/prometheus.yml"),
        ),
        "promtool",
    ),
    Check("ruff check", _ours("ruff", "check", ".")),
    Check("ruff format", _ours("ruff", "format", "--check", ".")),
)


def run(check: Check) -> Outcome:
    """Runs a check; what it cannot check is skipped, or failed where it is required."""
    started = time.monotonic()
    if check.program and not shutil.which(check.program):
        code, said = SKIPPED, f"there is no {check.program} on this machine"
    else:
        done = subprocess.run(
            check.command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        code, said = done.returncode, done.stdout
    required = check.name in os.environ.get("WORKOUTS_TEST_REQUIRE", "").split(",")
    word = "ok" if code == 0 else "skipped" if code == SKIPPED and not required else "failed"
    return Outcome(check, word, said.strip(), time.monotonic() - started)


def run_all(checks: Iterable[Check]) -> Iterator[Outcome]:
    """Every check, some at a time, in their order."""
    with ThreadPoolExecutor(AT_A_TIME) as workers:
        yield from workers.map(run, checks)


def report(outcomes: Iterable[Outcome]) -> int:
    """Prints each outcome as it comes, then the sum; the exit code."""
    words: dict[str, list[str]] = {word: [] for word in ("ok", "skipped", "failed")}
    for outcome in outcomes:
        words[outcome.word].append(outcome.check.name)
        reason = f": {outcome.said}" if outcome.word == "skipped" else ""
        print(f"{outcome.word:8} {outcome.check.name:12} {outcome.seconds:5.1f} s{reason}", flush=True)
        if outcome.word == "failed":
            print(f"\n{outcome.said}\n", flush=True)
    print(f"{len(words['ok'])} in order", end="")
    print(f", {len(words['skipped'])} skipped ({', '.join(words['skipped'])})" if words["skipped"] else "", end="")
    print(f", {len(words['failed'])} FAILED: {', '.join(words['failed'])}" if words["failed"] else ".")
    return 1 if words["failed"] else 0


def main(names: Sequence[str]) -> int:
    known = {check.name: check for check in CHECKS}
    unknown = sorted(set(names) - known.keys())
    if unknown:
        print(f"{', '.join(unknown)}: expected any of {', '.join(known)}", file=sys.stderr)
        return 2
    os.chdir(ROOT)
    return report(run_all([known[name] for name in names or known]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
