"""What processes use: CPU from /proc/PID, memory from /proc/PID/smaps_rollup."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

_TICK = 1 / os.sysconf("SC_CLK_TCK")


def cpu_s(pids: Iterable[int]) -> float:
    """User and system time of the processes with all their threads; those that have ended count nothing."""
    return sum(_cpu_s(pid) for pid in pids)


def _cpu_s(pid: int) -> float:
    """By schedstat of its threads, in nanoseconds, where the kernel keeps it: stat counts in ticks of 10 ms."""
    try:
        spent = [int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in _threads(pid)]
        if any(spent):
            return sum(spent) / 1e9
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) * _TICK


def _threads(pid: int) -> list[Path]:
    return list(Path(f"/proc/{pid}/task").iterdir())


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
