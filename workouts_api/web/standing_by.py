"""A new gunicorn stands by until all of its workers are ready, and tells who started it how that goes.

Owns the pipes between ``workouts serve`` and a gunicorn that it starts. On one of them gunicorn's processes say that a
worker is ready, or in one line why the release cannot serve. The others end when something may begin. At a host's start
that is the use of the database: everything is loaded while the tunnel is still being built. At a reload it is serving:
until then no worker accepts a connection, so a release that is refused has answered nobody.
"""

from __future__ import annotations

import json
import os
import select
import time
from contextlib import suppress
from typing import Any

import psycopg

from workouts_api.database.schema_version import needed_version
from workouts_api.errors import ApiError

LOOK = 0.2  # s between looks at what sends no signal
LONGEST = 500  # characters of an error: what is written to a pipe at once must be short
PATIENCE = 2.0  # s for one answer of the database
_WITHOUT_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
)

_ready = -1  # the end on which this process writes; -1: nobody listens
_road = -1  # what ends when there is a way to the database; -1: there is one
_go = -1  # what ends when workers may begin; -1: at once


def use(ready: int, road: int, go: int) -> None:
    """Sets the pipes of this process and of the workers that it forks."""
    global _go, _ready, _road
    _ready, _road, _go = ready, road, go
    if ready >= 0:
        os.set_blocking(ready, False)  # nobody may listen any more, and no worker waits for that


def tell_failure(error: BaseException) -> None:
    """Says why the release cannot serve. The traceback goes where it always goes."""
    _tell({"failure": sentence(error)})


def sentence(error: BaseException) -> str:
    """An error in one line, with its place where the message alone does not tell it."""
    said = "; ".join(line.strip(" -") for line in str(error).splitlines() if line.strip())[:LONGEST]
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__}: {error.msg} ({error.filename}, line {error.lineno})"
    return said if type(error).__module__.startswith("workouts_api.") else f"{type(error).__name__}: {said}"


def wait_for_road(worker: Any) -> None:
    """Called in a worker that has loaded everything, before it connects: a refused attempt would be repeated late."""
    _wait_for(_road, worker)


def stand_by(worker: Any, database: Any, count: int) -> None:
    """Called in a worker that has loaded everything: says so, and waits until all may begin.

    Where an older release serves meanwhile, the schema is asked first: on one that is behind, most requests would fail.

    :param database: the worker's; None: the application has none.
    :param count: how many workers this gunicorn starts.
    """
    if _go >= 0 and database is not None and not _has_ended(_go, 0):
        problem = _schema_problem(worker, database)
        if problem is not None:
            _tell({"failure": problem})
            raise SystemExit(1)
    _tell({"ready": os.getpid(), "of": count})
    _wait_for(_go, worker)


def _wait_for(pipe: int, worker: Any) -> None:
    while pipe >= 0 and not _has_ended(pipe, LOOK):
        worker.notify()
        if not worker.alive or os.getppid() != worker.ppid:
            raise SystemExit(0)


def _has_ended(pipe: int, wait: float) -> bool:
    return bool(select.select([pipe], [], [], wait)[0])


def _schema_problem(worker: Any, database: Any) -> str | None:
    """Why this release cannot use the database; None: it can. Asks until it answers, or nobody waits any more."""
    needed = needed_version()
    while True:
        try:
            version = _version(database)
        except _WITHOUT_SCHEMA:
            version = None
        except (psycopg.Error, ApiError):
            _tell({"waits": "the database does not answer"})
            worker.notify()
            if not worker.alive or os.getppid() != worker.ppid:
                return "told to end"
            time.sleep(LOOK)
            continue
        if version is not None and version >= needed:
            return None
        return f"the schema is at version {version}, needed is {needed}: run `workouts db migrate`"


def _version(database: Any) -> int | None:
    from workouts_api.database.callers import Caller, acting
    from workouts_api.sql import queries

    with acting(Caller(database, "reload", time.monotonic() + PATIENCE)):
        version: int | None = queries.health.get_health()["schema_version"]
    return version


def _tell(what: dict[str, Any]) -> None:
    if _ready >= 0:
        with suppress(OSError):  # who started us has heard enough
            os.write(_ready, json.dumps(what).encode() + b"\n")
