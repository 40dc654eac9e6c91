"""Hevy's export: one row a set, local times without a zone, newest workout first.

Reads a stream of text into workouts, one at a time, and accounts for every row: it is in a workout or among the
rejected. Nothing here touches a database.

What is decided here:
- A workout is the rows of one title, start, end and description. A row that is rejected takes no others with it: the
  workout keeps its good sets.
- Consecutive rows of one exercise_title are one exercise of the workout. set_index does not number the sets, because
  it begins anew where an exercise comes twice.
- Rows of a workout that stand apart, as in a file that was sorted by exercise, are joined to it; a workout that
  stands in the file twice, row for row, is taken once.
- A line break in notes is written as backslash and n, and becomes one again.
- duration_seconds 0 is how Hevy writes "not timed", and is none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import NamedTuple, TextIO
from zoneinfo import ZoneInfo

from workouts_api import texts

from .records import Records
from .refusals import FileError, LineError, Rejections, shown
from .rules import Clock, read_clock, to_stretch
from .values import KILOGRAMS_IN_A_POUND, METRES_IN_A_MILE, Parser, choice, half_steps, name, number, whole, words

SOURCE = "hevy"
MAX_EXERCISES = 1000  # of a workout, as the schema has it
MAX_SETS_OF_EXERCISE = 1000
MAX_SETS = 10_000  # of a workout; the longest marathon of sets on record is shorter
LISTED_NOTICES = 100

NEEDED = ("title", "start_time", "end_time", "exercise_title", "set_type", "reps")
KINDS = {
    "normal": "n", "": "n", "warmup": "w", "warm_up": "w", "failure": "f", "dropset": "d", "drop_set": "d", "drop": "d",
}  # fmt: skip


class Set(NamedTuple):
    """One set, in the schema's terms: kilograms, metres, seconds; kind n, w, d or f."""

    line: int
    exercise_no: int
    exercise: str
    exercise_notes: str
    superset: int | None
    set_no: int
    kind: str
    reps: int | None
    weight_kg: float | None
    distance_m: float | None
    duration_s: int | None
    rpe: float | None


@dataclass(frozen=True, slots=True)
class Workout:
    """One workout, or another stretch of one: ``source_key`` says which."""

    source_key: str
    title: str
    notes: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    sets: list[Set]


@dataclass(slots=True)
class Reading:
    """What reading has come to so far. Each row below the header is either accepted or rejected."""

    accepted: int = 0
    rejections: Rejections = field(default_factory=Rejections)
    repeated_workouts: int = 0
    """Workouts that stand in the file more than once, row for row."""
    notices: list[str] = field(default_factory=list)
    notices_left_out: int = 0

    def notice(self, sentence: str) -> None:
        if len(self.notices) < LISTED_NOTICES:
            self.notices.append(sentence)
        else:
            self.notices_left_out += 1


class _Columns:
    """Where each column stands, and how its values are read."""

    def __init__(self, header: list[str]) -> None:
        names = [column.strip().removeprefix("\ufeff").lower() for column in header]
        self._refuse_other_files(header, names)
        weight = "weight_kg" if "weight_kg" in names else "weight_lbs"
        distance = "distance_km" if "distance_km" in names else "distance_miles"
        self.width = len(names)
        at = {column: place for place, column in enumerate(names)}
        blank = self.width  # every row gets a blank field at its end for the columns that the file doesn't have
        self.head = itemgetter(at["title"], at["start_time"], at["end_time"], at.get("description", blank))
        self.exercise = itemgetter(at["exercise_title"])
        self.of_exercise = itemgetter(at.get("exercise_notes", blank), at.get("superset_id", blank))
        self.of_set = itemgetter(
            at.get("set_index", blank), at["set_type"], at["reps"], at[weight],
            at.get(distance, blank), at.get("duration_seconds", blank), at.get("rpe", blank),
        )  # fmt: skip
        pounds = KILOGRAMS_IN_A_POUND if weight == "weight_lbs" else 1.0
        metres = METRES_IN_A_MILE if distance == "distance_miles" else 1000.0
        self.kind = Parser(choice("set_type", KINDS))
        self.reps = Parser(whole("reps", 0, 9999))
        self.weight = Parser(number(weight, -500, 2000, pounds))
        self.distance = Parser(number(distance, 0, 10_000_000, metres))
        self.duration = Parser(whole("duration_seconds", 0, 864_000))
        self.rpe = Parser(half_steps("rpe", 1, 10))

    @staticmethod
    def _refuse_other_files(header: list[str], names: list[str]) -> None:
        missing = [column for column in NEEDED if column not in names]
        if "weight_kg" not in names and "weight_lbs" not in names:
            missing.append("weight_kg or weight_lbs")
        if missing:
            found = shown(", ".join(names))
            hint = " Its fields seem to be separated by semicolons." if len(header) == 1 and ";" in header[0] else ""
            raise FileError(
                f"This is not a Hevy export: columns missing: {', '.join(missing)}. The first line is {found}.{hint}"
            )
        if double := sorted({column for column in names if column and names.count(column) > 1}):
            raise FileError(f"The first line names columns twice: {', '.join(double)}.")


_MEANINGS: dict[Clock, str] = {
    "first": "came twice (clocks were set back); the first time was taken",
    "second": "came twice (clocks were set back); the second time was taken",
    "skipped": "never came (clocks were set forward); it was moved forward by the gap",
}
_title = words("title", 200, texts.line)
_description = words("description", 20_000)
_exercise_notes = words("exercise_notes", 5000)
_exercise_name = name("exercise_title", 200)
_superset = whole("superset_id", 0, 1000)


class _Seen(NamedTuple):
    """What is remembered of a workout until the end of the file; the fingerprint is that of its first stretch."""

    ordinal: int = 0
    fingerprint: int = 0
    exercises: int = 0
    sets: int = 0


class _Stretch:
    """Consecutive rows of one workout: its head is read once, its rows become sets.

    :param seen: what came before of the same workout, if it does not begin here.
    """

    def __init__(self, columns: _Columns, head: tuple[str, ...], zone: ZoneInfo, seen: _Seen) -> None:
        self.sets: list[Set] = []
        self.fingerprint = 0
        self.exercises = seen.exercises
        self._room = MAX_SETS - seen.sets
        self._columns = columns
        self._exercise: str | None = None  # of the row before, as written
        self._of_exercise: tuple[int, str, str, int | None] | None = None  # None: no good set of it yet
        self._refusal: LineError | None = None
        try:
            self.title, self.notes = _title(head[0]), _description(_lines(head[3]))
            self.start = read_clock("start_time", head[1])
            self.end = read_clock("end_time", head[2]) if head[2].strip() else None
            self.started_at, self.ended_at, self.start_clock, self.end_clock = to_stretch(self.start, self.end, zone)
        except LineError as refusal:
            self._refusal = refusal

    def add(self, line: int, row: list[str]) -> None:
        """Takes a row, of the file's width and with a blank field behind it.

        :raises LineError: if it cannot be taken; nothing of it is then kept.
        """
        if self._refusal is not None:
            raise self._refusal
        columns, sets = self._columns, self.sets
        exercise = columns.exercise(row)
        if exercise != self._exercise:
            self._exercise, self._of_exercise = exercise, None
        values = columns.of_set(row)
        _, written_kind, written_reps, written_weight, written_distance, written_duration, written_rpe = values
        kind, reps, weight_kg = columns.kind[written_kind], columns.reps[written_reps], columns.weight[written_weight]
        distance_m, duration_s = columns.distance[written_distance], columns.duration[written_duration] or None
        rpe = columns.rpe[written_rpe]
        if len(sets) >= self._room:
            raise LineError(f"The workout has more than {MAX_SETS:,} sets.")
        set_no = sets[-1].set_no + 1 if self._of_exercise else 1
        if set_no > MAX_SETS_OF_EXERCISE:
            raise LineError(f"The exercise has more than {MAX_SETS_OF_EXERCISE:,} sets.")
        if self._of_exercise is None:
            self._of_exercise = self._begin_exercise(exercise, *columns.of_exercise(row))
            self.exercises = self._of_exercise[0]
        exercise_no, called, notes, superset = self._of_exercise
        sets.append(
            Set(line, exercise_no, called, notes, superset, set_no, kind, reps, weight_kg, distance_m, duration_s, rpe)
        )
        self.fingerprint = hash((self.fingerprint, exercise, values))  # with set_index: equal sets are not a repetition

    def _begin_exercise(self, exercise: str, notes: str, superset: str) -> tuple[int, str, str, int | None]:
        if self.exercises >= MAX_EXERCISES:
            raise LineError(f"The workout has more than {MAX_EXERCISES:,} exercises.")
        return self.exercises + 1, _exercise_name(exercise), _exercise_notes(_lines(notes)), _superset(superset)


def _lines(text: str) -> str:
    return text.replace("\\n", "\n") if "\\" in text else text


class HevyFile:
    """A Hevy export that is being read: iterate over ``workouts()``, then see ``reading``.

    :param stream: text, opened with ``newline=""`` and strict UTF-8.
    :param zone: where the athlete's clock hung.
    :raises FileError: if the first line is not that of a Hevy export, or there is none.
    """

    def __init__(self, stream: TextIO, zone: ZoneInfo) -> None:
        self.reading = Reading()
        self._zone = zone
        self._records = iter(Records(stream, self.reading.rejections))
        _, header = next(self._records, (0, None))
        if self.reading.rejections.count:
            raise FileError("This is not a Hevy export: the first line is no CSV.")
        if header is None:
            raise FileError("The file is empty.")
        self._columns = _Columns(header)
        self._seen: dict[int, _Seen] = {}
        self._ordinals: dict[int, int] = {}

    def workouts(self) -> Iterator[Workout]:
        """The workouts, each as soon as its last row was read.

        :raises FileError: where the text turns out to be no UTF-8, or never ends.
        """
        columns, reading = self._columns, self.reading
        head: tuple[str, ...] = ()
        stretch: _Stretch | None = None
        for line, row in self._records:
            if len(row) != columns.width:
                reading.rejections.add(line, f"It has {len(row)} fields: expected {columns.width}.")
                continue
            row.append("")
            if stretch is None or columns.head(row) != head:
                yield from self._workout(head, stretch)
                head = columns.head(row)
                stretch = _Stretch(columns, head, self._zone, self._seen.get(hash(head), _Seen()))
            try:
                stretch.add(line, row)
            except LineError as rejected:
                reading.rejections.add(line, str(rejected))
        yield from self._workout(head, stretch)

    def _workout(self, head: tuple[str, ...], stretch: _Stretch | None) -> Iterator[Workout]:
        """What a stretch adds to its workout: nothing if no row was good, or all of it came before."""
        if stretch is None or not stretch.sets:
            return
        self.reading.accepted += len(stretch.sets)
        seen = self._seen.get(hash(head))
        if seen is None:
            whose = hash((stretch.start, stretch.title))
            ordinal = self._ordinals[whose] = self._ordinals.get(whose, 0) + 1
            seen = _Seen(ordinal, stretch.fingerprint)
            self._notice_clock_changes(head, stretch)
        elif seen.fingerprint == stretch.fingerprint:
            self.reading.repeated_workouts += 1
            return
        self._seen[hash(head)] = seen._replace(exercises=stretch.exercises, sets=seen.sets + len(stretch.sets))
        key = f"{stretch.start.isoformat()}|{stretch.title}|{seen.ordinal}"
        yield Workout(key, stretch.title, stretch.notes, stretch.started_at, stretch.ended_at, stretch.sets)

    def _notice_clock_changes(self, head: tuple[str, ...], stretch: _Stretch) -> None:
        line = stretch.sets[0].line
        for text, clock in ((head[1], stretch.start_clock), (head[2], stretch.end_clock)):
            if clock in _MEANINGS:
                self.reading.notice(f"Line {line}: in {self._zone.key}, {text} {_MEANINGS[clock]}.")
