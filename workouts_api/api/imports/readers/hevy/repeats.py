"""Repeated rows: a file may hold a workout more than once, as when two exports were joined and sorted.

Pure logic over marks. A mark stands for a row: equal marks are equal rows, including ``set_index``. Hevy numbers the
sets of an exercise. So in an unchanged export, one workout has equal rows only if an exercise occurs in it twice.
"""

from __future__ import annotations

from collections import Counter
from math import gcd


def times_written(marks: list[int], *, one_superset: bool, usual: int) -> int:
    """How many copies of one workout these rows hold. It is 1 unless every row has a copy.

    :param one_superset: all rows are sets of one exercise in a superset. A superset has at least two exercises. So two
        equal halves may be one workout (left and right, for example), or copies of rows elsewhere in the file.
    :param usual: how many copies the file holds of most workouts. It decides that case.
    """
    counts = Counter(marks)
    copies = gcd(*counts.values())
    if one_superset and copies == max(counts.values()) > 1 and copies != usual:
        return copies // next(part for part in range(2, copies + 1) if copies % part == 0)
    return copies


def places_of_first_copy(marks: list[int], copies: int) -> list[int]:
    """The places of the rows to keep, in their order: one of every ``copies`` equal rows."""
    left = {mark: count // copies for mark, count in Counter(marks).items()}
    kept = []
    for place, mark in enumerate(marks):
        if left[mark]:
            left[mark] -= 1
            kept.append(place)
    return kept
