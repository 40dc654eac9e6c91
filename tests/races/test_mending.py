"""The nightly comparison, and a statement that changes a session at the same moment: the statement's values stay."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from flask import Flask

from tests.conftest import Client
from tests.races.conftest import Other
from tests.routes import SESSION
from workouts_api.database import Caller, acting
from workouts_api.sql import queries


def test_a_session_that_was_just_replaced_is_left_as_its_replacement_counted_it(
    app: Flask, other: Other, owner: Client, database: psycopg.Connection[Any]
) -> None:
    owner.post("/api/v1/sessions", json=SESSION)
    database.execute("update sessions set set_count = 9")
    other.does(
        "insert into sets (session_id, athlete_id, exercise_id, local_on, exercise_no, set_no, position, reps)"
        " select session_id, athlete_id, exercise_id, local_on, 1, 2, 2, 1 from sets",
        "update sessions set set_count = 2, version = version + 1",
    )

    def mend() -> Any:
        with acting(Caller(app.extensions["database"], "mends", time.monotonic() + 30)):
            return queries.jobs.mend_sessions(after_id=0, limit=10)

    page = other.commits_once_it_is_waited_for_by(mend)
    assert (page["looked_at"], page["mended"]) == (1, [])
    assert database.execute("select set_count from sessions").fetchone() == (2,)
