"""Writes what this process has counted to its file, once a second, and reads the files of all.

A worker's file is named by its slot. The next worker in the slot goes on from the file's counts: counters never fall,
and there are never more files than there were workers at a time. A killed worker loses a second of its counts.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from workouts_api import activity
from workouts_api.config.private_files import in_place_of
from workouts_api.metrics.tally import Table, Tally, add, totals

EVERY = 1.0  # seconds
FORM = 2  # of the files; counts of another form are begun anew
SUFFIX = ".metrics"
_log = logging.getLogger("workouts_api.metrics")

Figures = Mapping[str, float]
Source = Callable[[], tuple[Figures, Figures]]
"""Gives counters and gauges of a part of the process, by name."""


@dataclass
class Snapshot:
    """What one process has told."""

    name: str = ""
    """Of its file: a worker's slot, or what the process is."""
    pid: int = 0
    at: float = 0.0
    """time.time() then."""
    tally: Tally = field(default_factory=Tally)
    counters: dict[str, float] = field(default_factory=dict)
    gauges: dict[str, float] = field(default_factory=dict)


class Publisher:
    """The file of this process."""

    def __init__(self, folder: Path, name: str, sources: Mapping[str, Source]) -> None:
        """:param sources: by a word that the log names them by."""
        self._path = folder / f"{name}{SUFFIX}"
        self._sources = dict(sources)
        self._base = read(self._path) or Snapshot()
        self._is_written = True
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="metrics", daemon=True)

    def start(self) -> None:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._thread.start()

    def stop(self) -> None:
        """Writes once more and ends."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(EVERY)

    def _run(self) -> None:
        while True:
            is_last = self._ended.wait(EVERY)
            self.write()
            if is_last:
                return

    def write(self) -> None:
        """Writes the file anew. A file that cannot be written stays as it was, and its age tells so.

        The folder may be lost at any time: it is made anew, and so is the file of what this process does.
        """
        temporary = self._path.with_suffix(f".{os.getpid()}.new")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with in_place_of(self._path, temporary):
                temporary.write_bytes(self._content())
            self._is_written = True
        except OSError as error:
            if self._is_written:
                _log.warning("metrics cannot be written to %s: %s", self._path, error.strerror)
            self._is_written = False
        if activity.is_lost():
            with contextlib.suppress(OSError):
                activity.join_again()

    def _content(self) -> bytes:
        tally = totals()
        for total, before in zip(_tables(tally), _tables(self._base.tally), strict=True):
            add(total, before)
        counters, gauges = dict(self._base.counters), dict[str, float]()
        for word, source in self._sources.items():
            try:
                counted, measured = source()
            except Exception:
                _log.exception("no metrics of the %s", word)
                continue
            for name, value in counted.items():
                counters[name] = self._base.counters.get(name, 0.0) + value
            gauges.update(measured)
        rows = [[[*key, row] for key, row in table.items()] for table in _tables(tally)]
        about = {"form": FORM, "pid": os.getpid(), "at": time.time()}
        return orjson.dumps({**about, "tables": rows, "counters": counters, "gauges": gauges})


def _tables(tally: Tally) -> tuple[Table, Table, Table]:
    return tally.requests, tally.queries, tally.notes


def read(path: Path) -> Snapshot | None:
    """What a process has told; None where there is no such file, or one of another format."""
    try:
        told: Any = orjson.loads(path.read_bytes())
        if told["form"] != FORM:
            return None
        tally = Tally()
        for table, rows in zip(_tables(tally), told["tables"], strict=True):
            for *key, row in rows:
                table[tuple(key)] = list(map(float, row))
        return Snapshot(path.stem, told["pid"], told["at"], tally, dict(told["counters"]), dict(told["gauges"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def read_all(folder: Path) -> Iterator[Snapshot]:
    """What all processes of the host have told, also those that have ended."""
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        if (snapshot := read(path)) is not None:
            yield snapshot
