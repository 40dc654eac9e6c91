"""Requests that start a session or ask for the one in progress."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from marshmallow import fields

from workouts_api.api.sessions.schemas import Session
from workouts_api.web.quantities import Choice, Whole
from workouts_api.web.schemas import MAX_ID, IdentifierInQuery, Instant, Line, Query, Schema, Text, Zone
from workouts_api.web.sports import SPORTS


class CurrentQuery(Query):
    athlete_id = IdentifierInQuery(metadata={"description": "An athlete whom you see; left out, yourself."})


class CurrentSession(Schema):
    session = fields.Nested(Session, required=True, allow_none=True)


class Start(Schema):
    """A session that starts. Everything may be left out."""

    title = Line(max_length=200, metadata={"description": "Left out: that of the copied session.", "example": "Legs"})
    notes = Text(max_length=20_000, load_default="", metadata={"example": ""})
    sport = Choice(SPORTS, metadata={"description": "Left out: that of the copied session.", "example": "strength"})
    started_at = Instant(metadata={"description": "Left out: now."})
    zone = Zone(metadata={"description": "IANA zone; left out, the athlete's."})
    client_key = fields.UUID(
        allow_none=True,
        metadata={
            "description": "The client's own key: starting a session under it again gives the one that is there.",
            "example": None,
        },
    )
    copy_of = Whole(
        1, MAX_ID, metadata={"description": "An earlier session of the athlete; its sets are planned in the new one."}
    )

    @ma.post_load
    def complete(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "copy_of" not in data:
            data.setdefault("title", "")
        return {**data, "status": "in_progress", "exercises": []}


START_EXAMPLE = {"title": "Legs"}
