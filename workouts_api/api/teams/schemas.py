"""Requests and replies of teams."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.web.quantities import Choice, Flag
from workouts_api.web.schemas import Day, Identifier, Name, Schema, page_of

ROLES = ("owner", "coach")


class TeamSummary(Schema):
    """A team without its members and athletes."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    name = Name(
        min_length=1,
        max_length=100,
        required=True,
        metadata={"description": "No two teams have the same, whatever its capitals.", "example": "Lifting Club"},
    )
    headquarters = Name(max_length=200, load_default="", metadata={"example": "Berlin"})
    my_role = fields.String(
        dump_only=True,
        required=True,
        validate=validate.OneOf([*ROLES, "athlete"]),
        metadata={"description": "What I am in it.", "example": "owner"},
    )
    version = fields.Integer(dump_only=True, required=True, metadata={"description": "For If-Match.", "example": 1})
    created_at = fields.DateTime(dump_only=True, required=True)
    updated_at = fields.DateTime(dump_only=True, required=True)


class Member(Schema):
    """An owner or coach of the team."""

    user_id = fields.Integer(required=True, metadata={"example": 1})
    username = fields.String(required=True, metadata={"example": "ada"})
    full_name = fields.String(required=True, metadata={"example": "Ada Lovelace"})
    role = fields.String(required=True, validate=validate.OneOf(ROLES), metadata={"example": "owner"})
    joined_on = fields.Date(required=True, metadata={"example": "2026-01-05"})


class TeamAthlete(Schema):
    """An athlete who is in the team today."""

    id = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Grace"})
    born_on = fields.Date(required=True, allow_none=True, metadata={"example": "2001-12-09"})
    age = fields.Integer(required=True, allow_none=True, metadata={"description": "In whole years.", "example": 24})
    sex = fields.String(required=True, allow_none=True, metadata={"example": "female"})
    has_account = fields.Boolean(required=True)
    joined_on = fields.Date(required=True, metadata={"description": "Their first day in it.", "example": "2026-01-05"})
    left_on = fields.Date(
        required=True, allow_none=True, metadata={"description": "Their first day outside.", "example": None}
    )


class Team(TeamSummary):
    """A team with its members and today's athletes."""

    members = fields.List(
        fields.Nested(Member),
        dump_only=True,
        required=True,
        metadata={"description": "Owners first; 200 at most (`/teams/{id}/members` lists more)."},
    )
    athletes = fields.List(
        fields.Nested(TeamAthlete),
        dump_only=True,
        required=True,
        metadata={
            "description": "By name, 500 at most (`/athletes?team_id=` lists more). An athlete sees only themself."
        },
    )
    member_count = fields.Integer(
        dump_only=True, required=True, metadata={"description": "Of all, listed above or not.", "example": 1}
    )
    athlete_count = fields.Integer(
        dump_only=True,
        required=True,
        metadata={"description": "Of all whom I see in it today, listed above or not.", "example": 0},
    )


class TeamPatch(Schema):
    """A merge patch: an absent field stays as it is."""

    name = Name(min_length=1, max_length=100, metadata={"example": "Lifting Club"})
    headquarters = Name(max_length=200, allow_none=True, metadata={"example": "Hamburg"})


class RoleChange(Schema):
    """A merge patch: an absent field stays as it is."""

    role = Choice(ROLES, metadata={"example": "coach"})


class NewStay(Schema):
    athlete_id = Identifier(required=True, metadata={"description": "One whom you keep.", "example": 1})
    joined_on = Day(metadata={"description": "Left out: today.", "example": "2026-01-05"})


class StayChange(Schema):
    """A merge patch: an absent field stays as it is."""

    left_on = Day(
        allow_none=True,
        metadata={"description": "The first day outside the team; null: not yet known.", "example": "2026-06-30"},
    )
    keeps_history = Flag(
        metadata={
            "description": "Whether those who coached the athlete go on seeing the days in the team afterwards; only "
            "the athlete decides.",
            "example": True,
        }
    )


class Stay(Schema):
    """The days of an athlete in a team."""

    team_id = fields.Integer(required=True, metadata={"example": 1})
    athlete_id = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Grace"})
    joined_on = fields.Date(required=True, metadata={"example": "2026-01-05"})
    left_on = fields.Date(required=True, allow_none=True, metadata={"example": "2026-06-30"})
    keeps_history = fields.Boolean(required=True)


TeamPage = page_of(TeamSummary)
MemberPage = page_of(Member)

EXAMPLE = {"name": "Lifting Club", "headquarters": "Berlin"}
