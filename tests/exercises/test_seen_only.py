"""An exercise that somebody only sees: read it, and 403 for each change."""

from __future__ import annotations

import pytest

from tests.conftest import Client
from tests.teams.people import join, keep, make_team, train

URL = "/api/v1/exercises"
CHANGES = {
    "patch": ("PATCH", "", {"is_one_sided": True}),
    "merge": ("POST", "/merge", {"into": 1}),
    "undo the merge": ("DELETE", "/merge", None),
}


@pytest.mark.parametrize("change", CHANGES)
def test_who_only_sees_an_exercise_gets_403_and_who_does_not_404(
    change: str, owner: Client, coach: Client, stranger: Client
) -> None:
    method, place, body = CHANGES[change]
    exercise_id = owner.post(URL, json={"name": "Club press"}).json["id"]
    address = f"{URL}/{exercise_id}"
    join(coach, make_team(coach), owner, "2026-01-01")

    def statuses(client: Client) -> tuple[int, int]:
        return client.get(address).status_code, client.request(method, address + place, json=body).status_code

    assert statuses(coach) == (404, 404), "no session that they see has it"
    train(owner, "2026-01-05", exercises=[{"exercise_id": exercise_id, "sets": [{"reps": 5}]}])
    assert statuses(coach) == (200, 403)
    assert statuses(stranger) == (404, 404)
    keep(stranger)
    assert statuses(stranger) == (404, 404), "of another athlete"
