"""What a worker measures of its parts, for its file of metrics."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workouts_api import activity
from workouts_api.metrics import Publisher
from workouts_api.metrics.publishing import Figures, Source
from workouts_api.metrics.sources import memory, pool


def publish(worker: Any, folder: Path) -> Publisher | None:
    """Starts to write a worker's metrics; None where it has no slot, and so no file."""
    slot = activity.slot()
    if slot is None:
        return None
    publisher = Publisher(folder, str(slot), sources_of(worker))
    publisher.start()
    return publisher


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
