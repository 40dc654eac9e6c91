"""Workout sessions: an athlete's training, set by set."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.sessions import comments, doubts, live, sets  # noqa: F401 - their handlers belong to the same blueprint
from workouts_api.api.sessions.blueprint import blp
from workouts_api.api.sessions.reading import KEYSET, read_sessions
from workouts_api.api.sessions.schemas import (
    EXAMPLE,
    PATCH_EXAMPLE,
    ReplacedSession,
    Session,
    SessionListQuery,
    SessionPage,
    SessionPatch,
    WhoseSession,
)
from workouts_api.sql import queries
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import if_match, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, Query


@blp.get("")
@signed_in(scope="sessions:read")
@blp.arguments(SessionListQuery, location="query")
@blp.response(200, SessionPage)
def list_sessions(page: Page) -> Response:
    """My sessions, or another athlete's sessions that I may see, newest first, without their exercises and laps.

    `from` and `to` are days of the athlete's calendar. Both are included.
    """
    rows, more = read_sessions(page)
    return reply_page(rows, page, keyset=KEYSET, **more)


@blp.get("/<int:session_id>")
@signed_in(scope="sessions:read")
@blp.arguments(Query, location="query")
@blp.response(200, Session)
def get_session(_: dict[str, Any], session_id: int) -> Response:
    """One session, of mine or of an athlete whom I see, with its exercises, sets and laps, in order."""
    session = queries.sessions.get_session(viewer_id=viewer_id(), session_id=session_id)
    return reply(session["reply"], etag=session["version"])


@blp.post("")
@signed_in(scope="sessions:write")
@blp.arguments(WhoseSession, location="query")
@blp.arguments(Session, example=EXAMPLE)
@blp.response(201, Session)
@idempotent(status=201, location="/api/v1/sessions/{id}")
def create_session(whose: dict[str, Any], session: dict[str, Any]) -> Response:
    """Record a session with its exercises, sets and laps, for me or for an athlete whom I keep.

    If a request is sent again with the same `client_key`, at any later time, it changes nothing. The reply is 201 with
    the recorded session as it is now.
    """
    made = queries.sessions.create_session(
        viewer_id=viewer_id(), athlete_id=whose.get("athlete_id", 0), copy_of=0, session=session
    )
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/sessions/{made['id']}")


@blp.put("/<int:session_id>")
@signed_in(scope="sessions:write")
@blp.arguments(ReplacedSession, example=EXAMPLE)
@blp.response(200, Session)
@idempotent(status=200)
@takes_if_match("required")
def replace_session(session: dict[str, Any], session_id: int) -> Response:
    """Replace a session, its exercises, sets and laps.

    Needs If-Match. An exercise or set with the `exercise_no` and `set_no` of a recorded one replaces it. Recorded
    exercises, sets and laps that are not listed are deleted. The `client_key` stays as it was.
    """
    changed = queries.sessions.replace_session(
        viewer_id=viewer_id(), session_id=session_id, versions=if_match(required=True), session=session
    )
    return reply_changed(changed)


@blp.patch("/<int:session_id>")
@signed_in(scope="sessions:write")
@blp.arguments(SessionPatch, example=PATCH_EXAMPLE)
@blp.response(200, Session)
@idempotent(status=200)
@takes_if_match("optional")
def patch_session(patch: dict[str, Any], session_id: int) -> Response:
    """Change some fields of a session, or all of its laps. Its exercises stay as they are. Takes If-Match.

    A planned session whose `status` becomes `in_progress` starts now, and its sets count once they are done. A session
    in progress that becomes `done` ends now. Both unless the patch says when.
    """
    changed = queries.sessions.patch_session(
        viewer_id=viewer_id(), session_id=session_id, versions=if_match(), patch=patch
    )
    return reply_changed(changed)


@blp.delete("/<int:session_id>")
@signed_in(scope="sessions:write")
@blp.response(204)
@takes_if_match("optional")
def delete_session(session_id: int) -> Response:
    """Delete a session with its exercises and sets. Takes If-Match.

    If it came from a file, importing that file again does not bring it back.
    """
    gone = queries.sessions.delete_session(viewer_id=viewer_id(), session_id=session_id, versions=if_match())
    return reply_changed(gone, status=204)
