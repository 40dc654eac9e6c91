"""Hevy's export after somebody has sorted it: rows of a workout, and of an exercise, stand apart or in another order.

The whole file is read before the first workout is given, so the number of its rows is bounded. Then set_index puts the
sets of each exercise in order. What it cannot say is guessed, and the workout says so:

- An exercise that comes twice in a workout has two sets of one index. A row belongs to the first one that lacks it.
- Exercises stand in the order in which the file has their first sets.

A file in which most sets stand above the set before them is the export upside down. It is turned first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, groupby, pairwise

from workouts_api.api.imports.history import Session, Set
from workouts_api.api.imports.refusals import FileError, LineError

from .file import HevyFile
from .stretches import MAX_EXERCISES, MAX_SETS_OF_EXERCISE, Seen, Stretch

MOST_ROWS = 250_000  # thirty sets a day for twenty years; they take 100 MB


class Scattered(Stretch):
    """All rows of one workout, in the order of the file.

    Until they are arranged, a set's set_no is its index, and its exercise_no counts the parts between which rows of
    other workouts stand.
    """

    part = 0

    def add(self, line: int, row: list[str]) -> None:
        """Adds a row, as that of an exercise of its own.

        :raises LineError: if the row is refused. Nothing of it is kept then.
        """
        self._exercise, self.exercises = None, 0
        super().add(line, row)
        self.sets[-1] = self.sets[-1]._replace(exercise_no=self.part, set_no=self._index)

    def _has_begun(self, called: str) -> bool:
        return False

    def _numbered_anew(self, sets: list[Set]) -> list[Set]:
        return sets

    @property
    def is_apart(self) -> bool:
        return self.sets[0].exercise_no != self.sets[-1].exercise_no

    def take_first_state(self) -> list[Set]:
        """Leaves out parts that begin as the workout does, and returns their sets: an export pasted below another."""
        kept: list[tuple[Set, int]] = []
        left_out: list[Set] = []
        for _, rows in groupby(zip(self.sets, self.marks, strict=True), lambda row: row[0].exercise_no):
            part = list(rows)
            if kept and len(part) > 1 and part[0][1] == kept[0][1]:
                left_out += [one for one, _ in part]
            else:
                kept += part
        self.sets, self.marks = [one for one, _ in kept], [mark for _, mark in kept]
        return left_out

    def turn(self) -> None:
        self.sets.reverse()
        self.marks.reverse()

    def steps(self) -> Iterator[int]:
        """The differences between the indices of an exercise, in the order of the file."""
        last: dict[str, int] = {}
        for one in self.sets:
            if one.exercise in last:
                yield one.set_no - last[one.exercise]
            last[one.exercise] = one.set_no


class ScatteredFile(HevyFile):
    """A Hevy export whose rows are not in the order of the export."""

    def sessions(self) -> Iterator[Session]:
        """The workouts, after the last row was read.

        :raises FileError: when the text is not UTF-8, or the file is too long.
        """
        workouts = self._read_all()
        steps = Counter(step > 0 for one in workouts.values() for step in one.steps() if step)
        is_turned = steps[False] > 2 * steps[True]
        marks: dict[int, list[Counter[int]]] = {}
        for head, one in reversed(workouts.items()) if is_turned else workouts.items():
            if is_turned:
                one.turn()
            rows = len(one.sets)
            self._leave_out_copies(one, is_first=True)
            if one.is_apart and not is_turned:
                self._leave_out_other_states(one)
            # The same workout may be written in two ways, as in HevyFile.
            meant = hash((one.started_at, one.ended_at, one.title, one.notes))
            if (content := Counter(one.marks)) in marks.setdefault(meant, []):
                self.reading.repeated_workouts += 1
                self.reading.repeated_lines += len(one.sets)
            else:
                marks[meant].append(content)
                session = self._session(head, one)
                # Where copies were left out, that notice says that the file is not as it was exported.
                self.reading.guessed_orders += session.order_is_guessed and len(one.sets) == rows
                yield session

    def _read_all(self) -> dict[tuple[str, ...], Scattered]:
        columns, reading = self._columns, self.reading
        workouts: dict[tuple[str, ...], Scattered] = {}
        before: Scattered | None = None
        for line, row in chain(self._beginning, self._records):
            if len(row) != columns.width:
                reading.rejections.add(line, f"It has {len(row)} fields: expected {columns.width}.")
                continue
            row.append("")
            head = columns.head(row)
            one = workouts.get(head) or Scattered(columns, head, self._zone, Seen(), self._is_assisted)
            one.part += one is not before
            try:
                one.add(line, row)
            except LineError as rejected:
                reading.rejections.add(line, str(rejected))
                continue
            reading.accept(1)
            if reading.accepted > MOST_ROWS:
                raise FileError(
                    f"The lines are not in the order of Hevy's export, and there are more than {MOST_ROWS:,}: "
                    "send the file as Hevy wrote it."
                )
            workouts[head] = before = one
        return workouts

    def _leave_out_other_states(self, one: Scattered) -> None:
        if left_out := one.take_first_state():
            self.reading.repeated_workouts += 1
            self.reading.repeated_lines += len(left_out)
            self._notice_other_state(left_out[0].line)

    def _session(self, head: tuple[str, ...], one: Scattered) -> Session:
        is_in_order = not one.is_apart and _is_in_order(one.sets)
        exercises = _as_they_stand(one.sets) if is_in_order else _by_index(one.sets)
        sets = list(self._numbered_sets(exercises))
        whose = hash((one.start, head[0].strip()))
        ordinal = self._ordinals[whose] = self._ordinals.get(whose, 0) + 1
        self._notice_clock_changes(head, one)
        self._notice_two_units(one)
        key = f"{one.start.isoformat()}|{head[0].strip()}|{ordinal}"  # as the file writes it
        return Session(key, one.title, one.notes, one.started_at, one.ended_at, sets, not is_in_order)

    def _numbered_sets(self, exercises: list[list[Set]]) -> Iterator[Set]:
        for exercise_no, sets in enumerate(exercises, 1):
            for set_no, one in enumerate(sets, 1):
                if exercise_no > MAX_EXERCISES or set_no > MAX_SETS_OF_EXERCISE:
                    self._take_back(one.line, exercise_no > MAX_EXERCISES)
                else:
                    first = sets[0]
                    yield one._replace(
                        exercise_no=exercise_no,
                        set_no=set_no,
                        exercise_notes=first.exercise_notes,
                        superset=first.superset,
                    )

    def _take_back(self, line: int, has_many_exercises: bool) -> None:
        """Rejects a row that was accepted before its place was known."""
        what = (
            f"The workout has more than {MAX_EXERCISES:,} exercises."
            if has_many_exercises
            else f"The exercise has more than {MAX_SETS_OF_EXERCISE:,} sets."
        )
        self.reading.accept(-1)
        self.reading.rejections.add(line, what)


def _is_in_order(sets: list[Set]) -> bool:
    """Whether the sets of each exercise follow their indices, and no exercise is in two parts."""
    begun = set[str]()
    exercise, index = None, 0
    for one in sets:
        if one.set_no and (one.set_no <= index if one.exercise == exercise else one.exercise in begun):
            return False
        exercise, index = one.exercise, one.set_no
        begun.add(exercise)
    return True


def _as_they_stand(sets: list[Set]) -> list[list[Set]]:
    """Consecutive sets of a name are an exercise, as HevyFile reads them."""
    exercises: list[list[Set]] = []
    for one in sets:
        if not exercises or exercises[-1][-1].exercise != one.exercise:
            exercises.append([])
        exercises[-1].append(one)
    return exercises


@dataclass(slots=True)
class _Exercise:
    """An exercise of a workout whose sets are found one by one."""

    sets: dict[int, Set] = field(default_factory=dict)
    """By index."""
    first_place: int = 0
    """Where in the file the set of the lowest index stands."""

    def add(self, run: dict[int, tuple[int, Set]]) -> None:
        index, (place, _) = min(run.items())
        if not self.sets or index < min(self.sets):
            self.first_place = place
        self.sets.update({at: one for at, (_, one) in run.items()})


def _by_index(sets: list[Set]) -> list[list[Set]]:
    """Sets of one name, superset and notes, put together and in order by their indices.

    What stands together in ascending order stays together.
    """
    found: dict[tuple[object, ...], list[_Exercise]] = {}
    for key, run in _runs(sets):
        alike = found.setdefault(key, [])
        lacking = next((one for one in alike if run.keys().isdisjoint(one.sets)), None)
        if lacking is None:
            alike.append(lacking := _Exercise())
        lacking.add(run)
    exercises = sorted(chain.from_iterable(found.values()), key=lambda one: one.first_place)
    return [[one.sets[index] for index in sorted(one.sets)] for one in exercises]


def _runs(sets: list[Set]) -> Iterator[tuple[tuple[object, ...], dict[int, tuple[int, Set]]]]:
    """Runs of neighbours that are sets of one exercise in ascending order, each with its place.

    Where all rows of the workout are sorted by index, neighbours are of one exercise by chance: each row is a run.
    """
    is_sorted = all(one.set_no <= other.set_no for one, other in pairwise(sets))
    key: tuple[object, ...] = ()
    run: dict[int, tuple[int, Set]] = {}
    for place, one in enumerate(sets):
        whose = (one.exercise, one.superset, one.exercise_notes)
        if run and (is_sorted or whose != key or one.set_no <= max(run)):
            yield key, run
            run = {}
        key = whose
        run[one.set_no] = (place, one)
    if run:
        yield key, run
