"""Counts background jobs for the metrics, in the process of the job worker."""

from __future__ import annotations

import time

import psycopg

from workouts_api.database import Caller, Database, acting
from workouts_api.errors import ApiError
from workouts_api.metrics.publishing import Figures
from workouts_api.sql import queries

EVERY = 15.0  # seconds: as often as Prometheus usually asks
PATIENCE = 2.0  # seconds for the database's answer

_last: tuple[float, dict[str, float]] = (-EVERY, {})


def measure(database: Database) -> tuple[Figures, Figures]:
    """The number of jobs by state, and how long the oldest has waited; nothing while the database is away."""
    global _last
    now = time.monotonic()
    if now - _last[0] >= EVERY:
        _last = now, _counted(database)
    return {}, _last[1]


def _counted(database: Database) -> dict[str, float]:
    try:
        with acting(Caller(database, "metrics", time.monotonic() + PATIENCE)):
            found = queries.health.get_background()
    except (psycopg.Error, ApiError):
        return {}
    states = {f"workouts_jobs|{state}": float(found[state]) for state in ("due", "running", "failed")}
    return {**states, "workouts_jobs_oldest_seconds": found["oldest_s"]}
