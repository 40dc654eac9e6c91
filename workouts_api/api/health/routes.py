"""Health for people and monitors, and liveness and readiness for load balancers."""

from __future__ import annotations

import time
from functools import cache
from importlib.metadata import version
from typing import Any

from flask import Flask, Response, current_app
from marshmallow import fields

from workouts_api.api.auth import signed_in
from workouts_api.api.health.checks import PATIENCE, check_all, check_database, check_tunnel, overall
from workouts_api.errors import DeadlineExceeded, Unavailable
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.cache import WorkerMemory
from workouts_api.web.replies import reply
from workouts_api.web.schemas import Schema

blp = Blueprint("health", __name__, url_prefix="/health", description="For load balancers and scripts.")

LIFETIME = 1.0  # seconds: all who ask within them get what one has found out
_FOUND = "health"
_PUBLIC = ("state", "age_s")


class Live(Schema):
    status = fields.String(required=True, metadata={"example": "ok"})


class Ready(Schema):
    status = fields.String(required=True, metadata={"description": "ok or unavailable.", "example": "ok"})
    database = fields.Dict(
        required=True,
        metadata={
            "description": "state: up, down or refused, with the reason; the round trip in milliseconds; trouble, "
            "where reads are served and writes refused: read_only, or what this worker met within a minute, such as "
            "disk_full."
        },
    )
    tunnel = fields.Dict(required=True, metadata={"description": "state: up, connecting, down or unused."})
    schema = fields.Dict(required=True, metadata={"description": "The version that is there and the one needed."})


class Health(Schema):
    status = fields.String(
        required=True,
        metadata={
            "description": "ok; degraded: requests are served, and somebody should look; unavailable.",
            "example": "ok",
        },
    )
    app_name = fields.String(required=True, metadata={"example": "workouts-api"})
    version = fields.String(required=True, metadata={"example": "0.1.0"})
    checks = fields.Dict(
        required=True,
        metadata={
            "description": "database, replica, tunnel, cache, rate_limiter, mail, jobs and queries, each with its "
            "state and how old that is, in seconds (age_s). States that are fine: up, unused, in_memory, off, files, "
            "released, swapped."
        },
    )


@blp.record_once
def _remember(state: Any) -> None:
    app: Flask = state.app
    app.extensions[_FOUND] = WorkerMemory()


@blp.get("")
@blp.response(200, Health)
@blp.alt_response(503, schema=Health, description="It cannot serve; the checks say why.")
def get_health() -> Response:
    """How the server and its parts are. At most once a second somebody looks; the others get what was found."""
    checks = {
        name: {field: value for field, value in check.items() if field in _PUBLIC} for name, check in _checks().items()
    }
    told = _told(checks)
    return _with_status(told, is_well=told["status"] != "unavailable")


@blp.get("/details")
@signed_in(scope="users:read", superuser=True)
@blp.response(200, Health)
def get_health_details() -> Response:
    """The same with details: versions, round trip, numbers of jobs, reasons. For superusers.

    The answer is 200 whatever `status` says: whoever can be signed in can be answered.
    """
    queries.spine.ask_guard()
    return reply(_told(_checks()))


@blp.get("/live")
@blp.response(200, Live)
def get_liveness() -> Response:
    """Alive: the process answers. The database is not asked."""
    return reply({"status": "ok"})


@blp.get("/ready")
@blp.response(200, Ready)
@blp.alt_response(503, schema=Ready, description="Not ready; the parts say why.")
def get_readiness() -> Response:
    """Ready to serve: the database answers, its schema is not too old, and production's role has no extra rights."""
    database, schema = check_database()
    is_ready = database["state"] == "up" and schema["state"] == "current"
    body = {
        "status": "ok" if is_ready else "unavailable",
        "database": database,
        "tunnel": check_tunnel(),
        "schema": schema,
    }
    return _with_status(body, is_well=is_ready)


def _checks() -> dict[str, dict[str, Any]]:
    """What was found within the last second, with its age."""
    memory: WorkerMemory = current_app.extensions[_FOUND]
    try:
        found = memory.get(_FOUND, LIFETIME, check_all, patience=PATIENCE)
    except DeadlineExceeded as error:  # nothing was ever found out, and who is finding out takes long
        raise Unavailable(retry_after=1) from error
    age = round(max(0.0, time.time() - found.found_at), 1)
    return {name: {**check, "age_s": age} for name, check in found.value.items()}


@cache
def _version() -> str:
    return version("workouts-api")


def _told(checks: dict[str, dict[str, Any]]) -> dict[str, Any]:
    about = {"status": overall(checks), "app_name": "workouts-api", "version": _version()}
    return {**about, "checks": checks}


def _with_status(body: dict[str, Any], *, is_well: bool) -> Response:
    response = reply(body, status=200 if is_well else 503)
    if not is_well:
        response.headers["Retry-After"] = "1"
    return response
