"""Requests and replies of the caller's own account."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from workouts_api.api.auth.schemas import Password, Username
from workouts_api.web.schemas import Name, NewEmail, Schema, Zone, page_of


class AccountPatch(Schema):
    """A merge patch: an absent field stays as it is, null clears it."""

    email = NewEmail(metadata={"description": "Needs password beside it."})
    username = Username()
    full_name = Name(max_length=200, allow_none=True, metadata={"example": "Ada King"})
    zone = Zone(allow_none=True)
    password = Password(required=False, metadata={"description": "The one that is in force; with email alone."})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if "email" in data and "password" not in data:
            return {"password": ["An e-mail address is changed with one's password."]}
        if "password" in data and "email" not in data:
            return {"password": ["Expected beside email only: /auth/password changes the password."]}
        return {}


class Login(Schema):
    id = fields.Integer(required=True, metadata={"example": 1})
    device = fields.String(required=True, metadata={"description": "Its User-Agent.", "example": "curl/8.14.1"})
    address = fields.String(
        required=True, allow_none=True, metadata={"description": "Of its last refresh.", "example": "203.0.113.7"}
    )
    created_at = fields.DateTime(required=True)
    refreshed_at = fields.DateTime(required=True, metadata={"description": "The last sign of life."})
    expires_at = fields.DateTime(required=True, metadata={"description": "Unless it is refreshed."})
    is_current = fields.Boolean(required=True, metadata={"description": "Whether this request came by it."})


LoginPage = page_of(Login)


class Deletion(Schema):
    password = Password()


class Erasure(Schema):
    """The proof that an account was deleted. It holds numbers, and nothing that names a person."""

    erasure_id = fields.Integer(required=True, metadata={"example": 1})
    erased_at = fields.DateTime(required=True)
    deleted = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Rows that are gone, by table.", "example": {"users": 1, "sessions": 212}},
    )
    anonymised = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={"description": "Rows that stay without a name, by table.", "example": {}},
    )
