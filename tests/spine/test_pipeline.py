"""The pipeline's round trip when something goes wrong in it."""

from __future__ import annotations

import os
import socket
import sys
import threading
import time

import psycopg
import pytest

from workouts_api.database.adaptation import type_oid
from workouts_api.database.pipeline import Connection, Prepared

LENGTH = Prepared(b"length", b"select length($1) as length", [type_oid("text")])
FAIL = Prepared(b"fail", b"select 1 / 0 as never")


@pytest.fixture
def connection(cluster):
    with Connection.connect(cluster.dsn(), autocommit=True) as connection:
        yield connection


def length_of(connection, text: bytes) -> int:
    (result,) = connection.exchange((LENGTH, [text]))
    return connection.rows(result)[0]["length"]


def test_a_parameter_larger_than_the_sockets_buffer_goes_out_in_pieces(connection):
    assert length_of(connection, b"x" * 20_000_000) == 20_000_000


def test_so_does_the_parameter_of_a_stream(connection):
    connection.deadline = time.monotonic() + 20
    with connection.transaction():
        assert [row["length"] for row in connection.stream_rows(LENGTH, [b"x" * 20_000_000])] == [20_000_000]


def test_what_was_skipped_behind_a_failure_is_prepared_the_next_time(connection):
    for _ in range(3):
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.exchange((FAIL, ()), (LENGTH, [b"abc"]))
    assert length_of(connection, b"abc") == 3


def test_the_error_is_that_of_the_first_command_that_fails(connection):
    no_table = Prepared(b"no table", b"select * from nowhere")
    with pytest.raises(psycopg.errors.DivisionByZero):
        connection.exchange((FAIL, ()), (no_table, ()))
    with pytest.raises(psycopg.errors.UndefinedTable):
        connection.exchange((no_table, ()), (FAIL, ()))


def test_after_a_servers_goodbye_the_connection_is_closed(connection):
    goodbye = Prepared(b"goodbye", b"select pg_terminate_backend(pg_backend_pid())")
    with pytest.raises(psycopg.OperationalError):
        connection.exchange((goodbye, ()), (LENGTH, [b"abc"]))
    assert connection.closed


def test_an_answer_that_nobody_waited_for_is_never_taken_for_another(connection, monkeypatch):
    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "wait", interrupted)
    with pytest.raises(KeyboardInterrupt):
        length_of(connection, b"abc")
    assert connection.closed
    with pytest.raises(psycopg.OperationalError):
        length_of(connection, b"abc")


def test_hanging_up_ends_the_connections_own_socket_alone(connection, monkeypatch):
    """Another thread may have closed it a moment before, and a new socket have got its number."""
    number, dup = connection.fileno(), os.dup
    mine, other = socket.socketpair()

    def close_first(asked):
        connection.close()
        os.dup2(mine.fileno(), number)
        return dup(asked)

    monkeypatch.setattr(os, "dup", close_first)
    with mine, other:
        connection.hang_up()
        os.close(number)
        mine.sendall(b"still here")
        assert other.recv(16) == b"still here"


def test_statements_that_the_server_forgot_are_prepared_anew(connection):
    assert length_of(connection, b"abc") == 3
    connection.execute("deallocate all")
    with pytest.raises(psycopg.errors.InvalidSqlStatementName):
        length_of(connection, b"abc")
    connection.forget_prepared()
    assert length_of(connection, b"abc") == 3


@pytest.fixture
def late(connection):
    """A statement whose constraint is looked at when the transaction ends: at the sync."""
    connection.execute("create temp table pairs (id int constraint pairs_once unique deferrable initially deferred)")
    return Prepared(b"late", b"insert into pairs values ($1)", [type_oid("integer")])


def test_what_fails_as_late_as_at_the_sync_is_the_servers_own_error(connection, late):
    connection.exchange((late, [b"1"]))
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation) as caught:
            connection.exchange((LENGTH, [b"abc"]), (late, [b"1"]), (LENGTH, [b"abcd"]))
        assert caught.value.diag.constraint_name == "pairs_once"
        assert length_of(connection, b"abc") == 3
    assert connection.execute("select count(*) from pairs").fetchone() == (1,)


def test_what_is_prepared_where_the_sync_fails_is_known(connection, late):
    for _ in range(2):
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.exchange((late, [b"1"]), (late, [b"1"]))


def test_what_has_left_is_in_doubt_though_nothing_can_be_asked_behind_it(connection, monkeypatch):
    """A small message may find the connection gone when a large one before it has just arrived."""

    def lost(_):
        raise psycopg.OperationalError("server closed the connection")

    monkeypatch.setattr(connection, "_ask", lost)
    with pytest.raises(psycopg.OperationalError):
        connection.exchange((LENGTH, [b"abc"]), behind=(LENGTH, [b"abcd"]))
    assert connection.is_in_doubt


def test_what_cannot_leave_behind_it_leaves_what_was_done_in_doubt(cluster, proxy):
    """The connection ends while something large is sent behind a statement that was done."""
    ends = Prepared(b"ends", b"select nextval('ends')")
    with psycopg.connect(cluster.dsn(), autocommit=True) as other:
        other.execute("create sequence ends")
        behind_proxy = psycopg.conninfo.make_conninfo(cluster.dsn(), host=str(proxy.folder), port=proxy.port)
        connection = Connection.connect(behind_proxy, autocommit=True)
        ending = threading.Thread(target=drop_when_done, args=(other, proxy))
        ending.start()
        try:
            connection.exchange((ends, ()), behind=(LENGTH, [b"x" * 20_000_000]))
            assert connection.told is None
        except psycopg.OperationalError:
            assert connection.is_in_doubt
        ending.join()
        other.execute("drop sequence ends")


def drop_when_done(other, proxy):
    for _ in range(1000):
        if other.execute("select is_called from ends").fetchone()[0]:
            break
        time.sleep(0.001)
    proxy.drop_connections()


def test_what_is_told_belongs_to_the_last_exchange(connection):
    connection.exchange((LENGTH, [b"abc"]), behind=(Prepared(b"two", b"select 2"), ()))
    assert connection.told.get_value(0, 0) == b"2"
    connection.exchange((LENGTH, [b"abc"]))
    assert connection.told is None


def test_a_connection_keeps_no_result_that_was_read(connection):
    """A pool would keep the largest replies of its connections in memory."""
    wide = Prepared(b"wide", b"select repeat('x', 30000000) as text")
    (result,) = connection.exchange((wide, ()))
    references = sys.getrefcount(result)
    connection.rows(result)
    assert sys.getrefcount(result) == references
