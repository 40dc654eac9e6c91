"""Requests and replies about doubtful sets and sessions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields

from workouts_api.api.sessions.rules import broken_rules, finish_stored_set
from workouts_api.api.sessions.schemas import WorkoutSet
from workouts_api.web.quantities import Choice
from workouts_api.web.schemas import Day, IdentifierInQuery, PageQuery, Query, Schema, page_of

RULES = (
    *("many_reps", "too_heavy", "unit_slip", "digit_slip", "world_best", "e1rm_jump", "ratings_differ"),
    *("future", "double", "two_devices", "overlap", "long_session", "short_rests", "heart_rate"),
)
STATES = ("open", "kept", "accepted", "fixed", "deleted")
ACTIONS = ("keep", "accept", "fix", "delete")


class WhoseDoubts(Query):
    athlete_id = IdentifierInQuery(metadata={"description": "An athlete whom you keep; left out, yourself."})


class DoubtListQuery(PageQuery):
    athlete_id = IdentifierInQuery(
        metadata={"description": "Another athlete: what is doubtful on the days that you see. Left out, yourself."}
    )
    state = Choice(
        ("open", "decided"), load_default="open", metadata={"description": "Left out: open.", "example": "open"}
    )
    from_ = Day(
        data_key="from",
        metadata={"description": "Only of sessions from this local day on.", "example": "2026-01-01"},
    )
    to = Day(metadata={"description": "Only of sessions up to this local day.", "example": "2026-12-31"})


class DoubtProposal(Schema):
    weight_kg = fields.Float(required=True, allow_none=True, metadata={"example": 100})
    rir = fields.Integer(required=True, allow_none=True, metadata={"example": None})
    ended_at = fields.String(required=True, allow_none=True, metadata={"example": None})
    clears_times = fields.Boolean(
        required=True, metadata={"description": "The sets forget when they were done.", "example": False}
    )


class Doubt(Schema):
    """A set or session that is unlikely, with the rule that says so."""

    id = fields.Integer(required=True, metadata={"example": 1})
    athlete_id = fields.Integer(required=True, metadata={"example": 1})
    session_id = fields.Integer(required=True, metadata={"example": 1})
    exercise_no = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null: the whole session.", "example": 1}
    )
    set_no = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    exercise_id = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    exercise = fields.String(required=True, allow_none=True, metadata={"example": "Barbell Squat"})
    local_on = fields.Date(required=True, metadata={"example": "2026-01-05"})
    rule = Choice(RULES, required=True, metadata={"example": "unit_slip"})
    reason = fields.String(required=True, metadata={"example": "A digit too many, too few, or two digits exchanged."})
    unit = Choice(("kg", "reps", "h", "sets", "bpm", "rpe"), required=True, metadata={"example": "kg"})
    value_kg = fields.Float(
        required=True, allow_none=True, metadata={"description": "What was found, if it is a weight.", "example": 220.5}
    )
    usual_kg = fields.Float(
        required=True, allow_none=True, metadata={"description": "What it is compared with.", "example": 100}
    )
    value = fields.Float(required=True, allow_none=True, metadata={"description": "In another unit.", "example": None})
    usual = fields.Float(required=True, allow_none=True, metadata={"example": None})
    proposal = fields.Nested(DoubtProposal, required=True, allow_none=True)
    state = Choice(STATES, required=True, metadata={"example": "open"})
    found_at = fields.DateTime(required=True, metadata={"example": "2026-01-06T02:31:00Z"})
    decided_at = fields.DateTime(required=True, allow_none=True)


DoubtPage = page_of(Doubt)


class Checked(Schema):
    checked = fields.Integer(
        required=True, metadata={"description": "Sessions looked through; 100: there may be more.", "example": 3}
    )


class CorrectedSet(WorkoutSet):
    """The fields of a set that change."""

    class Meta(WorkoutSet.Meta):
        exclude = ("set_no", "position")

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, finish_stored_set)

    @ma.post_load
    def finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        given = set(data)
        finish_stored_set(data)
        return {name: value for name, value in data.items() if name in given or name not in ("kind", "is_done")}


class Decision(Schema):
    action = Choice(
        ACTIONS,
        required=True,
        metadata={
            "description": "keep: it is right, and is not asked again. accept: as proposed. fix: with the fields of "
            "`set`. delete: the set.",
            "example": "keep",
        },
    )
    set = fields.Nested(CorrectedSet, metadata={"description": "With fix: what the set has in truth."})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        is_fix = data["action"] == "fix"
        if (data["action"] is not None and ("set" in data) != is_fix) or data.get("set") == {}:
            return {"set": ["Expected the fields to change with fix, and only with it."]}
        return {}
