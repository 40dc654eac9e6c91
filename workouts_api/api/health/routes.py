"""Liveness and readiness, for load balancers and scripts."""

from __future__ import annotations

import time
from typing import Any

import psycopg
from flask import Response, current_app
from marshmallow import fields

from workouts_api.config.production import TOO_STRONG, RoleCheck
from workouts_api.database import caller
from workouts_api.database.schema_version import needed_version
from workouts_api.errors import ApiError
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import reply
from workouts_api.web.schemas import Schema

blp = Blueprint("health", __name__, url_prefix="/health", description="For load balancers and scripts.")

REMEMBERED = 60.0  # seconds for which a problem is reported after a worker last met it
PATIENCE = 2.0  # seconds for the database's answer: load balancers wait only a short time

_WITHOUT_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InsufficientPrivilege,
)


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
    database, schema = _database()
    is_ready = database["state"] == "up" and schema["state"] == "current"
    body = {
        "status": "ok" if is_ready else "unavailable",
        "database": database,
        "tunnel": _tunnel(),
        "schema": schema,
    }
    response = reply(body, status=200 if is_ready else 503)
    if not is_ready:
        response.headers["Retry-After"] = "1"
    return response


def _database() -> tuple[dict[str, Any], dict[str, Any]]:
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


def _tunnel() -> dict[str, Any]:
    settings = current_app.extensions["settings"]
    if not settings.ssh_host:
        return {"state": "unused"}
    from workouts_api.tunnel import read_status

    status = read_status(settings.tunnel_folder)
    if status is None:
        return {"state": "down"}
    return {"state": status.state, "engine": status.engine, "reconnects": status.reconnects}
