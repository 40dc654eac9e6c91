"""The database layer where connections end, statements go stale and rows are many."""

from __future__ import annotations

import select
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psycopg
import pytest

from tests.conftest import said
from tests.spine.test_database_facts import ME, _wait_for_lock
from workouts_api.config import load_settings
from workouts_api.database import Caller, Database, acting, transaction
from workouts_api.database.pipeline import Connection
from workouts_api.errors import DeadlineExceeded, OutcomeUnknown, Unavailable
from workouts_api.sql import _queries, queries, running
from workouts_api.sql.catalogue import QUERIES, Catalogue, load_catalogue
from workouts_api.sql.loaded import CATALOGUE


@pytest.fixture
def served(counted_app, counted):
    """The owner, served outside of any request by the application behind the proxy."""
    pool = counted_app.extensions["database"]
    with acting(Caller(pool, "test", time.monotonic() + 30, counted.user_id, counted.login_id)) as who:
        queries.users.get_user(user_id=who.user_id)
        yield who


def test_a_read_that_loses_two_connections_is_given_up(counted, database, proxy):
    counted.get(ME)
    database.execute("begin; lock table athletes in access exclusive mode")
    with ThreadPoolExecutor(1) as thread:
        try:
            reply = thread.submit(counted.get, ME)
            _wait_for_lock(database)
            while not reply.done():
                proxy.drop_connections()
                time.sleep(0.1)
            answer = reply.result()
        finally:
            database.execute("rollback")
    assert (answer.status_code, answer.json["error"]) == (503, "unavailable")


def test_a_statement_that_has_gone_stale_ends_its_transaction_with_503_and_works_again(served, database):
    queries.auth.find_own_password(user_id=served.user_id, address=None)
    try:
        database.execute("alter table users alter column password_hash type varchar(500)")
        with pytest.raises(Unavailable), transaction():
            queries.auth.find_own_password(user_id=served.user_id, address=None)
        with transaction():
            assert queries.auth.find_own_password(user_id=served.user_id, address=None)["username"] == "owner"
    finally:
        database.execute("alter table users alter column password_hash type text")


@pytest.fixture
def outdated(served, database):
    """A file whose statement a migration has made stale, and which is called in a transaction."""
    find = partial(queries.auth.find_own_password, user_id=served.user_id, address=None)
    find()
    database.execute("alter table users alter column password_hash type varchar(500)")
    yield find
    database.execute("alter table users alter column password_hash type text")


def test_who_goes_on_after_a_stale_statement_writes_nothing_outside_of_the_transaction(served, database, outdated):
    with pytest.raises(psycopg.errors.InFailedSqlTransaction), transaction():
        with pytest.raises(Unavailable):
            outdated()
        queries.auth.revoke_login(user_id=served.user_id, login_id=served.login_id, why="logout")
    assert database.execute("select revoked_why from logins").fetchall() == [(None,)]
    with transaction():
        assert outdated()["username"] == "owner"


def test_a_transaction_is_not_taken_for_committed_though_a_stale_statement_was_swallowed(served, database, outdated):
    with pytest.raises(psycopg.errors.InFailedSqlTransaction), transaction():
        queries.auth.count_wrong_guess(account="name owner", address=None)
        with pytest.raises(Unavailable):
            outdated()


def test_who_goes_on_after_a_begin_that_the_server_has_forgotten_is_in_a_transaction(served, database):
    with transaction():
        queries.users.get_user(user_id=served.user_id)
    with pytest.raises(ZeroDivisionError), transaction():
        served.connection.execute("deallocate all")
        with pytest.raises(Unavailable):
            queries.users.get_user(user_id=served.user_id)
        queries.auth.revoke_login(user_id=served.user_id, login_id=served.login_id, why="logout")
        raise ZeroDivisionError
    assert database.execute("select revoked_why from logins").fetchall() == [(None,)]


def test_a_commit_that_the_server_has_forgotten_does_nothing_and_the_next_one_works(served):
    with transaction():
        queries.users.get_user(user_id=served.user_id)
    with pytest.raises(Unavailable), transaction():
        queries.auth.revoke_login(user_id=served.user_id, login_id=served.login_id, why="logout")
        served.connection.execute("deallocate all")
    with transaction():
        assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"


def test_a_transaction_without_statements_costs_no_trip(served):
    before = served.trips
    with transaction():
        pass
    assert served.trips == before


def test_a_connection_that_ends_inside_a_transaction_has_done_nothing(served, proxy):
    with pytest.raises(Unavailable), transaction():
        queries.auth.revoke_login(user_id=served.user_id, login_id=served.login_id, why="logout")
        proxy.drop_connections()
        queries.users.get_user(user_id=served.user_id)
    assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"


def test_a_copy_that_loses_its_connection_has_done_nothing(served, proxy, database):
    with pytest.raises(Unavailable), transaction():
        queries.users.get_user(user_id=served.user_id)
        with queries.imports.copy_import_exercises() as copy:
            proxy.drop_connections()
            copy.write(b"1\t" * 1_000_000)
    assert database.execute("select count(*) from import_exercises").fetchone() == (0,)


def test_a_copy_of_what_is_no_row_says_so_and_the_connection_is_good_again(served):
    with pytest.raises(psycopg.DataError), transaction():
        queries.users.get_user(user_id=served.user_id)
        with queries.imports.copy_import_exercises() as copy:
            copy.write(b"no such row\n")
    assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"


def test_who_has_waited_as_long_as_the_pool_lets_wait_is_told_to_come_again(served, settings, monkeypatch):
    monkeypatch.setattr("workouts_api.database.pool.SHORTEST_WAIT", 0.0)
    served.waited_s = settings.max_wait  # for a thread
    with pytest.raises(Unavailable):
        queries.users.get_user(user_id=served.user_id)


def test_a_commit_without_an_answer_says_that_its_outcome_is_unknown(served, proxy):
    with pytest.raises(OutcomeUnknown), transaction():
        queries.users.get_user(user_id=served.user_id)
        proxy.drop_connections()


def test_an_error_at_commit_is_the_servers_own(served, database):
    database.execute(
        "create function refuse_late() returns trigger language plpgsql as"
        " $$ begin raise exception using errcode = '23514', constraint = 'sets_kind_known'; end $$"
    )
    database.execute(
        "create constraint trigger late after update on logins deferrable initially deferred"
        " for each row execute function refuse_late()"
    )
    try:
        with pytest.raises(psycopg.errors.CheckViolation), transaction():
            queries.auth.revoke_login(user_id=served.user_id, login_id=served.login_id, why="logout")
        assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"
    finally:
        database.execute("drop trigger late on logins; drop function refuse_late")


def test_an_error_in_a_transaction_whose_connection_has_ended_is_the_error_itself(served, proxy):
    with pytest.raises(ZeroDivisionError), transaction():
        queries.users.get_user(user_id=served.user_id)
        proxy.drop_connections()
        raise ZeroDivisionError
    assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"


def test_an_error_in_a_transaction_that_stood_still_for_too_long_is_the_error_itself(served):
    with pytest.raises(ZeroDivisionError), transaction():
        queries.users.get_user(user_id=served.user_id)
        connection = served.connection
        connection.execute("set local idle_in_transaction_session_timeout = '10ms'")
        wait_for_hang_up(connection)
        raise ZeroDivisionError
    assert connection.closed
    assert said(queries.users.get_user(user_id=served.user_id))["username"] == "owner"


def test_nothing_is_begun_after_the_deadline_in_a_transaction_either(served):
    with pytest.raises(DeadlineExceeded), transaction():
        queries.users.get_user(user_id=served.user_id)
        served.deadline = time.monotonic() - 1
        queries.users.get_user(user_id=served.user_id)


def test_copy_needs_a_transaction_in_which_the_guard_was_asked(served):
    with pytest.raises(RuntimeError, match="transaction"), queries.imports.copy_import_exercises():
        pass
    with transaction(), pytest.raises(RuntimeError, match="guard"), queries.imports.copy_import_exercises():
        pass


def test_a_connection_is_alive_though_something_came_unasked_and_dead_once_closed(cluster, database_name):
    with Connection.connect(cluster.dsn(database_name), autocommit=True) as connection:
        connection.execute("listen something")
        assert connection.is_alive()
        with psycopg.connect(cluster.dsn(database_name), autocommit=True) as other:
            other.execute("notify something")
        time.sleep(0.1)
        assert connection.is_alive()
    assert not connection.is_alive()


def test_a_connection_whose_server_has_said_goodbye_is_dead_at_the_first_look(cluster, database_name):
    """A write on it would have an unknown outcome."""
    dsn = cluster.dsn(database_name)
    with Connection.connect(dsn, autocommit=True) as connection, psycopg.connect(dsn, autocommit=True) as other:
        other.execute("select pg_terminate_backend(%s)", [connection.info.backend_pid])
        wait_for_hang_up(connection)
        assert not connection.is_alive()


def wait_for_hang_up(connection):
    hung_up = select.poll()
    hung_up.register(connection.fileno(), select.POLLRDHUP)
    assert hung_up.poll(10_000)


def _counting(folder: Path) -> Catalogue:
    """A file whose rows are streamed."""
    shutil.copytree(QUERIES / "spine", folder / "spine")
    (folder / "numbers").mkdir()
    (folder / "numbers" / "count_up.sql").write_text(
        "-- Counts.\n-- @param last int = 3\n-- @returns stream\n-- @readonly\n"
        "select n, current_setting('app.user_id') as user_id from generate_series(1, :last) as n\n"
    )
    return load_catalogue(folder)


def test_a_stream_gives_rows_as_they_come_and_leaves_the_connection_usable(
    tmp_path, settings, owner, cluster, database_name
):
    pool = Database(settings, str(settings.database_url), _counting(tmp_path))
    with acting(Caller(pool, "test", time.monotonic() + 30, owner.user_id, owner.login_id)) as who:
        rows = pool.stream("numbers.count_up", {"last": 5000})
        assert next(rows) == {"n": 1, "user_id": str(owner.user_id)}
        assert sum(1 for _ in rows) == 4999
        assert who.trips == 3  # begin and the guard; the rows; the commit
        left = pool.stream("numbers.count_up", {"last": 5000})
        next(left)
        left.close()  # whoever asked went away
        assert len(list(_queries._stream("numbers.count_up", last=2))) == 2
        with pytest.raises(psycopg.errors.NumericValueOutOfRange):
            list(pool.stream("numbers.count_up", {"last": 2**63}))
    pool.close()


def test_a_stream_whose_guard_the_server_has_forgotten_works_again_at_the_next_call(tmp_path, environ, owner):
    settings = load_settings({**environ, "DB_POOL_MAX": "1"})
    pool = Database(settings, str(settings.database_url), _counting(tmp_path))
    with acting(Caller(pool, "test", time.monotonic() + 30, owner.user_id, owner.login_id)):
        assert len(list(pool.stream("numbers.count_up", {"last": 2}))) == 2
        with pool.pool.connection() as connection:
            connection.execute("deallocate all")
        with pytest.raises(Unavailable):
            list(pool.stream("numbers.count_up", {"last": 2}))
        assert len(list(pool.stream("numbers.count_up", {"last": 2}))) == 2
    pool.close()


def test_a_stream_that_nobody_reads_any_more_is_cancelled(tmp_path, settings, owner, database):
    """A sequence tells how far the server came: it is not rolled back. The connection goes on serving."""
    database.execute("create sequence workouts.rows_made; grant all on sequence workouts.rows_made to workouts_app")
    shutil.copytree(QUERIES / "spine", tmp_path / "spine")
    (tmp_path / "numbers").mkdir()
    (tmp_path / "numbers" / "count_up.sql").write_text(
        "-- Counts.\n-- @param last int = 3\n-- @returns stream\n-- @writes\n"
        "select nextval('workouts.rows_made') as n from generate_series(1, :last)\n"
    )
    pool = Database(settings, str(settings.database_url), load_catalogue(tmp_path))
    try:
        with acting(Caller(pool, "test", time.monotonic() + 30, owner.user_id, owner.login_id)) as who:
            rows = pool.stream("numbers.count_up", {"last": 2_000_000})
            next(rows)
            connection = who.connection
            rows.close()
        assert not connection.closed  # else the server would stop as well, at its next row
        assert database.execute("select last_value < 2000000 from workouts.rows_made").fetchone() == (True,)
    finally:
        pool.close()
        database.execute("drop sequence workouts.rows_made")


def test_a_pool_that_was_closed_stays_closed(environ, owner):
    pool = Database(load_settings(environ), environ["DATABASE_URL"], CATALOGUE)
    pool.open()
    pool.close()
    who = Caller(pool, "test", time.monotonic() + 5, owner.user_id, owner.login_id)
    with pytest.raises(Unavailable), acting(who):
        pool.run("users.get_user", {"user_id": owner.user_id})


def test_a_database_that_is_back_is_used_within_a_second_or_so_also_after_a_long_absence(counted, proxy):
    """The pool's own pauses would have doubled to four seconds by then."""
    counted.get(ME)
    address = proxy.folder / f".s.PGSQL.{proxy.port}"
    away = address.rename(address.with_suffix(".away"))
    proxy.drop_connections()
    for _ in range(2):
        assert counted.get(ME).status_code == 503
    away.rename(address)
    returned = time.monotonic()
    assert counted.get(ME).status_code == 200
    assert time.monotonic() - returned < 2


def test_an_error_of_libpqs_own_is_a_lost_connection_and_a_read_is_sent_again(served, monkeypatch):
    real = Connection.exchange
    lost = []

    def first_lost(self, *commands, **more):
        if not lost:
            lost.append(self)
            raise psycopg.DatabaseError("server closed the connection unexpectedly")  # it has no SQLSTATE
        return real(self, *commands, **more)

    monkeypatch.setattr(Connection, "exchange", first_lost)
    assert said(queries.users.get_user(user_id=served.user_id))["id"] == served.user_id
    assert lost[0].closed


def test_query_files_that_nobody_runs_say_so(served, monkeypatch):
    monkeypatch.setattr(running, "current", running._nobody)
    with pytest.raises(LookupError, match="nothing runs query files here"):
        queries.users.get_user(user_id=served.user_id)
