"""Requests and replies of the audit record."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.web.schemas import IdentifierInQuery, Instant, Line, PageQuery, Schema, page_of

ACTIONS = ("insert", "update", "delete")
TABLES = ("users", "teams", "team_members", "team_athletes", "invitations", "api_keys")
"""Those whose changes are recorded: migrations/repeatable/audit.sql."""


class AuditQuery(PageQuery):
    actor_id = IdentifierInQuery(metadata={"description": "Only what this user did.", "example": 1})
    table = fields.String(
        validate=validate.OneOf(TABLES), metadata={"description": "Only changes of this table.", "example": "users"}
    )
    row = Line(
        max_length=200,
        metadata={"description": "Only changes of the row with this key; needs `table`.", "example": "1"},
    )
    action = fields.String(validate=validate.OneOf(ACTIONS), metadata={"example": "insert"})
    from_ = Instant(data_key="from", metadata={"description": "From this instant.", "example": "2026-01-05T00:00:00Z"})
    to = Instant(metadata={"description": "Until before this instant.", "example": "2100-01-01T00:00:00Z"})


class Change(Schema):
    old = fields.Raw(required=True, allow_none=True)
    new = fields.Raw(required=True, allow_none=True)


class AuditEvent(Schema):
    id = fields.Integer(required=True, metadata={"example": 1})
    at = fields.AwareDateTime(required=True, metadata={"example": "2026-01-05T18:30:00Z"})
    actor_id = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Who did it; null: nobody was signed in, as at registration.", "example": 1},
    )
    actor = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "The actor's username, if still there.", "example": "ada"},
    )
    role = fields.String(
        required=True, metadata={"description": "The database role by which it was done.", "example": "workouts_app"}
    )
    request_id = fields.String(required=True, metadata={"description": "X-Request-ID of the request; may be empty."})
    action = fields.String(required=True, validate=validate.OneOf(ACTIONS), metadata={"example": "update"})
    table = fields.String(required=True, metadata={"example": "users"})
    row = fields.String(
        required=True, metadata={"description": "The row's key; its parts are separated by commas.", "example": "1"}
    )
    changes = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Change, allow_none=True),
        required=True,
        metadata={
            "description": "By column; null where the value is a secret or was erased. A deletion has none.",
            "example": {"full_name": {"old": "", "new": "Ada Lovelace"}},
        },
    )


AuditPage = page_of(AuditEvent)
