"""Rows of ``import_exercises``: an exercise of a session each, its sets in arrays.

A row a set would repeat what its session and exercise are, and would be looked up by that again. Training repeats
itself: most arrays were written before, and are looked up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from workouts_api.sql import queries

from .history import Session, Set

REMEMBERED_ARRAYS, REMEMBERED_SETS = 4096, 16  # of a column, and of an array: a few megabytes

_Values = tuple[Any, ...]
_exercise_no = attrgetter("exercise_no")


def stage(import_id: int, sessions: Iterator[Session]) -> None:
    """Copies the sessions into staging, each as it comes."""
    with queries.imports.copy_import_exercises() as copy:
        write_row, rows = copy.write_row, partial(_rows, import_id, _Arrays())
        for session in sessions:
            for row in rows(session):
                write_row(row)


class _Arrays:
    """Writers of arrays, one a column: equal numbers of two types are written differently."""

    def __init__(self) -> None:
        self.kinds, self.reps, self.weights_kg, self.distances_m, self.durations_s, self.rpes = (
            _remembering(_array) for _ in range(6)
        )


def _rows(import_id: int, arrays: _Arrays, session: Session) -> Iterator[_Values]:
    ended_at = None if session.ended_at is None else session.ended_at.isoformat()
    head = (
        import_id, session.source_key, session.title, session.notes, session.started_at.isoformat(), ended_at,
        session.order_is_guessed,
    )  # fmt: skip
    for _, sets in groupby(session.sets, _exercise_no):
        yield head + _exercise(arrays, tuple(sets))


def _exercise(arrays: _Arrays, sets: Sequence[Set]) -> _Values:
    first = sets[0]
    _, _, _, _, _, _, kinds, reps, weights_kg, distances_m, durations_s, rpes, are_turned = zip(*sets, strict=True)
    return (
        first.exercise_no, first.exercise, first.exercise_notes, first.superset,
        arrays.kinds(kinds), arrays.reps(reps), arrays.weights_kg(weights_kg), arrays.distances_m(distances_m),
        arrays.durations_s(durations_s), arrays.rpes(rpes), _array(are_turned) if True in are_turned else None,
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
