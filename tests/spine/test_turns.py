"""A worker's threads take turns, and nothing can be locked up by it."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from flask import Flask

from workouts_api.web.turns import Turn, turn


def in_a_thread(work: Callable[[], Any]) -> Any:
    given: list[Any] = []
    thread = threading.Thread(target=lambda: given.append(work()))
    thread.start()
    thread.join()
    return given[0]


def take_and_pass_on(one: Turn) -> bool:
    one.take()
    return one.pass_on()


def is_free(one: Turn) -> bool:
    free = one._lock.acquire(blocking=False)
    if free:
        one._lock.release()
    return free


def test_the_next_has_it_when_it_is_passed_on() -> None:
    one = Turn()
    one.take()
    one.take()  # harmless
    order = []

    def follow() -> None:
        one.take()
        order.append("second")
        one.pass_on()

    follower = threading.Thread(target=follow)
    follower.start()
    order.append("first")
    assert one.pass_on()
    follower.join()
    assert order == ["first", "second"]
    assert is_free(one)


def test_who_did_not_have_it_does_not_pass_it_on_nor_take_it_again() -> None:
    one = Turn()
    one.take()
    assert in_a_thread(one.pass_on) is False
    with one.passed_on():
        assert is_free(one)
        assert in_a_thread(lambda: take_and_pass_on(one))
    assert one.pass_on()
    with one.passed_on():
        pass
    assert is_free(one)


def test_it_is_taken_away_from_who_sleeps_on_it() -> None:
    one = Turn()
    one.take()
    assert in_a_thread(lambda: take_and_pass_on(one))
    assert one.pass_on() is False
    assert is_free(one)


def test_it_is_free_again_after_any_quarrel() -> None:
    one = Turn()

    def quarrel(seed: int) -> None:
        chance = random.Random(seed)
        for _ in range(60):
            one.take()
            if chance.random() < 0.05:
                time.sleep(0.03)
            with one.passed_on():
                pass
            one.pass_on()

    threads = [threading.Thread(target=quarrel, args=[seed]) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert take_and_pass_on(one)
    assert is_free(one)


def test_another_has_it_while_the_database_is_waited_for(app: Flask, database: psycopg.Connection[Any]) -> None:
    database.execute("select pg_advisory_lock(4711)")
    seen = []

    def ask() -> None:
        turn.take()
        with app.extensions["database"].pool.connection() as connection:
            connection.execute("select pg_advisory_xact_lock(4711)")
        seen.append(turn.pass_on())

    asking = threading.Thread(target=ask)
    asking.start()
    waits = "select 1 from pg_locks where locktype = 'advisory' and objid = 4711 and not granted"
    while not database.execute(waits).fetchone():
        time.sleep(0.01)
    assert is_free(turn)
    database.execute("select pg_advisory_unlock(4711)")
    asking.join()
    assert seen == [True]
    assert is_free(turn)
