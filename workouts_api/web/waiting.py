"""Requests that wait for one of a worker's threads: in which order they are served, and which are refused.

A request that has waited too long is refused: a client's retry is better than a queue that only grows. How long is too
long depends on the load. In a burst a request may wait for ``most``. If a lane's queue has not been empty for
``STANDING`` seconds and holds more than two requests for each thread, the worker gets more than it can serve. Then a
request may wait only as long as a request of its lane takes, so that those that are served are served quickly. A
shorter queue is no overload: clients with one request at a time keep it full, and each of them waits for a moment. The
idea is controlled delay: Nichols and Jacobson, "Controlling Queue Delay", 2012; Maurer, "Fail at Scale", 2015.
"""

from __future__ import annotations

import enum
import math
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from workouts_api.web.lanes import Lane, most_threads

STANDING = 0.3  # seconds; what comes at once is mostly served within them
CALM = 5.0  # seconds after an overload, until a burst may wait again: a queue that was cut is empty for a moment
SHORTEST = 0.02  # seconds that every request may wait
FEW = 2  # requests for each thread of the worker: a queue that is no longer is never cut for its length alone
TIMES_AS_LONG = 1.0  # with the request's own time, a client then waits twice as long as without a queue
_WEIGHT = 0.1  # of the newest request in the mean of how long they take


class Waits(Protocol):
    """What waits: a connection with a request."""

    lane: Lane
    queued_at: float


Item = TypeVar("Item", bound=Waits)


class Verdict(enum.Enum):
    START = "start"
    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(slots=True)
class _Queue(Generic[Item]):
    """One lane's queue, and how long its requests take."""

    threads: int
    few: int
    """So many may wait for ``most``, also if the queue stands."""
    items: deque[Item] = field(default_factory=deque)
    took: float = 0.0
    """Seconds; 0: none has been served yet."""
    began: float = math.inf
    """Since when it has not been empty."""
    strict_until: float = 0.0

    def patience(self, now: float, most: float) -> float:
        if now - self.began >= STANDING:
            self.strict_until = now + CALM
        if not self.took or now >= self.strict_until or len(self.items) <= self.few:
            return most
        return min(most, max(SHORTEST, TIMES_AS_LONG * self.took))

    def expected_wait(self) -> float:
        return len(self.items) * self.took / self.threads

    def append(self, item: Item, now: float) -> None:
        if not self.items:
            self.began = now
        self.items.append(item)

    def popleft(self) -> Item:
        item = self.items.popleft()
        if not self.items:
            self.began = math.inf
        return item


class Waiting(Generic[Item]):
    """The requests of one worker that wait for a thread. All threads use it. Times are time.monotonic()."""

    def __init__(self, threads: int, most: float) -> None:
        """:param most: seconds that a request may wait for a thread."""
        self._threads = threads
        self._most = most
        self._lock = threading.Lock()
        self._busy: dict[str, int] = {}
        self._limits: dict[str, int] = {}
        self._queues: dict[str, _Queue[Item]] = {}
        self._late: list[Item] = []
        self.count = 0

    def offer(self, item: Item, now: float) -> Verdict:
        """A request has arrived. It starts at once, waits, or is refused because it would wait too long."""
        item.queued_at = now
        with self._lock:
            queue = self._queues.get(item.lane.name) or self._open(item.lane)
            if not queue.items and self._has_room(item.lane):
                self._take(item.lane)
                return Verdict.START
            if queue.expected_wait() > queue.patience(now, self._most):
                return Verdict.REFUSE
            queue.append(item, now)
            self.count += 1
            return Verdict.WAIT

    def is_full(self, lane: Lane, now: float) -> bool:
        """Whether offer() would refuse a request of this lane."""
        queue = self._queues.get(lane.name)
        return queue is not None and bool(queue.items) and queue.expected_wait() > queue.patience(now, self._most)

    def done(self, item: Item, took: float, now: float) -> Item | None:
        """A thread has served a request. Gives the next one for this thread, if there is any."""
        with self._lock:
            for group in item.lane.groups:
                self._busy[group] -= 1
            queue = self._queues[item.lane.name]
            queue.took += (took - queue.took) * (_WEIGHT if queue.took else 1)
            return self._next(now) if self.count else None

    def late(self, now: float) -> list[Item]:
        """Removes and gives the requests that have waited too long."""
        if not self.count and not self._late:
            return []
        with self._lock:
            for queue in self._queues.values():
                self._drop_late(queue, now)
            late, self._late = self._late, []
        return late

    def until(self, now: float) -> float:
        """Seconds until the next request will have waited too long."""
        if not self.count:
            return math.inf
        with self._lock:
            ends = [q.items[0].queued_at + q.patience(now, self._most) for q in self._queues.values() if q.items]
        return max(0.0, min(ends, default=math.inf) - now)

    def _next(self, now: float) -> Item | None:
        best: _Queue[Item] | None = None
        for queue in self._queues.values():
            if queue.items:
                self._drop_late(queue, now)
            if queue.items and (best is None or queue.items[0].queued_at < best.items[0].queued_at):
                best = queue if self._has_room(queue.items[0].lane) else best
        if best is None:
            return None
        self.count -= 1
        item = best.popleft()
        self._take(item.lane)
        return item

    def _drop_late(self, queue: _Queue[Item], now: float) -> None:
        while queue.items and now - queue.items[0].queued_at >= queue.patience(now, self._most):
            self._late.append(queue.popleft())
            self.count -= 1

    def _open(self, lane: Lane) -> _Queue[Item]:
        for group in lane.groups:
            self._busy.setdefault(group, 0)
            self._limits[group] = most_threads(group, self._threads)
        threads = min(self._limits[group] for group in lane.groups)
        return self._queues.setdefault(lane.name, _Queue(threads, FEW * self._threads))

    def _has_room(self, lane: Lane) -> bool:
        return all(self._busy[group] < self._limits[group] for group in lane.groups)

    def _take(self, lane: Lane) -> None:
        for group in lane.groups:
            self._busy[group] += 1
