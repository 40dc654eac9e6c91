"""What names of other services mean: names.csv has each, its exercise and equipment; an empty one is asked for.

The table was read line by line. Names of exercises are facts; those of files of people are in it too.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import psycopg
import pytest

pytestmark = pytest.mark.sweep

TABLE = Path(__file__).with_name("names.csv")
COLUMN = {"hevy": "exercise_title", "strong": "Exercise Name", "fitnotes": "Exercise"}
FILES = {
    "hevy_335_workouts.csv": "hevy",
    "strong_12col_excerpt.csv": "strong",
    "strong_legacy.csv": "strong",
    "fitnotes_kgs.csv": "fitnotes",
}
MEANT = """
select n.name, m.name, m.equipment, m.id
from unnest(%s::text[]) as n (name)
cross join lateral (
  select e.id, e.name, e.equipment
  from exercise_names(0, %s) as k join exercises as e on e.id = k.exercise_id
  where k.name = lower(n.name)
  order by k.rank, k.exercise_id
  limit 1
) as m
"""


def table(source: str) -> dict[str, tuple[str, str]]:
    with TABLE.open(encoding="utf-8") as file:
        return {row["name"]: (row["exercise"], row["equipment"]) for row in csv.DictReader(file)
                if row["source"] == source}  # fmt: skip


def meant(database: psycopg.Connection[Any], source: str, names: list[str]) -> dict[str, tuple[str, str, int]]:
    return {name: (exercise, equipment, exercise_id) for name, exercise, equipment, exercise_id
            in database.execute(MEANT, [names, source]).fetchall()}  # fmt: skip


@pytest.mark.parametrize("source", COLUMN)
def test_each_name_means_the_exercise_of_the_table_and_uncertain_ones_mean_none(
    database: psycopg.Connection[Any], source: str
) -> None:
    wanted = table(source)
    found = {name: one[:2] for name, one in meant(database, source, list(wanted)).items()}
    assert {name: found.get(name, ("", "")) for name in wanted} == wanted
    assert len(wanted) >= 100


def test_every_name_of_hevy_is_in_the_table_and_known(data: Path) -> None:
    lines = (data / "names_hevy.txt").read_text("utf-8").splitlines()
    names = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    known = table("hevy")
    assert len(names) == 430
    assert [name for name in names if not known[name][0]] == []


@pytest.mark.parametrize(("file", "source"), FILES.items())
def test_few_sets_of_real_files_are_without_muscles(
    database: psycopg.Connection[Any], data: Path, file: str, source: str
) -> None:
    """At most one in twenty; warming up works none and is counted."""
    with (data / file).open(encoding="utf-8-sig") as lines:
        sets = Counter(row[COLUMN[source]] for row in csv.DictReader(lines))
    found = meant(database, source, list(sets))
    muscled = {exercise_id for (exercise_id,) in database.execute("select exercise_id from exercise_muscle_shares")}
    without = {name: count for name, count in sets.items() if name not in found or found[name][2] not in muscled}
    share = sum(without.values()) / sets.total()
    sys.stdout.write(f"{file}: {share:.1%} of {sets.total()} sets are without muscles: {without}\n")
    assert share <= 0.05
