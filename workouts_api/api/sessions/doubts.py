"""Doubtful sets and sessions: they are kept, asked about, and decided in one call that can be undone."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.sessions.blueprint import blp
from workouts_api.api.sessions.doubt_schemas import (
    Checked,
    Decision,
    Doubt,
    DoubtListQuery,
    DoubtPage,
    WhoseDoubts,
)
from workouts_api.api.sessions.reading import DOUBTS_KEYSET, read_doubts
from workouts_api.sql import queries
from workouts_api.web.replies import may_answer, reply, reply_page
from workouts_api.web.schemas import Page

AT_ONCE = 100  # sessions of one request: some 300 ms


@blp.get("/doubts")
@signed_in(scope="sessions:read")
@blp.arguments(DoubtListQuery, location="query")
@blp.response(200, DoubtPage)
@may_answer(404)
def list_doubts(page: Page) -> Response:
    """What is doubtful about my training, or about another athlete's that I see, newest first.

    Doubtful sets stay as they are and count, but set no records until they are decided.
    """
    return reply_page(read_doubts(page), page, keyset=DOUBTS_KEYSET, figures=True)


@blp.post("/doubts/check")
@signed_in(scope="sessions:write")
@blp.arguments(WhoseDoubts, location="query")
@blp.response(200, Checked)
@may_answer(403, 404)
def check_doubts(whose: dict[str, Any]) -> Response:
    """Look through my latest 100 sessions that changed since the last time, for what is doubtful.

    It happens every night as well. Sending it again changes nothing.
    """
    checked = queries.sessions.check_doubts(viewer_id=viewer_id(), athlete_id=whose.get("athlete_id", 0), limit=AT_ONCE)
    return reply(checked)


@blp.put("/doubts/<int:doubt_id>/decision")
@signed_in(scope="sessions:write")
@blp.arguments(Decision, example={"action": "keep"})
@blp.response(200, Doubt)
@may_answer(403, 404, 409)
def decide_doubt(decision: dict[str, Any], doubt_id: int) -> Response:
    """Decide what is doubtful. Sending the same decision again changes nothing; another one is 409.

    No check asks about it again until the set or the session is changed.
    """
    return reply(
        queries.sessions.decide_doubt(
            viewer_id=viewer_id(), doubt_id=doubt_id, action=decision["action"], fields=decision.get("set", {})
        ),
        figures=True,
    )


@blp.delete("/doubts/<int:doubt_id>/decision")
@signed_in(scope="sessions:write")
@blp.response(200, Doubt)
@may_answer(403, 404, 409)
def undo_doubt(doubt_id: int) -> Response:
    """Undo a decision: what was stored before comes back, unless it was changed since; then the answer is 409.

    The doubt is as it was before, and all others stay as they are. Without a decision the answer is 404.
    """
    return reply(queries.sessions.undo_doubt(viewer_id=viewer_id(), doubt_id=doubt_id), figures=True)
