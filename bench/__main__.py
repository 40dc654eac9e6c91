"""``python -m bench [--quick] [PART …]``: measures, prints tables as they come, and writes docs/PERFORMANCE.md.

QUICK=1 in the environment is --quick, for ``make bench QUICK=1``. With parts named, only they run, and nothing is
written unless --page says where to.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import breakdown, depth, importing, load, machine, page, road, startup, statements, statistics, users
from bench.effort import FULL, QUICK, Effort
from bench.figures import Figures, Target
from bench.stage import Stage, set_up, today

Part = Callable[[Stage, Effort], tuple[list[Figures], list[Target]]]
# The order of the page, and of what is left out last when time runs short.
PARTS: dict[str, Part] = {
    "load": load.measure,
    "breakdown": breakdown.measure,
    "road": road.measure,
    "statements": statements.measure,
    "startup": startup.measure,
    "import": importing.measure,
    "users": users.measure,
    "depth": depth.measure,
    "statistics": statistics.measure,
}


def main() -> int:
    given = _arguments()
    effort = QUICK if given.quick else FULL
    out = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    started = time.monotonic()
    figures: list[Figures] = []
    targets: list[Target] = []
    left_out: list[str] = []
    with set_up() as stage:
        about = machine.described(stage)
        out.print(f"{effort.name} run; {about[0][1]}, PostgreSQL {about[4][1]}, Python {about[3][1]}")
        for name in given.parts or PARTS:
            if time.monotonic() - started > effort.limit_s:
                left_out.append(name)
                out.print(f"{name}: left out, {effort.limit_s:g} s are over.")
                continue
            began = time.monotonic()
            found, judged = PARTS[name](stage, effort)
            for one in found:
                one.show(out)
            figures += found
            targets += judged
            out.print(f"({name}: {time.monotonic() - began:.0f} s)\n")
    page.held(targets).show(out)
    minutes = (time.monotonic() - started) / 60
    path = given.page or (None if given.parts else page.PAGE)
    if path:
        page.write(path, day=today(), effort=effort.name, minutes=minutes, machine=about, figures=figures,
                   targets=targets, left_out=left_out)  # fmt: skip
        page.write_plans(page.PLANS, figures)
        out.print(f"Written: {path}, and the plans to {page.PLANS}")
    out.print(f"{minutes:.1f} minutes.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"{', '.join(PARTS)}; default: all")
    quick = os.environ.get("QUICK", "") not in ("", "0")
    parser.add_argument("--quick", action="store_true", default=quick, help="smaller sizes, fewer rounds: 3 minutes")
    parser.add_argument("--page", type=Path, help="where to write the page; default, of all parts: docs/PERFORMANCE.md")
    given = parser.parse_args()
    unknown = sorted(set(given.parts) - PARTS.keys())
    if unknown:
        parser.error(f"{', '.join(unknown)}: expected any of {', '.join(PARTS)}")
    return given


if __name__ == "__main__":
    sys.exit(main())
