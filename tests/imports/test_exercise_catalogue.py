"""migrations/repeatable/exercise_catalogue.sql"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

import workouts_api

SCRIPT = Path(workouts_api.__file__).parent / "migrations" / "repeatable" / "exercise_catalogue.sql"
STATE = (
    "select name, equipment, category, mechanic, version, "
    "(select array_agg((m.name, k.share) order by m.name) from exercise_muscles as k join muscles as m "
    "on m.id = k.muscle_id where k.exercise_id = e.id)::text, "
    "(select array_agg((source, alias) order by source, alias) from exercise_aliases where exercise_id = e.id)::text "
    "from exercises as e order by coalesce(athlete_id, 0), lower(name)"
)


@pytest.fixture
def catalogue(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """The database, with what a test does to the catalogue undone."""
    with database.transaction(force_rollback=True):
        yield database


def apply(database: psycopg.Connection[Any]) -> None:
    database.execute(SCRIPT.read_bytes())


def value(database: psycopg.Connection[Any], query: str) -> Any:
    row = database.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_it_has_the_exercises_that_people_do(catalogue: psycopg.Connection[Any]) -> None:
    assert value(catalogue, "select count(*) from exercises where athlete_id is null") >= 180
    for name in ("Barbell Squat", "Barbell Bench Press", "Barbell Deadlift", "Lat Pulldown", "Pull-Up", "Running"):
        assert value(catalogue, f"select count(*) from exercises where name = '{name}'") == 1
    kinds = {row[0] for row in catalogue.execute("select distinct category from exercises").fetchall()}
    assert kinds >= {"strength", "bodyweight", "cardio", "mobility", "olympic", "plyometric"}


def test_applied_again_it_changes_nothing(catalogue: psycopg.Connection[Any]) -> None:
    before = catalogue.execute(STATE).fetchall()
    apply(catalogue)
    assert catalogue.execute(STATE).fetchall() == before


def test_it_repairs_what_drifted_and_steps_the_version(catalogue: psycopg.Connection[Any]) -> None:
    catalogue.execute("update exercises set category = 'other' where name = 'Plank'")
    catalogue.execute(
        "update exercise_muscles set share = 0.1 where exercise_id = (select id from exercises where name = 'Plank')"
    )
    apply(catalogue)
    assert catalogue.execute("select category, version from exercises where name = 'Plank'").fetchall() == [
        ("bodyweight", 3)  # once for the drift, once for its repair
    ]
    assert value(catalogue, "select min(k.share) from exercise_muscles as k join exercises as e "
                            "on e.id = k.exercise_id where e.name = 'Plank'") == 0.5  # fmt: skip


def test_an_athletes_own_exercise_of_the_same_name_is_not_touched(
    catalogue: psycopg.Connection[Any], owner: Any
) -> None:
    catalogue.execute(
        "insert into exercises (athlete_id, name, category) values (%s, 'Plank', 'other')", [owner.athlete_id]
    )
    apply(catalogue)
    own = catalogue.execute(
        "select category, version, (select count(*) from exercise_muscles where exercise_id = e.id) "
        "from exercises as e where athlete_id is not null"
    ).fetchall()
    assert own == [("other", 1, 0)]


def test_an_exercise_that_left_the_list_is_not_deleted(catalogue: psycopg.Connection[Any]) -> None:
    catalogue.execute("insert into exercises (name) values ('Bear Hug Carry')")
    apply(catalogue)
    assert value(catalogue, "select count(*) from exercises where name = 'Bear Hug Carry'") == 1


def test_every_exercise_but_preparation_has_a_primary_muscle(catalogue: psycopg.Connection[Any]) -> None:
    without = catalogue.execute(
        "select name from exercises as e where category <> 'mobility' and athlete_id is null "
        "and not exists (select from exercise_muscle_shares where exercise_id = e.id and share = 1)"
    ).fetchall()
    assert without == []


def test_no_name_means_two_exercises(catalogue: psycopg.Connection[Any]) -> None:
    twice = catalogue.execute(
        "select source, lower(alias) from exercise_aliases group by 1, 2 having count(distinct exercise_id) > 1"
    ).fetchall()
    assert twice == []
    hidden = catalogue.execute(
        "select a.alias from exercise_aliases as a join exercises as e on lower(e.name) = lower(a.alias) "
        "where a.source = 'any'"
    ).fetchall()
    assert hidden == []


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Squat (Barbell)", "Barbell Squat"),
        ("Bicep Curl (Cable)", "Cable Biceps Curl"),
        ("Incline Bench Press (Dumbbell)", "Incline Dumbbell Bench Press"),
        ("Dumbbell Incline Bench Press", "Incline Dumbbell Bench Press"),
        ("Pull Up", "Pull-Up"),
        ("Lat Pulldown (Machine)", "Machine Lat Pulldown"),
        ("Triceps Pressdown", "Triceps Pushdown"),
        ("OHP", "Overhead Press"),
    ],
)
def test_other_services_names_are_known(catalogue: psycopg.Connection[Any], written: str, meant: str) -> None:
    found = catalogue.execute(
        "select e.name from exercise_names(0, 'hevy') as k join exercises as e on e.id = k.exercise_id "
        "where k.name = lower(%s) order by k.rank limit 1",
        [written],
    ).fetchall()
    assert found == [(meant,)]


EQUIPMENT = {
    "barbell": "barbell", "dumbbell": "dumbbell", "kettlebell": "kettlebell", "cable": "cable", "machine": "machine",
    "smith machine": "smith_machine", "smith": "smith_machine", "band": "band", "suspension": "suspension",
    "trap bar": "trap_bar", "ez bar": "ez_bar", "plate": "plate", "weighted": "plate", "bodyweight": "none",
    "ring": "suspension",
}  # fmt: skip
SAYS = re.compile(rf"\b({'|'.join(EQUIPMENT)})\b(?!.loaded)")  # plate-loaded is a machine


def meant(database: psycopg.Connection[Any], names: list[str], source: str = "hevy") -> list[tuple[str, str, str]]:
    """Names, those that are known: with what exercise they mean and its equipment."""
    return database.execute(
        "with known as materialized ("
        "  select distinct on (k.name) k.name as known_as, e.name, e.equipment"
        "  from exercise_names(0, %s) as k join exercises as e on e.id = k.exercise_id"
        "  order by k.name, k.rank, k.exercise_id)"
        "select n.name, m.name, m.equipment"
        " from unnest(%s::text[]) as n (name) join known as m on m.known_as = lower(n.name)",
        [source, names],
    ).fetchall()


def test_no_name_means_an_exercise_with_other_equipment(catalogue: psycopg.Connection[Any]) -> None:
    names = [row[0] for row in catalogue.execute("select distinct name from exercise_names(0, 'hevy')").fetchall()]
    found = meant(catalogue, names)
    assert len(found) > 1500
    for name, exercise, equipment in found:
        said = {EQUIPMENT[word] for word in SAYS.findall(name.lower())}
        assert not said or equipment in said | {"cardio_machine", "other"}, (name, exercise, equipment)


def test_a_bare_name_is_no_exercise_whose_name_says_its_equipment(catalogue: psycopg.Connection[Any]) -> None:
    names = [row[0] for row in catalogue.execute("select distinct name from exercise_names(0, 'fit')").fetchall()]
    movements = {SAYS.sub("", exercise.lower()).replace("-", " ").replace("  ", " ").strip()
                 for _, exercise, _ in meant(catalogue, names) if SAYS.search(exercise.lower())}  # fmt: skip
    for name, exercise, _ in meant(catalogue, sorted(movements), "fit"):
        assert not SAYS.search(exercise.lower()) or SAYS.search(name), (name, exercise)


@pytest.mark.parametrize(
    ("written", "equipment"),
    [("Hip Thrust", "none"), ("Sumo Squat", "none"), ("Standing Calf Raise", "none"), ("Side Bend", "none"),
     ("Hack Squat", "barbell"), ("Clamshell", "band"), ("Hip Thrust (Barbell)", "barbell")],
)  # fmt: skip
def test_what_hevy_means_by_a_bare_name(catalogue: psycopg.Connection[Any], written: str, equipment: str) -> None:
    assert [one[2] for one in meant(catalogue, [written])] == [equipment]


@pytest.mark.parametrize("written", ["Hip Thrust", "Bicep Curl", "Lateral Raise", "Chest Fly", "Chest Flye", "Shrug"])
def test_a_bare_name_that_may_mean_any_equipment_is_not_known(catalogue: psycopg.Connection[Any], written: str) -> None:
    assert meant(catalogue, [written], "fit") == []


def test_bare_names_of_earlier_lists_are_withdrawn(catalogue: psycopg.Connection[Any]) -> None:
    catalogue.execute(
        "insert into exercise_aliases (exercise_id, source, alias) "
        "select x.id, 'any', a.alias from (values ('Barbell Hip Thrust', 'Hip Thrust'), "
        "('Dumbbell Biceps Curl', 'Bicep Curl'), ('Bent-Over Barbell Row', 'Bent Over Row'), "
        "('Dumbbell Chest Fly', 'Chest Flye')) as a (name, alias) "
        "join exercises as x on x.name = a.name"
    )
    apply(catalogue)
    names = ["Hip Thrust", "Bicep Curl", "Bent Over Row", "Chest Flye", "Barbell Row"]
    assert [one[0] for one in meant(catalogue, names, "fit")] == ["Barbell Row"]


def test_an_alias_of_an_exercise_that_is_not_listed_is_an_error(catalogue: psycopg.Connection[Any]) -> None:
    broken = SCRIPT.read_text().replace("('Warm-Up', 'any', 'Warmup')", "('No Such Lift', 'any', 'Whatever')")
    with pytest.raises(psycopg.errors.NotNullViolation), catalogue.transaction():
        catalogue.execute(broken.encode())
