"""What a worker measures of its parts, for its file of metrics."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

from workouts_api import activity
from workouts_api.database import captures
from workouts_api.metrics import Publisher
from workouts_api.metrics.publishing import Figures, Source
from workouts_api.metrics.sources import memory, pool

if TYPE_CHECKING:
    from workouts_api.config import Settings


LOOK_EVERY = 1.0  # s between two tries to be seen


class Seen:
    """What others see of a worker: its metrics and, while a DBA wants them, its captures. Both are named by its slot.

    A worker that has none, because the disk was full when it began, goes on without. It tries again until it has one.
    """

    def __init__(self, worker: Any, settings: Settings) -> None:
        self._worker, self._settings = worker, settings
        self._parts: list[Publisher | captures.Watch] = []
        self._ended = threading.Event()

    def start(self) -> None:
        if not self._show():
            threading.Thread(target=self._try, name="seen", daemon=True).start()

    def stop(self) -> None:
        self._ended.set()
        for part in self._parts:
            part.stop()

    def _show(self) -> bool:
        slot = activity.slot()
        if slot is None:
            return False
        publisher = Publisher(self._settings.activity_folder, str(slot), sources_of(self._worker))
        self._parts = [publisher, captures.Watch(self._settings.captures_folder, str(slot))]
        for part in self._parts:
            part.start()
        return True

    def _try(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            with contextlib.suppress(OSError):
                activity.join(self._settings.activity_folder, self._worker.cfg.threads)
                if self._show():
                    self._worker.log.info("what this worker does is seen now")
                    return


def sources_of(worker: Any) -> dict[str, Source]:
    extensions = getattr(worker.wsgi, "extensions", {})
    sources: dict[str, Source] = {"memory": memory, "queue": lambda: _queue(worker)}
    if (database := extensions.get("database")) is not None:
        sources["pool"] = pool(database.pool.get_stats)
        if (replica := database.replica) is not None:
            sources["replica"] = replica.watch.figures
    if (cache := extensions.get("cache")) is not None:
        sources["cache"] = lambda: _cache(cache)
    if (limits := extensions.get("limits")) is not None:
        sources["limits"] = lambda: ({}, {"workouts_throttle_leases": limits.callers()})
    return sources


def _queue(worker: Any) -> tuple[Figures, Figures]:
    return {}, {"workouts_requests_waiting": worker.waiting.count}


def _cache(cache: Any) -> tuple[Figures, Figures]:
    hits, misses = cache.counts()
    return {"workouts_cache_hits": hits, "workouts_cache_misses": misses}, {}
