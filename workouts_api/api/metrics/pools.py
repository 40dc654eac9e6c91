"""The pools of all workers of this host, as their files of metrics tell."""

from __future__ import annotations

import os
import time
from typing import Any

from flask import current_app

from workouts_api import activity
from workouts_api.metrics.publishing import Snapshot, read_all
from workouts_api.metrics.sources import pool


def pools() -> dict[str, Any]:
    """The figures of each worker, and their sums."""
    settings = current_app.extensions["settings"]
    folder = settings.activity_folder
    live = {str(worker.slot): worker.pid for worker in (activity.read(folder) if folder.is_dir() else [])}
    told = [one for one in read_all(folder) if live.get(one.name) == one.pid]
    own = _own()
    workers = [own if one.name == str(own["worker"]) else _figures(one) for one in told]
    if all(worker is not own for worker in workers):
        workers.append(own)
    workers.sort(key=lambda worker: worker["worker"])
    summed = {name: sum(worker[name] for worker in workers) for name in own if name not in ("worker", "pid", "age_s")}
    return {**summed, "workers": workers}


def _own() -> dict[str, Any]:
    """The figures of this very process, from its pool."""
    counters, gauges = pool(current_app.extensions["database"].pool.get_stats)()
    slot = activity.slot() or 0
    return _figures(Snapshot(str(slot), os.getpid(), time.time(), counters=dict(counters), gauges=dict(gauges)))


def _figures(told: Snapshot) -> dict[str, Any]:
    total = int(told.gauges.get("workouts_pool_connections", 0))
    free = min(total, int(told.gauges.get("workouts_pool_available", 0)))
    kept = int(told.gauges.get("workouts_pool_min", 0))
    return {
        "worker": int(told.name),
        "pid": told.pid,
        "age_s": round(max(0.0, time.time() - told.at), 1),
        "pool_size": kept,
        "checked_in": free,
        "checked_out": total - free,
        "overflow": max(0, total - kept),
        "total_connections": total,
        "max_connections": int(told.gauges.get("workouts_pool_max", 0)),
        "waiting": int(told.gauges.get("workouts_pool_waiting", 0)),
        "waits": int(told.counters.get("workouts_pool_waits", 0)),
        "wait_ms": round(told.counters.get("workouts_pool_wait_seconds", 0.0) * 1000, 1),
        "timeouts": int(told.counters.get("workouts_pool_timeouts", 0)),
    }
