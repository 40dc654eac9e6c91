"""Own names are compared without regard to case and hyphens, as those of the catalogue are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.imports.conftest import Send, export, send, unnoticed, workout
from workouts_api.web import texts

URL = "/api/v1/exercises"
ALIKE = ["My Lift", "my-lift", "MY\u2010LIFT", "My - Lift", "-My Lift-"]

# What an import does that makes as many.
MANY = """
with made as (
  insert into exercises (athlete_id, name)
  select a.id, repeat('e', 100) || ' ' || n
  from (select min(x.id) as id from athletes as x) as a
  cross join generate_series(1, 1000) as n
  returning id
)
select count(*) from made
"""

__all__ = ["send"]


def imported(client: Client, send: Send, *names: str) -> dict[str, int]:
    rows = [one for day, name in enumerate(names, 1) for one in workout(day, exercise_title=name)]
    report = send(client, export(rows)).json
    assert report["sets_added"] == len(rows) or report["duplicates"]
    return {one["name"]: one["exercise_id"] for one in report["exercises"]}


def test_names_of_one_file_are_one_exercise(owner: Client, send: Send) -> None:
    found = imported(owner, send, *ALIKE)
    assert (len(found), len(set(found.values()))) == (len(ALIKE), 1)


@pytest.mark.parametrize("first", ALIKE)
def test_names_of_later_files_are_too(owner: Client, send: Send, first: str) -> None:
    (made,) = imported(owner, send, first).values()
    for name in ALIKE:
        report = send(owner, export(workout(9, exercise_title=name)), dry_run="true").json
        assert (report["exercises_added"], [one["exercise_id"] for one in report["exercises"]]) == (0, [made])


@pytest.mark.parametrize("name", ALIKE)
def test_a_second_one_is_a_conflict(owner: Client, stranger: Client, name: str) -> None:
    made = owner.post(URL, json={"name": "My Lift"}).json
    other = owner.post(URL, json={"name": "Other"}).json
    for refused in (owner.post(URL, json={"name": name}), owner.patch(f"{URL}/{other['id']}", json={"name": name})):
        assert (refused.status_code, list(refused.json["details"])) == (409, ["name"])
    assert owner.patch(f"{URL}/{made['id']}", json={"name": name}).status_code == 200
    assert stranger.post(URL, json={"name": name}).status_code == 201


def test_names_without_hyphens_stay_different(owner: Client) -> None:
    for name in ("My Lift", "MyLift", "My Lift 2", "-", "--"):
        assert owner.post(URL, json={"name": name}).status_code == 201


def test_those_that_were_there_before_stay_two(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    ids = {
        name: owner.post(URL, json={"name": f"{n} lift"}).json["id"] for n, name in enumerate(("My Lift", "My-Lift"))
    }
    for name, one in ids.items():
        unnoticed(database, f"update exercises set name = '{name}' where id = {one}")
    assert imported(owner, send, *ids) == ids
    for name, one in ids.items():
        assert owner.patch(f"{URL}/{one}", json={"name": name.upper(), "equipment": "cable"}).status_code == 200
    assert imported(owner, send, "my lift", "my-lift") == {"my lift": ids["My Lift"], "my-lift": ids["My-Lift"]}


def test_of_many_at_once_one_is_made(owner: Client) -> None:
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda name: owner.post(URL, json={"name": name}).status_code, ALIKE[:4]))
    assert sorted(made) == [201, 409, 409, 409]


def test_a_former_name_is_found_with_other_hyphens(owner: Client, send: Send) -> None:
    (made,) = imported(owner, send, "My-Lift").values()
    owner.patch(f"{URL}/{made}", json={"name": "Deep squat"})
    assert imported(owner, send, "my lift") == {"my lift": made}


def test_help_is_known_under_other_hyphens(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    owner.post(URL, json={"name": "Pull Up (Assisted) mine", "aliases": ["Klimm Zug"]})
    imported(owner, send, "Klimm-Zug")
    assert database.execute("select distinct weight_kg from sets").fetchall() == [(-100.0,)]


READ = "select pg_stat_force_next_flush(), idx_tup_read from pg_stat_user_indexes where indexrelname = %s"


def read_from(database: psycopg.Connection[Any], index: str) -> int:
    database.execute("select pg_stat_force_next_flush()")
    ((_, rows),) = database.execute(READ, [index]).fetchall()
    return int(rows)


@pytest.mark.parametrize("own", [0, 1, 30])
def test_a_name_is_found_among_many_without_folding_all_of_them(
    owner: Client, database: psycopg.Connection[Any], own: int
) -> None:
    """Whatever the statistics say: where they knew few own exercises, each new name read all names of the athlete."""
    for number in range(own):
        owner.post("/api/v1/exercises", json={"name": f"Own {number}"})
    database.execute("vacuum analyze exercises")
    database.execute("discard plans")
    before = [read_from(database, index) for index in ("exercises_own_names_idx", "exercises_folded_name_idx")]
    database.execute(MANY)
    after = [read_from(database, index) for index in ("exercises_own_names_idx", "exercises_folded_name_idx")]
    assert after[0] - before[0] < 10_000, "1,000 names, each compared with all before it, are 500,000"
    assert after[1] - before[1] < 10_000


@pytest.mark.parametrize("name", [*ALIKE, "-", "--", "a--b", "a -- b", "Übung‑A", "x", "A  -B"])
def test_database_and_files_fold_alike(database: psycopg.Connection[Any], name: str) -> None:
    ((folded,),) = database.execute("select folded_name(%s)", [name]).fetchall()
    assert folded == texts.folded_name(name)
