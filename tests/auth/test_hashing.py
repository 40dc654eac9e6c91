"""Hashing never blocks other requests of the worker."""

from __future__ import annotations

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.api.auth import passwords, rules, signing_in
from workouts_api.config import load_settings
from workouts_api.errors import Unavailable

LOGIN = "/api/v1/auth/login"
SALT, TAG = "c29tZXNhbHRzb21lc2FsdA", "a" * 43
TOO_DEAR = (
    f"$argon2id$v=19$m=4194304,t=1,p=1${SALT}${TAG}",  # 4 GiB
    f"$argon2id$v=19$m=19456,t=1000,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=262145,t=1,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=262144,t=5,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=65536,t=17,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=4096,t=65,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=19456,t=2,p=99${SALT}${TAG}",
    f"$argon2i$v=19$m=4194304,t=1,p=1${SALT}${TAG}",
    f"$argon2d$m=19456,t=4294967295,p=1${SALT}${TAG}",
    f"$argon2id$v=19$m=19456,t=2,p=1${SALT}${'a' * 100_000}",
    "$2b$15$" + "a" * 53,
    "$2y$31$" + "a" * 53,
)
AFFORDABLE = (
    f"$argon2id$v=19$m=65536,t=3,p=4${SALT}${TAG}",  # argon2-cffi, RFC 9106's second choice
    f"$argon2id$v=19$m=102400,t=2,p=8${SALT}${TAG}",  # argon2-cffi before 2021
    f"$argon2id$v=19$m=65536,t=4,p=1${SALT}${TAG}",  # PHP
    f"$argon2id$v=19$m=262144,t=3,p=1${SALT}${TAG}",  # libsodium, moderate
    f"$argon2id$v=19$m=7168,t=5,p=1${SALT}${TAG}",  # OWASP
    f"$argon2i$v=19$m=32768,t=4,p=1${SALT}${TAG}",
    "$2a$14$" + "a" * 53,
)


def test_other_threads_run_while_one_hashes(real_hashes):
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


@pytest.mark.parametrize("stored", TOO_DEAR)
def test_a_stored_hash_that_would_stop_a_worker_is_not_computed(stored, owner, anonymous, database, capfd):
    database.execute("update users set password_hash = %s", [stored])
    started = time.perf_counter()
    reply = anonymous.post(LOGIN, json={"username": "owner", "password": PASSWORD})
    proof = owner.post("/api/v1/auth/password", json={"current_password": PASSWORD, "new_password": PASSWORD + "!"})
    assert time.perf_counter() - started < 5  # 4 GiB take 8 s alone, t=1000 takes 10
    assert (reply.status_code, reply.json["error"], proof.status_code) == (401, "invalid_credentials", 422)
    told = [json.loads(line) if line.startswith("{") else line for line in capfd.readouterr().err.splitlines()]
    assert sum("password_hash_refused" in str(line) for line in told) == 2
    assert SALT not in str(told)
    assert TAG not in str(told)


def test_a_hash_that_is_none_takes_as_long_as_one_that_is(owner, anonymous, database, monkeypatch):
    """Else the time would tell that the account exists."""
    asked = []
    monkeypatch.setattr(passwords, "_decoy", lambda: asked.append(1) or "$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAA")
    for stored in ("plain text", "$2b$12$short", "$argon2id$v=19$", TOO_DEAR[0]):
        database.execute("update users set password_hash = %s", [stored])
        assert anonymous.post(LOGIN, json={"username": "owner", "password": PASSWORD}).status_code == 401
    assert len(asked) == 4


@pytest.mark.parametrize("stored", [dear for dear in TOO_DEAR if len(dear) < 1000])
def test_an_administrator_cannot_bring_in_a_hash_that_would_stop_a_worker(stored, admin, database):
    user = {"email": "grace@example.com", "username": "grace", "password_hash": stored}
    one, many = admin.post("/api/v1/users", json=user), admin.post("/api/v1/users/bulk", json={"users": [user]})
    assert (one.status_code, list(one.json["details"])) == (422, ["password_hash"])
    assert (many.status_code, list(many.json["details"])) == (422, ["users.0.password_hash"])
    assert database.execute("select count(*) from users where username = 'grace'").fetchone() == (0,)


@pytest.mark.parametrize("stored", AFFORDABLE)
def test_what_libraries_make_by_default_may_be_brought_in_and_is_computed(stored, admin):
    assert passwords.is_affordable(stored)
    user = {"email": "grace@example.com", "username": "grace", "password_hash": stored}
    assert admin.post("/api/v1/users", json=user).status_code == (422 if "argon2i$" in stored else 201)


def test_our_own_hashes_are_affordable():
    assert passwords.is_affordable(passwords.hash_password(PASSWORD))


@pytest.mark.parametrize("cost", ["00", "03"])
def test_a_hash_at_a_cost_that_bcrypt_does_not_know_is_nobodys_password(cost: str) -> None:
    assert not passwords.is_password(f"$2b${cost}${'a' * 53}", PASSWORD)


def test_a_worker_needs_no_file_of_common_passwords_after_its_start(environ, monkeypatch, tmp_path):
    """A release that is installed over the running one may move it."""
    rules.common_passwords.cache_clear()
    app = create_app(load_settings(environ))
    app.extensions["database"].close()
    monkeypatch.setattr(rules, "_LIST", tmp_path / "moved.txt")
    assert rules.is_common("Password")
