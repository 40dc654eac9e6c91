"""Requests that wait for one of a worker's threads: in which order they are served, and which are refused.

A request that has waited too long is refused: a client's retry is better than a queue that only grows. How long is too
long depends on the load. In a burst a request may wait for ``most``. If a lane's queue has not been empty for
``STANDING`` seconds and holds more than two requests for each thread, the worker gets more than it can serve. A shorter
queue is no overload: clients with one request at a time keep it full, and each of them waits for a moment.

In an overload a request may wait half as long as a request of its lane takes; what would wait longer is refused at
once. And no more short reads run at a time than keep a processor busy: with more of them, each takes longer, and none
is done earlier. The idea is controlled delay: Nichols and Jacobson, "Controlling Queue Delay", 2012; Maurer, "Fail at
Scale", 2015.
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
CALM = 2.0  # seconds until a longer queue is tried again; if that one grows as well, it needs no STANDING to be cut
SHORTEST = 0.005  # seconds that every request may wait in an overload
FEW = 2  # requests for each thread of the worker; a queue that grows no longer is no overload
TIMES_AS_LONG = 0.5  # as a request takes: so long may it wait in an overload
LATE = 2.0  # times as long may an admitted request really wait: to admit and then refuse it costs three refusals
_RISES = 1.001  # times the least time in the database, with each request
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
    is_short: bool
    items: deque[Item] = field(default_factory=deque)
    running: int = 0
    began: float = math.inf
    """Since when it has not been empty."""
    strict_until: float = -math.inf
    took: float = 0.0
    """Seconds that a request takes; 0: none has been served yet."""
    used: float = 0.0
    """Seconds of the processor that it uses in this process."""
    in_database: float = math.inf
    """Seconds in the database, when nothing is in the way there: the least, which rises slowly."""
    started: float = math.inf
    pace: float = 0.0
    """Seconds from one start to the next while others wait: lanes share threads, and threads share processors."""

    def is_strict(self, now: float) -> bool:
        """Whether more comes than can be served."""
        stands = now - self.began >= STANDING or now < self.strict_until + CALM
        if stands and self.took and len(self.items) > self.few:
            self.strict_until = now + CALM
        return now < self.strict_until

    def patience(self, now: float, most: float) -> float:
        return min(most, max(SHORTEST, TIMES_AS_LONG * self.took)) if self.is_strict(now) else most

    def longest(self, now: float, most: float) -> float:
        """How long a request may wait that was admitted."""
        return min(most, LATE * self.patience(now, most))

    def busy_with(self) -> float:
        """How many at a time keep a processor busy: while some wait for the database, two others can go on."""
        return 3 + self.in_database / self.used if self.is_short and self.used else math.inf

    def served(self, took: float, used: float, in_database: float) -> None:
        self.running -= 1
        self.took += (took - self.took) * (_WEIGHT if self.took else 1)
        self.used += (used - self.used) * (_WEIGHT if self.used else 1)
        if in_database:  # without it, the request was refused before
            self.in_database = min(in_database, self.in_database * _RISES)

    def expected_wait(self) -> float:
        return len(self.items) * max(self.pace, self.took / self.threads)

    def append(self, item: Item, now: float) -> None:
        if not self.items:
            self.began = now
        self.items.append(item)

    def drop(self) -> Item:
        item = self.items.popleft()
        if not self.items:
            self.began = math.inf
        return item

    def start(self, now: float) -> Item:
        if self.began <= self.started < now:
            self.pace += (now - self.started - self.pace) * _WEIGHT
        self.started = now
        return self.drop()


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
            if not queue.items and self._has_room(item.lane, now):
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

    def done(self, item: Item, took: float, now: float, *, used: float = 0.0, in_database: float = 0.0) -> Item | None:
        """A thread has served a request. Gives the next one for this thread, if there is any.

        :param took: seconds in all.
        :param used: seconds of the processor in this process.
        :param in_database: seconds of waiting for the database.
        """
        with self._lock:
            for group in item.lane.groups:
                self._busy[group] -= 1
            self._queues[item.lane.name].served(took, used, in_database)
            return self._next(now) if self.count else None

    def next(self, now: float) -> Item | None:
        """A request that waits though there is a thread for it; it may be given to that thread."""
        if not self.count:
            return None
        with self._lock:
            return self._next(now)

    def is_overloaded(self, now: float) -> bool:
        """Whether a lane gets more than it can serve."""
        return any(now < queue.strict_until for queue in list(self._queues.values()))

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
            ends = [q.items[0].queued_at + q.longest(now, self._most) for q in self._queues.values() if q.items]
        return max(0.0, min(ends, default=math.inf) - now)

    def _next(self, now: float) -> Item | None:
        best: _Queue[Item] | None = None
        for queue in self._queues.values():
            if queue.items:
                self._drop_late(queue, now)
            if queue.items and (best is None or queue.items[0].queued_at < best.items[0].queued_at):
                best = queue if self._has_room(queue.items[0].lane, now) else best
        if best is None:
            return None
        self.count -= 1
        item = best.start(now)
        self._take(item.lane)
        return item

    def _drop_late(self, queue: _Queue[Item], now: float) -> None:
        while queue.items and now - queue.items[0].queued_at >= queue.longest(now, self._most):
            self._late.append(queue.drop())
            self.count -= 1

    def _open(self, lane: Lane) -> _Queue[Item]:
        for group in lane.groups:
            self._busy.setdefault(group, 0)
            self._limits[group] = most_threads(group, self._threads)
        threads = min(self._limits[group] for group in lane.groups)
        return self._queues.setdefault(lane.name, _Queue(threads, FEW * self._threads, lane.is_short))

    def _has_room(self, lane: Lane, now: float) -> bool:
        queue = self._queues[lane.name]
        if queue.running and now < queue.strict_until and self._short_ones(now) >= queue.busy_with():
            return False
        return all(self._busy[group] < self._limits[group] for group in lane.groups)

    def _short_ones(self, now: float) -> int:
        """How many run of the short reads that are too many."""
        return sum(queue.running for queue in self._queues.values() if queue.is_short and now < queue.strict_until)

    def _take(self, lane: Lane) -> None:
        self._queues[lane.name].running += 1
        for group in lane.groups:
            self._busy[group] += 1
