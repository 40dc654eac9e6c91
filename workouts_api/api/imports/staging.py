"""Rows of ``import_exercises``: an exercise of a session each, its sets in arrays.

A row a set would repeat what its session and exercise are, and would be looked up by that again. Training repeats
itself: most arrays were written before, and are looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import groupby
from operator import attrgetter
from typing import Any

from workouts_api.sql import queries

from .history import Session, Set

REMEMBERED_ARRAYS, REMEMBERED_SETS = 4096, 16  # of a column, and of an array: a few megabytes

_Values = tuple[Any, ...]
_exercise_no = attrgetter("exercise_no")


@dataclass(slots=True)
class Part:
    """Sessions of a file that are added together: the rows that stage them, and what is known of them."""

    part_id: int
    """The ``import_id`` of its staged rows."""
    rows: list[_Values] = field(default_factory=list)
    sets: int = 0
    set_counts: Counter[str] = field(default_factory=Counter)
    """How many sets each exercise has, by its name."""

    def copy(self) -> None:
        """Copies its rows into staging."""
        with queries.imports.copy_import_exercises() as copy:
            for row in self.rows:
                copy.write_row(row)
        self.rows.clear()


def copied(part_id: int, sessions: Iterator[Session]) -> Part:
    """Copies the sessions into staging, each as it comes. The part that they are keeps no rows."""
    part, rows_of = Part(part_id), Rows()
    with queries.imports.copy_import_exercises() as copy:
        for session in sessions:
            rows_of.add(session, part)
            for row in part.rows:
                copy.write_row(row)
            part.rows.clear()
    return part


class Rows:
    """Makes rows of sessions. It has a writer of arrays for each column: equal numbers of two types differ in text."""

    def __init__(self) -> None:
        self._kinds, self._reps, self._weights_kg, self._distances_m, self._durations_s, self._rpes = (
            _remembering(_array) for _ in range(6)
        )

    def add(self, session: Session, part: Part) -> None:
        ended_at = None if session.ended_at is None else session.ended_at.isoformat()
        head = (
            part.part_id, session.source_key, session.title, session.notes, session.started_at.isoformat(), ended_at,
            session.order_is_guessed,
        )  # fmt: skip
        part.sets += len(session.sets)
        for _, sets in groupby(session.sets, _exercise_no):
            alike = tuple(sets)
            part.set_counts[alike[0].exercise] += len(alike)
            part.rows.append(head + self._exercise(alike))

    def _exercise(self, sets: Sequence[Set]) -> _Values:
        first = sets[0]
        _, _, _, _, _, _, kinds, reps, weights_kg, distances_m, durations_s, rpes, are_turned = zip(*sets, strict=True)
        return (
            first.exercise_no, first.exercise, first.exercise_notes, first.superset,
            self._kinds(kinds), self._reps(reps), self._weights_kg(weights_kg), self._distances_m(distances_m),
            self._durations_s(durations_s), self._rpes(rpes), _array(are_turned) if True in are_turned else None,
        )  # fmt: skip


def _array(values: _Values) -> str | None:
    """PostgreSQL's literal of an array of numbers, truths or words; null if it has only nulls."""
    if values.count(None) == len(values):
        return None
    return f"{{{','.join('NULL' if value is None else str(value) for value in values)}}}"


def _remembering(write: Callable[[_Values], str | None]) -> Callable[[_Values], str | None]:
    """The same, looked up for arrays of usual length."""
    remembered = lru_cache(REMEMBERED_ARRAYS)(write)

    def written(values: _Values) -> str | None:
        return remembered(values) if len(values) <= REMEMBERED_SETS else write(values)

    return written
