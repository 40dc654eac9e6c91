"""Real calls of query files that the application's processes have kept: their parameters, to run them again.

Owns what a kept call means to the tools. ``workouts_api.database.captures`` keeps them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from workouts_api.database.capture_files import read_files
from workouts_api.sql.files import QueryFile

Values = Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Captured:
    """One call. ``withheld`` names the values that were not kept, each with the reason."""

    at: datetime
    ms: float
    rows: int
    request_id: str
    digest: str
    values: Values
    withheld: Mapping[str, str]

    def fits(self, file: QueryFile) -> bool:
        """Whether the call has the parameters that the file has today."""
        return {*self.values, *self.withheld} == {parameter.name for parameter in file.parameters}

    def over(self, usual: Values) -> dict[str, str | None]:
        """The call's values. What was withheld is as the usual samples say."""
        return {name: self.values.get(name, value) for name, value in usual.items()}

    @property
    def about(self) -> str:
        without = f", without {', '.join(self.withheld)}" if self.withheld else ""
        return f"the call of {self.at:%Y-%m-%d %H:%M:%S} that took {self.ms:.1f} ms{without}"


@dataclass(slots=True)
class Kept:
    """What is kept of one file: how often it was called meanwhile, and some of the calls, the slowest first."""

    seen: int = 0
    calls: list[Captured] = field(default_factory=list)


def captured(folder: Path) -> dict[str, Kept]:
    """By query file, the calls of all processes of this machine. A call that is there twice counts once."""
    found: dict[str, Kept] = {}
    for files in read_files(folder):
        for name, seen, calls in _told_in(files):
            kept = found.setdefault(name, Kept())
            kept.seen += seen
            kept.calls += calls
    for kept in found.values():
        kept.calls.sort(key=lambda call: -call.ms)
    return found


def _told_in(files: Mapping[str, Any]) -> list[tuple[str, int, Iterable[Captured]]]:
    """By query file, what a process has kept; nothing of a file that is damaged."""
    try:
        return [_told_of(version, told) for version, told in files.items()]
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError):
        return []


def _told_of(version: str, told: Mapping[str, Any]) -> tuple[str, int, Iterable[Captured]]:
    name, _, digest = version.partition("@")
    calls = [_call(one, digest) for one in (*told["slowest"], *told["by_chance"])]
    return name, int(told["seen"]), {(call.at, call.ms, call.request_id): call for call in calls}.values()


def _call(told: Mapping[str, Any], digest: str) -> Captured:
    return Captured(
        datetime.fromtimestamp(told["at"], UTC),
        float(told["ms"]),
        int(told["rows"]),
        str(told["request_id"]),
        digest,
        dict(told["values"]),
        dict(told["withheld"]),
    )
