"""GET /api/v1/exercises/{id}"""

from __future__ import annotations

from tests.conftest import Client

URL = "/api/v1/exercises"


def test_a_shared_exercise_has_muscles_and_aliases(owner: Client) -> None:
    found = owner.get(f"{URL}?q=barbell squat&limit=1").json["items"][0]
    read = owner.get(f"{URL}/{found['id']}").json
    assert {name: read[name] for name in found} == found
    assert (read["name"], read["is_own"]) == ("Barbell Squat", False)
    assert {"muscle": "quadriceps", "share": 1} in read["muscles"]
    assert "Squat (Barbell)" in read["aliases"]


def test_a_stranger_gets_404_for_someone_elses_exercise(owner: Client, stranger: Client) -> None:
    where = owner.post(URL, json={"name": "Mine"}).headers["Location"]
    assert owner.get(where).status_code == 200
    assert stranger.get(where).status_code == 404


def test_what_the_client_has_already_is_not_sent_again(owner: Client) -> None:
    made = owner.post(URL, json={"name": "Mine"})
    again = owner.get(made.headers["Location"], headers={"If-None-Match": made.headers["ETag"]})
    assert again.status_code == 304
