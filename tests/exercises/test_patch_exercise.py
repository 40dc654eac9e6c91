"""PATCH /api/v1/exercises/{id}"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client

URL = "/api/v1/exercises"
WHOLE = {
    "name": "Mine",
    "equipment": "barbell",
    "mechanic": "compound",
    "tracking": "bodyweight_reps",
    "bodyweight_factor": 0.64,
    "muscle_shares": [{"code": "quads", "share": 1}],
    "aliases": ["First", "Second"],
}


@pytest.fixture
def mine(owner: Client) -> str:
    return str(owner.post(URL, json=WHOLE).headers["Location"])


def changed(owner: Client, where: str, patch: dict[str, Any]) -> dict[str, Any]:
    reply = owner.patch(where, json=patch)
    assert reply.status_code == 200, reply.json
    read = owner.get(where)
    assert (read.json, read.headers["ETag"]) == (reply.json, reply.headers["ETag"])
    found: dict[str, Any] = reply.json
    return found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "Renamed"),
        ("equipment", "cable"),
        ("category", "olympic"),
        ("mechanic", None),
        ("tracking", "custom"),
        ("bodyweight_factor", None),
        ("bodyweight_factor", 1),
        ("is_per_hand", True),
        ("is_one_sided", True),
        ("is_archived", True),
        ("aliases", ["SECOND", "Third"]),
        ("aliases", []),
    ],
)
def test_a_field_changes_alone(owner: Client, mine: str, field: str, value: Any) -> None:
    before = owner.get(mine).json
    after = changed(owner, mine, {field: value})
    follows = {"bodyweight_factor": None} if field == "tracking" else {}
    untouched = before | {field: value, "version": 2, "updated_at": after["updated_at"]} | follows
    assert after == untouched


@pytest.mark.parametrize(
    ("patch", "names", "codes"),
    [
        ({"muscles": [{"muscle": "chest", "share": 0.5}]}, {"chest": 0.5}, {"chest_mid": 0.5}),
        ({"muscle_shares": [{"code": "delt_rear", "share": 1}]}, {"shoulders": 1}, {"delt_rear": 1}),
        ({"muscle_shares": [{"code": "quads", "share": 0.5}]}, {"quadriceps": 0.5}, {"quads": 0.5}),
        (
            {"muscles": [{"muscle": "chest", "share": 1}], "muscle_shares": [{"code": "chest_upper", "share": 1}]},
            {"chest": 1},
            {"chest_upper": 1},
        ),
        ({"muscles": []}, {}, {}),
    ],
)
def test_muscles_are_replaced_by_name_and_by_code(
    owner: Client, mine: str, patch: dict[str, Any], names: dict[str, float], codes: dict[str, float]
) -> None:
    after = changed(owner, mine, patch)
    assert {one["muscle"]: one["share"] for one in after["muscles"]} == names
    assert {one["code"]: one["share"] for one in after["muscle_shares"]} == codes


def test_what_was_read_may_not_be_sent_as_a_patch_but_nothing_is_changed_by_an_empty_one(
    owner: Client, mine: str
) -> None:
    assert owner.patch(mine, json=owner.get(mine).json).status_code == 422
    assert changed(owner, mine, {})["name"] == "Mine"


@pytest.mark.parametrize(
    ("patch", "path"),
    [
        ({"name": None}, "name"),
        ({"name": ""}, "name"),
        ({"tracking": None}, "tracking"),
        ({"bodyweight_factor": 2}, "bodyweight_factor"),
        ({"tracking": "reps", "bodyweight_factor": 1}, "bodyweight_factor"),
        ({"is_archived": "yes"}, "is_archived"),
        ({"muscles": [{"muscle": "wings", "share": 1}]}, "muscles.0.muscle"),
        ({"muscle_shares": [{"code": "abs", "share": 1}] * 2}, "muscle_shares.1.code"),
        ({"is_own": False}, "is_own"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_changes(owner: Client, mine: str, patch: dict[str, Any], path: str) -> None:
    before = owner.get(mine).json
    refused = owner.patch(mine, json=patch)
    assert (refused.status_code, list(refused.json["details"])) == (422, [path])
    assert owner.get(mine).json == before


def test_another_of_mine_has_that_name(owner: Client, mine: str) -> None:
    owner.post(URL, json={"name": "Taken"})
    refused = owner.patch(mine, json={"name": "taken"})
    assert (refused.status_code, list(refused.json["details"])) == (409, ["name"])


def test_an_older_version_is_refused(owner: Client, mine: str) -> None:
    stale = {"If-Match": owner.get(mine).headers["ETag"]}
    changed(owner, mine, {"name": "Renamed"})
    assert owner.patch(mine, json={"name": "Lost"}, headers=stale).status_code == 412
    assert owner.get(mine).json["name"] == "Renamed"


def test_a_shared_one_is_403_and_a_strangers_404(owner: Client, stranger: Client, mine: str) -> None:
    assert owner.patch(f"{URL}/1", json={"name": "X"}).status_code == 403
    assert stranger.patch(mine, json={"name": "X"}).status_code == 404
    assert stranger.patch(f"{URL}/999999999", json={"name": "X"}).status_code == 404


def test_an_archived_one_leaves_list_and_search_and_comes_back(owner: Client, mine: str) -> None:
    def found() -> list[str]:
        return [item["name"] for item in owner.get(f"{URL}?q=Mine").json["items"] if item["is_own"]]

    changed(owner, mine, {"is_archived": True})
    assert found() == []
    changed(owner, mine, {"is_archived": False})
    assert found() == ["Mine"]
