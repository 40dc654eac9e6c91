"""GET /api/v1/exercises/unmatched"""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.conftest import Client

URL = "/api/v1/exercises"
COLUMNS = "title,start_time,end_time,exercise_title,set_index,set_type,weight_kg,reps"


def imported(client: Client, *names: str, day: str = "5 Jan 2026") -> dict[str, Any]:
    rows = [f'"W","{day}, 10:00","{day}, 11:00","{name}",{n},normal,50,{n + 5}' for name in names for n in range(2)]
    file = io.BytesIO("\n".join([COLUMNS, *rows]).encode())
    reply = client.post("/api/v1/imports", data={"file": (file, "hevy.csv"), "zone": "UTC"})
    assert reply.status_code == 201, reply.json
    report: dict[str, Any] = reply.json
    return report


def unmatched(client: Client, query: str = "") -> dict[str, dict[str, Any]]:
    reply = client.get(f"{URL}/unmatched?{query}")
    assert reply.status_code == 200, reply.json
    return {item["name"]: item for item in reply.json["items"]}


def test_names_that_no_import_knew_are_listed_with_their_sets_and_shared_ones_like_them(owner: Client) -> None:
    imported(owner, "Machine Push Down", "Bench Press (Barbell)")
    found = unmatched(owner)
    assert list(found) == ["Machine Push Down"]
    one = found["Machine Push Down"]
    assert (one["set_count"], one["is_own"]) == (2, True)
    assert 1 <= len(one["proposals"]) <= 5
    likeness = [proposal["likeness"] for proposal in one["proposals"]]
    assert likeness == sorted(likeness, reverse=True)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Seatd Wide Grip Row", "Seated Cable Wide-Grip Row"),
        ("Benchpress barbell", "Barbell Bench Press"),
        ("Lat puldown", "Lat Pulldown"),
    ],
)
def test_the_likeliest_is_proposed_first(owner: Client, written: str, meant: str) -> None:
    owner.post(URL, json={"name": written})
    assert unmatched(owner)[written]["proposals"][0]["name"] == meant


def test_one_call_maps_a_name_for_what_was_imported_and_what_will_be(owner: Client) -> None:
    imported(owner, "Machine Push Down")
    one = unmatched(owner)["Machine Push Down"]
    into = one["proposals"][0]["id"]
    assert owner.post(f"{URL}/{one['id']}/merge", json={"into": into}).status_code == 200
    assert unmatched(owner) == {}
    report = imported(owner, "machine push down", day="6 Jan 2026")
    assert (report["exercises_added"], report["exercises"][0]["exercise_id"]) == (0, into)
    sessions = owner.get(f"/api/v1/sessions?exercise_id={into}").json["items"]
    assert len(sessions) == 2
    assert owner.get(f"{URL}/{one['id']}").json["name"] == "Machine Push Down"


def test_muscles_or_an_archive_take_it_off_the_list(owner: Client) -> None:
    for name, patch in (("A", {"muscle_shares": [{"code": "abs", "share": 1}]}), ("B", {"is_archived": True})):
        where = owner.post(URL, json={"name": name}).headers["Location"]
        assert name in unmatched(owner)
        owner.patch(where, json=patch)
        assert name not in unmatched(owner)


def test_a_page_has_at_most_twenty_and_the_next_goes_on(owner: Client, stranger: Client) -> None:
    names = [f"Zzz {n:02}" for n in range(23)]
    for name in names:
        owner.post(URL, json={"name": name})
    stranger.post(URL, json={"name": "Theirs"})
    first = owner.get(f"{URL}/unmatched?limit=200").json
    second = owner.get(f"{URL}/unmatched?limit=200&cursor={first['next_cursor']}").json
    assert [len(first["items"]), len(second["items"]), second["next_cursor"]] == [20, 3, None]
    assert [item["name"] for item in first["items"] + second["items"]] == names


@pytest.mark.parametrize("name", ["%", "\\", "𝔘𝔫𝔦", "深蹲", "'; drop table sets; --", "x" * 200])
def test_odd_names_have_few_proposals_or_none(owner: Client, name: str) -> None:
    stored = owner.post(URL, json={"name": name}).json["name"]
    assert len(unmatched(owner)[stored]["proposals"]) <= 5
