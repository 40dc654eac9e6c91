"""How often a caller may ask: a user, an API key from an address, or an address that has not signed in.

Counted by ``limits``, the engine of Flask-Limiter, in Redis for all workers together, else in each worker's memory for
its share. Flask-Limiter's own hooks are left out: they cost every request 94 µs and 300 calls in memory, 280 µs with
Redis (a reply of Flask: 37). Instead a worker takes requests out of the shared count ten at a time and spends them by
itself, which costs two calls.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from functools import wraps
from ipaddress import IPv6Address
from typing import TYPE_CHECKING, Any, Literal

from flask import Flask, Response, request
from limits.storage import MemoryStorage, RedisStorage, Storage

from workouts_api.database import Caller, caller
from workouts_api.errors import TooManyRequests
from workouts_api.logs import log
from workouts_api.web.replies import Handler

if TYPE_CHECKING:
    from workouts_api.config import Settings

WINDOW = 60  # seconds
BATCH = 10  # requests that a worker takes at a time; so many at most are lost to a caller who changes workers
PATIENCE = 0.2  # seconds to wait for Redis; after that the request is served without being counted
PAUSE = 5.0  # seconds for which Redis is left alone after it did not answer
MOST_LEASES = 50_000  # callers that a worker remembers, some 10 MB
RETRY_AFTER = "Retry-After"

By = Literal["user", "address"]


@dataclass(slots=True)
class _Lease:
    """What a worker may spend for one caller without asking, until the window ends (time.time())."""

    limit: int
    until: float
    left: int
    others: int
    """What nobody had taken yet when this was."""


_spent: ContextVar[_Lease | None] = ContextVar("spent", default=None)


class Limits:
    """The counts of one process."""

    def __init__(self, settings: Settings) -> None:
        self._leases: dict[str, _Lease] = {}
        self._memory = MemoryStorage()
        self._redis: Storage | None = None
        self._away_until = 0.0
        self._workers = settings.web_workers
        self.per_user = settings.rate_limit_user
        self.per_address = settings.rate_limit_address
        if settings.redis_url:
            url = settings.redis_url.replace("unix://", "redis+unix://", 1)
            self._redis = RedisStorage(
                url, key_prefix="workouts:limits", socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
            )

    def spend(self, key: str, limit: int, *, window: int = WINDOW, batch: int = BATCH) -> None:
        """Counts a request.

        :raises TooManyRequests: when it is one too many.
        """
        now = time.time()
        lease = self._leases.get(key)
        if lease is None or lease.until <= now or lease.left <= 0 < lease.others:
            lease = self._take(key, limit, window, batch, now)
        _spent.set(lease)
        lease.left -= 1
        if lease.left < 0:
            raise TooManyRequests(headers={RETRY_AFTER: str(max(1, math.ceil(lease.until - now)))})

    def callers(self) -> int:
        """How many callers are being counted in this worker."""
        return len(self._leases)

    def state(self) -> str:
        """up: shared by Redis; down: Redis is away, each worker counts its share; in_memory: there is no Redis."""
        if self._redis is None:
            return "in_memory"
        try:
            is_up = bool(self._redis.check())
        except self._redis.base_exceptions:
            is_up = False
        return "up" if is_up else "down"

    def is_spent(self, key: str) -> bool:
        lease = self._leases.get(key)
        return lease is not None and lease.until > time.time() and lease.left <= 0 >= lease.others

    def _take(self, key: str, limit: int, window: int, batch: int, now: float) -> _Lease:
        if len(self._leases) >= MOST_LEASES:
            self._leases.clear()
        limit, taken, until = self._count(key, limit, window, batch, now)
        before = taken - batch
        left = max(0, min(batch, limit - before))
        lease = self._leases[key] = _Lease(limit, until, left, max(0, limit - taken))
        return lease

    def _count(self, key: str, limit: int, window: int, batch: int, now: float) -> tuple[int, int, float]:
        """The limit that holds here, how many were taken with ours, and when the window ends."""
        if self._redis is not None and now >= self._away_until:
            try:
                return limit, self._redis.incr(key, window, batch), self._redis.get_expiry(key)
            except self._redis.base_exceptions as error:
                self._away_until = now + PAUSE
                log.warning("limits are counted without Redis", cause=repr(error), for_s=PAUSE)
        share = max(1, limit // self._workers)
        return share, self._memory.incr(key, window, batch), self._memory.get_expiry(key)


_current: ContextVar[Limits | None] = ContextVar("limits", default=None)


def init_app(app: Flask, settings: Settings) -> None:
    """Counts the requests of ``app``, unless limits are switched off."""
    if not settings.rate_limits:
        return
    limits = app.extensions["limits"] = Limits(settings)
    is_counted_later: dict[str | None, bool] = {}

    @app.before_request
    def count() -> None:
        _current.set(limits)
        endpoint = request.endpoint
        if endpoint not in is_counted_later:
            view = app.view_functions.get(endpoint or "")
            is_counted_later[endpoint] = hasattr(view, "demands") or (endpoint or "").startswith("health.")
        if not is_counted_later[endpoint]:
            spend_for_address()

    @app.after_request
    def tell(response: Response) -> Response:
        lease = _spent.get()
        _current.set(None)
        _spent.set(None)
        if lease is not None:
            add = response.headers.add
            add("X-RateLimit-Limit", lease.limit)
            add("X-RateLimit-Remaining", max(0, lease.left) + lease.others)
            add("X-RateLimit-Reset", math.ceil(lease.until))
        return response


def spend_for(who: Caller) -> None:
    """Counts a request of somebody who is signed in. A key counts by address too: its secret is not yet known to hold,
    and a stranger's guesses shall not use up what its owner may ask.

    :raises TooManyRequests: when it is one too many.
    """
    limits = _current.get()
    if limits is not None:
        key = f"user {who.user_id}" if who.key is None else f"key {who.user_id} {_address()}"
        limits.spend(key, limits.per_user)


def spend_for_address() -> None:
    """Counts a request of somebody who is not signed in.

    :raises TooManyRequests: when it is one too many.
    """
    limits = _current.get()
    if limits is not None:
        limits.spend(f"address {_address()}", limits.per_address)


def is_address_spent() -> bool:
    """Whether spend_for_address() would refuse, as far as this worker knows; it counts nothing."""
    limits = _current.get()
    return limits is not None and limits.is_spent(f"address {_address()}")


def _address() -> str:
    """The address that a request is counted under. For IPv6 it is the /64 network, since one home has all of it."""
    address = request.remote_addr or ""
    return IPv6Address(address).exploded[:19] if ":" in address else address


@dataclass(frozen=True, slots=True)
class RouteLimit:
    """A limit of one route, beside the general ones."""

    amount: int
    seconds: int
    by: By

    def __str__(self) -> str:
        span = "minute" if self.seconds == 60 else "hour"
        return f"At most {self.amount} requests a {span} {'of a user' if self.by == 'user' else 'from one address'}."


def limited(amount: int, *, seconds: Literal[60, 3600] = 60, by: By = "address") -> Callable[[Handler], Handler]:
    """Limits a route that is expensive, or where guessing pays. It stands below ``@signed_in`` to count by user."""
    limit = RouteLimit(amount, seconds, by)

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            limits = _current.get()
            if limits is not None:
                limits.spend(f"{request.endpoint} {_whose(by)}", amount, window=seconds, batch=1)
            return handler(*args, **kwargs)

        wrapper.limited = limit  # type: ignore[attr-defined]  # for the API's page
        return wrapper

    return decorate


def _whose(by: By) -> str:
    if by == "address":
        return _address()
    return f"user {caller().user_id}"
