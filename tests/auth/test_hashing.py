"""Hashing never blocks other requests of the worker."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.auth import passwords, signing_in
from workouts_api.config import load_settings
from workouts_api.errors import Unavailable

LOGIN = "/api/v1/auth/login"


def test_other_threads_run_while_one_hashes():
    """argon2 and bcrypt let go of the interpreter: a thread that counts is not stopped by one that hashes."""
    done, counted = threading.Event(), 0

    def hash_for_a_while():
        for _ in range(3):
            passwords.hash_password(PASSWORD)
        done.set()

    thread = threading.Thread(target=hash_for_a_while)
    thread.start()
    while not done.is_set():
        counted += 1
    thread.join()
    assert counted > 1000


@pytest.fixture
def small_app(environ):
    """A worker of four threads: three may hash or wait for it."""
    app = create_app(load_settings({**environ, "WEB_THREADS": "4"}))
    yield app
    app.extensions["database"].close()


def test_however_many_sign_in_a_thread_is_left_for_other_requests(small_app, owner, database, monkeypatch):
    go, at_work = threading.Event(), threading.Semaphore(0)

    def slow(stored_hash, password):
        at_work.release()
        go.wait(10)
        return False

    monkeypatch.setattr(signing_in, "is_password", slow)

    def sign_in(number):
        body = {"username": f"name{number}", "password": PASSWORD}
        return Client(small_app.test_client()).post(LOGIN, json=body)

    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(sign_in, number) for number in range(3)]
        for _ in range(passwords.AT_ONCE):
            assert at_work.acquire(timeout=5)
        while small_app.extensions["hashing"]._places._value:
            time.sleep(0.01)
        one_too_many = sign_in(4)
        owner.http = small_app.test_client()
        other = owner.get("/api/v1/users/me")
        assert not at_work.acquire(blocking=False), "the third waits for its turn"
        go.set()
        statuses = [reply.result().status_code for reply in waiting]
    assert (one_too_many.status_code, one_too_many.headers["Retry-After"]) == (503, "1")
    assert other.status_code == 200
    assert statuses == [401] * 3


def test_a_worker_of_one_thread_can_hash():
    room = passwords.Hashing(1)
    with room.place(), pytest.raises(Unavailable), room.place():
        pytest.fail("there is one place")
    with room.place():
        pass


def test_a_place_is_given_back_when_hashing_fails():
    room = passwords.Hashing(1)
    with pytest.raises(ZeroDivisionError), room.place():
        raise ZeroDivisionError
    with room.place():
        pass
