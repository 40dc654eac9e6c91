"""Requests and replies of invitations, for those who send them and those who get them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields, validate

from workouts_api.web.quantities import Choice, Whole
from workouts_api.web.schemas import Day, Identifier, NewEmail, Schema, Secret, page_of

KINDS = ("owner", "coach", "athlete", "claim")
MOST_USES = 500


class Offer(Schema):
    """An invitation as the holder of its code sees it."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    kind = Choice(
        KINDS,
        required=True,
        metadata={
            "description": "owner, coach, athlete: what one becomes in the team; claim: the athlete becomes one's own.",
            "example": "athlete",
        },
    )
    team_id = Identifier(
        load_default=None, allow_none=True, metadata={"description": "With owner, coach, athlete.", "example": 1}
    )
    team_name = fields.String(dump_only=True, required=True, allow_none=True, metadata={"example": "Lifting Club"})
    athlete_id = Identifier(
        load_default=None, allow_none=True, metadata={"description": "With claim.", "example": None}
    )
    athlete_name = fields.String(dump_only=True, required=True, allow_none=True, metadata={"example": None})
    invited_by = fields.String(dump_only=True, required=True, metadata={"description": "A username.", "example": "ada"})
    expires_at = fields.DateTime(dump_only=True, required=True)


class Invitation(Offer):
    """An invitation as its sender sees it."""

    email = NewEmail(
        load_default=None,
        allow_none=True,
        metadata={"description": "Where the code is mailed; left out, I hand it on.", "example": "grace@example.com"},
    )
    uses_left = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    created_at = fields.DateTime(dump_only=True, required=True)


class NewInvitation(Invitation):
    """An invitation with its code. Only the reply that makes the invitation shows it."""

    uses = Whole(
        1,
        MOST_USES,
        load_default=1,
        load_only=True,
        metadata={"description": "How many may use it; one, where it is mailed or a claim.", "example": 1},
    )
    expires_in_days = Whole(1, 90, load_default=14, load_only=True, metadata={"example": 14})
    code = fields.String(
        dump_only=True,
        required=True,
        allow_none=True,
        metadata={
            "description": "For /invitations/accept; null where it is mailed. Shown this once.",
            "example": "K7QF-2M9D-XW4T",
        },
    )

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        found: dict[str, list[str]] = {}
        if kind := data["kind"]:
            wanted, other = ("athlete_id", "team_id") if kind == "claim" else ("team_id", "athlete_id")
            if data[other] is not None:
                found[other] = [f"Expected {wanted} instead, with {kind}."]
            elif data[wanted] is None:
                found[wanted] = [f"Expected with {kind}."]
        if (data["uses"] or 1) > 1 and (data["email"] is not None or kind == "claim"):
            found["uses"] = ["Expected 1: it is for one person."]
        return found


class CodeInput(Schema):
    code = Secret(
        min_length=1,
        max_length=60,
        required=True,
        metadata={"description": "Capitals, hyphens and spaces don't count.", "example": "K7QF-2M9D-XW4T"},
    )


class Acceptance(CodeInput):
    joined_on = Day(
        metadata={
            "description": "For athletes: the first day in the team, and that its coaches see. Left out: today.",
            "example": "2026-01-05",
        }
    )


class Accepted(Schema):
    """The team and role, or the athlete, that I got by the invitation."""

    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "athlete"})
    team_id = fields.Integer(required=True, allow_none=True, metadata={"example": 1})
    athlete_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Me as an athlete, with athlete and claim.", "example": 1},
    )


InvitationPage = page_of(Invitation)

EXAMPLE = {"kind": "athlete", "team_id": 1, "uses": 20}
