"""PUT and GET /api/v1/sessions/{id}/sets"""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from tests.conftest import Client
from tests.sessions.bodies import URL, Body


@pytest.fixture
def where(owner: Client, body: Body) -> str:
    """A session of two exercises."""
    return str(owner.post(URL, json=body).headers["Location"])


def item(set_no: int, seq: int, exercise_no: int = 1, **what: Any) -> Body:
    return {"exercise_no": exercise_no, "set_no": set_no, "seq": seq, **what}


def sent(owner: Client, where: str, *sets: Body, device: str = "phone") -> list[Any]:
    reply = owner.put(f"{where}/sets", json={"device": device, "sets": list(sets)})
    assert reply.status_code == 200, reply.text
    return list(reply.json["sets"])


def changed(owner: Client, where: str, since: int, **query: Any) -> Any:
    return owner.get(f"{where}/sets", query_string={"since": since, **query}).json


def test_each_item_is_answered_and_all_are_one_version(owner: Client, where: str, exercise_ids: list[int]) -> None:
    answers = sent(
        owner,
        where,
        item(1, 1, reps=5),
        item(2, 2, is_deleted=True),
        item(1, 3, 9, reps=5),
        item(1, 4, 8, reps=5, exercise_id=exercise_ids[2]),
        item(2, 5, 8, reps=5),
        item(1, 6, 2, reps=5, exercise_id=exercise_ids[0]),
    )
    refusals = [one["refusal"] for one in answers]
    assert refusals == [None, None, "no_exercise", None, None, "other_exercise"]
    assert [one["version"] for one in answers] == [2, 2, 0, 2, 2, 1]
    session = owner.get(where).json
    assert (session["version"], session["set_count"], session["exercise_count"]) == (2, 4, 3)
    again = sent(owner, where, item(1, 1, reps=5), item(2, 2, is_deleted=True))
    assert [(one["refusal"], one["set"]) for one in again] == [("known", None)] * 2
    assert owner.get(where).json["version"] == 2


def test_of_a_set_that_stands_twice_the_highest_number_counts(owner: Client, where: str) -> None:
    answers = sent(owner, where, item(1, 9, reps=9), item(1, 8, reps=8), item(1, 7, is_deleted=True))
    assert [one["version"] for one in answers] == [2, 2, 2]
    assert owner.get(where).json["exercises"][0]["sets"][0]["reps"] == 9


@pytest.mark.parametrize("is_named", [False, True])
@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_an_item_is_refused_for_no_exercise_that_another_item_names(
    owner: Client, where: str, exercise_ids: list[int], order: tuple[int, ...], is_named: bool
) -> None:
    items = [
        item(1, 9, 9, reps=5),
        item(1, 7, 9, reps=4, exercise_id=10**9),
        item(1, 8, 9, reps=3, exercise_id=exercise_ids[2]) if is_named else item(1, 8, 9, reps=3),
        item(2, 6, 9, reps=5, exercise_id=10**9),
    ]
    answers = sent(owner, where, *[items[place] for place in order])
    refusals = {place: one["refusal"] for place, one in zip(order, answers, strict=True)}
    assert refusals == {**dict.fromkeys(range(3), None if is_named else "no_exercise"), 3: "unknown_exercise"}


def test_an_overtaken_exercise_of_another_number_refuses_nothing(
    owner: Client, where: str, exercise_ids: list[int]
) -> None:
    answers = sent(owner, where, item(1, 1, reps=4, exercise_id=exercise_ids[2]), item(1, 2, reps=6))
    assert [one["refusal"] for one in answers] == [None, None]
    assert owner.get(where).json["exercises"][0]["sets"][0]["reps"] == 6


def test_a_stale_item_gets_the_stored_set_and_the_others_are_written(owner: Client, where: str) -> None:
    sent(owner, where, item(1, 1, reps=5))
    stale, fine, known = sent(
        owner, where, item(1, 1, reps=6), item(3, 2, reps=3), item(2, 3, reps=7, version=1), device="watch"
    )
    assert (stale["refusal"], stale["version"], stale["set"]["reps"]) == ("stale", 2, 5)
    assert (fine["refusal"], known["refusal"]) == (None, None)
    [merged] = sent(owner, where, item(1, 4, reps=6, version=2), device="watch")
    assert merged["refusal"] is None


def test_who_comes_back_gets_what_changed_deletions_included(owner: Client, where: str) -> None:
    assert [one["version"] for one in changed(owner, where, 0)["items"]] == [1, 1, 1]
    assert changed(owner, where, 1)["items"] == []
    sent(owner, where, item(1, 1, reps=5))
    sent(owner, where, item(2, 2, is_deleted=True))
    items = changed(owner, where, 1)["items"]
    assert [(one["set_no"], one["version"], one["is_deleted"]) for one in items] == [(1, 2, False), (2, 3, True)]
    assert (items[0]["set"]["reps"], items[1]["set"]) == (5, None)
    page = changed(owner, where, 0, limit=2)
    rest = changed(owner, where, 0, limit=2, cursor=page["next_cursor"])["items"]
    assert [one["version"] for one in [*page["items"], *rest]] == [1, 2, 3]


def test_who_comes_back_gets_what_a_replacement_changed(owner: Client, where: str) -> None:
    read = owner.get(where)
    session = read.json
    session["exercises"][0]["sets"][0]["reps"] = 9
    del session["exercises"][1]
    owner.put(where, json=session, headers={"If-Match": read.headers["ETag"]})
    items = changed(owner, where, 1)["items"]
    assert [(one["exercise_no"], one["set_no"], one["is_deleted"]) for one in items] == [(1, 1, False), (2, 1, True)]
    assert items[1]["exercise_id"] is None


def test_wrong_input_is_named_by_its_place(owner: Client, where: str) -> None:
    for given, field in (
        ({"device": "phone", "sets": []}, "sets"),
        ({"device": "phone", "sets": [item(1, 1)] * 201}, "sets"),
        ({"sets": [item(1, 1)]}, "device"),
        ({"device": "phone", "sets": [{"exercise_no": 1, "set_no": 1}]}, "sets.0.seq"),
        ({"device": "phone", "sets": [item(1, 1), item(0, 2)]}, "sets.1.set_no"),
        ({"device": "phone", "sets": [item(1, 1, version=2**31)]}, "sets.0.version"),
        ({"device": "phone", "sets": [7]}, "sets.0"),
    ):
        reply = owner.put(f"{where}/sets", json=given)
        assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_stranger_gets_404(owner: Client, stranger: Client, where: str) -> None:
    given = {"device": "phone", "sets": [item(1, 1)]}
    assert stranger.put(f"{where}/sets", json=given).status_code == 404
    assert stranger.get(f"{where}/sets").status_code == 404
    assert owner.get(f"{where}/sets?since=2147483648").status_code == 422
