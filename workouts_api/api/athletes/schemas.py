"""Requests and replies of athletes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.web.quantities import Choice, Number, Whole
from workouts_api.web.schemas import (
    Day,
    Identifier,
    IdentifierInQuery,
    Name,
    PageQuery,
    PastDay,
    Schema,
    Text,
    Words,
    Zone,
    page_of,
)
from workouts_api.web.units import CM_DECIMALS

SEXES = ("female", "male", "other")
RELATIONS = ("self", "keeper", "coach", "former_coach")


class AthleteSummary(Schema):
    """An athlete in a list."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    name = Name(
        min_length=1,
        max_length=200,
        required=True,
        metadata={"description": "No two athletes in a team have the same at a time.", "example": "Grace"},
    )
    born_on = PastDay(load_default=None, allow_none=True, metadata={"example": "2001-12-09"})
    age = fields.Integer(
        dump_only=True, required=True, allow_none=True, metadata={"description": "In whole years.", "example": 24}
    )
    sex = Choice(SEXES, load_default=None, allow_none=True, metadata={"example": "female"})
    height_cm = Number(
        20.01, 299.99, decimals=CM_DECIMALS, load_default=None, allow_none=True, metadata={"example": 171.5}
    )
    zone = Zone(load_default="UTC", metadata={"description": "The athlete's zone: local times are there."})
    zone_is_known = fields.Boolean(
        dump_only=True,
        required=True,
        metadata={"description": "Whether the server knows the zone; if not, days count in UTC.", "example": True},
    )
    week_start = Whole(1, 7, load_default=1, metadata={"description": "1 Monday … 7 Sunday.", "example": 1})
    has_account = fields.Boolean(
        dump_only=True, required=True, metadata={"description": "Else a coach keeps their training."}
    )
    relation = fields.String(
        dump_only=True,
        required=True,
        validate=validate.OneOf(RELATIONS),
        metadata={"description": "What I am to them.", "example": "keeper"},
    )
    version = fields.Integer(dump_only=True, required=True, metadata={"description": "For If-Match.", "example": 1})
    created_at = fields.DateTime(dump_only=True, required=True)
    updated_at = fields.DateTime(dump_only=True, required=True)


class TeamOfAthlete(Schema):
    id = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Lifting Club"})
    joined_on = fields.Date(required=True, metadata={"example": "2026-01-05"})
    left_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "The first day outside it.", "example": None}
    )


class Athlete(AthleteSummary):
    """An athlete with the teams that they are in today."""

    notes = Text(
        max_length=20_000,
        load_default="",
        allow_none=True,
        metadata={
            "description": "Coaches' own: null for everybody but today's coaches and who keeps the athlete.",
            "example": "Left knee.",
        },
    )
    teams = fields.List(fields.Nested(TeamOfAthlete), dump_only=True, required=True)


class NewAthlete(Athlete):
    """An athlete to make, whom the caller will keep."""

    team_id = Identifier(
        load_default=None,
        load_only=True,
        allow_none=True,
        metadata={"description": "A team of mine that they join.", "example": None},
    )
    joined_on = Day(
        load_default=None,
        load_only=True,
        allow_none=True,
        metadata={"description": "Their first day in it; left out: today.", "example": None},
    )

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if data["joined_on"] is not None and data["team_id"] is None:
            return {"joined_on": ["Expected beside team_id only."]}
        return {}

    @ma.post_load
    def write_no_notes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["notes"] = data["notes"] or ""
        return data


class AthletePatch(Schema):
    """A merge patch: an absent field stays as it is, null clears it."""

    name = Name(min_length=1, max_length=200, metadata={"example": "Grace"})
    born_on = PastDay(allow_none=True, metadata={"example": "2001-12-09"})
    sex = Choice(SEXES, allow_none=True)
    height_cm = Number(20.01, 299.99, decimals=CM_DECIMALS, allow_none=True, metadata={"example": 172})
    zone = Zone()
    week_start = Whole(1, 7, metadata={"example": 1})
    notes = Text(max_length=20_000, allow_none=True, metadata={"description": "For coaches.", "example": "Left knee."})


class AthleteListQuery(PageQuery):
    team_id = IdentifierInQuery(metadata={"description": "Only those in this team of mine today."})
    q = Words(min_length=1, max_length=200, metadata={"description": "Only those with this in their name."})
    sort_by = fields.String(
        load_default="name",
        validate=validate.OneOf(["name", "born_on"]),
        metadata={"description": "An unknown birth date counts as the latest."},
    )
    sort_order = fields.String(load_default="asc", validate=validate.OneOf(["asc", "desc"]))


AthletePage = page_of(AthleteSummary)

EXAMPLE = {"name": "Grace", "born_on": "2001-12-09", "sex": "female", "height_cm": 171.5, "notes": "Left knee."}
PATCH_EXAMPLE = {"height_cm": 172, "notes": "Knee is fine again."}
