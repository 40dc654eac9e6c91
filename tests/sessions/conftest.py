"""Bodies and exercises for the tests of sessions."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.sessions.bodies import Body, session_body


@pytest.fixture
def exercise_ids(database: psycopg.Connection[Any]) -> list[int]:
    """Ids of a few shared exercises."""
    rows = database.execute("select id from exercises where athlete_id is null order by id limit 5").fetchall()
    return [row[0] for row in rows]


@pytest.fixture
def body(exercise_ids: list[int]) -> Body:
    """A session with two exercises and three sets."""
    return session_body(exercise_ids[0], exercise_ids[1])
