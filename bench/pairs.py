"""``python -m bench.pairs CHECKOUT [CHECKOUT]``: two versions of the project beside each other, round by round.

Each checkout has an environment of its own (``make test`` made it) and serves a database of its own. The rounds take
turns, so that both see the same machine, which may be fast in one minute and slow in the next. Each figure is a ratio:
the second version (this checkout, if only one is named) divided by the first. It stands with its 95 % interval.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

NAMES = ("me", "list-50", "get-one", "create")
IMPORT = "import"  # only if it is named: whole runs of ``workouts import``, each into an empty database
FIGURES = ("requests/s", "application CPU", "database CPU")
STUDENT = {20: 2.093, 24: 2.069, 30: 2.045, 40: 2.023, 60: 2.001}  # 97.5 % quantiles for n − 1 degrees of freedom
# Runs in each version's environment, from its own folder, with its own bench package. A line in: a request's name and
# seconds. A line out: what was measured.
SIDE = """
import json, os, resource, sys
from pathlib import Path
from bench import importing
from bench.processes import proportional_mb
from bench.requests import requests_of
from bench.stage import set_up

def server_s(stage):  # of backends that have ended: an import's has
    keeper = (stage.cluster.data_dir / "postmaster.pid").read_text().split()[0]
    user, system = Path(f"/proc/{keeper}/stat").read_text().rpartition(")")[2].split()[13:15]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

def process_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

def brought_in(stage, sets):
    stage.database(0)
    process, server = process_s(), server_s(stage)
    took, _, _ = importing._import(stage, sets)
    return [sets / took, (process_s() - process) / sets * 1e6, (server_s(stage) - server) / sets * 1e6]

with set_up() as stage:
    database = stage.database(int(sys.argv[1]))
    with stage.application(database) as server:
        requests = requests_of(stage, database, server)
        print(json.dumps("ready"), flush=True)
        for line in sys.stdin:
            name, seconds = json.loads(line)
            if name == "import":
                print(json.dumps(brought_in(stage, int(sys.argv[2]))), flush=True)
                continue
            if name == "memory":
                print(json.dumps([proportional_mb(pid) for pid in server.workers()]), flush=True)
                continue
            one = stage.measure(server, [requests[name]], seconds)
            assert not one.seen["errors"], one.seen
            print(json.dumps([one.seen["requests"] / one.seen["seconds"], one.per_request_us(one.application_s),
                              one.per_request_us(one.database_s)]), flush=True)
"""


class Side:
    """One version, served until the end of the run."""

    def __init__(self, checkout: Path, sets: int, import_sets: int) -> None:
        self.process = subprocess.Popen(
            [checkout / ".venv/bin/python", "-c", SIDE, str(sets), str(import_sets)],
            cwd=checkout, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def said(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args!r} ended before it answered")
        return json.loads(line)

    def ask(self, name: str, seconds: float) -> Any:
        assert self.process.stdin is not None
        print(json.dumps([name, seconds]), file=self.process.stdin, flush=True)
        return self.said()

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)


def main() -> int:
    given = _arguments()
    sides = [Side(path, given.sets, given.import_sets) for path in given.checkouts]
    try:
        for side in sides:
            side.said()
        for name in given.requests:
            for side in sides:
                side.ask(name, 2.0)
        rounds: dict[str, list[list[list[float]]]] = {name: [] for name in given.requests}
        for number in range(given.pairs):
            for name in given.requests:
                order = sides if number % 2 else sides[::-1]
                seen = {side: side.ask(name, given.seconds) for side in order}
                rounds[name].append([seen[side] for side in sides])
        memory = [max(side.ask("memory", 0)) for side in sides]
    finally:
        for side in sides:
            side.end()
    _show(rounds, memory, given.pairs)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.pairs", description=__doc__)
    parser.add_argument("checkouts", nargs="+", type=Path, metavar="CHECKOUT")
    parser.add_argument("--pairs", type=int, default=24, choices=sorted(STUDENT), help="pairs of rounds a request")
    parser.add_argument("--seconds", type=float, default=1.5, help="of a round")
    parser.add_argument("--requests", nargs="+", choices=(*NAMES, IMPORT), default=NAMES, metavar="NAME")
    parser.add_argument("--import-sets", type=int, default=100_000, help="of a round of imports")
    parser.add_argument("--sets", type=int, default=1_000_000, help="in each database")
    given = parser.parse_intermixed_args()
    if len(given.checkouts) == 1:
        given.checkouts.append(Path.cwd())
    given.checkouts = [path.resolve() for path in given.checkouts]
    if len(given.checkouts) != 2:
        parser.error("expected one or two checkouts")
    return given


def interval(ratios: Sequence[float]) -> str:
    """Mean of the ratios, and half of the width of its 95 % interval by Student's t."""
    half = STUDENT[len(ratios)] * statistics.stdev(ratios) / len(ratios) ** 0.5
    return f"{statistics.mean(ratios):.3f} ± {half:.3f}"


def _show(rounds: dict[str, list[list[list[float]]]], memory: Sequence[float], pairs: int) -> None:
    table = Table(
        title=f"The second version divided by the first, {pairs} pairs; of imports sets/s, and CPU a set",
        title_justify="left",
    )
    for column in ("request", *FIGURES, "requests/s of each", "application µs of each"):
        table.add_column(column)
    for name, seen in rounds.items():
        ratios = [interval([pair[1][n] / pair[0][n] for pair in seen]) for n in range(len(FIGURES))]
        middles = [[statistics.median(pair[side][n] for pair in seen) for side in (0, 1)] for n in (0, 1)]
        table.add_row(name, *ratios, *(f"{one[0]:.0f}, {one[1]:.0f}" for one in middles))
    out = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    out.print(table)
    out.print(f"Proportional memory of a worker after the run: {memory[0]:.1f} and {memory[1]:.1f} MB.")


if __name__ == "__main__":
    sys.exit(main())
