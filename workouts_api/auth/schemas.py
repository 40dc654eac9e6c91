"""What sign-in takes and gives."""

from __future__ import annotations

import unicodedata
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.auth.passwords import MAX_LENGTH, MIN_LENGTH
from workouts_api.schemas import Schema, Text, Zone


class Password(Text):
    """A password, in the form that PRECIS and NIST recommend: NFKC, so that every keyboard gives the same bytes."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        return unicodedata.normalize("NFKC", super()._deserialize(value, attr, data, **kwargs))


class Registration(Schema):
    email = fields.Email(required=True, validate=validate.Length(max=254), metadata={"example": "ada@example.com"})
    username = Text(
        min_length=2,
        max_length=64,
        required=True,
        validate=validate.Regexp(r"[^@\s]+\Z", error="A username has no @ and no white space."),
        metadata={"example": "ada"},
    )
    password = Password(
        min_length=MIN_LENGTH,
        max_length=MAX_LENGTH,
        required=True,
        load_only=True,
        metadata={"format": "password", "example": "correct horse battery"},
    )
    full_name = Text(max_length=200, load_default="", metadata={"example": "Ada Lovelace"})
    zone = Zone(load_default="UTC", metadata={"description": "The athlete's zone: local times are there."})

    @ma.post_load
    def normalise(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Look-alikes fold into one: NFKC, as the database demands."""
        for name in ("email", "username", "full_name"):
            data[name] = unicodedata.normalize("NFKC", data[name])
        return data


class Credentials(Schema):
    username = Text(max_length=254, metadata={"description": "E-mail address or username.", "example": "ada"})
    email = Text(max_length=254, metadata={"description": "In place of username."})
    password = Password(
        max_length=1000, required=True, metadata={"format": "password", "example": "correct horse battery"}
    )

    @ma.validates_schema
    def names_one(self, data: dict[str, Any], **_: Any) -> None:
        if ("username" in data) == ("email" in data):
            raise ma.ValidationError({"username": ["Expected username or email, one of them."]})

    @ma.post_load
    def to_name(self, data: dict[str, Any], **_: Any) -> dict[str, str]:
        name = data.get("username", data.get("email", ""))
        return {"name": unicodedata.normalize("NFKC", name), "password": data["password"]}


class RefreshRequest(Schema):
    refresh_token = Text(max_length=4096, required=True)


class Tokens(Schema):
    access_token = fields.String(required=True, metadata={"description": "Send as Authorization: Bearer …"})
    refresh_token = fields.String(required=True, metadata={"description": "For /auth/refresh, once."})
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"))
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds that the access token holds."})
