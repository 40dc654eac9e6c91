"""``python -m bench.overload``: five times as many requests as the server can answer, and what becomes of them.

First the peak is measured: as many connections as threads, each with one request at a time. Then requests arrive at
five times that rate, whatever becomes of the earlier ones: none waits for another one's reply. A request that is
refused is not sent again.
"""

from __future__ import annotations

import argparse
import select
import socket
import sys
import time
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console

from bench.client import Line
from bench.figures import Figures, Target
from bench.page import held
from bench.requests import requests_of
from bench.stage import THREADS, Stage, set_up

TIMES = 5
MOST_LINES = 3000  # connections; a request that finds none free is counted as unanswered
REFUSED_WITHIN = 2.5  # seconds


@dataclass
class Seen:
    """What the clients saw."""

    served: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    others: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    sent: int = 0
    at_first: int = 0
    """Answered within the first second, when the overload is not yet known to be one."""

    def take(self, status: int, seconds: float, reply: bytes) -> None:
        if status < 400:
            self.served.append(seconds)
        elif status == 503:
            self.refused.append(seconds)
            self.without_retry_after += b"\r\nRetry-After:" not in reply
        else:
            self.others[status] = self.others.get(status, 0) + 1


class Arrivals:
    """Sends requests at a rate, on connections that stay open."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._port = port
        self._requests = requests
        self._poll = select.epoll()
        self._lines: dict[int, Line] = {}
        self._free: list[Line] = []
        self.seen = Seen()

    def go(self, rate: float, seconds: float) -> Seen:
        for _ in range(MOST_LINES // 10):
            self._free.append(self._open())
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            for _ in range(int(elapsed * rate) - self.seen.sent):
                self._send()
            self._receive(0.0005)
            if elapsed < 1:
                self.seen.at_first = len(self.seen.served)
        end = time.perf_counter() + 2 * REFUSED_WITHIN
        while len(self._free) < len(self._lines) and time.perf_counter() < end:
            self._receive(0.1)
        self.seen.broken += len(self._lines) - len(self._free)
        for line in self._lines.values():
            line.socket.close()
        self._poll.close()
        return self.seen

    def _open(self) -> Line:
        line = Line(self._port)
        line.socket.settimeout(5)
        self._lines[line.socket.fileno()] = line
        self._poll.register(line.socket.fileno(), select.EPOLLIN)
        return line

    def _send(self) -> None:
        self.seen.sent += 1
        if not self._free and len(self._lines) >= MOST_LINES:
            self.seen.broken += 1
            return
        line = self._free.pop() if self._free else self._open()
        line.send(self._requests[self.seen.sent % len(self._requests)])

    def _receive(self, patience: float) -> None:
        for number, _ in self._poll.poll(patience):
            line = self._lines[number]
            try:
                status = line.receive()
            except (OSError, ConnectionError):
                self._poll.unregister(number)
                self._lines.pop(number).socket.close()
                self.seen.broken += 1
                continue
            if status is not None:
                self.seen.take(status, time.perf_counter() - line.sent_at, line.received)
                self._free.append(line)


def p99(seconds: list[float]) -> float:
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)] if ordered else 0.0


def measure(stage: Stage, seconds: float, workers: int) -> tuple[Figures, list[Target]]:
    database = stage.database(30_000)
    with stage.application(database, workers=workers) as server:
        made = requests_of(stage, database, server)
        mix = [made["me"], made["list-50"], made["get-one"]]
        stage.load(server.port, mix, 3, connections=THREADS * workers)
        usual = stage.load(server.port, mix, min(10.0, seconds), connections=THREADS * workers)
        peak = (usual["requests"] - usual["errors"]) / usual["seconds"]
        seen = Arrivals(server.port, mix).go(TIMES * peak, seconds)
    columns = (
        "",
        "requests/s",
        "answered 2xx/s",
        "p50 ms",
        "p99 ms",
        "p99 ms later",
        "refused/s",
        "longest refusal ms",
        "broken",
    )
    figures = Figures(f"Overload: {workers} workers of {THREADS} threads, {seconds:g} s", columns)
    figures.add(
        "peak",
        f"{peak:.0f}",
        f"{peak:.0f}",
        f"{usual['p50_ms']:.0f}",
        f"{usual['p99_ms']:.0f}",
        "",
        0,
        "",
        usual["errors"],
    )
    goodput, longest = len(seen.served) / seconds, max(seen.refused, default=0.0)
    figures.add(
        f"{TIMES} × as many", f"{seen.sent / seconds:.0f}", f"{goodput:.0f}", f"{median(seen.served) * 1000:.0f}",
        f"{p99(seen.served) * 1000:.0f}", f"{p99(seen.served[seen.at_first:]) * 1000:.0f}",
        f"{len(seen.refused) / seconds:.0f}", f"{longest * 1000:.0f}", seen.broken + sum(seen.others.values()),
    )  # fmt: skip
    ratio = p99(seen.served) * 1000 / usual["p99_ms"]
    return figures, [
        Target("goodput in an overload", "≥ 80 % of the peak", f"{goodput / peak:.0%}", goodput >= 0.8 * peak),
        Target("p99 of what is answered", "≤ 3 × usual", f"{ratio:.1f} ×", ratio <= 3),
        Target("refused within", f"{REFUSED_WITHIN} s", f"{longest:.2f} s", longest <= REFUSED_WITHIN),
        Target("refused without Retry-After", "0", str(seen.without_retry_after), not seen.without_retry_after),
        Target("neither answered nor refused", "0", str(seen.broken), not seen.broken and not seen.others),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.overload", description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the overload lasts")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    out = Console(width=None if sys.stdout.isatty() else 160, highlight=False, markup=False)
    socket.setdefaulttimeout(10)
    with set_up() as stage:
        figures, targets = measure(stage, given.seconds, given.workers)
    figures.show(out)
    held(targets).show(out)
    return 0 if all(target.met for target in targets) else 1


if __name__ == "__main__":
    raise SystemExit(main())
