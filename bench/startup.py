"""Start-up: from nothing to an application that answers, by phase, and which packages the imports go to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections import Counter

from bench.effort import Effort
from bench.figures import Figures, Target, middle, with_spread
from bench.stage import Stage

_PHASES = """
import time
began = time.perf_counter()
from workouts_api import create_app
app = create_app()
built = time.perf_counter()
app.test_client().get("/health/live")
print(built - began, time.perf_counter() - built)
"""
_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s*(\S+)")
SHOWN = 10


def measure(stage: Stage, effort: Effort) -> tuple[list[Figures], list[Target]]:
    environ = {**os.environ, **stage.environ(stage.database(effort.load_sets), 0, 1)}
    runs = [_phases(environ) for _ in range(max(3, effort.rounds))]
    figures = Figures("Start-up of one process", ("phase", "ms"))
    labels = ("interpreter", "create_app(), with what it imports", "first answer")
    for number, label in enumerate(labels):
        figures.add(label, with_spread([run[number] * 1000 for run in runs]))
    total = middle([sum(run) for run in runs])
    figures.add("together", f"{total * 1000:.0f}")
    packages = Figures("Imports by package (python -X importtime, which slows them down)", ("package", "ms", "modules"))
    spent, modules = _imports(environ)
    for package, us in spent.most_common(SHOWN):
        packages.add(package, f"{us / 1000:.0f}", modules[package])
    rest = sum(spent.values()) - sum(us for _, us in spent.most_common(SHOWN))
    packages.add(
        "all others", f"{rest / 1000:.0f}", sum(modules.values()) - sum(modules[p] for p, _ in spent.most_common(SHOWN))
    )
    return [figures, packages], [Target("start of the application", "< 1 s", f"{total:.2f} s", total < 1)]


def _phases(environ: dict[str, str]) -> list[float]:
    """Seconds of each phase; the interpreter's is what is left of the whole."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", "pass"], env=environ, check=True)
    bare = time.perf_counter() - started
    done = subprocess.run([sys.executable, "-c", _PHASES], env=environ, check=True, capture_output=True)
    return [bare, *map(float, done.stdout.split()[-2:])]


def _imports(environ: dict[str, str]) -> tuple[Counter[str], Counter[str]]:
    """Microseconds and modules by package."""
    code = "from workouts_api import create_app; create_app()"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", code], env=environ, check=True, capture_output=True, text=True
    )
    spent: Counter[str] = Counter()
    modules: Counter[str] = Counter()
    for us, module in _LINE.findall(done.stderr):
        package = module.partition(".")[0]
        name = "the standard library" if package.lstrip("_") in _STANDARD or package in _STANDARD else package
        spent[name] += int(us)
        modules[name] += 1
    return spent, modules


_STANDARD = sys.stdlib_module_names
