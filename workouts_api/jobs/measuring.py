"""Counts background jobs and changes of the schema by hand for the metrics, in the process of the job worker."""

from __future__ import annotations

import time

import psycopg

from workouts_api.database import Caller, Database, acting
from workouts_api.errors import ApiError
from workouts_api.metrics.publishing import Figures
from workouts_api.migrate.drift import since_migrated
from workouts_api.migrate.session import SEARCH_PATH
from workouts_api.sql import queries

EVERY = 15.0  # seconds: as often as Prometheus usually asks
PATIENCE = 2.0  # seconds for the database's answer
DRIFT_EVERY = 300.0  # seconds; the catalogue is read for it, in about 0.1 s

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


class Drift:
    """What was changed by hand since the last migration, looked for now and then: as `workouts db drift`.

    :param conninfo: of the application's role, which may read all that it takes.
    """

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._last: tuple[float, dict[str, float]] = (-DRIFT_EVERY, {})

    def measure(self) -> tuple[Figures, Figures]:
        """The number of objects; nothing where it is not known, or the database is away."""
        now = time.monotonic()
        if now - self._last[0] >= DRIFT_EVERY:
            self._last = now, self._counted()
        return {}, self._last[1]

    def _counted(self) -> dict[str, float]:
        try:
            with psycopg.connect(
                self._conninfo, autocommit=True, connect_timeout=3, fallback_application_name="workouts metrics"
            ) as connection:
                connection.execute(f"set search_path = {SEARCH_PATH}; set statement_timeout = '5s'".encode())
                changes = since_migrated(connection)
        except psycopg.Error:
            return {}
        return {} if changes is None else {"workouts_schema_changes": float(len(changes))}
