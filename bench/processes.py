"""What processes use: CPU by their clocks, memory from /proc/PID/smaps_rollup."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

_PROCESS_CLOCK = 2  # of Linux's clock ids: bits 0–1, what is counted: the scheduler's time; bit 2 unset: of a process


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time of the processes with all their threads, ended ones too; ended processes count nothing."""
    return sum(_cpu_s(pid) for pid in pids)


def _cpu_s(pid: int) -> float:
    """By the process's clock, in nanoseconds: /proc/PID/stat counts in ticks of 10 ms."""
    try:
        return time.clock_gettime(~pid << 3 | _PROCESS_CLOCK)
    except OSError:
        return 0.0


def children(pid: int) -> list[int]:
    """The processes whose parent it is."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += map(int, (task / "children").read_text(encoding="ascii").split())
    return found


def proportional_mb(pid: int) -> float:
    """Proportional set size, MB (10⁶ bytes): pages that n processes share count 1/n for each."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024 / 1e6
    return 0.0
