"""The machine of the measurements: cores, processor, memory, versions. No names of hosts or people."""

from __future__ import annotations

import os
import platform
from importlib.metadata import version
from pathlib import Path

import psycopg

from bench.stage import Stage

PACKAGES = (
    "flask",
    "flask-smorest",
    "marshmallow",
    "psycopg",
    "psycopg-pool",
    "gunicorn",
    "orjson",
    "flask-jwt-extended",
)


def described(stage: Stage) -> list[tuple[str, str]]:
    with psycopg.connect(stage.cluster.dsn()) as connection:
        row = connection.execute("show server_version").fetchone()
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    busy = " – others were at work, figures are worse for it" if load > cores / 2 else ""
    return [
        ("Processor", f"{cores} cores, {_processor()}"),
        ("Memory", f"{_memory_gb():.0f} GB"),
        ("System", f"{platform.system()} {platform.release().partition('-')[0]}"),
        ("Python", platform.python_version()),
        ("PostgreSQL", str(row[0]) if row else "?"),
        ("Packages", ", ".join(f"{name} {version(name)}" for name in PACKAGES)),
        (
            "Load when the run began",
            f"{load:.1f}{busy}",
        ),
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith(("model name", "Model")):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
