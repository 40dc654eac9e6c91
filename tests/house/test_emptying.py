"""What empties a database between tests leaves what migrations have filled."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.conftest import emptied

_COUNTS = "select (select count(*) from exercises), (select count(*) from athletes)"


def test_however_many_people_there_were_the_catalogue_stays(database: psycopg.Connection[Any]) -> None:
    before = database.execute(_COUNTS).fetchone()
    assert before is not None
    assert before[0] > 0
    database.execute(
        "insert into athletes (name, zone) select repeat('x', 90) || n, 'UTC' from generate_series(1, 5000) as n"
    )
    emptied(database)
    assert database.execute(_COUNTS).fetchone() == before
