"""``python -m bench.overload``: five times as many requests as the server can answer, and what becomes of them.

The server and PostgreSQL have one core, the clients another, in all rounds alike. The peak is measured before and
after: as many connections as threads, each with one request at a time. What is usual is measured between: requests that
arrive at seven tenths of the peak. In the overload requests arrive at five times the peak, whatever becomes of the
earlier ones. A request that is refused is not sent again.
"""

from __future__ import annotations

import argparse
import os
import socket
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean

from rich.console import Console

from bench.arrivals import Clients, Seen
from bench.figures import Figures, Target
from bench.page import held
from bench.processes import cpu_s
from bench.requests import requests_of
from bench.stage import THREADS, Server, Stage, set_up
from workouts_api.web.waiting import CALM

TIMES = 5
USUAL = 0.7  # of the peak
REFUSED_WITHIN = 2.5  # seconds
SHORT = 8.0  # seconds of the other rounds
PARTS = ("wait", "pool", "db", "app")  # of Server-Timing
COLUMNS = (
    "", "requests/s", "answered 2xx/s", "p50 ms", "p99 ms", "p99 ms later", "refused/s",
    "p99 ms of refusals", "longest", "broken", "CPU of the server", "of others", "clients late ms",
)  # fmt: skip


class Cores:
    """One core for the server and PostgreSQL, which inherit it, and another one for the clients."""

    def __init__(self) -> None:
        self._all = os.sched_getaffinity(0)
        self.clients = {max(self._all)}
        self.server = {min(self._all)}

    @contextmanager
    def as_server(self) -> Iterator[None]:
        """What is started here runs on the server's core."""
        os.sched_setaffinity(0, self.server)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.clients)


def part(seconds: list[float], of_100: int) -> float:
    """A percentile, in milliseconds."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * of_100 // 100)] * 1000 if ordered else 0.0


class Rounds:
    """The rounds of one server, each a row of the table."""

    def __init__(self, stage: Stage, server: Server, figures: Figures, cores: Cores) -> None:
        self._stage, self._server, self._figures = stage, server, figures
        self.where = Figures(
            "Where the time of an answered request went, mean ms", ("", "before and after", "a thread", *PARTS[1:])
        )
        self._core = min(cores.server)
        self.per_cpu_s: list[float] = []
        """Answered by each round for each second of the processor."""

    def round(self, name: str, go: Callable[[], Seen]) -> Seen:
        pids = [self._server.process.pid, *self._server.workers(), *self._stage.backends()]
        used, busy, began = cpu_s(pids), busy_s(self._core), time.perf_counter()
        seen = go()
        took = time.perf_counter() - began
        share = (cpu_s(pids) - used) / took
        self.per_cpu_s.append(len(seen.served) / seen.seconds / max(share, 0.001))
        others = (busy_s(self._core) - busy) / took - share
        self._figures.add(
            name,
            f"{seen.sent / seen.seconds:.0f}",
            f"{len(seen.served) / seen.seconds:.0f}",
            f"{part(seen.served, 50):.1f}",
            f"{part(seen.served, 99):.1f}",
            f"{part(seen.served[seen.at_first :], 99):.1f}",
            f"{len(seen.refused) / seen.seconds:.0f}",
            f"{part(seen.refused, 99):.0f}",
            f"{max(seen.refused, default=0) * 1000:.0f}",
            seen.broken + sum(seen.others.values()),
            f"{share:.0%}",
            f"{max(0, others):.0%}",
            f"{seen.late * 1000:.0f}",
        )
        self.where.add(name, *(f"{ms:.1f}" for ms in where_time_went(seen)))
        return seen


def where_time_went(seen: Seen) -> Iterator[float]:
    """Means, in milliseconds; the first is what the server does not count."""
    parts = [mean(one.get(name, 0.0) for one in seen.parts) for name in PARTS]
    yield mean(seen.served) * 1000 - sum(parts)
    yield from parts


def busy_s(core: int) -> float:
    """Seconds for which a core has worked for anybody, or was taken away by the machine's owner."""
    for line in Path("/proc/stat").read_text(encoding="ascii").splitlines():
        if line.startswith(f"cpu{core} "):
            user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, line.split()[1:9])
            return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")
    return 0.0


def measure(stage: Stage, cores: Cores, seconds: float, workers: int) -> tuple[list[Figures], list[Target]]:
    connections = THREADS * workers
    figures = Figures(f"Overload: {workers} workers of {THREADS} threads, {seconds:g} s", COLUMNS)
    with cores.as_server():
        database = stage.database(30_000)
        application = stage.application(database, workers=workers)
        server = application.__enter__()
    try:
        made = requests_of(stage, database, server)
        mix = [made["me"], made["list-50"], made["get-one"]]
        rounds = Rounds(stage, server, figures, cores)

        def peak() -> Seen:
            return Clients(server.port, mix).take_turns(connections, min(SHORT, seconds))

        peak()  # warms up
        before = rounds.round("peak, before", peak)
        rate = len(before.served) / before.seconds
        usual = rounds.round(
            f"{USUAL:.0%} of it", lambda: Clients(server.port, mix).arrive(USUAL * rate, min(SHORT, seconds))
        )
        seen = rounds.round(f"{TIMES} × as many", lambda: Clients(server.port, mix).arrive(TIMES * rate, seconds))
        time.sleep(2 * CALM)
        after = rounds.round("peak, after", peak)
    finally:
        application.__exit__(None, None, None)
    rate = mean(len(one.served) / one.seconds for one in (before, after))
    goodput, longest = len(seen.served) / seen.seconds, max(seen.refused, default=0.0)
    p99, at_peak = part(seen.served, 99), mean(part(one.served, 99) for one in (before, after))
    ratio = p99 / part(usual.served, 99)
    at_first, _, in_overload, at_last = rounds.per_cpu_s
    by_cpu = in_overload / mean((at_first, at_last))
    figures.notes.append(
        f"The p99 is {p99 / at_peak:.1f} times that at the peak. For each second of the processor that the server had, "
        f"{by_cpu:.0%} of what it answers at the peak. Others: what else had the server's core."
    )
    counts = {"broken": seen.broken} | {f"status {status}": count for status, count in seen.others.items()}
    strange = ", ".join(f"{count} {what}" for what, count in counts.items() if count)
    return [figures, rounds.where], [
        Target("goodput in an overload", "≥ 80 % of the peak", f"{goodput / rate:.0%}", goodput >= 0.8 * rate),
        Target("p99 of what is answered", "≤ 3 × usual", f"{ratio:.1f} ×", ratio <= 3),
        Target("refused within", f"{REFUSED_WITHIN} s", f"{longest:.2f} s", longest <= REFUSED_WITHIN),
        Target("refused without Retry-After", "0", str(seen.without_retry_after), not seen.without_retry_after),
        Target("neither answered nor refused", "0", strange or "0", not strange),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the overload lasts")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    socket.setdefaulttimeout(10)
    cores = Cores()
    os.sched_setaffinity(0, cores.server)
    with set_up() as stage:
        os.sched_setaffinity(0, cores.clients)
        os.sched_setaffinity(stage.client.pid, cores.clients)
        tables, targets = measure(stage, cores, given.seconds, given.workers)
    for table in tables:
        table.show(out)
    held(targets).show(out)
    return 0 if all(target.met for target in targets) else 1


if __name__ == "__main__":
    raise SystemExit(main())
