"""What a process measures of itself: memory, and the pool's figures."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workouts_api.metrics.publishing import Figures, Source

_PAGE = resource.getpagesize()
_STATM = Path("/proc/self/statm")


def memory() -> tuple[Figures, Figures]:
    resident = int(_STATM.read_text().split()[1]) * _PAGE
    return {}, {"workouts_worker_resident_bytes": resident}


def pool(stats: Callable[[], dict[str, int]]) -> Source:
    """The figures of psycopg_pool's ``get_stats()``, which leaves out what is 0."""

    def measure() -> tuple[Figures, Figures]:
        told: dict[str, Any] = stats()
        counters = {
            "workouts_pool_waits": told.get("requests_queued", 0),
            "workouts_pool_wait_seconds": told.get("requests_wait_ms", 0) / 1000,
            "workouts_pool_timeouts": told.get("requests_errors", 0),
            "workouts_connections_opened": told.get("connections_num", 0),
            "workouts_connections_failed": told.get("connections_errors", 0),
            "workouts_connections_lost": told.get("connections_lost", 0),
        }
        gauges = {
            "workouts_pool_connections": told.get("pool_size", 0),
            "workouts_pool_available": told.get("pool_available", 0),
            "workouts_pool_max": told.get("pool_max", 0),
            "workouts_pool_min": told.get("pool_min", 0),
            "workouts_pool_waiting": told.get("requests_waiting", 0),
        }
        return counters, gauges

    return measure
