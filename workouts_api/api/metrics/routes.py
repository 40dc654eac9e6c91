"""Figures of the server, for superusers."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in
from workouts_api.api.metrics.pools import pools
from workouts_api.api.metrics.schemas import DatabaseMetrics
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import reply
from workouts_api.web.schemas import Query

blp = Blueprint("metrics", __name__, url_prefix="/api/v1/metrics", description="Figures of the server, for superusers.")


@blp.get("/database")
@signed_in(scope="users:read", superuser=True)
@blp.arguments(Query, location="query")
@blp.response(200, DatabaseMetrics)
def get_database_metrics(_: dict[str, Any]) -> Response:
    """The connections to the database: of each worker of the host that answers, and summed."""
    queries.spine.ask_guard()
    return reply(pools())
