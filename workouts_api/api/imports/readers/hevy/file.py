"""Hevy's export: one row per set, local times without a zone, newest workout first.

Reads a stream of text into workouts, one at a time. Every row is either in a workout or among the rejected rows.
Nothing here uses a database.

The rules:
- A workout is all rows of one title, start, end and description. If a row is rejected, the workout keeps its good sets.
- Consecutive rows of one exercise_title are one exercise of the workout. set_index does not number the sets, because
  it starts again at 0 when an exercise occurs a second time.
- Rows of one workout may stand apart, as in a file sorted by exercise. They are joined. If the file numbers its sets,
  ``is_out_of_order`` says so, as it does of sets that do not follow their set_index. ``scattered`` reads such files.
- A workout may stand in the file more than once, as when one export was pasted below another. It is taken once
  (``repeats``), and the copies are counted. This is done only if the file numbers its sets: if set_index is always 0 or
  blank, three equal rows may mean three equal sets.
- Weight and distance may each have two columns, one for each unit. The filled one counts.
- For an assisted exercise the file's weight is the assistance. It is stored as a negative weight.
- The file writes a line break in notes as backslash and n. It becomes a line break again.
- Hevy writes duration_seconds 0 for "not timed". It is read as no duration.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import TextIO
from zoneinfo import ZoneInfo

from workouts_api.api.imports.history import IsAssisted, Reading, Session
from workouts_api.api.imports.records import Records, separated_otherwise
from workouts_api.api.imports.refusals import FileError, LineError
from workouts_api.api.imports.rules import Clock

from .columns import Columns
from .stretches import Seen, Stretch

_BETWEEN_QUOTES = re.compile('"([;\t])"')
READ_AHEAD_ROWS, READ_AHEAD_CHARACTERS = 1000, 1_000_000

_MEANINGS: dict[Clock, str] = {
    "first": "came twice (clocks were set back); the first time was taken",
    "second": "came twice (clocks were set back); the second time was taken",
    "skipped": "never came (clocks were set forward); it was moved forward by the gap",
    "skipped with its end": "never came (clocks were set forward); it and its end were moved forward by the gap",
}


class HevyFile:
    """A Hevy export that is being read. Iterate over ``sessions()``; then ``reading`` holds the counts.

    :param stream: text, opened with ``newline=""`` and strict UTF-8.
    :param zone: the zone of the athlete's clock.
    :param is_assisted: says of an exercise's name whether its weight is assistance.
    :raises FileError: if the first line is missing, or is not that of a Hevy export.
    """

    def __init__(self, stream: TextIO, zone: ZoneInfo, is_assisted: IsAssisted = lambda _: False) -> None:
        self.reading = Reading()
        self._is_apart = self._is_disordered = self._has_numbers = False
        self._zone = zone
        self._is_assisted = is_assisted
        records = Records(stream, self.reading.rejections)
        self._records = iter(records)
        _, header = next(self._records, (0, None))
        if self.reading.rejections.count:
            hint = separated_otherwise("".join(_BETWEEN_QUOTES.findall(records.refused)))
            raise FileError(f"This is not a Hevy export: the first line is no CSV.{hint}")
        if header is None:
            raise FileError("The file is empty.")
        self._columns = Columns(header)
        self._beginning, self._numbered = self._read_ahead()
        self._copies = Counter({1: 0})  # how many workouts are written once, twice …
        self._seen: dict[int, Seen] = {}
        self._ordinals: dict[int, int] = {}

    def _read_ahead(self) -> tuple[list[tuple[int, list[str]]], bool]:
        """The file's first rows, up to one that shows that the sets are numbered, and whether there is such a row.

        The number and size of the rows are bounded. A file that numbers its sets shows it in its first workouts.
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

    @property
    def is_out_of_order(self) -> bool:
        """Whether the file numbers its sets, and its rows so far are not in the order of an export."""
        return self._is_disordered or (self._is_apart and self._has_numbers)

    def sessions(self) -> Iterator[Session]:
        """The workouts. Each is given as soon as its last row was read.

        :raises FileError: when the text is not UTF-8, or the file is too long.
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
        """The session that a stretch adds to its workout; none if no row was good, or if all rows are repeats."""
        if stretch is None or not stretch.sets:
            return
        self.reading.accept(len(stretch.sets))
        if self._numbered:
            self._leave_out_copies(stretch, is_first=hash(head) not in self._seen)
        self._has_numbers = self._has_numbers or stretch.is_numbered
        self._is_disordered = self._is_disordered or stretch.is_out_of_order
        seen = self._seen.get(hash(head))
        fingerprint = hash(tuple(stretch.marks))
        # The same workout may be written in two ways (with an offset, with decomposed letters). Its heads then differ.
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
        else:
            self._is_apart = True
        self._seen[hash(head)] = self._seen[meant] = seen._replace(
            fingerprints=(*seen.fingerprints, fingerprint),
            exercises=stretch.exercises,
            sets=seen.sets + len(stretch.sets),
        )
        self._notice_two_units(stretch)
        key = f"{stretch.start.isoformat()}|{head[0].strip()}|{seen.ordinal}"  # as the file writes it
        yield Session(key, stretch.title, stretch.notes, stretch.started_at, stretch.ended_at, stretch.sets)

    def _leave_out_copies(self, stretch: Stretch, *, is_first: bool) -> None:
        lines = len(stretch.sets)
        decides = not stretch.is_one_superset()
        copies = stretch.take_once(max(self._copies, key=self._copies.__getitem__))
        if decides:
            self._copies[copies] += 1
        if is_first:  # the first stretch of its workout
            self.reading.repeated_workouts += copies - 1
        self.reading.repeated_lines += lines - len(stretch.sets)

    def _is_repeated(self, seen: Seen, stretch: Stretch, fingerprint: int) -> bool:
        """Whether a later stretch repeats an earlier one: the same rows, or the same first row."""
        if fingerprint in seen.fingerprints:
            return True
        if not self._numbered or stretch.marks[0] != seen.first_mark:
            return False
        self._notice_other_state(stretch.sets[0].line)
        return True

    def _notice_other_state(self, line: int) -> None:
        self.reading.notice(
            f"Line {line}: the workout stands in the file again and reads differently; what stands first was taken."
        )

    def _notice_clock_changes(self, head: tuple[str, ...], stretch: Stretch) -> None:
        line = stretch.sets[0].line
        for text, clock in ((head[1], stretch.start_clock), (head[2], stretch.end_clock)):
            if clock in _MEANINGS:
                self.reading.notice(f"Line {line}: in {self._zone.key}, {text} {_MEANINGS[clock]}.")

    def _notice_two_units(self, stretch: Stretch) -> None:
        for at, ours, other in stretch.disagreeing:
            self.reading.notice(f"Line {at}: {ours} and {other} differ; {ours} was taken, unless it is 0.")
