"""Folds what is said again and again: a line when it begins, one a minute while it lasts, one when it ends.

While the database is away, the pool of each worker says so five times a second. What is said is told apart by where it
comes from and by its wording without the values in it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

AGAIN_AFTER = 60.0  # seconds between two lines of an outage; also the silence after which it has ended
LASTS_FOR = 35.0  # an outage that has been silent for longer does not last, though it may not have ended either
MOST = 1_000  # outages that are told apart; what goes beyond is written as it comes
_LOOK_EVERY = 5.0

Tell = Callable[[str, int, float], None]
"""Writes a line of an outage: what happened to it ("lasts" or "ended"), how many times more, for how many seconds."""


@dataclass(slots=True)
class _Outage:
    began: float
    last: float
    told: float
    tell: Tell
    untold: int = 0
    count: int = 1


class Outages:
    """The outages of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._open: dict[Hashable, _Outage] = {}
        self._lock = threading.Lock()
        self._watch: threading.Thread | None = None

    def is_news(self, what: Hashable, tell: Tell) -> bool:
        """Whether a line is to be written. If not, it is counted, and ``tell`` writes the count in time."""
        now = self._clock()
        with self._lock:
            outage = self._open.get(what)
            if outage is None:
                if len(self._open) < MOST:
                    self._open[what] = _Outage(now, now, now, tell)
                return True
            outage.last, outage.tell = now, tell
            outage.untold += 1
            outage.count += 1
            if self._watch is None or not self._watch.is_alive():
                self._watch = threading.Thread(target=self._look, name="outages", daemon=True)
                self._watch.start()
        self.look()
        return False

    def look(self) -> None:
        """Writes the lines that are due."""
        now = self._clock()
        due: list[Callable[[], None]] = []
        with self._lock:
            for what, one in list(self._open.items()):
                if now - one.last >= AGAIN_AFTER:
                    del self._open[what]
                    if one.count > 1:
                        due.append(_telling(one, "ended", one.last - one.began))
                elif one.untold and now - one.told >= AGAIN_AFTER and now - one.last < LASTS_FOR:
                    due.append(_telling(one, "lasts", now - one.began))
                    one.told, one.untold = now, 0
        for tell in due:
            tell()

    def forget(self) -> None:
        """Begins anew, in a child after a fork: threads do not come along."""
        self._lock = threading.Lock()
        self._open.clear()
        self._watch = None

    def _look(self) -> None:
        while self._open:
            time.sleep(_LOOK_EVERY)
            self.look()


def _telling(outage: _Outage, what: str, seconds: float) -> Callable[[], None]:
    tell, times = outage.tell, outage.untold
    return lambda: tell(what, times, round(seconds, 1))
