"""What the figures look like to a client."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from workouts_api.web.schemas import Schema


def _count(about: str, example: int = 0) -> Any:
    return fields.Integer(required=True, metadata={"description": about, "example": example})


class Pool(Schema):
    pool_size = _count("Connections that are kept open.", 1)
    checked_in = _count("Open connections that nobody uses.", 1)
    checked_out = _count("Open connections that requests use.", 2)
    overflow = _count("Open connections beyond pool_size.", 2)
    total_connections = _count("Open connections: checked_in and checked_out.", 3)
    max_connections = _count("Connections that may be open.", 8)
    waiting = _count("Requests that wait for a connection now.")
    waits = _count("Requests that have waited for a connection.", 12)
    wait_ms = fields.Float(required=True, metadata={"description": "Their time of waiting, summed.", "example": 31.5})
    timeouts = _count("Requests that got no connection in time.")


class WorkerPool(Pool):
    worker = _count("The worker's slot: 0, 1, …")
    pid = _count("Its process.", 4711)
    age_s = fields.Float(required=True, metadata={"description": "How old its figures are.", "example": 0.4})


class DatabaseMetrics(Pool):
    workers = fields.List(
        fields.Nested(WorkerPool), required=True, metadata={"description": "Each worker of this host that lives."}
    )
