"""One session on which a nightly job fails does not keep it from the others."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.routes import SESSION
from tests.sessions.bodies import URL

LIFTS = "workouts.lifts_of_session(bigint)"
MOST_COMPARED = 6  # its own sets, and those of five others
CHECKED = "select session_id from session_checks order by session_id"


@pytest.fixture
def made(owner: Client) -> list[int]:
    return [owner.post(URL, json=SESSION).json["id"] for _ in range(9)]


@pytest.fixture
def refused(database: psycopg.Connection[Any], made: list[int]) -> Iterator[int]:
    """A session that no statement can check or mend."""
    database.execute(
        f"""
        create function workouts.refuse() returns trigger language plpgsql
        as $$ begin raise exception 'refused'; end $$;
        create trigger refused before insert or update on workouts.session_checks
        for each row when (new.session_id = {made[4]}) execute function workouts.refuse();
        create trigger refused before update on workouts.sessions
        for each row when (new.id = {made[4]}) execute function workouts.refuse();
        """.encode()
    )
    yield made[4]
    database.execute(
        "drop trigger refused on workouts.session_checks; drop trigger refused on workouts.sessions;"
        "drop function workouts.refuse()"
    )


def night(database: psycopg.Connection[Any], outbox: Callable[[], Any], task: str) -> None:
    database.execute("select defer_job(%s, '{}')", [task])
    outbox()


def test_a_session_that_cannot_be_checked_is_passed_over(
    database: psycopg.Connection[Any], outbox: Callable[[], Any], made: list[int], refused: int
) -> None:
    night(database, outbox, "check_sessions")
    assert [one for (one,) in database.execute(CHECKED)] == [one for one in made if one != refused]


def test_a_session_that_cannot_be_mended_is_passed_over(
    database: psycopg.Connection[Any], outbox: Callable[[], Any], made: list[int], refused: int
) -> None:
    database.execute("set session_replication_role = replica; update sessions set set_count = 99")
    database.execute("set session_replication_role = origin")
    night(database, outbox, "mend_copies")
    assert database.execute("select array_agg(id) from sessions where set_count = 99").fetchone() == ([refused],)


def test_a_locked_session_is_not_waited_for(
    database: psycopg.Connection[Any], outbox: Callable[[], Any], made: list[int]
) -> None:
    with psycopg.connect(database.info.dsn) as other:
        other.execute("select from workouts.sessions where id = %s for update", [made[4]])
        night(database, outbox, "check_sessions")
    checked = database.execute(CHECKED).fetchall()
    assert [one for (one,) in checked] == [one for one in made if one != made[4]]
    night(database, outbox, "check_sessions")
    assert len(database.execute(CHECKED).fetchall()) == len(made)


def test_a_session_is_compared_set_by_set_with_few_others(database: psycopg.Connection[Any], owner: Client) -> None:
    exercise_id = SESSION["exercises"][0]["exercise_id"]
    for n in range(20):  # as many sets, the same volume, another order
        sets = [{"reps": 5, "weight_kg": 200 if n == place else 100} for place in range(20)]
        body = {**SESSION, "exercises": [{"exercise_id": exercise_id, "sets": sets}]}
        assert owner.post(URL, json=body).status_code == 201
    with database.transaction(force_rollback=True):
        database.execute("set local track_functions = 'all'")
        checked = database.execute("select count(check_session(s.id)) from sessions as s").fetchone()
        calls = database.execute(
            "select calls from pg_stat_xact_user_functions where funcid = %s::regprocedure", [LIFTS]
        ).fetchone()
    assert checked == (20,)
    assert calls is not None
    assert 20 <= calls[0] <= 20 * MOST_COMPARED


def test_a_page_ends_at_the_session_after_which_it_has_too_many_sets(
    database: psycopg.Connection[Any], made: list[int]
) -> None:
    database.execute("set session_replication_role = replica; update sessions set set_count = 20000")
    database.execute("set session_replication_role = origin")
    checked = database.execute("select check_athlete(athlete_id, 100) from sessions limit 1").fetchone()
    assert checked == (3,)
