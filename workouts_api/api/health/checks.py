"""What /health looks at: each part's state in a word, and the details that superusers see."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
from flask import current_app

from workouts_api.config.production import TOO_STRONG, RoleCheck
from workouts_api.database import caller
from workouts_api.database.schema_version import needed_version
from workouts_api.database.swapping import in_force
from workouts_api.errors import ApiError
from workouts_api.sql import queries

REMEMBERED = 60.0  # seconds for which a problem is reported after a worker last met it
PATIENCE = 2.0  # seconds for the database's answer: load balancers wait only a short time
LATE = 300.0  # seconds that a job may be due before the queue counts as late

_WITHOUT_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InsufficientPrivilege,
)
FINE = ("up", "unused", "in_memory", "off", "files", "released", "swapped")
"""States that are as they should be."""

Check = dict[str, Any]


def check_all() -> dict[str, Check]:
    """The state of every part."""
    checks: dict[str, Check] = {}
    database, schema = check_database()
    state = database.pop("trouble", None) or database["state"]
    if state == "up" and schema["state"] == "behind":
        state = "schema_behind"
    checks["database"] = {"state": state, **{k: v for k, v in database.items() if k != "state"}, "schema": schema}
    background = _background() if database["state"] == "up" else None
    parts: dict[str, Callable[[], Check]] = {
        "replica": _replica,
        "tunnel": check_tunnel,
        "cache": _cache,
        "rate_limiter": _limits,
        "mail": lambda: _mail(background),
        "jobs": lambda: _jobs(background),
        "queries": _queries,
    }
    checks |= {name: check() for name, check in parts.items()}
    return checks


def overall(checks: dict[str, Check]) -> str:
    """ok; degraded: it serves, and somebody should look; unavailable: it cannot serve."""
    if checks["database"]["state"] in ("down", "refused", "schema_behind"):
        return "unavailable"
    return "ok" if all(check["state"] in FINE for check in checks.values()) else "degraded"


def check_database() -> tuple[Check, Check]:
    """The database's state and the schema's."""
    needed = needed_version()
    started = time.perf_counter()
    who = caller()
    who.deadline = min(who.deadline, time.monotonic() + PATIENCE)
    role: RoleCheck = current_app.extensions["database"].role
    try:
        found = queries.health.get_health()
    except _WITHOUT_SCHEMA:
        return {"state": "up"}, {"state": "behind", "version": None, "needed": needed}
    except (psycopg.Error, ApiError):
        down = {"state": "refused", "reason": TOO_STRONG} if role.has_refused else {"state": "down"}
        return down, {"state": "unknown", "version": None, "needed": needed}
    version = found["schema_version"]
    state = "current" if version is not None and version >= needed else "behind"
    if role.is_strict and found["is_too_strong"]:
        return {"state": "refused", "reason": TOO_STRONG}, {"state": state, "version": version, "needed": needed}
    round_trip_ms = round((time.perf_counter() - started) * 1000, 2)
    database = {"state": "up", "round_trip_ms": round_trip_ms, "server_version": found["server_version"]}
    if (trouble := "read_only" if found["is_read_only"] else _recent_trouble()) is not None:
        database["trouble"] = trouble
    return database, {"state": state, "version": version, "needed": needed}


def _recent_trouble() -> str | None:
    """A problem that no query shows, such as a full disk. It is known from requests that failed lately."""
    name, at = caller().database.trouble or ("", -REMEMBERED)
    return name if time.monotonic() - at < REMEMBERED else None


def check_tunnel() -> Check:
    settings = current_app.extensions["settings"]
    if not settings.ssh_host:
        return {"state": "unused"}
    from workouts_api.tunnel import read_status

    status = read_status(settings.tunnel_folder)
    if status is None:
        return {"state": "down"}
    # What the bastion said names addresses: it is for the admin listener and the log.
    return {name: value for name, value in status.in_short().items() if name != "last_error"}


def _replica() -> Check:
    """How this worker's watch has found the replica. It serves reads while it is up; else the primary does."""
    replica = caller().database.replica
    if replica is None:
        return {"state": "unused"}
    return {"state": replica.watch.state, "lag_s": round(replica.watch.lag_s, 3)}


def _queries() -> Check:
    """Whether this worker runs the release's query files; those that are swapped, with the digests of their texts."""
    found = in_force(caller().database.swaps.found)
    if not found:
        return {"state": "released"}
    return {"state": "swapped", "swapped": {name: file.digest for name, file in found.items()}}


def _background() -> Check | None:
    try:
        found = queries.health.get_background()
    except (psycopg.Error, ApiError):
        return None
    return dict(found)


def _cache() -> Check:
    state: str = current_app.extensions["cache"].state()
    return {"state": state}


def _limits() -> Check:
    limits = current_app.extensions.get("limits")
    return {"state": limits.state() if limits is not None else "off"}


def _mail(background: Check | None) -> Check:
    if background is None:
        return {"state": "unknown"}
    is_late = background["oldest_mail_s"] > LATE
    state = "late" if is_late else "up" if current_app.extensions["settings"].smtp_host else "files"
    return {"state": state, "failed": background["mails_failed"], "oldest_s": round(background["oldest_mail_s"], 1)}


def _jobs(background: Check | None) -> Check:
    if background is None:
        return {"state": "unknown"}
    told = {name: background[name] for name in ("due", "running", "failed", "workers")}
    oldest_s = round(background["oldest_s"], 1)
    if oldest_s > LATE:
        return {"state": "late", **told, "oldest_s": oldest_s}
    is_wanted = current_app.extensions["settings"].worker_threads > 0
    return {"state": "up" if background["workers"] or not is_wanted else "no_worker", **told, "oldest_s": oldest_s}
