"""What is staged in arrays is stored set by set, as it was read."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.imports.staging import REMEMBERED_SETS

from .conftest import Send, export, row

COLUMNS = ("set_type", "weight_kg", "reps", "distance_km", "duration_seconds", "rpe")
# Each is null somewhere, the last ones too, and equal numbers stand in columns of different types.
SETS: tuple[tuple[Any, ...], ...] = (
    ("warmup", 5, 5, None, 5, None),
    ("normal", None, 5, 0.005, None, 5),
    ("failure", 5.5, None, 5, None, 5.5),
    ("dropset", None, None, None, 7, None),
    ("normal", 0, 0, None, None, None),
)


@pytest.mark.parametrize("times", [1, REMEMBERED_SETS], ids=["few sets", "many sets"])
def test_sets_are_stored_as_the_file_has_them(
    owner: Client, send: Send, database: psycopg.Connection[Any], times: int
) -> None:
    sets = SETS * times
    rows = [row(set_index=index, **dict(zip(COLUMNS, one, strict=True))) for index, one in enumerate(sets)]
    assert send(owner, export(rows)).json["sets_added"] == len(sets)
    stored = database.execute(
        "select set_no, position, kind::text, weight_kg, reps, distance_m / 1000, duration_s, rpe::float8"
        " from sets order by set_no"
    ).fetchall()
    assert stored == [(no, no, kind[0], *numbers) for no, (kind, *numbers) in enumerate(sets, 1)]


def test_equal_numbers_of_two_columns_keep_their_types(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    rows = [row(weight_kg=8, reps=5), row(exercise_title="Deadlift (Barbell)", weight_kg=5, reps=8)]
    assert send(owner, export(rows)).json["sets_added"] == 2
    stored = database.execute("select weight_kg, reps from sets order by exercise_no").fetchall()
    assert stored == [(8.0, 5), (5.0, 8)]
