"""Snapshots of statistics, kept in the data folder of the machine on which the tools run.

One file a database, one line a snapshot. The newest day is kept whole, of the days before it one snapshot each; so a
file stays under a few megabytes whatever a timer does.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from workouts_api.dba.statements import Figures, Snapshot, Version

FOLDER = "statistics"
MOST_RECENT = 288  # a day, one in five minutes
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Life:
    """All that is known of one version of a file: when it was seen at work, and what its calls cost together."""

    first: datetime
    last: datetime
    figures: Figures


class History:
    """The snapshots of one database."""

    def __init__(self, folder: Path, database: str) -> None:
        self._path = folder / FOLDER / f"{database}.jsonl"

    def snapshots(self) -> list[Snapshot]:
        """The oldest first. A line that cannot be read, for example one cut off by a full disk, is left out."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except OSError:
            return []
        return [snapshot for line in lines if (snapshot := _from_line(line)) is not None]

    def add(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot, and thins the old ones.

        :raises OSError: when the folder cannot be written.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._alone():
            kept = thinned([*self.snapshots(), snapshot])
            beside = self._path.with_suffix(".new")
            beside.write_text("".join(f"{_as_line(one)}\n" for one in kept), encoding="utf-8")
            beside.replace(self._path)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        with self._path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def at_or_before(snapshots: Iterable[Snapshot], moment: datetime) -> Snapshot | None:
    """The newest snapshot that is not after the moment; else the oldest that there is."""
    kept = list(snapshots)
    earlier = [snapshot for snapshot in kept if snapshot.at <= moment]
    return earlier[-1] if earlier else next(iter(kept), None)


def thinned(snapshots: list[Snapshot]) -> list[Snapshot]:
    """The newest ones, and the last one of each earlier day."""
    recent = snapshots[-MOST_RECENT:]
    days = {one.at.date(): one for one in snapshots[:-MOST_RECENT]}
    return [*list(days.values())[-MOST_DAYS:], *recent]


def lives(snapshots: Iterable[Snapshot], before: Snapshot | None = None) -> dict[Version, Life]:
    """When each version was at work, from all snapshots after that one. Calls before a reset are counted too."""
    found: dict[Version, Life] = {}
    for snapshot in snapshots:
        for version, added in snapshot.since(before).items():
            known = found.get(version)
            since = before.at if before else snapshot.reset_at or snapshot.at
            found[version] = Life(
                first=known.first if known else since,
                last=snapshot.at,
                figures=known.figures.plus(added) if known else added,
            )
        before = snapshot
    return found


def since_when(text: str, now: datetime) -> datetime:
    """The moment that "30m", "24h" or "7d" names.

    :raises ValueError: for anything else.
    """
    units = {"m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isascii() or not number.isdigit() or not 0 < int(number[:6]) < 100_000:
        raise ValueError(f"{text}: expected a number with m, h or d, such as 24h")
    return now - timedelta(**{units[unit]: int(number[:6])})


def _as_line(snapshot: Snapshot) -> str:
    return json.dumps(
        {
            "at": snapshot.at.isoformat(),
            "reset_at": snapshot.reset_at.isoformat() if snapshot.reset_at else None,
            "database": snapshot.database,
            "figures": [[*version, *one.as_json().values()] for version, one in snapshot.figures.items()],
        },
        separators=(",", ":"),
    )


def _from_line(line: str) -> Snapshot | None:
    try:
        read: dict[str, Any] = json.loads(line)
        return Snapshot(
            at=datetime.fromisoformat(read["at"]),
            reset_at=datetime.fromisoformat(read["reset_at"]) if read["reset_at"] else None,
            database=read["database"],
            figures={Version(file, digest): Figures(*counted) for file, digest, *counted in read["figures"]},
        )
    except (ValueError, KeyError, TypeError):
        return None
