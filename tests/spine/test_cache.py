"""The cache, with and without a real Redis: one thread finds out, and the others get what is there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import redis_server
from workouts_api.errors import DeadlineExceeded
from workouts_api.web.cache import Cache, RedisCache, WorkerMemory

Make = Callable[[], Cache]


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture(params=["memory", "redis"])
def make(request: pytest.FixtureRequest) -> Make:
    """Gives the cache of one worker, whose threads share it."""
    memory = WorkerMemory()
    cache = memory if request.param == "memory" else RedisCache(emptied(request.getfixturevalue("redis_url")), memory)
    return lambda: cache


def emptied(redis_url: str) -> str:
    import redis

    with redis.Redis.from_url(redis_url) as client:
        client.flushall()
    return redis_url


class Finding:
    """Counts how often it is asked; goes on when it is let."""

    def __init__(self) -> None:
        self.times = 0
        self.begun, self.go = threading.Event(), threading.Event()

    def __call__(self) -> Any:
        self.times += 1
        self.begun.set()
        assert self.go.wait(5)
        return {"n": self.times}


def get(cache: Cache, find: Any, lifetime: float = 60, patience: float = 5) -> Any:
    return cache.get("x", lifetime, find, patience=patience)


def test_it_is_found_out_once_and_counted(make: Make) -> None:
    first = get(make(), lambda: {"n": 1})
    assert (first.value, first.is_fresh, first.hits, first.misses) == ({"n": 1}, True, 0, 1)
    again = get(make(), pytest.fail)
    assert (again.value, again.is_fresh, again.hits, again.misses) == ({"n": 1}, False, 1, 1)
    assert again.found_at == pytest.approx(time.time(), abs=5)


def test_a_clock_that_was_ahead_keeps_no_value_longer(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of this host, set back since, or of another that shares the value."""
    now = time.time
    with monkeypatch.context() as ahead:
        ahead.setattr(time, "time", lambda: now() + 86_400)
        assert get(make(), lambda: {"n": 1}).value == {"n": 1}
    for number, is_fresh in ((2, True), (3, False)):
        found = get(make(), lambda number=number: {"n": number})
        assert (found.value, found.is_fresh) == ({"n": 2}, is_fresh)
        assert found.found_at <= now()


def test_a_value_of_another_worker_is_learnt_unless_a_newer_one_is_known() -> None:
    memory, now = WorkerMemory(), time.time()
    for value, age in (("older", 20), ("newer", 10), ("oldest", 30)):
        memory.learn("x", value, now - age)
    found = get(memory, pytest.fail)
    assert (found.value, found.found_at) == ("newer", now - 10)


def test_where_there_is_nothing_yet_one_finds_out_and_the_others_wait(make: Make) -> None:
    find = Finding()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(get, make(), find) for _ in range(8)]
        assert find.begun.wait(5)
        time.sleep(0.05)
        find.go.set()
        found = [answer.result() for answer in asked]
    assert find.times == 1
    assert [one.value for one in found] == [{"n": 1}] * 8
    assert sorted(one.is_fresh for one in found) == [False] * 7 + [True]


def test_where_there_is_something_old_the_others_get_that(make: Make) -> None:
    get(make(), lambda: {"n": 0})
    find = Finding()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(get, make(), find, 0)
        assert find.begun.wait(5)
        other = get(make(), pytest.fail, 0)
        assert (other.value, other.is_fresh) == ({"n": 0}, False)
        find.go.set()
        assert slow.result().value == {"n": 1}


def test_an_error_is_its_finders_alone_and_the_next_one_tries(make: Make) -> None:
    def fail() -> Any:
        raise LookupError("not today")

    with pytest.raises(LookupError):
        get(make(), fail)
    assert get(make(), lambda: {"n": 2}).value == {"n": 2}


def test_nobody_waits_longer_than_their_patience(make: Make) -> None:
    find = Finding()
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(get, make(), find)
        assert find.begun.wait(5)
        with pytest.raises(DeadlineExceeded):
            get(make(), pytest.fail, patience=0.05)
        find.go.set()
        assert slow.result().is_fresh


def test_without_redis_each_worker_remembers_by_itself(tmp_path: Path) -> None:
    cache = RedisCache(f"unix://{tmp_path}/nothing.sock", WorkerMemory())
    assert get(cache, lambda: {"n": 1}).misses == 1
    assert get(cache, pytest.fail).hits == 1


def test_a_redis_that_comes_back_is_used_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = RedisCache(f"unix://{tmp_path}/redis.sock", WorkerMemory())
    assert get(cache, lambda: {"n": 1}).is_fresh
    with redis_server(tmp_path):
        assert not get(cache, pytest.fail).is_fresh, "not asked again at once"
        cache._down_until = 0.0
        assert get(cache, pytest.fail).value == {"n": 1}
        assert get(RedisCache(f"unix://{tmp_path}/redis.sock", WorkerMemory()), pytest.fail).value == {"n": 1}


def test_what_one_worker_found_out_all_workers_know_and_count(redis_url: str) -> None:
    url = emptied(redis_url)
    assert get(RedisCache(url, WorkerMemory()), lambda: {"n": 1}).is_fresh
    found = get(RedisCache(url, WorkerMemory()), pytest.fail)
    assert (found.value, found.is_fresh, found.hits, found.misses) == ({"n": 1}, False, 1, 1)


def test_workers_do_not_wait_for_each_other_and_what_is_newer_counts(redis_url: str) -> None:
    """One that hangs holds nobody up; what it finds at last is the newest, and is told to all."""
    url, find = emptied(redis_url), Finding()
    quick = RedisCache(url, WorkerMemory())
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(get, RedisCache(url, WorkerMemory()), find)
        assert find.begun.wait(5)
        assert get(quick, lambda: {"n": 7}).is_fresh
        find.go.set()
        assert slow.result().is_fresh
    assert get(quick, pytest.fail).value == {"n": 1}
