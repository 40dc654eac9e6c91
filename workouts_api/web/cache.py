"""A cache for values that are expensive to compute and may be a little old. With Redis, all workers share one.

In a worker one caller computes a new value. Meanwhile the others get the old value; where there is none, they wait.
Workers do not wait for each other: several of them may compute the same value at the same time. Hits and misses are
counted: with Redis for all workers together, without it for each worker.
"""

from __future__ import annotations

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
_KEPT = 3600  # seconds for which Redis keeps an old value, so that callers need not wait
_REDIS_TIMEOUT = 0.5  # seconds; computing the value costs less than waiting longer for Redis
_RETRY_REDIS = 5.0  # seconds for which a failed Redis is not asked again

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

    def counts(self) -> tuple[int, int]: ...

    def state(self) -> str: ...


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
            value, found_at = find(), time.time()
            with self._counting:
                slot.value, slot.found_at = value, found_at
                slot.misses += 1
                return slot.found(is_fresh=True)
        finally:
            slot.lock.release()

    def counts(self) -> tuple[int, int]:
        """Hits and misses of this worker."""
        slots = list(self._slots.values())
        return sum(slot.hits for slot in slots), sum(slot.misses for slot in slots)

    def state(self) -> str:
        return "in_memory"

    def learn(self, name: str, value: Any, found_at: float) -> None:
        """Remembers what another worker found out, unless this one knows something newer.

        A time to come is of a host whose clock is ahead, and tells nothing of the value's age.
        """
        slot = self._slots.setdefault(name, _Slot())
        with self._counting:
            if slot.found_at < found_at <= time.time():
                slot.value, slot.found_at = value, found_at

    def _is_young(self, slot: _Slot, lifetime: float) -> bool:
        return 0 <= time.time() - slot.found_at < lifetime  # below 0: the clock has been set back since

    def _hit(self, slot: _Slot) -> Found:
        with self._counting:
            slot.hits += 1
            return slot.found(is_fresh=False)


class RedisCache:
    """A worker's memory whose values all workers of all hosts share. While Redis can't be reached, they don't."""

    def __init__(self, url: str, memory: WorkerMemory) -> None:
        import redis

        self._redis: redis.Redis = redis.Redis.from_url(
            url, socket_timeout=_REDIS_TIMEOUT, socket_connect_timeout=_REDIS_TIMEOUT
        )
        self._failure: type[Exception] = redis.RedisError
        self._memory = memory
        self._down_until = 0.0

    def get(self, name: str, lifetime: float, find: Finding, *, patience: float) -> Found:
        if time.monotonic() >= self._down_until:
            try:
                return self._get(name, f"workouts:{name}", lifetime, find, patience)
            except self._failure as error:
                self._down_until = time.monotonic() + _RETRY_REDIS
                log.warning("redis_unavailable", cause=repr(error))
        return self._memory.get(name, lifetime, find, patience=patience)

    def counts(self) -> tuple[int, int]:
        """Hits and misses of this worker."""
        return self._memory.counts()

    def state(self) -> str:
        """up or down: whether Redis answers."""
        try:
            self._redis.ping()
        except self._failure:
            return "down"
        return "up"

    def _get(self, name: str, key: str, lifetime: float, find: Finding, patience: float) -> Found:
        kept = self._redis.get(key)
        value, kept_at = orjson.loads(kept) if kept else (None, 0.0)
        self._memory.learn(name, value, kept_at)
        found = self._memory.get(name, lifetime, find, patience=patience)
        with self._redis.pipeline(transaction=False) as pipeline:
            if found.is_fresh or found.found_at > kept_at:  # found now, or while Redis was away
                pipeline.set(key, orjson.dumps([found.value, found.found_at]), ex=_KEPT)
            pipeline.incrby(f"{key}:hits", int(not found.is_fresh))
            pipeline.incrby(f"{key}:misses", int(found.is_fresh))
            *_, hits, misses = pipeline.execute()
        return found._replace(hits=hits, misses=misses)
