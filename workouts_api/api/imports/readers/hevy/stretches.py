"""Stretches of a workout: consecutive rows become sets, in the schema's units."""

from __future__ import annotations

from typing import NamedTuple
from zoneinfo import ZoneInfo

from workouts_api.api.imports.history import IsAssisted, Set
from workouts_api.api.imports.refusals import LineError
from workouts_api.api.imports.rules import read_clock, to_stretch

from .columns import Columns
from .repeats import places_of_first_copy, times_written

MAX_EXERCISES = 1000  # of a workout, as in the schema
MAX_SETS_OF_EXERCISE = 1000
MAX_SETS = 10_000  # of a workout; the longest marathon of sets on record is shorter
MOST_HELP_KG = 500


class Seen(NamedTuple):
    """What is kept of a workout until the end of the file."""

    ordinal: int = 0
    first_mark: int = 0
    fingerprints: tuple[int, ...] = ()
    """One for each of its stretches that was taken."""
    exercises: int = 0
    sets: int = 0


_Exercise = tuple[int, str, str, int | None, bool]
"""exercise_no, name, notes, superset, and whether its weights are help."""


class Stretch:
    """Consecutive rows of one workout. Its head is read once, and its rows become sets.

    :param seen: the earlier stretches of the same workout, if there are any.
    """

    def __init__(
        self, columns: Columns, head: tuple[str, ...], zone: ZoneInfo, seen: Seen, is_assisted: IsAssisted
    ) -> None:
        self.sets: list[Set] = []
        self.marks: list[int] = []
        self.disagreeing: list[tuple[int, str, str]] = []
        """Lines whose two columns for one quantity differ, and the columns."""
        self.exercises = seen.exercises
        self._before = seen.exercises
        self._room = MAX_SETS - seen.sets
        self._columns = columns
        self._is_assisted = is_assisted
        self._exercise: str | None = None  # of the row before, as written
        self._of_exercise: _Exercise | None = None  # None: it has no good set yet
        self._refusal: LineError | None = None
        self._index = 0  # of the row before
        self.is_numbered = False
        """Whether a set's index is above 0."""
        self.is_out_of_order = False
        """Whether a set's index says that it was done before one that stands above it."""
        try:
            self.title, self.notes = columns.title[head[0]], columns.description[head[3]]
            self.start = read_clock("start_time", head[1])
            self.end = read_clock("end_time", head[2]) if head[2].strip() else None
            self.started_at, self.ended_at, self.start_clock, self.end_clock = to_stretch(self.start, self.end, zone)
        except LineError as refusal:
            self._refusal = refusal

    def add(self, line: int, row: list[str]) -> None:
        """Adds a row. It has the file's width and one blank field more.

        :raises LineError: if the row is refused. Nothing of it is kept then.
        """
        if self._refusal is not None:
            raise self._refusal
        columns, sets = self._columns, self.sets
        written = columns.exercise(row)
        if written != self._exercise:
            self._exercise, self._of_exercise = written, None
        index, written_kind, written_reps, kg, lb, km, miles, duration, written_rpe = columns.of_set(row)
        weight_kg, distance_m = columns.weight.ours[kg], columns.distance.ours[km]
        if lb or miles:
            weight_kg, distance_m = self._other_units(line, weight_kg, lb, distance_m, miles)
        kind, reps = columns.kind[written_kind], columns.reps[written_reps]
        duration_s, rpe = columns.duration[duration] or None, columns.rpe[written_rpe]
        if len(sets) >= self._room:
            raise LineError(f"The workout has more than {MAX_SETS:,} sets.")
        exercise, set_no = self._of_exercise, 1
        if exercise is None:
            exercise = self._begin_exercise(written, *columns.of_exercise(row))
        else:
            set_no = sets[-1].set_no + 1
            if set_no > MAX_SETS_OF_EXERCISE:
                raise LineError(f"The exercise has more than {MAX_SETS_OF_EXERCISE:,} sets.")
        exercise_no, called, notes, superset, is_assisted = exercise
        place = columns.set_index[index]
        if place:
            self.is_numbered = True
            if place <= self._index if set_no > 1 else self._has_begun(called):
                self.is_out_of_order = True
        self._index = place
        one = Set(
            line, exercise_no, called, notes, superset,
            set_no, kind, reps, weight_kg, distance_m, duration_s, rpe, False,
        )  # fmt: skip
        sets.append(_turned(one) if is_assisted and weight_kg and weight_kg > 0 else one)
        if set_no == 1:
            self._of_exercise, self.exercises = exercise, exercise_no
        self.marks.append(hash((written, index, kind, reps, weight_kg, distance_m, duration_s, rpe)))

    def _other_units(
        self, line: int, weight_kg: float | None, lb: str, distance_m: float | None, miles: str
    ) -> tuple[float | None, float | None]:
        """The quantities of a row that has some in the other unit. Records it if both units have values that differ."""
        columns = self._columns
        weight_kg, weights_differ = columns.weight.either(weight_kg, lb)
        distance_m, distances_differ = columns.distance.either(distance_m, miles)
        if weights_differ:
            self.disagreeing.append((line, *columns.weight.names))
        if distances_differ:
            self.disagreeing.append((line, *columns.distance.names))
        return weight_kg, distance_m

    def _begin_exercise(self, written: str, notes: str, superset: str) -> _Exercise:
        if self.exercises >= MAX_EXERCISES:
            raise LineError(f"The workout has more than {MAX_EXERCISES:,} exercises.")
        columns, called = self._columns, self._columns.exercise_name[written]
        return (
            self.exercises + 1, called, columns.exercise_notes[notes], columns.superset[superset],
            self._is_assisted(called),
        )  # fmt: skip

    def _has_begun(self, called: str) -> bool:
        return any(one.exercise == called for one in self.sets)

    def take_once(self, usual: int) -> int:
        """Keeps only the first of several copies of the workout, and returns how many there were.

        :param usual: how many copies the file holds of most workouts.
        """
        if len(set(self.marks)) == len(self.marks):
            return 1
        copies = times_written(self.marks, one_superset=self.is_one_superset(), usual=usual)
        if copies > 1:
            kept = places_of_first_copy(self.marks, copies)
            self.marks = [self.marks[place] for place in kept]
            self.sets = self._numbered_anew([self.sets[place] for place in kept])
        return copies

    def is_one_superset(self) -> bool:
        """Whether it has exactly one exercise, and that is in a superset."""
        first = self.sets[0]
        return first.superset is not None and all(
            (one.exercise, one.superset) == (first.exercise, first.superset) for one in self.sets
        )

    def _numbered_anew(self, sets: list[Set]) -> list[Set]:
        anew: list[Set] = []
        exercise_no, set_no, before = self._before, 0, None
        for one in sets:
            if one.exercise_no != before:
                exercise_no, set_no, before = exercise_no + 1, 0, one.exercise_no
            set_no += 1
            anew.append(one._replace(exercise_no=exercise_no, set_no=set_no))
        self.exercises = exercise_no
        return anew


def _turned(one: Set) -> Set:
    """The set with its weight turned into assistance, which is a negative weight.

    :raises LineError: if it is more assistance than any machine gives.
    """
    help_kg = one.weight_kg or 0.0
    if help_kg > MOST_HELP_KG:
        raise LineError(f"The weight is help here, {help_kg:,.6g} kg: expected at most {MOST_HELP_KG} kg.")
    return one._replace(weight_kg=-help_kg, is_turned=True)
