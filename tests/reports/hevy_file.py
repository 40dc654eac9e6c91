"""A Hevy export as a naive history: read with the csv module alone, cell by cell."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Callable, Mapping
from fractions import Fraction
from itertools import groupby
from pathlib import Path

from tests.reports.naive_report import Session, Set

Row = Mapping[str, str]
Rating = Callable[[list[Row]], Fraction | None]


def read_workouts(file: Path) -> list[list[Row]]:
    """The rows of each workout, oldest first."""
    with file.open(encoding="utf-8", newline="") as lines:
        rows: list[Row] = list(csv.DictReader(lines))
    workouts = [list(of_one) for _, of_one in groupby(rows, lambda row: (row["title"], row["start_time"]))]
    return sorted(workouts, key=lambda workout: instant(workout[0]["start_time"]))


def instant(cell: str) -> dt.datetime:
    """15 Sep 2025, 07:48 – on the athlete's clock."""
    return dt.datetime.strptime(cell, "%d %b %Y, %H:%M")


def titles(workouts: list[list[Row]]) -> list[str]:
    return list(dict.fromkeys(row["exercise_title"] for workout in workouts for row in workout))


def no_rating(_: list[Row]) -> None:
    """Hevy rates sets, not sessions."""


def hardest_set(workout: list[Row]) -> Fraction | None:
    """A rating that such a session could have had."""
    return max((Fraction(row["rpe"]) for row in workout if row["rpe"]), default=None)


def history_of(workouts: list[list[Row]], exercise_ids: Mapping[str, int], rating: Rating = no_rating) -> list[Session]:
    history = []
    for workout in workouts:
        start, end = instant(workout[0]["start_time"]), instant(workout[0]["end_time"])
        minutes = Fraction(int((end - start).total_seconds()), 60)
        sets = [_set(row, exercise_ids[row["exercise_title"]]) for row in workout]
        history.append(Session(start.date(), minutes, rating(workout), sets, starts_at=start.time()))
    return history


def weight_of(row: Row) -> float | None:
    """What was lifted, in kg: the file writes help as a positive weight, which is taken off one's own."""
    if not row["weight_kg"]:
        return None
    is_help = "assisted" in row["exercise_title"].lower()
    return -float(row["weight_kg"]) if is_help else float(row["weight_kg"])


def _set(row: Row, exercise_id: int) -> Set:
    return Set(exercise_id, row["set_type"], weight_of(row), int(row["reps"]) if row["reps"] else None)
