"""Rows that stand twice: a training that a file holds more than once, as when two exports were joined and sorted.

Pure logic over marks, which stand for rows: equal marks are equal rows, ``set_index`` included. Hevy numbers the sets
of an exercise: in an untouched export equal rows of one workout are the exception, an exercise that comes twice.
"""

from __future__ import annotations

from collections import Counter
from math import gcd


def times_written(marks: list[int], *, one_superset: bool, usual: int) -> int:
    """How many copies of one training these rows of a workout are: 1 if not every row has its twin.

    :param one_superset: all are sets of one exercise in a superset. Nothing is a superset with itself alone, so two
        equal halves (left and right, say) may be one training, or a copy of what the file has elsewhere of the workout.
    :param usual: how many copies the file has of most others; it decides then.
    """
    counts = Counter(marks)
    copies = gcd(*counts.values())
    if one_superset and copies == max(counts.values()) > 1 and copies != usual:
        return copies // next(part for part in range(2, copies + 1) if copies % part == 0)
    return copies


def places_of_first_copy(marks: list[int], copies: int) -> list[int]:
    """Which rows to keep so that each stands once where it stood ``copies`` times, in their order."""
    left = {mark: count // copies for mark, count in Counter(marks).items()}
    kept = []
    for place, mark in enumerate(marks):
        if left[mark]:
            left[mark] -= 1
            kept.append(place)
    return kept
