"""Hevy's export: one row a set, local times without a zone, newest workout first.

Reads a stream of text into workouts, one at a time, and accounts for every row: it is in a workout or among the
rejected. Nothing here touches a database.

What is decided here:
- A workout is the rows of one title, start, end and description. A row that is rejected takes no others with it: the
  workout keeps its good sets.
- Consecutive rows of one exercise_title are one exercise of the workout. set_index does not number the sets, because
  it begins anew where an exercise comes twice.
- Rows of a workout that stand apart, as in a file that was sorted by exercise, are joined to it.
- A training that stands in the file more than once – an export pasted below another, sorted or not – is taken once
  (``repeats``), and counted. What equal rows mean is known only where the file numbers its sets: a file whose set_index
  is always 0 or blank may well say "three times five" by three equal rows.
- Weight and distance may have a column for each of two units: the filled one counts.
- For an assisted exercise the weight is help, and help is a negative weight.
- A line break in notes is written as backslash and n, and becomes one again.
- duration_seconds 0 is how Hevy writes "not timed", and is none.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import BinaryIO, TextIO
from zoneinfo import ZoneInfo

from workouts_api.api.imports.history import IsAssisted, Reading, Session
from workouts_api.api.imports.records import Records
from workouts_api.api.imports.refusals import FileError, LineError
from workouts_api.api.imports.rules import Clock

from .columns import Columns
from .stretches import Seen, Stretch

READ_AHEAD_ROWS, READ_AHEAD_CHARACTERS = 1000, 1_000_000

_MEANINGS: dict[Clock, str] = {
    "first": "came twice (clocks were set back); the first time was taken",
    "second": "came twice (clocks were set back); the second time was taken",
    "skipped": "never came (clocks were set forward); it was moved forward by the gap",
    "skipped with its end": "never came (clocks were set forward); it and its end were moved forward by the gap",
}


@contextmanager
def open_export(stream: BinaryIO, zone: ZoneInfo, is_assisted: IsAssisted) -> Iterator[HevyFile]:
    """Reads a file's bytes as UTF-8, with or without a byte order mark."""
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="strict", newline="")
    try:
        yield HevyFile(text, zone, is_assisted)
    finally:
        text.detach()  # the stream is its owner's to close


class HevyFile:
    """A Hevy export that is being read: iterate over ``sessions()``, then see ``reading``.

    :param stream: text, opened with ``newline=""`` and strict UTF-8.
    :param zone: where the athlete's clock hung.
    :param is_assisted: whether the weight of the exercise of a name is help.
    :raises FileError: if the first line is not that of a Hevy export, or there is none.
    """

    def __init__(self, stream: TextIO, zone: ZoneInfo, is_assisted: IsAssisted = lambda _: False) -> None:
        self.reading = Reading()
        self._zone = zone
        self._is_assisted = is_assisted
        self._records = iter(Records(stream, self.reading.rejections))
        _, header = next(self._records, (0, None))
        if self.reading.rejections.count:
            raise FileError("This is not a Hevy export: the first line is no CSV.")
        if header is None:
            raise FileError("The file is empty.")
        self._columns = Columns(header)
        self._beginning, self._numbered = self._read_ahead()
        self._copies = Counter({1: 0})  # of trainings that stand together, by how often they are written
        self._seen: dict[int, Seen] = {}
        self._ordinals: dict[int, int] = {}

    def _read_ahead(self) -> tuple[list[tuple[int, list[str]]], bool]:
        """The file's first rows, up to one that shows that sets are numbered, and whether there is one.

        Bounded by number and size: a file that numbers its sets shows it in its first workouts.
        """
        rows, size = [], 0
        for line, row in self._records:
            rows.append((line, row))
            if len(row) == self._columns.width and self._columns.is_numbered(row):
                return rows, True
            size += sum(map(len, row))
            if len(rows) >= READ_AHEAD_ROWS or size >= READ_AHEAD_CHARACTERS:
                break
        return rows, False

    def sessions(self) -> Iterator[Session]:
        """The workouts, each as soon as its last row was read.

        :raises FileError: where the text turns out to be no UTF-8, or never ends.
        """
        columns, reading = self._columns, self.reading
        head: tuple[str, ...] = ()
        stretch: Stretch | None = None
        for line, row in chain(self._beginning, self._records):
            if len(row) != columns.width:
                reading.rejections.add(line, f"It has {len(row)} fields: expected {columns.width}.")
                continue
            row.append("")
            if stretch is None or columns.head(row) != head:
                yield from self._workout(head, stretch)
                head = columns.head(row)
                stretch = Stretch(columns, head, self._zone, self._seen.get(hash(head), Seen()), self._is_assisted)
            try:
                stretch.add(line, row)
            except LineError as rejected:
                reading.rejections.add(line, str(rejected))
        yield from self._workout(head, stretch)

    def _workout(self, head: tuple[str, ...], stretch: Stretch | None) -> Iterator[Session]:
        """What a stretch adds to its workout: nothing if no row was good, or all of it came before."""
        if stretch is None or not stretch.sets:
            return
        self.reading.accept(len(stretch.sets))
        if self._numbered:
            self._leave_out_copies(stretch, is_first=hash(head) not in self._seen)
        seen = self._seen.get(hash(head))
        fingerprint = hash(tuple(stretch.marks))
        # Written in another way (a clock with its offset, letters and marks apart), a workout has another head.
        meant = hash((stretch.started_at, stretch.ended_at, stretch.title, stretch.notes))
        if seen is None and fingerprint in self._seen.get(meant, Seen()).fingerprints:
            self.reading.repeated_workouts += 1
            self.reading.repeated_lines += len(stretch.sets)
            return
        if seen is None:
            whose = hash((stretch.start, head[0].strip()))
            ordinal = self._ordinals[whose] = self._ordinals.get(whose, 0) + 1
            seen = Seen(ordinal, stretch.marks[0])
            self._notice_clock_changes(head, stretch)
        elif self._is_repeated(seen, stretch, fingerprint):
            self.reading.repeated_workouts += stretch.marks[0] == seen.first_mark
            self.reading.repeated_lines += len(stretch.sets)
            return
        self._seen[hash(head)] = self._seen[meant] = seen._replace(
            fingerprints=(*seen.fingerprints, fingerprint),
            exercises=stretch.exercises,
            sets=seen.sets + len(stretch.sets),
        )
        self._notice_two_units(stretch)
        key = f"{stretch.start.isoformat()}|{head[0].strip()}|{seen.ordinal}"  # as written: forms of text may change
        yield Session(key, stretch.title, stretch.notes, stretch.started_at, stretch.ended_at, stretch.sets)

    def _leave_out_copies(self, stretch: Stretch, *, is_first: bool) -> None:
        lines = len(stretch.sets)
        decides = not stretch.is_one_superset()
        copies = stretch.take_once(max(self._copies, key=self._copies.__getitem__))
        if decides:
            self._copies[copies] += 1
        if is_first:  # of its workout, which may stand in several places
            self.reading.repeated_workouts += copies - 1
        self.reading.repeated_lines += lines - len(stretch.sets)

    def _is_repeated(self, seen: Seen, stretch: Stretch, fingerprint: int) -> bool:
        """Whether a later stretch of a workout says again what was said: row for row, or from its first row on."""
        if fingerprint in seen.fingerprints:
            return True
        if not self._numbered or stretch.marks[0] != seen.first_mark:
            return False
        self.reading.notice(
            f"Line {stretch.sets[0].line}: the workout stands in the file again and reads differently; "
            "what stands first was taken."
        )
        return True

    def _notice_clock_changes(self, head: tuple[str, ...], stretch: Stretch) -> None:
        line = stretch.sets[0].line
        for text, clock in ((head[1], stretch.start_clock), (head[2], stretch.end_clock)):
            if clock in _MEANINGS:
                self.reading.notice(f"Line {line}: in {self._zone.key}, {text} {_MEANINGS[clock]}.")

    def _notice_two_units(self, stretch: Stretch) -> None:
        for at, ours, other in stretch.disagreeing:
            self.reading.notice(f"Line {at}: {ours} and {other} differ; {ours} was taken, unless it is 0.")
