"""GET /api/v1/sessions/{id}"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import Client
from tests.sessions.bodies import EXERCISE_FIELDS, FIELDS, SET_FIELDS, URL, Body
from workouts_api.sql.loaded import CATALOGUE


def test_everything_is_there_and_in_order(owner: Client, body: Body) -> None:
    read = owner.get(owner.post(URL, json=body).headers["Location"]).json
    assert list(read) == FIELDS
    assert list(read["exercises"][0]) == EXERCISE_FIELDS
    assert list(read["exercises"][0]["sets"][1]) == SET_FIELDS
    assert list(read["exercises"][0]["sets"][1].values()) == [
        2, 2, "normal", 5, 100.5, None, None, 8.5, 1, "deep", None, None, None, True, None,
    ]  # fmt: skip
    assert (read["started_at"], read["duration_s"], read["rpe"]) == ("2026-01-05T17:00:00Z", 4200, 7.5)


def test_a_stranger_gets_404_for_someone_elses_session(owner: Client, stranger: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert stranger.get(where).status_code == 404


def test_what_the_client_has_already_is_not_sent_again(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    again = owner.get(made.headers["Location"], headers={"If-None-Match": made.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_only_some_fields_and_other_units_can_be_asked_for(owner: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    read = owner.get(f"{where}?fields=id,exercises&units=imperial").json
    assert list(read) == ["id", "exercises"]
    assert read["exercises"][1]["sets"][0]["weight_lb"] == 176.3698


def test_an_unknown_parameter_of_the_query_is_refused(owner: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert owner.get(f"{where}?colour=red").status_code == 422


def test_the_functions_of_the_reply_are_inlined(owner: Client, database: psycopg.Connection[Any], body: Body) -> None:
    """A function that isn't costs a call for every set."""
    session_id = owner.post(URL, json=body).json["id"]
    query = CATALOGUE.find("sessions.get_session")
    values = {"viewer_id": owner.user_id, "session_id": session_id}
    with psycopg.RawCursor(database) as cursor:
        cursor.execute(f"explain verbose {query.statement}", [values[name] for name in query.order])
        plan = "\n".join(row[0] for row in cursor)
    assert "json_build_object" in plan
    assert not any(
        name in plan for name in ("set_json", "session_exercise_json", "exercises_of_session", "set_kind_name")
    )
