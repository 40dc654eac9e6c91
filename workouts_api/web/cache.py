"""What is dear to find out and may be a little old: kept in Redis where there is one, else in the worker.

One caller finds it out; meanwhile the others get the old value, or wait where there is none. Hits and misses are
counted: by all workers together in Redis, by each for itself without it.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import orjson
from flask import Flask

from workouts_api.errors import DeadlineExceeded
from workouts_api.logs import log

if TYPE_CHECKING:
    import redis

    from workouts_api.config import Settings

EXTENSION = "cache"
_POLL = 0.01  # seconds between two looks at what another worker is finding out
_LOCK = 35.0  # seconds after which a worker that died while finding out is forgotten: the longest request and a little
_KEPT = 3600  # seconds that Redis keeps an old value for those who need not wait
_REDIS_TIMEOUT = 0.5  # seconds: what is found out costs less than to wait longer for where it is kept
_RETRY_REDIS = 5.0  # seconds in which a Redis that failed is not asked again

Finding = Callable[[], Any]


class Found(NamedTuple):
    """A value, when it was found, and how the cache has done so far."""

    value: Any
    """As orjson reads it."""
    found_at: float
    """time.time() when it was found."""
    is_fresh: bool
    """Whether this very caller found it out, and so has asked the database."""
    hits: int
    misses: int


class Cache(Protocol):
    def get(self, name: str, lifetime: float, find: Finding, *, patience: float) -> Found:
        """The value, at most ``lifetime`` seconds old, or older while another caller finds it out.

        :param patience: seconds to wait where there is no value yet.
        :raises DeadlineExceeded: when they are over. What ``find`` raises, its caller gets alone.
        """


def init_app(app: Flask, settings: Settings) -> None:
    memory = WorkerMemory()
    app.extensions[EXTENSION] = RedisCache(settings.redis_url, memory) if settings.redis_url else memory


@dataclass(slots=True)
class _Slot:
    lock: threading.Lock = field(default_factory=threading.Lock)
    """Held by whoever is finding out."""
    value: Any = None
    found_at: float = 0.0
    hits: int = 0
    misses: int = 0

    def found(self, *, is_fresh: bool) -> Found:
        return Found(self.value, self.found_at, is_fresh, self.hits, self.misses)


class WorkerMemory:
    """The cache of one worker's threads."""

    def __init__(self) -> None:
        self._slots: dict[str, _Slot] = {}
        self._counting = threading.Lock()

    def get(self, name: str, lifetime: float, find: Finding, *, patience: float) -> Found:
        slot = self._slots.setdefault(name, _Slot())
        if self._is_young(slot, lifetime):
            return self._hit(slot)
        if not slot.lock.acquire(blocking=False):
            if slot.found_at:
                return self._hit(slot)
            if not slot.lock.acquire(timeout=max(patience, 0)):
                raise DeadlineExceeded
        try:
            if self._is_young(slot, lifetime):  # found while this caller waited
                return self._hit(slot)
            slot.value, slot.found_at = find(), time.time()
            with self._counting:
                slot.misses += 1
                return slot.found(is_fresh=True)
        finally:
            slot.lock.release()

    def _is_young(self, slot: _Slot, lifetime: float) -> bool:
        return time.time() - slot.found_at < lifetime

    def _hit(self, slot: _Slot) -> Found:
        with self._counting:
            slot.hits += 1
            return slot.found(is_fresh=False)


class RedisCache:
    """The cache of all workers of all hosts. While Redis can't be reached, each worker's memory does."""

    def __init__(self, url: str, fallback: WorkerMemory) -> None:
        import redis

        self._redis: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT
        )
        self._failure: type[Exception] = redis.RedisError
        self._fallback = fallback
        self._down_until = 0.0

    def get(self, name: str, lifetime: float, find: Finding, *, patience: float) -> Found:
        if time.monotonic() < self._down_until:
            return self._fallback.get(name, lifetime, find, patience=patience)
        try:
            return self._get(f"workouts:{name}", lifetime, find, time.monotonic() + patience)
        except self._failure as error:
            self._down_until = time.monotonic() + _RETRY_REDIS
            log.warning("redis_unavailable", cause=repr(error))
            return self._fallback.get(name, lifetime, find, patience=patience)

    def _get(self, key: str, lifetime: float, find: Finding, deadline: float) -> Found:
        mine = secrets.token_hex(8)
        while True:
            value, found_at = self._kept(key)
            if time.time() - found_at < lifetime:
                return self._counted(key, value, found_at, is_fresh=False)
            if self._redis.set(f"{key}:finding", mine, nx=True, px=int(_LOCK * 1000)):
                return self._find(key, lifetime, find, mine)
            if found_at:
                return self._counted(key, value, found_at, is_fresh=False)
            if time.monotonic() >= deadline:
                raise DeadlineExceeded
            time.sleep(_POLL)

    def _find(self, key: str, lifetime: float, find: Finding, mine: str) -> Found:
        try:
            value, found_at = self._kept(key)
            if time.time() - found_at < lifetime:  # found between this caller's look and its turn
                return self._counted(key, value, found_at, is_fresh=False)
            value, found_at = find(), time.time()
            self._redis.set(key, orjson.dumps([value, found_at]), ex=_KEPT)
            return self._counted(key, value, found_at, is_fresh=True)
        finally:
            if self._redis.get(f"{key}:finding") == mine.encode():
                self._redis.delete(f"{key}:finding")

    def _kept(self, key: str) -> tuple[Any, float]:
        """The value and when it was found; 0 for never."""
        kept = self._redis.get(key)
        return tuple(orjson.loads(kept)) if kept else (None, 0.0)

    def _counted(self, key: str, value: Any, found_at: float, *, is_fresh: bool) -> Found:
        with self._redis.pipeline(transaction=False) as pipeline:
            pipeline.incrby(f"{key}:hits", int(not is_fresh))
            pipeline.incrby(f"{key}:misses", int(is_fresh))
            hits, misses = pipeline.execute()
        return Found(value, found_at, is_fresh, hits, misses)
