"""Guessing is slowed per account and per address, and no stranger can lock anybody out by it."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from typing import Any

import pytest

from tests.conftest import PASSWORD, Client
from workouts_api.api.auth import signing_in

URL = "/api/v1/auth/login"


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """What is hashed is not what these tests are about."""
    monkeypatch.setattr(signing_in, "is_password", lambda stored, password: stored is not None and password == PASSWORD)


def sign_in(client, name, password, address="192.0.2.1"):
    body = {"username": name, "password": password}
    return client.post(URL, json=body, environ_base={"REMOTE_ADDR": address})


def guess(client, name, times, address="192.0.2.1"):
    return [sign_in(client, name, "wrong", address).status_code for _ in range(times)]


def later(database, seconds):
    database.execute("update throttles set last_at = last_at - make_interval(secs => %s)", [seconds])


@pytest.mark.parametrize("name", ["owner", "nobody"])
def test_after_five_guesses_an_address_waits_whether_the_name_is_known_or_not(owner, anonymous, name):
    assert guess(anonymous, name, 7) == [401] * 5 + [429] * 2
    refused = sign_in(anonymous, name, "wrong")
    assert (refused.json["error"], refused.headers["Retry-After"]) == ("too_many_requests", "1")


def test_guesses_do_not_tell_which_username_and_address_are_one_account(owner, stranger, anonymous):
    """What somebody sees at one name is the same whatever was guessed at the other, here and from elsewhere."""
    for number in range(25):
        guess(anonymous, "owner", 1, f"198.51.100.{number}")
    guess(anonymous, "owner", 7)
    assert guess(anonymous, "owner@example.com", 6) == [401] * 5 + [429]
    assert guess(anonymous, "stranger@example.com", 6) == [401] * 5 + [429]


def test_the_right_password_at_one_name_takes_nothing_back_at_the_other(owner, anonymous):
    guess(anonymous, "owner@example.com", 5)
    assert sign_in(anonymous, "owner", PASSWORD).status_code == 200
    assert guess(anonymous, "owner@example.com", 1) == [429]


def test_pauses_double_up_to_a_minute_and_waiting_is_not_lengthened_by_trying(owner, anonymous, database):
    guess(anonymous, "owner", 5)
    pauses = []
    for _ in range(8):
        pause = int(sign_in(anonymous, "owner", "wrong").headers["Retry-After"])
        assert guess(anonymous, "owner", 3) == [429] * 3
        pauses.append(pause)
        later(database, pause)
        assert guess(anonymous, "owner", 1) == [401]
    assert pauses[:5] == [1, 2, 4, 8, 16]
    assert max(pauses) <= 60


def test_it_drains_with_time(owner, anonymous, database):
    guess(anonymous, "owner", 6)
    later(database, 3600)
    assert guess(anonymous, "owner", 5) == [401] * 5


def test_the_right_password_is_refused_while_one_has_to_wait(owner, anonymous):
    """Else waiting would be no waiting."""
    guess(anonymous, "owner", 5)
    assert sign_in(anonymous, "owner", PASSWORD).status_code == 429


def test_the_right_password_takes_back_what_was_typed_wrong(owner, anonymous):
    for _ in range(4):
        assert guess(anonymous, "owner", 4) == [401] * 4
        assert sign_in(anonymous, "owner", PASSWORD).status_code == 200


def test_a_stranger_elsewhere_cannot_lock_the_owner_out(owner, anonymous):
    for number in range(60):
        guess(anonymous, "owner", 3, f"198.51.100.{number}")
    assert sign_in(anonymous, "owner", PASSWORD).status_code == 200
    assert owner.get("/api/v1/users/me").status_code == 200


def test_a_besieged_account_gives_each_address_one_guess_and_then_long_pauses(owner, anonymous):
    for number in range(21):
        guess(anonymous, "owner", 1, f"198.51.100.{number}")
    assert guess(anonymous, "owner", 2, "203.0.113.1") == [401, 429]
    assert int(sign_in(anonymous, "owner", "wrong", "203.0.113.1").headers["Retry-After"]) == 30
    assert guess(anonymous, "another", 5, "203.0.113.1") == [401] * 5


def test_an_address_that_tries_many_accounts_waits_too(owner, anonymous):
    statuses = [guess(anonymous, f"name{number}", 1)[0] for number in range(60)]
    assert statuses[:50] == [401] * 50
    assert 429 in statuses[50:]
    assert sign_in(anonymous, "owner", PASSWORD).status_code == 429
    assert sign_in(anonymous, "owner", PASSWORD, "192.0.2.2").status_code == 200


def test_ones_own_success_does_not_buy_an_address_more_guesses_at_others(owner, stranger, anonymous, database):
    guess(anonymous, "owner", 5)
    assert sign_in(anonymous, "stranger", PASSWORD).status_code == 200
    assert guess(anonymous, "owner", 1) == [429]


def test_of_ipv6_a_customers_whole_network_is_one_address(owner, anonymous):
    statuses = [guess(anonymous, "owner", 1, f"2001:db8:1:2::{number:x}")[0] for number in range(1, 8)]
    assert statuses == [401] * 5 + [429] * 2
    assert guess(anonymous, "owner", 1, "2001:db8:1:3::1") == [401]


@contextmanager
def _at_once(times: int) -> Iterator[Any]:
    """Sends so many requests that all stand at the comparison before the first is decided."""
    barrier = threading.Barrier(times)

    def compare(stored: str | None, password: str) -> bool:
        barrier.wait(10)
        return stored is not None and password == PASSWORD

    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(times) as threads:
        patch.setattr(signing_in, "is_password", compare)
        patch.setattr(signing_in, "hashing", nullcontext)
        yield lambda send, count: list(threads.map(send, range(count)))


@contextmanager
def _pauses() -> Iterator[Callable[[], int]]:
    """How many of the pauses of 1, 2, 4 … s have passed, on a busy machine: after each, one more guess is told."""
    began = time.monotonic()
    took: list[float] = []
    yield lambda: int(math.log2(took[0] + 1))
    took.append(time.monotonic() - began)


def test_guesses_that_come_at_once_are_counted_each(app, owner, anonymous):
    with _at_once(24) as send, _pauses() as more:
        statuses = send(lambda _: guess(Client(app.test_client()), "owner", 1)[0], 24)
    assert set(statuses) == {401, 429}
    assert 5 <= statuses.count(401) <= 5 + more()


def test_right_passwords_that_come_at_once_are_all_let_in(app, owner, anonymous, database):
    with _at_once(24) as send:
        assert send(lambda _: sign_in(app.test_client(), "owner", PASSWORD).status_code, 24) == [200] * 24
    assert guess(anonymous, "owner", 6) == [401] * 5 + [429], "and nothing of it was counted"


def test_among_wrong_ones_that_come_at_once_the_right_one_tells_no_more_than_five_in_a_row(app, owner, anonymous):
    with _at_once(24) as send, _pauses() as more:
        replies = send(lambda n: sign_in(app.test_client(), "owner", PASSWORD if n == 0 else "wrong"), 24)
    told = [reply.status_code for reply in replies if reply.status_code != 429]
    # five before the right one, which ends the count, and five after it
    assert len(told) <= 11 + 2 * more()
    assert told.count(401) <= 10 + 2 * more()
    for reply in replies:
        if reply.status_code == 429:
            assert (reply.json["error"], int(reply.headers["Retry-After"]) > 0) == ("too_many_requests", True)


PROVING = [
    ("PATCH", "/api/v1/users/me", lambda given, n: {"email": f"ada{n}@example.com", "password": given}),
    ("POST", "/api/v1/auth/password", lambda given, _: {"current_password": given, "new_password": PASSWORD}),
    ("DELETE", "/api/v1/users/me", lambda given, _: {"password": given}),
]


@pytest.mark.parametrize(("method", "address", "body"), PROVING, ids=lambda part: part if type(part) is str else "")
def test_proving_who_one_is_counts_wrong_passwords_alone(owner, method, address, body):
    for n in range(8 if method != "DELETE" else 0):
        assert owner.request(method, address, json=body(PASSWORD, n)).status_code < 300
    statuses = [owner.request(method, address, json=body("wrong", n)).status_code for n in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert owner.request(method, address, json=body(PASSWORD, 9)).status_code == 429


@pytest.mark.parametrize(("method", "address", "body"), PROVING, ids=lambda part: part if type(part) is str else "")
def test_a_right_proof_is_refused_where_wrong_ones_came_while_it_was_compared(
    owner, database, monkeypatch, method, address, body
):
    def compare(stored, password):
        for _ in range(5):
            database.execute("select charge_guess('proof of user ' || %s, '127.0.0.1')", [owner.user_id])
        return True

    monkeypatch.setattr(signing_in, "is_password", compare)
    refused = owner.request(method, address, json=body(PASSWORD, 0))
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
    assert database.execute("select email from users").fetchone() == ("owner@example.com",)


def test_what_is_kept_names_nobody(owner, anonymous, database):
    guess(anonymous, "a password typed into the wrong box", 1)
    assert database.execute("select count(*) from throttles where octet_length(key) = 32").fetchone() == (3,)


def test_brakes_and_registrations_and_tokens_go_when_their_time_is_over(app, database, outbox):
    database.execute(
        """
        insert into throttles values (sha256('old'), 1, now() - interval '3 days'), (sha256('new'), 1, now());
        insert into registrations (email, username, full_name, zone, password_hash, expires_at)
        values ('a@example.com', 'aa', '', 'UTC', '', now() - interval '1 h'),
          ('b@example.com', 'bb', '', 'UTC', '', now() + interval '1 h');
        insert into users (email, username) values ('c@example.com', 'cc');
        insert into user_tokens (sha256, user_id, purpose, email, expires_at)
        select sha256(d::text::bytea), id, 'verify_email', email, now() - make_interval(days => d)
        from users, unnest(array[1, 31]) as d;
        select defer_job('delete_old_tokens', '{}'), defer_job('delete_old_throttles', '{}');
        """
    )
    outbox()
    left = database.execute(
        "select (select count(*) from throttles), (select count(*) from registrations),"
        " (select count(*) from user_tokens)"
    ).fetchone()
    assert left == (1, 1, 1)
