"""Traffic through a working tunnel."""

from __future__ import annotations

import os
import resource
import statistics
import threading
import time
from typing import Any

import psycopg
import pytest

from tests.tunnel.road import Road, wait_until

pytestmark = pytest.mark.processes


def test_queries_and_their_results_go_through(steady_road: Road) -> None:
    with steady_road.tunnel() as tunnel, steady_road.connect() as connection:
        rows = connection.execute("select n, md5(n::text) from generate_series(1, 5000) as n").fetchall()
        direct = "select n, md5(n::text) from generate_series(1, 5000) as n"
        with psycopg.connect(steady_road.database_url) as beside:
            assert rows == beside.execute(direct).fetchall()
        assert tunnel.status.is_up
        assert tunnel.status.engine == steady_road.engine


def median_ms(connection: psycopg.Connection[Any], query: str, times: int) -> float:
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        connection.execute(query).fetchall()
        taken.append(1000 * (time.perf_counter() - started))
    return statistics.median(taken)


def test_a_reply_of_10_kb_does_not_wait_for_a_delayed_ack(steady_road: Road) -> None:
    """Uncured, it takes 44 ms where a small reply takes 0.1: 300 times as long and more."""
    with steady_road.tunnel(), steady_road.connect() as connection:
        median_ms(connection, "select 1", 20)
        small = median_ms(connection, "select 1", 60)
        large = median_ms(connection, "select repeat('x', 10240)", 60)
    assert large < 12 * small, f"{large:.2f} ms against {small:.2f} ms"


def test_a_pipeline_with_8_mb_each_way_does_not_deadlock(steady_road: Road) -> None:
    block = os.urandom(8 * 1024 * 1024)
    with steady_road.tunnel(), steady_road.connect() as connection:
        with connection.pipeline():
            cursors = [connection.execute("select %b::bytea", [block]) for _ in range(3)]
        assert [cursor.fetchone() == (block,) for cursor in cursors] == [True] * 3


def test_forty_connections_may_come_at_the_same_moment(steady_road: Road) -> None:
    answers: list[object] = []
    start = threading.Barrier(40)

    def ask(number: int) -> None:
        start.wait()
        try:
            with steady_road.connect() as connection:
                answers.append(connection.execute("select %s::int", [number]).fetchone())
        except psycopg.Error as error:
            answers.append(error)

    with steady_road.tunnel():
        steady_road.connect().close()
        threads = [threading.Thread(target=ask, args=(number,)) for number in range(40)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(answers, key=str) == sorted([(number,) for number in range(40)], key=str)


def test_connections_work_beyond_1024_descriptors(steady_demo_road: Road) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2048 and hard != resource.RLIM_INFINITY:
        pytest.skip(f"this process may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (2048, hard))
    taken = [os.open("/dev/null", os.O_RDONLY) for _ in range(1100)]
    try:
        with steady_demo_road.tunnel(), steady_demo_road.connect() as connection:
            assert connection.fileno() > 1024
            assert connection.execute("select 1").fetchone() == (1,)
    finally:
        for descriptor in taken:
            os.close(descriptor)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_connection_that_the_client_ends_is_ended_at_the_database(steady_road: Road) -> None:
    with steady_road.tunnel(), steady_road.connect() as watcher:
        gone = steady_road.connect(application_name="gone")
        count = "select count(*) from pg_stat_activity where application_name = 'gone'"
        assert watcher.execute(count).fetchone() == (1,)
        gone.close()

        def database_has_noticed() -> bool:
            return watcher.execute(count).fetchone() == (0,)

        wait_until(database_has_noticed)


def test_a_connection_that_the_database_ends_is_ended_at_the_client(steady_road: Road) -> None:
    with steady_road.tunnel(), steady_road.connect() as killer, steady_road.connect() as victim:
        killer.execute("select pg_terminate_backend(%s)", [victim.info.backend_pid])
        with pytest.raises(psycopg.errors.AdminShutdown):
            victim.execute("select 1")


def test_bytes_are_counted_by_the_engine_that_sees_them(steady_demo_road: Road) -> None:
    with steady_demo_road.tunnel() as tunnel, steady_demo_road.connect() as connection:
        connection.execute("select repeat('x', 100000)").fetchone()
        connection.execute("select length(%s)", ["x" * 50000]).fetchone()
    if steady_demo_road.engine == "openssh":
        assert (tunnel.status.bytes_in, tunnel.status.bytes_out) == (None, None)
    else:
        assert tunnel.status.bytes_in is not None
        assert 100_000 < tunnel.status.bytes_in < 110_000
        assert tunnel.status.bytes_out is not None
        assert 50_000 < tunnel.status.bytes_out < 60_000
