"""The session that goes on now: each athlete has one at most."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.sessions.blueprint import blp
from workouts_api.api.sessions.schemas import Session, WhoseSession
from workouts_api.api.sessions.start_schemas import START_EXAMPLE, CurrentQuery, CurrentSession, Start
from workouts_api.sql import queries
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import may_answer, reply


@blp.get("/current")
@signed_in(scope="sessions:read")
@blp.arguments(CurrentQuery, location="query")
@blp.response(200, CurrentSession)
@may_answer(404)
def get_current_session(asked: dict[str, Any]) -> Response:
    """The session in progress, mine or of an athlete whom I see; null if there is none."""
    current = queries.sessions.get_current_session(viewer_id=viewer_id(), athlete_id=asked.get("athlete_id", 0))
    return reply(current)


@blp.post("/start")
@signed_in(scope="sessions:write")
@blp.arguments(WhoseSession, location="query")
@blp.arguments(Start, example=START_EXAMPLE)
@blp.response(201, Session)
@idempotent(status=201, location="/api/v1/sessions/{id}")
def start_session(whose: dict[str, Any], start: dict[str, Any]) -> Response:
    """Start a session now, from nothing or as a copy of an earlier one.

    The sets of a copy are planned: they count once they are done. While another session is in progress, the answer is
    409. If that one was forgotten (nobody wrote to it for 4 hours), it ends by itself.
    """
    copy_of = start.pop("copy_of", 0)
    start.setdefault("started_at", datetime.now(UTC).replace(microsecond=0))
    made = queries.sessions.create_session(
        viewer_id=viewer_id(), athlete_id=whose.get("athlete_id", 0), copy_of=copy_of, session=start
    )
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/sessions/{made['id']}")
