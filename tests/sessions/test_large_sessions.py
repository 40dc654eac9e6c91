"""PUT of a session that is larger than a client may make it: imports store up to 1,000 exercises, and sets of one."""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.imports.conftest import Send, export, row, send
from tests.sessions.bodies import URL

__all__ = ["send"]

LARGE = {
    "exercises": [row(exercise_title=f"Exercise {number}") for number in range(105)],
    "sets": [row(set_index=number, weight_kg=number) for number in range(300)],
}


@pytest.fixture(params=LARGE)
def large(request: pytest.FixtureRequest, owner: Client, send: Send) -> Any:
    assert send(owner, export(LARGE[request.param])).json["rejected"] == []
    (session,) = owner.get(URL).json["items"]
    return owner.get(f"{URL}/{session['id']}")


def put(client: Client, read: Any, **changed: Any) -> Any:
    return client.put(
        f"{URL}/{read.json['id']}", json={**read.json, **changed}, headers={"If-Match": read.headers["ETag"]}
    )


def test_what_was_read_can_be_sent_back_and_shrink(owner: Client, large: Any) -> None:
    same = put(owner, large, title="Renamed")
    assert (same.status_code, same.json["exercises"]) == (200, large.json["exercises"])
    exercises = same.json["exercises"][1:]
    if not exercises:
        exercises = [{**same.json["exercises"][0], "sets": same.json["exercises"][0]["sets"][1:]}]
    less = put(owner, same, exercises=exercises)
    assert (less.status_code, less.json["exercises"]) == (200, exercises)


def test_it_does_not_grow(owner: Client, large: Any) -> None:
    exercises = large.json["exercises"]
    if len(exercises) > 1:
        path, exercises = "exercises", [*exercises, {"exercise_id": 1}]
    else:
        path, exercises = "exercises.0.sets", [{**exercises[0], "sets": [*exercises[0]["sets"], {"reps": 1}]}]
    refused = put(owner, large, exercises=exercises)
    assert (refused.status_code, list(refused.json["details"])) == (422, [path])
    assert owner.get(f"{URL}/{large.json['id']}").json == large.json


def test_the_number_of_sets_is_looked_at_before_any_is_read(owner: Client, large: Any) -> None:
    refused = put(owner, large, exercises=[{"exercise_id": 1, "sets": [{}] * 1000}] * 21)
    assert refused.json["details"] == {"exercises": ["Expected at most 20000 sets, there are 21000."]}
