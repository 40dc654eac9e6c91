"""DELETE /api/v1/sessions/{id}"""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import Client
from tests.sessions.bodies import URL, Body


def test_it_is_gone_with_its_sets_and_a_second_time_it_is_404(
    owner: Client, body: Body, database: psycopg.Connection[Any]
) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    gone = owner.delete(where)
    assert (gone.status_code, gone.data) == (204, b"")
    assert owner.get(where).status_code == owner.delete(where).status_code == 404
    assert database.execute("select count(*) from sets").fetchone() == (0,)


def test_if_match_is_taken_and_not_demanded(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body)
    where, held = made.headers["Location"], {"If-Match": made.headers["ETag"]}
    owner.patch(where, json={"title": "Other"})
    assert owner.delete(where, headers=held).status_code == 412
    assert owner.get(where).status_code == 200
    assert owner.delete(where, headers={"If-Match": owner.get(where).headers["ETag"]}).status_code == 204


def test_a_stranger_gets_404_and_nothing_is_gone(owner: Client, stranger: Client, body: Body) -> None:
    where = owner.post(URL, json=body).headers["Location"]
    assert stranger.delete(where).status_code == 404
    assert owner.get(where).status_code == 200


def test_that_it_was_imported_stays_known(owner: Client, body: Body, database: psycopg.Connection[Any]) -> None:
    made = owner.post(URL, json=body)
    database.execute(
        "with i as (insert into imports (athlete_id, source, file_sha256, file_bytes, zone)"
        " values (%(athlete)s, 'hevy', sha256('f'), 1, 'UTC') returning id)"
        " insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)"
        " select %(athlete)s, 'hevy', 'k', sha256('r'), %(session)s, i.id from i",
        {"athlete": owner.athlete_id, "session": made.json["id"]},
    )
    assert owner.delete(made.headers["Location"]).status_code == 204
    assert database.execute("select source_key, session_id from imported_sessions").fetchall() == [("k", None)]
