"""Requests and replies of API keys."""

from __future__ import annotations

import datetime as dt
from typing import Any

import marshmallow as ma
from marshmallow import fields

from workouts_api.api.auth.schemas import Password
from workouts_api.web.quantities import Choice
from workouts_api.web.schemas import Instant, Items, Name, Schema, page_of
from workouts_api.web.scopes import SCOPES

LIFETIME = dt.timedelta(days=365)  # the default: a forgotten key expires by itself

_SCOPES = "Which routes it opens:\n\n" + "\n".join(f"- `{name}`: {about}" for name, about in SCOPES.items())


def _in_a_year() -> dt.datetime:
    return dt.datetime.now(dt.UTC) + LIFETIME


class ApiKey(Schema):
    """An API key without its secret."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 7})
    name = Name(
        min_length=1,
        max_length=100,
        required=True,
        metadata={"description": "What it is for, so that you know it again.", "example": "Backup at home"},
    )
    scopes = Items(
        Choice(tuple(SCOPES)),
        shortest=1,
        longest=50,
        required=True,
        metadata={"description": _SCOPES, "example": ["sessions:read"]},
    )
    prefix = fields.String(
        dump_only=True, required=True, metadata={"description": "How the key begins.", "example": "wk_1_7_Ab3d"}
    )
    expires_at = Instant(
        load_default=_in_a_year,
        allow_none=True,
        metadata={"description": "Unless given, in a year; null: never.", "example": "2099-12-31T00:00:00Z"},
    )
    last_used_on = fields.Date(
        dump_only=True,
        required=True,
        allow_none=True,
        metadata={"description": "The day, in UTC, on which it was last used; null: never yet."},
    )
    created_at = fields.DateTime(dump_only=True, required=True)

    @ma.post_load
    def name_each_scope_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        data["scopes"] = [name for name in SCOPES if name in data["scopes"]]
        return data


class ApiKeyRequest(ApiKey):
    """An API key to make."""

    password = Password(
        required=False, metadata={"description": "Mine; needed where I signed in more than 15 minutes ago."}
    )


class NewApiKey(ApiKey):
    """An API key with its secret. Only the reply that makes the key shows it."""

    key = fields.String(
        dump_only=True,
        required=True,
        metadata={
            "description": "Keep it: it is shown only now. Send it as `Authorization: Bearer wk_…` or `X-API-Key`.",
            "example": "wk_1_7_Ab3dEf6hIj9lMn2pQr5tUv8xYz1BcD4e",
        },
    )


ApiKeyPage = page_of(ApiKey)
