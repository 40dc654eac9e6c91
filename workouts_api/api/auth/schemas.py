"""What sign-in takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.api.auth.passwords import MAX_LENGTH, MIN_LENGTH
from workouts_api.web.quantities import Flag
from workouts_api.web.schemas import Email, Name, NewEmail, Query, Schema, Secret, SignInName, Zone
from workouts_api.web.sentences import MISSING

PASSWORD_EXAMPLE = {"format": "password", "example": "correct horse battery"}


class Password(Secret):
    """A password that somebody has, in the form that NIST recommends: NFKC, the same bytes by every keyboard."""

    def __init__(self, *, max_length: int = 1000, required: bool = True, **kwargs: Any) -> None:
        metadata = {**PASSWORD_EXAMPLE, **kwargs.pop("metadata", {})}
        super().__init__(max_length=max_length, required=required, load_only=True, metadata=metadata, **kwargs)


class NewPassword(Password):
    """A password to be: long enough, and not longer than hashing is meant for."""

    def __init__(self, *, about: str = "", **kwargs: Any) -> None:
        """:param about: what there is to say besides."""
        rules = (
            f"{MIN_LENGTH} to {MAX_LENGTH} characters of any kind, spaces too. The most common passwords are refused, "
            "and one's own name or e-mail address."
        )
        metadata = {"description": f"{rules} {about}".rstrip()}
        super().__init__(min_length=MIN_LENGTH, max_length=MAX_LENGTH, metadata=metadata, **kwargs)


class Username(Name):
    """What one may sign in with in place of the e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        shape = validate.Regexp(r"[^@\s]+\Z", error="A username has no @ and no white space.")
        # Clients read patterns as JavaScript does, which knows no \Z, and searches where Python matches from the start.
        metadata = {"example": "ada", "pattern": r"^[^@\s]+$", **kwargs.pop("metadata", {})}
        super().__init__(min_length=2, max_length=64, validate=shape, metadata=metadata, **kwargs)


class Registration(Schema):
    email = NewEmail(required=True)
    username = Username(required=True)
    password = NewPassword()
    full_name = Name(max_length=200, load_default="", metadata={"example": "Ada Lovelace"})
    zone = Zone(load_default="UTC", metadata={"description": "The athlete's zone: local times are there."})


class Credentials(Schema):
    username = SignInName(max_length=254, metadata={"description": "E-mail address or username.", "example": "ada"})
    email = SignInName(max_length=254, metadata={"description": "In place of username."})
    password = Password()

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if ("username" in data) == ("email" in data):
            return {"username": ["Expected username or email, one of them."]}
        return {}

    @ma.post_load
    def to_name(self, data: dict[str, Any], **_: Any) -> dict[str, str]:
        return {"name": data.get("username", data.get("email", "")), "password": data["password"]}


class TokenForm(Schema):
    """RFC 6749 §4.3.2 and §6. What a client adds of its own is read and not used: there are no clients to know."""

    grant_type = fields.String(
        load_default="password",
        validate=validate.OneOf(["password", "refresh_token"]),
        metadata={"example": "password"},
    )
    username = SignInName(max_length=254, metadata={"description": "E-mail address or username.", "example": "ada"})
    password = Password(required=False)
    refresh_token = Secret(max_length=4096)
    scope = Secret(max_length=1000)
    client_id = Secret(max_length=1000)
    client_secret = Secret(max_length=1000)

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        needed = {"password": ("username", "password"), "refresh_token": ("refresh_token",)}
        return {name: [MISSING] for name in needed.get(data["grant_type"], ()) if name not in data}


class RefreshRequest(Schema):
    refresh_token = Secret(max_length=4096, required=True)


class Tokens(Schema):
    access_token = fields.String(required=True, metadata={"description": "Send as Authorization: Bearer …"})
    refresh_token = fields.String(required=True, metadata={"description": "For /auth/refresh, once."})
    token_type = fields.String(required=True, validate=validate.Equal("Bearer"))
    expires_in = fields.Integer(required=True, metadata={"description": "Seconds that the access token holds."})


_END_API_KEYS: dict[str, Any] = {
    "load_default": False,
    "metadata": {"description": "Whether my API keys end too; else they go on.", "example": False},
}


class EverywhereQuery(Query):
    end_api_keys = fields.Boolean(**_END_API_KEYS)


class PasswordChange(Schema):
    current_password = Password()
    new_password = NewPassword()
    end_api_keys = Flag(**_END_API_KEYS)


class MailRequest(Schema):
    email = Email(required=True)


class PasswordReset(Schema):
    token = Secret(max_length=200, required=True, metadata={"description": "As it was mailed."})
    password = NewPassword()
    end_api_keys = Flag(**_END_API_KEYS)


class MailedToken(Schema):
    token = Secret(max_length=200, required=True, metadata={"description": "As it was mailed."})


class Notice(Schema):
    """What happens next."""

    message = fields.String(required=True, metadata={"description": "One sentence for a person."})
