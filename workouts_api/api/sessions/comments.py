"""Comments of coach and athlete on a session, one of its exercises or one of its sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import Response
from marshmallow import fields

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.sessions.blueprint import blp
from workouts_api.api.sessions.rules import HIGHEST_NUMBER
from workouts_api.sql import queries
from workouts_api.web import texts
from workouts_api.web.idempotency import idempotent
from workouts_api.web.quantities import Whole
from workouts_api.web.replies import may_answer, reply, reply_page
from workouts_api.web.schemas import Page, PageQuery, Schema, Text, page_of


def _says_something(body: str) -> None:
    if all(texts.is_invisible(character) or character.isspace() for character in body):
        raise ma.ValidationError("Expected something that can be read.")


class Comment(Schema):
    """Without exercise_no it is about the session, without set_no about the exercise."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    session_id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    exercise_no = Whole(1, HIGHEST_NUMBER, allow_none=True, metadata={"example": None})
    set_no = Whole(1, HIGHEST_NUMBER, allow_none=True, metadata={"example": None})
    author_id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    author = fields.String(dump_only=True, required=True, metadata={"description": "The username.", "example": "ada"})
    is_mine = fields.Boolean(dump_only=True, required=True, metadata={"example": True})
    body = Text(
        min_length=1,
        max_length=5000,
        required=True,
        validate=_says_something,
        metadata={"example": "Slower on the way down."},
    )
    created_at = fields.DateTime(dump_only=True, required=True, metadata={"example": "2026-01-05T19:02:00Z"})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if data.get("set_no") and not data.get("exercise_no"):
            return {"exercise_no": ["Expected the exercise_no of the set."]}
        return {}


CommentPage = page_of(Comment)


@blp.get("/<int:session_id>/comments")
@signed_in(scope="sessions:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, CommentPage)
@may_answer(404)
def list_comments(page: Page, session_id: int) -> Response:
    """The comments on a session and its sets, oldest first."""
    rows = queries.sessions.list_comments(
        viewer_id=viewer_id(), session_id=session_id, after_id=page.after("id", 0), limit=page.fetch
    )
    return reply_page(rows, page, keyset=("id",))


@blp.post("/<int:session_id>/comments")
@signed_in(scope="sessions:write")
@blp.arguments(Comment)
@blp.response(201, Comment)
@idempotent(status=201, location="/api/v1/sessions/{session_id}/comments")
def add_comment(comment: dict[str, Any], session_id: int) -> Response:
    """Comment on a session that I see, or on one of its exercises or sets. A session has at most 500 comments."""
    made = queries.sessions.add_comment(
        viewer_id=viewer_id(),
        session_id=session_id,
        exercise_no=comment.get("exercise_no") or 0,
        set_no=comment.get("set_no") or 0,
        body=comment["body"],
    )
    return reply(made["reply"], status=201, location=f"/api/v1/sessions/{session_id}/comments")


@blp.delete("/<int:session_id>/comments/<int:comment_id>")
@signed_in(scope="sessions:write")
@blp.response(204)
@may_answer(403, 404)
def delete_comment(session_id: int, comment_id: int) -> Response:
    """Delete a comment: my own, or one on my session."""
    queries.sessions.delete_comment(viewer_id=viewer_id(), session_id=session_id, comment_id=comment_id)
    return reply(None)
