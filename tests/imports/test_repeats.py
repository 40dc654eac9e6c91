"""A workout that a file holds more than once is imported once."""

from __future__ import annotations

import random

import pytest

from .conftest import row, workout
from .test_hevy import read

Rows = list[dict[str, object]]


def training(day: int, **different: object) -> Rows:
    """Two exercises, of which the first comes again at the end."""
    names = ("Squat", "Plank", "Squat")
    parts = (workout(day, sets=2, exercise_title=name, weight_kg=10 * n + 5) for n, name in enumerate(names))
    return [{**one, **different} for part in parts for one in part]


def by_start(rows: Rows) -> Rows:
    return sorted(rows, key=lambda one: str(one["start_time"]))


def by_line(rows: Rows) -> Rows:
    return sorted(rows, key=lambda one: [str(one[key]) for key in ("start_time", "exercise_title", "set_index")])


def content(rows: Rows) -> dict[str, list[tuple[object, ...]]]:
    """The sets of each workout, whatever their order."""
    found: dict[str, list[tuple[object, ...]]] = {}
    for one in read(rows)[0]:
        found.setdefault(one.source_key, []).extend((s.exercise, s.kind, s.reps, s.weight_kg) for s in one.sets)
    return {key: sorted(sets, key=repr) for key, sets in found.items()}


ONE_SET = [row(start_time="3 Jan 2025, 18:00", end_time="", exercise_title="Plank")]
FILE = [*training(8), *training(6), *ONE_SET]


@pytest.mark.parametrize("copies", [2, 3])
@pytest.mark.parametrize("arrange", [list, by_start, by_line], ids=["pasted below", "by start", "by every column"])
def test_a_doubled_file_comes_in_once_however_it_was_sorted(arrange: object, copies: int) -> None:
    assert callable(arrange)
    doubled = arrange(FILE * copies)
    workouts, reading = read(doubled)
    assert content(doubled) == content(FILE)
    assert sum(len(one.sets) for one in workouts) == 13
    assert (reading.repeated_workouts, reading.repeated_lines) == (3 * (copies - 1), 13 * (copies - 1))
    assert reading.accepted == len(doubled)


def test_a_file_sorted_by_exercise_and_pasted_twice_comes_in_once() -> None:
    once = sorted(FILE, key=lambda one: str(one["exercise_title"]))
    assert content(once * 2) == content(FILE)


def test_sets_are_numbered_without_gaps_after_copies_were_left_out() -> None:
    once = [(s.exercise_no, s.set_no, s.exercise) for s in read(training(8))[0][0].sets]
    for doubled in (training(8) * 2, [one for one in training(8) for _ in range(2)]):
        (one,), _ = read(doubled)
        assert [(s.exercise_no, s.set_no, s.exercise) for s in one.sets] == once


def test_the_same_training_of_one_exercise_twice_is_one() -> None:
    (one,), reading = read(workout(8, sets=2) * 2)
    assert [s.set_no for s in one.sets] == [1, 2]
    assert (reading.repeated_workouts, reading.repeated_lines) == (1, 2)


def test_copies_that_write_numbers_otherwise_are_copies() -> None:
    (one,), _ = read([*workout(8, weight_kg="100"), *workout(8, weight_kg="100.0")])
    assert len(one.sets) == 3


def test_two_equal_halves_of_a_superset_are_one_training_and_four_are_two() -> None:
    halves = workout(8, sets=3, superset_id=0) * 2
    assert [len(one.sets) for one in read([*workout(6), *halves])[0]] == [3, 6]
    assert [len(one.sets) for one in read([*workout(6), *halves, *halves])[0]] == [3, 6]


def test_where_the_file_is_doubled_halves_of_a_superset_that_stand_alone_are_copies() -> None:
    rows = [one for day in range(1, 5) for one in training(day, superset_id=1)]
    by_exercise = sorted(rows * 2, key=lambda one: str(one["exercise_title"]))
    assert content([*workout(20), *workout(20), *by_exercise]) == content([*workout(20), *rows])


def test_an_exercise_that_comes_again_with_some_equal_sets_is_no_copy() -> None:
    rows = [*workout(8, sets=2), *workout(8, sets=3)]
    assert len(read(rows)[0][0].sets) == 5


def test_equal_rows_of_a_file_that_numbers_no_sets_are_sets() -> None:
    for index in (0, ""):
        (one,), reading = read(row(set_index=index) for _ in range(3))
        assert (len(one.sets), reading.repeated_workouts) == (3, 0)


def test_an_older_state_of_a_workout_further_below_is_left_out_and_said() -> None:
    workouts, reading = read([*workout(8, sets=4), *workout(6), *workout(8, sets=2)])
    assert [len(one.sets) for one in workouts] == [4, 3]
    assert reading.notices == [
        "Line 9: the workout stands in the file again and reads differently; what stands first was taken."
    ]


def test_two_workouts_of_one_start_and_title_are_both_kept_also_in_a_doubled_file() -> None:
    later = {"end_time": "8 Jan 2025, 20:00"}
    rows = [*training(8), *training(8, **later, weight_kg=60)]
    assert [len(sets) for sets in content(rows).values()] == [6, 6]
    for arrange in (list, by_start):
        assert content(arrange(rows * 2)) == content(rows)


def test_doubled_and_shuffled_days_come_in_once() -> None:
    rows = [one for day in range(1, 20) for one in training(day)]
    shuffled = rows * 2
    random.Random(9).shuffle(shuffled)
    assert content(by_start(shuffled)) == content(rows)
