"""Muscles by 25 codes in groups, beside the 18 names of before: POST and GET /api/v1/exercises"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.exercises.schemas import MUSCLE_GROUPS, MUSCLES

URL = "/api/v1/exercises"
TRAINING = Path("training") / "muscles.csv"


def made(client: Client, **fields: Any) -> dict[str, Any]:
    reply = client.post(URL, json={"name": "Mine", **fields})
    assert reply.status_code == 201, reply.json
    read: dict[str, Any] = client.get(reply.headers["Location"]).json
    assert read == reply.json
    return read


def by_code(exercise: dict[str, Any]) -> dict[str, float]:
    return {one["code"]: one["share"] for one in exercise["muscle_shares"]}


def by_name(exercise: dict[str, Any]) -> dict[str, float]:
    return {one["muscle"]: one["share"] for one in exercise["muscles"]}


def test_the_codes_and_groups_are_those_of_the_database(database: psycopg.Connection[Any]) -> None:
    rows = database.execute("select code, muscle_group from muscle_codes").fetchall()
    assert sorted(rows) == sorted((code, group) for group, codes in MUSCLE_GROUPS.items() for code in codes)
    assert len(rows) == 25
    named = database.execute("select code, muscle from muscle_codes where muscle is not null").fetchall()
    assert sorted(named) == sorted((code, name) for name, codes in MUSCLES.items() for code in codes)


def test_they_are_the_taxonomy_s(data: Path) -> None:
    with (data.parent / TRAINING).open(encoding="utf-8") as file:
        rows = {(row["code"], row["group"]) for row in csv.DictReader(file)}
    assert rows == {(code, group) for group, codes in MUSCLE_GROUPS.items() for code in codes}


def test_every_name_of_before_has_one_usual_code(database: psycopg.Connection[Any]) -> None:
    rows = database.execute(
        "select m.name, count(c.code) from muscles as m left join muscle_codes as c on c.muscle = m.name and c.is_usual"
        " group by m.name"
    ).fetchall()
    assert len(rows) == 18
    assert {count for _, count in rows} == {1}


def test_what_was_sent_by_code_is_read_with_its_group_and_by_name(owner: Client) -> None:
    sent = [{"code": "delt_side", "share": 0.5}, {"code": "delt_rear", "share": 1}, {"code": "serratus", "share": 0.25}]
    exercise = made(owner, muscle_shares=sent)
    assert exercise["muscle_shares"] == [
        {"code": "delt_rear", "group": "shoulders", "share": 1},
        {"code": "delt_side", "group": "shoulders", "share": 0.5},
        {"code": "serratus", "group": "core", "share": 0.25},
    ]
    assert by_name(exercise) == {"shoulders": 1}


def test_what_was_sent_by_name_is_read_by_its_usual_code(owner: Client) -> None:
    exercise = made(owner, muscles=[{"muscle": "chest", "share": 1}, {"muscle": "upper back", "share": 0.5}])
    assert by_code(exercise) == {"chest_mid": 1, "upper_back": 0.5}


REAR = [{"code": "delt_rear", "share": 1}, {"code": "delt_side", "share": 0.5}, {"code": "serratus", "share": 0.25}]


def test_both_lists_may_be_sent_if_one_follows_from_the_other(owner: Client) -> None:
    exercise = made(owner, muscles=[{"muscle": "shoulders", "share": 1}], muscle_shares=REAR)
    assert (by_name(exercise), by_code(exercise)) == (
        {"shoulders": 1},
        {"delt_rear": 1, "delt_side": 0.5, "serratus": 0.25},
    )


@pytest.mark.parametrize(
    "names", [{"chest": 1}, {"shoulders": 0.5}, {"shoulders": 1, "chest": 0.5}, {"shoulders": 1, "traps": 1}]
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_two_lists_that_contradict_each_other_are_refused(owner: Client, method: str, names: dict[str, float]) -> None:
    where = f"{URL}/{made(owner)['id']}" if method == "PATCH" else URL
    muscles = [{"muscle": name, "share": share} for name, share in names.items()]
    refused = owner.request(method, where, json={"name": "Flight", "muscles": muscles, "muscle_shares": REAR})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["muscles"])
    assert "shoulders 1" in refused.json["details"]["muscles"][0]


def test_an_exercise_may_be_sent_as_it_was_read(owner: Client) -> None:
    first = made(owner, muscle_shares=[{"code": "hip_flexors", "share": 1}])
    assert made(owner, **(first | {"name": "Again"}))["muscle_shares"] == first["muscle_shares"]


@pytest.mark.parametrize(
    ("shares", "path"),
    [
        ("quads", "muscle_shares"),
        ([{"code": "quadriceps", "share": 1}], "muscle_shares.0.code"),
        ([{"code": None, "share": 1}], "muscle_shares.0.code"),
        ([{"code": "quads"}], "muscle_shares.0.share"),
        ([{"code": "quads", "share": 0}], "muscle_shares.0.share"),
        ([{"code": "quads", "share": 1.01}], "muscle_shares.0.share"),
        ([{"code": "quads", "share": 1}, {"code": "quads", "share": 0.5}], "muscle_shares.1.code"),
        ([{"code": "quads", "share": 1}] * 31, "muscle_shares"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_made(owner: Client, shares: Any, path: str) -> None:
    refused = owner.post(URL, json={"name": "Flight", "muscle_shares": shares})
    assert (refused.status_code, list(refused.json["details"])) == (422, [path])
    assert not [item for item in owner.get(f"{URL}?q=Flight").json["items"] if item["is_own"]]


@pytest.mark.parametrize("muscle", ["delt_rear", "shoulders", "core", "abdominals", "upper back"])
def test_the_list_knows_a_muscle_by_code_group_and_name(
    owner: Client, database: psycopg.Connection[Any], muscle: str
) -> None:
    ids = [item["id"] for item in owner.get(URL, query_string={"muscle": muscle, "limit": 200}).json["items"]]
    rows = database.execute(
        "select x.id from exercises as x where exists (select from exercise_muscle_shares as s join muscle_codes as c"
        " using (code) where s.exercise_id = x.id and %s in (c.code, c.muscle_group, c.muscle))"
        " order by lower(x.name), x.id limit 200",
        [muscle],
    ).fetchall()
    assert ids == [row[0] for row in rows]
    assert len(ids) > 5


def test_names_alone_are_coded_also_where_a_statement_knows_no_codes(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    """The release before writes names only, while it runs on this schema."""
    exercise = made(owner)["id"]
    database.execute(
        "insert into exercise_muscles (exercise_id, muscle_id, share) select %s, id, 0.5 from muscles"
        " where name in ('shoulders', 'calves')",
        [exercise],
    )
    assert by_code(owner.get(f"{URL}/{exercise}").json) == {"delt_front": 0.5, "calves": 0.5}


def test_the_catalogue_has_the_same_muscles_by_name_and_by_code(database: psycopg.Connection[Any]) -> None:
    differing = database.execute(
        """
        select x.name
        from exercises as x
        where x.athlete_id is null
          and (
            select jsonb_object_agg(m.name, em.share)
            from exercise_muscles as em join muscles as m on m.id = em.muscle_id
            where em.exercise_id = x.id
          ) is distinct from (
            select jsonb_object_agg(n.muscle, n.share)
            from (
              select c.muscle, max(s.share) as share
              from exercise_muscle_shares as s join muscle_codes as c using (code)
              where s.exercise_id = x.id and c.muscle is not null
              group by c.muscle
            ) as n
          )
        """
    ).fetchall()
    assert differing == []
