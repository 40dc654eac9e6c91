"""GET /api/v1/exercises"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client

URL = "/api/v1/exercises"


def all_pages(client: Client, query: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = client.get(f"{URL}?{query}" + (f"&cursor={cursor}" if cursor else "")).json
        items += page["items"]
        cursor = page["next_cursor"]
    return items


def test_pages_hold_the_shared_and_ones_own_by_name_and_nobody_elses(
    owner: Client, stranger: Client, database: psycopg.Connection[Any]
) -> None:
    for name in ("aaa first", "Zzz last", "Mmm"):
        owner.post(URL, json={"name": name})
        stranger.post(URL, json={"name": f"{name} of a stranger"})
    names = [item["name"] for item in all_pages(owner, "limit=100")]
    rows = database.execute(
        "select name from exercises where athlete_id is null or athlete_id = %s order by lower(name), id",
        [owner.athlete_id],
    )
    assert names == [row[0] for row in rows]


def test_a_name_that_stands_twice_is_listed_twice_across_pages(owner: Client) -> None:
    first = owner.get(f"{URL}?limit=1").json["items"][0]["name"]
    own = owner.post(URL, json={"name": first.upper()}).json["id"]
    page = owner.get(f"{URL}?limit=1").json
    ids = [page["items"][0]["id"]]
    ids.append(owner.get(f"{URL}?limit=1&cursor={page['next_cursor']}").json["items"][0]["id"])
    assert own in ids
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("query", "name", "value"),
    [("equipment=barbell", "equipment", "barbell"), ("category=cardio", "category", "cardio")],
)
def test_filters_leave_what_they_say(owner: Client, query: str, name: str, value: str) -> None:
    items = all_pages(owner, query)
    assert items
    assert {item[name] for item in items} == {value}


def test_the_muscle_is_one_that_they_work(owner: Client) -> None:
    mine = owner.post(URL, json={"name": "Mine", "muscles": [{"muscle": "calves", "share": 0.5}]}).json["id"]
    listed = all_pages(owner, "muscle=calves&limit=200")
    assert mine in [item["id"] for item in listed]
    sample = owner.get(f"{URL}/{listed[0]['id']}").json
    assert "calves" in [muscle["muscle"] for muscle in sample["muscles"]]


def test_merged_and_archived_ones_are_left_out(owner: Client, database: psycopg.Connection[Any]) -> None:
    kept, merged, archived = (owner.post(URL, json={"name": f"Aaa {n}"}).json["id"] for n in range(3))
    database.execute("update exercises set merged_into = %s where id = %s", [kept, merged])
    database.execute("update exercises set is_archived = true where id = %s", [archived])
    for query in ("limit=200", "q=Aaa"):
        ids = {item["id"] for item in owner.get(f"{URL}?{query}").json["items"]}
        assert ids & {kept, merged, archived} == {kept}
    assert owner.get(f"{URL}/{merged}").json["merged_into"] == kept


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("equipment=spoon", "equipment"),
        ("category=chess", "category"),
        ("limit=0", "limit"),
        ("cursor=abc", "cursor"),
        ("q=a", "q"),
        ("q=ab%00", "q"),
        ("q=squat&equipment=barbell", "equipment"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_parameter_is_named(owner: Client, query: str, name: str) -> None:
    refused = owner.get(f"{URL}?{query}")
    assert (refused.status_code, list(refused.json["details"])) == (422, [name])
