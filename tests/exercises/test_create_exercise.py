"""POST /api/v1/exercises"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

URL = "/api/v1/exercises"
BODY = {
    "name": "Zercher Good Morning",
    "equipment": "barbell",
    "category": "strength",
    "mechanic": "compound",
    "muscles": [{"muscle": "hamstrings", "share": 0.5}, {"muscle": "glutes", "share": 1}],
    "aliases": ["ZGM", "Front-held Good Morning"],
}


def test_what_was_answered_is_what_is_read_afterwards(owner: Client) -> None:
    made = owner.post(URL, json=BODY)
    read = owner.get(made.headers["Location"])
    assert made.status_code == 201
    assert (read.json, read.headers["ETag"]) == (made.json, made.headers["ETag"])
    assert list(read.json) == list(made.json)


def test_muscles_stand_by_share_and_aliases_by_name(owner: Client) -> None:
    made = owner.post(URL, json=BODY).json
    assert made["muscles"] == [{"muscle": "glutes", "share": 1}, {"muscle": "hamstrings", "share": 0.5}]
    assert made["aliases"] == ["Front-held Good Morning", "ZGM"]
    assert (made["is_own"], made["is_archived"], made["merged_into"], made["version"]) == (True, False, None, 1)


def test_a_name_is_enough(owner: Client) -> None:
    made = owner.post(URL, json={"name": "Plank on a horse"}).json
    assert (made["equipment"], made["category"], made["mechanic"]) == ("none", "strength", None)
    assert (made["muscles"], made["aliases"]) == ([], [])


def test_a_name_is_stored_as_it_is_read(owner: Client) -> None:
    assert owner.post(URL, json={"name": " \uff22ench \u00a0press "}).json["name"] == "Bench press"


def test_ones_own_name_is_taken_whatever_its_capitals(owner: Client, stranger: Client) -> None:
    assert owner.post(URL, json={"name": "Mine"}).status_code == 201
    refused = owner.post(URL, json={"name": "mINE"})
    assert (refused.status_code, list(refused.json["details"])) == (409, ["name"])
    assert stranger.post(URL, json={"name": "Mine"}).status_code == 201


def test_a_shared_name_is_not_taken(owner: Client) -> None:
    shared = owner.get(f"{URL}?limit=1").json["items"][0]["name"]
    assert owner.post(URL, json={"name": shared}).status_code == 201


def test_a_resent_key_makes_no_second_exercise(owner: Client) -> None:
    replies = [owner.post(URL, json=BODY, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert [reply.status_code for reply in replies] == [201, 201]
    assert replies[0].json == replies[1].json


def test_an_unknown_muscle_is_named_by_its_place_and_nothing_is_made(owner: Client) -> None:
    muscles = [{"muscle": "glutes", "share": 1}, {"muscle": "wings", "share": 1}]
    refused = owner.post(URL, json={"name": "Flight", "muscles": muscles})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["muscles.1.muscle"])
    assert "Flight" not in [item["name"] for item in owner.get(f"{URL}?q=Flight").json["items"]]


def test_aliases_of_one_spelling_are_one(owner: Client) -> None:
    assert owner.post(URL, json={"name": "A", "aliases": ["Bee", "bee", "BEE"]}).json["aliases"] == ["Bee"]


@pytest.mark.parametrize(
    ("name", "value", "path"),
    [
        ("name", None, "name"),
        ("name", "", "name"),
        ("name", "   ", "name"),
        ("name", "x" * 201, "name"),
        ("name", "a\x00b", "name"),
        ("name", 5, "name"),
        ("equipment", "spoon", "equipment"),
        ("equipment", None, "equipment"),
        ("category", "chess", "category"),
        ("mechanic", "both", "mechanic"),
        ("muscles", "chest", "muscles"),
        ("muscles", [{"muscle": "chest"}], "muscles.0.share"),
        ("muscles", [{"share": 1}], "muscles.0.muscle"),
        ("muscles", [{"muscle": "chest", "share": 0}], "muscles.0.share"),
        ("muscles", [{"muscle": "chest", "share": 1.1}], "muscles.0.share"),
        ("muscles", [{"muscle": "chest", "share": "1"}], "muscles.0.share"),
        ("muscles", [{"muscle": "chest", "share": True}], "muscles.0.share"),
        ("muscles", [{"muscle": "chest", "share": 1}] * 2, "muscles.1.muscle"),
        ("muscles", [{"muscle": "chest", "share": 1}] * 31, "muscles"),
        ("aliases", [""], "aliases.0"),
        ("aliases", [5], "aliases.0"),
        ("aliases", ["x" * 201], "aliases.0"),
        ("aliases", [str(n) for n in range(51)], "aliases"),
        ("colour", "red", "colour"),
    ],
)
def test_a_bad_field_is_named(owner: Client, name: str, value: Any, path: str) -> None:
    refused = owner.post(URL, json={**BODY, name: value})
    assert (refused.status_code, list(refused.json["details"])) == (422, [path])
