"""Import: sets a second and the peak of memory, by ``workouts import``, as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from bench.effort import Effort
from bench.figures import Figures, Target
from bench.import_speed import write_export
from bench.stage import Stage

WANTED = 50_000  # sets/s
JUDGED_FROM = 100_000  # sets: below, the start of the process is most of it


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    figures = Figures("Import of a Hevy export", ("sets", "file, MB", "seconds", "sets/s", "peak memory, MB"))
    figures.notes.append("`workouts import FILE`, from the start of the process to its end, into an empty database.")
    held = []
    for sets in effort.imports:
        took, peak_mb, size_mb = _import(stage, sets)
        figures.add(f"{sets:,}", f"{size_mb:.1f}", f"{took:.1f}", f"{sets / took:,.0f}", f"{peak_mb:.0f}")
        if sets >= JUDGED_FROM:
            rate = sets / took
            held.append(Target(f"import of {sets:,} sets", "≥ 50,000 sets/s", f"{rate:,.0f}", rate >= WANTED))
    return [figures], held


def _import(stage: Stage, sets: int) -> tuple[float, float, float]:
    """Seconds, peak resident MB, size of the file in MB."""
    database = stage.database(0)
    path = stage.folder / f"export-{sets}.csv"
    write_export(path, sets)
    try:
        started = time.perf_counter()
        with (stage.folder / "import.log").open("w+b") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "workouts_api.cli", "import", str(path), "--user", "bench", "--zone", "UTC"],
                env={**os.environ, **stage.environ(database, 0, 1)},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            took = time.perf_counter() - started
            log.seek(0)
            if process.returncode:
                raise RuntimeError(f"the import of {sets:,} sets failed: {log.read().decode(errors='replace')[-500:]}")
        return took, usage.ru_maxrss * 1024 / 1e6, _size_mb(path)
    finally:
        path.unlink()
        stage.drop(0)


def _size_mb(path: Path) -> float:
    return path.stat().st_size / 1e6
