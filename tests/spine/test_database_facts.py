"""What the database layer promises, each fact on a real server."""

from __future__ import annotations

import contextlib
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from tests.conftest import Client, said
from workouts_api.database import Caller, Database, acting, transaction
from workouts_api.errors import DeadlineExceeded, NotFound, Unavailable
from workouts_api.sql import queries

ME = "/api/v1/users/me"


@pytest.fixture
def pool(app) -> Database:
    return app.extensions["database"]


@pytest.fixture
def as_owner(pool, owner):
    """Serves the owner, outside of any request."""
    who = Caller(pool, "test", time.monotonic() + 30, owner.user_id, owner.login_id)
    with acting(who):
        yield who


@pytest.mark.parametrize("failing", range(1, 11))
def test_a_guard_that_fails_on_any_call_leaves_the_connection_usable(counted_app, counted, database, failing):
    revoke = "update logins set revoked_at = now(), revoked_why = 'logout' where id = %s"
    restore = "update logins set revoked_at = null, revoked_why = null where id = %s"
    for call in range(1, 13):
        if call == failing:
            database.execute(revoke, [counted.login_id])
        expected = 401 if call == failing else 200
        assert counted.get(ME).status_code == expected
        database.execute(restore, [counted.login_id])


def test_a_migration_that_changes_a_type_is_survived_by_a_warm_pool(counted, database):
    for _ in range(6):
        assert counted.get(ME).status_code == 200
    try:
        database.execute("alter table athletes alter column zone type varchar(100)")
        assert counted.get(ME).status_code == 200
        assert counted.get(ME).json["zone"] == "UTC"
    finally:
        database.execute("alter table athletes alter column zone type text")
    assert counted.get(ME).status_code == 200


def test_eight_killed_backends_cost_no_request(app, owner, database):
    with ThreadPoolExecutor(8) as threads:
        hold = threading.Barrier(8)

        def get(_):
            hold.wait(5)
            return Client(app.test_client(), token=owner.token).get(ME).status_code

        assert set(threads.map(get, range(8))) == {200}
        database.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where application_name like 'workouts-api%' and datname = current_database()"
        )
        assert list(threads.map(get, range(8))) == [200] * 8


def test_what_the_guard_sets_does_not_outlive_the_request(counted, counted_app):
    assert counted.get(ME).status_code == 200
    with counted_app.extensions["database"].pool.connection() as connection:
        row = connection.execute(
            "select /* by hand */ current_setting('app.user_id', true) as user_id,"
            " current_setting('statement_timeout') as timeout"
        ).fetchone()
    assert row == {"user_id": "", "timeout": "1min"}


def test_one_request_is_one_trip_also_when_statements_are_prepared(counted, proxy):
    counted.get(ME)
    before = proxy.trips
    for _ in range(10):
        assert counted.get(ME).status_code == 200
    assert proxy.trips - before == 10


def test_fetching_inside_the_pipeline_would_cost_a_second_trip(counted_app, proxy):
    """Why pipeline.py sends all before it looks at an answer; if psycopg changes this, it may go."""
    with counted_app.extensions["database"].pool.connection() as connection:
        connection.execute("select /* by hand */ 1")
        before = proxy.trips
        with connection.pipeline():
            connection.execute("select /* by hand */ 1")
            outside = connection.execute("select /* by hand */ 2")
        assert outside.fetchone() == {"?column?": 2}
        after_leaving = proxy.trips
        with connection.pipeline():
            connection.execute("select /* by hand */ 1")
            connection.execute("select /* by hand */ 2").fetchone()
    assert (after_leaving - before, proxy.trips - after_leaving) == (1, 2)


def test_a_transaction_of_two_statements_is_three_trips_and_all_or_nothing(counted_app, counted, proxy, database):
    pool = counted_app.extensions["database"]
    who = Caller(pool, "test", time.monotonic() + 30, counted.user_id, counted.login_id)
    with acting(who):
        queries.users.get_user(user_id=counted.user_id)
        before = proxy.trips
        with transaction():
            queries.users.get_user(user_id=counted.user_id)
            queries.auth.revoke_login(user_id=counted.user_id, login_id=counted.login_id, why="logout")
        assert proxy.trips - before == 3
        with pytest.raises(psycopg.DatabaseError) as refused:
            queries.users.get_user(user_id=counted.user_id)
    assert refused.value.sqlstate == "WK401"


def test_an_error_rolls_the_transaction_back(as_owner, database):
    with pytest.raises(ZeroDivisionError), transaction():
        queries.auth.revoke_login(user_id=as_owner.user_id, login_id=as_owner.login_id, why="logout")
        raise ZeroDivisionError
    assert said(queries.users.get_user(user_id=as_owner.user_id))["username"] == "owner"


def test_an_error_of_the_server_inside_a_transaction_leaves_a_usable_connection(as_owner):
    for _ in range(3):
        with pytest.raises(psycopg.errors.CheckViolation), transaction():
            queries.users.get_user(user_id=as_owner.user_id)
            queries.auth.revoke_login(user_id=as_owner.user_id, login_id=as_owner.login_id, why="a whim")
    assert said(queries.users.get_user(user_id=as_owner.user_id))["username"] == "owner"


def test_a_transaction_whose_error_was_swallowed_is_not_taken_for_committed(as_owner):
    """To its commit the server answers with a rollback, and with no error."""
    with pytest.raises(psycopg.errors.InFailedSqlTransaction), transaction():
        queries.users.get_user(user_id=as_owner.user_id)
        with contextlib.suppress(psycopg.errors.CheckViolation):
            queries.auth.revoke_login(user_id=as_owner.user_id, login_id=as_owner.login_id, why="a whim")
    assert said(queries.users.get_user(user_id=as_owner.user_id))["username"] == "owner"


def test_transactions_do_not_nest(as_owner):
    with transaction(), pytest.raises(RuntimeError, match="nest"), transaction():
        pass


def test_no_row_is_not_found_and_says_of_what(as_owner):
    with pytest.raises(NotFound, match="No such user"):
        queries.users.get_user(user_id=10**9)


def test_a_missing_or_unknown_parameter_is_named(as_owner):
    with pytest.raises(TypeError, match="user_id"):
        queries.users.get_user()
    with pytest.raises(TypeError, match="whim"):
        queries.users.get_user(user_id=1, whim=2)


def test_a_statement_gets_what_is_left_of_the_deadline(as_owner, pool):
    as_owner.deadline = time.monotonic() - 1
    with pytest.raises(DeadlineExceeded):
        queries.users.get_user(user_id=as_owner.user_id)


@pytest.mark.parametrize(
    ("table", "error"), [("athletes", psycopg.errors.QueryCanceled), ("users", psycopg.errors.LockNotAvailable)]
)
def test_neither_a_statement_nor_the_guard_outlasts_the_deadline(as_owner, database, table, error):
    database.execute(f"begin; lock table {table} in access exclusive mode")
    as_owner.deadline = time.monotonic() + 0.3
    try:
        with pytest.raises(error):
            queries.users.get_user(user_id=as_owner.user_id)
    finally:
        database.execute("rollback")
    assert time.monotonic() < as_owner.deadline + 10


def test_a_read_whose_connection_dies_under_way_is_sent_again(counted, database, proxy):
    counted.get(ME)
    database.execute("begin; lock table athletes in access exclusive mode")
    with ThreadPoolExecutor(1) as thread:
        try:
            reply = thread.submit(counted.get, ME)
            _wait_for_lock(database)
            proxy.drop_connections()
        finally:
            time.sleep(0.05)
            database.execute("rollback")
        assert reply.result(10).status_code == 200


def test_a_write_without_an_answer_says_that_its_outcome_is_unknown(counted, database, proxy):
    counted.get(ME)
    database.execute("begin; lock table logins in share row exclusive mode")
    with ThreadPoolExecutor(1) as thread:
        try:
            reply = thread.submit(counted.post, "/api/v1/auth/logout")
            _wait_for_lock(database)
            proxy.drop_connections()
            answer = reply.result(10)
        finally:
            database.execute("rollback")
    assert (answer.status_code, answer.json["error"]) == (503, "outcome_unknown")
    assert answer.headers["Retry-After"] == "1"


def test_without_a_database_the_answer_is_503_within_the_pools_patience(counted_app, counted, proxy):
    counted.get(ME)
    proxy.__exit__()
    (proxy.folder / f".s.PGSQL.{proxy.port}").unlink()
    answer = counted.get(ME)
    assert (answer.status_code, answer.json["error"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "1"


def test_a_pool_without_a_free_connection_gives_up_with_503(counted_app, counted):
    pool = counted_app.extensions["database"].pool
    held = pool.getconn()
    try:
        who = Caller(counted_app.extensions["database"], "test", time.monotonic() + 0.2, 1, 1)
        with pytest.raises(Unavailable), acting(who):
            queries.users.get_user(user_id=1)
    finally:
        pool.putconn(held)


@pytest.mark.parametrize("state", ["40P01", "40001"])
def test_the_loser_of_a_race_is_sent_again_once(owner, database, state):
    _lose_races(database, state, times=1)
    try:
        assert owner.post("/api/v1/auth/logout").status_code == 204
        assert database.execute("select revoked_why from logins").fetchone() == ("logout",)
    finally:
        _lose_races(database, state, times=0)


def test_who_loses_the_race_twice_gets_503(owner, database):
    _lose_races(database, "40P01", times=2)
    try:
        answer = owner.post("/api/v1/auth/logout")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    finally:
        _lose_races(database, "40P01", times=0)


def test_without_a_budget_of_retries_the_loser_of_a_race_gets_503(owner, database, app):
    retries = app.extensions["database"].retries
    retries.refill()  # a whole number, so that what the request earns is no retry at once
    while retries.spend():
        pass
    _lose_races(database, "40001", times=1)
    try:
        answer = owner.post("/api/v1/auth/logout")
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    finally:
        retries.refill()
        _lose_races(database, "40001", times=0)


def _lose_races(database, state: str, *, times: int) -> None:
    """Lets the next updates of logins fail as the loser of a race does."""
    database.execute("drop trigger if exists lose on logins")
    if times:
        database.execute("create sequence if not exists races")
        database.execute("select setval('races', 1, false)")
        database.execute("grant usage on sequence races to workouts_app")
        database.execute(
            "create or replace function lose() returns trigger language plpgsql as $$ begin"
            f" if nextval('races') <= {times} then raise exception using errcode = '{state}'; end if;"
            " return new; end $$"
        )
        database.execute("create trigger lose before update on logins for each row execute function lose()")
    else:
        database.execute("drop function if exists lose; drop sequence if exists races")


def _wait_for_lock(database) -> None:
    """Until a backend of this database waits for a lock."""
    for _ in range(500):
        waiting = database.execute(
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        ).fetchone()
        if waiting[0]:
            return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
