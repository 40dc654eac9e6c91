"""The reply that shows a user."""

from __future__ import annotations

from marshmallow import fields

from workouts_api.web.schemas import Schema


class User(Schema):
    id = fields.Integer(required=True, metadata={"example": 1})
    athlete_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Whose training is theirs.", "example": 1}
    )
    email = fields.Email(required=True, metadata={"example": "ada@example.com"})
    username = fields.String(required=True, metadata={"example": "ada"})
    full_name = fields.String(required=True, metadata={"example": "Ada Lovelace"})
    zone = fields.String(required=True, allow_none=True, metadata={"example": "Europe/Berlin"})
    zone_is_known = fields.Boolean(
        required=True,
        metadata={"description": "Whether the server knows the zone; if not, days count in UTC.", "example": True},
    )
    email_is_verified = fields.Boolean(
        required=True, metadata={"description": "Whether its owner has answered a mail sent there."}
    )
    is_active = fields.Boolean(required=True)
    is_superuser = fields.Boolean(required=True)
    version = fields.Integer(required=True)
    created_at = fields.DateTime(required=True)
    updated_at = fields.DateTime(required=True)
