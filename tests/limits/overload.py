"""A lane that gets more requests than it can serve, without a server and without a clock."""

from __future__ import annotations

from dataclasses import dataclass

from workouts_api.web.lanes import Lane, lane_of
from workouts_api.web.waiting import Verdict, Waiting

READ = b"GET /api/v1/sessions HTTP/1.1\r\n"


@dataclass(eq=False)
class Item:
    lane: Lane
    queued_at: float = 0.0


def item(line: bytes) -> Item:
    return Item(lane_of(line))


class Overloaded:
    """A lane that gets five requests while it can serve one."""

    def __init__(self, waiting: Waiting[Item], took: float, used: float, in_database: float) -> None:
        self.waiting, self.took = waiting, took
        self._cost = {"used": used, "in_database": in_database}
        self.now = 0.0
        self.ends: list[tuple[float, Item]] = []
        self.waited: list[tuple[float, float]] = []
        """Of each that was served: when it began, and how long it had waited."""
        self.refused = self.offered = 0

    def go(self, seconds: float, every: float, line: bytes = READ) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += every
            for at, one in [one for one in self.ends if one[0] <= self.now]:
                self.ends.remove((at, one))
                self._start(self.waiting.done(one, self.took, self.now, **self._cost))
            self.refused += len(self.waiting.late(self.now))
            new = item(line)
            self.offered += 1
            verdict = self.waiting.offer(new, self.now)
            self.refused += verdict is Verdict.REFUSE
            self._start(new if verdict is Verdict.START else None)
            while (following := self.waiting.next(self.now)) is not None:
                self._start(following)

    def _start(self, one: Item | None) -> None:
        if one is not None:
            self.waited.append((self.now, self.now - one.queued_at))
            self.ends.append((self.now + self.took, one))
