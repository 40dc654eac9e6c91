"""Requests and replies of user administration."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.api.auth.passwords import MOST_BCRYPT_COST, MOST_MEMORY_KIB, MOST_WORK_KIB, is_affordable
from workouts_api.api.auth.rules import Person, password_problems
from workouts_api.api.auth.schemas import NewPassword, Username
from workouts_api.api.users.schemas import User
from workouts_api.web.quantities import Flag
from workouts_api.web.schemas import Items, Name, NewEmail, PageQuery, Schema, Words, Zone, page_of

MOST_IN_BULK = 1000
MOST_PASSWORDS = 50  # hashed in one request: each takes 20 ms of CPU
SORTS = ("created_at", "username", "email")

# The form of a hash. is_affordable() checks what it costs.
_HASH = (
    r"\$argon2id\$v=19\$m=\d{3,6},t=\d{1,2},p=\d{1,2}\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}"
    r"|\$2[aby]\$(0[4-9]|1[0-4])\$[./A-Za-z0-9]{53}"
)


class _Fields(Schema):
    """The writable fields of a user. Read-only fields are ignored, so a client can send back what it read."""

    @ma.pre_load
    def ignore_read_only(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: value for name, value in data.items() if name not in _READ_ONLY}

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if data.get("password") is None:
            return {}
        person = Person(data.get("email") or "", data.get("username") or "", data.get("full_name") or "")
        problems = password_problems(data["password"], person)
        return {"password": problems} if problems else {}


_READ_ONLY = frozenset(User().fields) - {"email", "username", "full_name", "zone", "is_active", "is_superuser"}


def _email(**kwargs: Any) -> NewEmail:
    return NewEmail(metadata={"example": "grace@example.com"}, **kwargs)


def _username(**kwargs: Any) -> Username:
    return Username(metadata={"example": "grace"}, **kwargs)


def _full_name(**kwargs: Any) -> Name:
    return Name(max_length=200, metadata={"example": "Grace Hopper"}, **kwargs)


def _costs_little(password_hash: str) -> None:
    """Refuses an expensive hash: every sign-in computes it, and one that costs too much would stop a worker."""
    if re.fullmatch(_HASH, password_hash) and not is_affordable(password_hash):
        raise ma.ValidationError(
            f"Expected a hash that costs less: argon2id of at most {MOST_MEMORY_KIB // 1024} MiB, and"
            f" {MOST_WORK_KIB // 1024} MiB times passes, or bcrypt of cost {MOST_BCRYPT_COST} at most."
        )


class NewUser(_Fields):
    email = _email(required=True)
    username = _username(required=True)
    full_name = _full_name(load_default="")
    zone = Zone(load_default="UTC", metadata={"description": "The athlete's zone: local times are there."})
    is_active = Flag(load_default=True, metadata={"example": True})
    is_superuser = Flag(load_default=False, metadata={"example": False})
    password = NewPassword(required=False, about="Left out: they set one by the mail that resets it.")
    password_hash = fields.String(
        load_only=True,
        validate=[validate.Regexp(rf"({_HASH})\Z", error="Expected a hash of argon2id or bcrypt."), _costs_little],
        metadata={
            "description": "In place of password: argon2id or bcrypt, as an older system has it.",
            "pattern": rf"^({_HASH})$",
        },
    )

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        found = super().contradictions(data)
        if "password" in data and "password_hash" in data:
            return {**found, "password_hash": ["Expected password or password_hash, one of them."]}
        return found


class UserReplacement(_Fields):
    """All writable fields except the password. PATCH changes that."""

    email = _email(required=True)
    username = _username(required=True)
    full_name = _full_name(required=True)
    zone = Zone(required=True, allow_none=True)
    is_active = Flag(required=True, metadata={"example": True})
    is_superuser = Flag(required=True, metadata={"example": False})


class UserPatch(_Fields):
    email = _email()
    username = _username()
    full_name = _full_name()
    zone = Zone()
    is_active = Flag()
    is_superuser = Flag()
    password = NewPassword(required=False)


class UserListQuery(PageQuery):
    is_active = fields.Boolean(metadata={"description": "Only those who may sign in, or who may not."})
    is_superuser = fields.Boolean(metadata={"description": "Only superusers, or only the others."})
    search = Words(
        min_length=2,
        max_length=200,
        metadata={
            "description": "Somewhere in username, e-mail address or full name, inside words too. "
            "The domain of an address in letters or A-labels."
        },
    )
    sort_by = fields.String(load_default="created_at", validate=validate.OneOf(SORTS))
    sort_order = fields.String(
        validate=validate.OneOf(["asc", "desc"]),
        metadata={"description": "Unless given, the newest first, names from A to Z."},
    )


class Users(Schema):
    users = Items(
        fields.Nested(NewUser),
        shortest=1,
        longest=MOST_IN_BULK,
        required=True,
        metadata={"description": f"Up to {MOST_IN_BULK}, up to {MOST_PASSWORDS} of them with a password to be hashed."},
    )

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        if sum("password" in user for user in data["users"] or ()) > MOST_PASSWORDS:
            return {"users": [f"At most {MOST_PASSWORDS} with a password: send password_hash, or leave it out."]}
        return {}


class MadeUser(Schema):
    row = fields.Integer(required=True, metadata={"description": "Its place in the request, from 0.", "example": 0})
    id = fields.Integer(required=True, metadata={"example": 18})
    username = fields.String(required=True, metadata={"example": "grace"})


class BulkReport(Schema):
    created = fields.Integer(required=True, metadata={"example": 1})
    items = fields.List(fields.Nested(MadeUser), required=True)


class CacheCounts(Schema):
    hits = fields.Integer(required=True, metadata={"description": "Answered from the cache.", "example": 41})
    misses = fields.Integer(required=True, metadata={"description": "Counted anew.", "example": 3})


class Stats(Schema):
    total_users = fields.Integer(required=True, metadata={"example": 1204})
    active_users = fields.Integer(required=True, metadata={"example": 1190})
    inactive_users = fields.Integer(required=True, metadata={"example": 14})
    superusers = fields.Integer(required=True, metadata={"example": 2})
    new_users_today = fields.Integer(required=True, metadata={"description": "Since midnight, UTC.", "example": 3})
    new_users_week = fields.Integer(
        required=True, metadata={"description": "Today and the six days before.", "example": 25}
    )
    timestamp = fields.DateTime(required=True, metadata={"description": "When they were counted."})
    age_s = fields.Integer(required=True, metadata={"description": "Seconds since then, up to 60.", "example": 12})
    cache = fields.Nested(CacheCounts, required=True)


UserPage = page_of(User)
EXAMPLE = {"email": "grace@example.com", "username": "grace", "full_name": "Grace Hopper", "zone": "America/New_York"}
BULK_EXAMPLE = {
    "users": [
        {"email": "alan@example.com", "username": "alan", "full_name": "Alan Turing", "zone": "Europe/London"},
        {"email": "edsger@example.com", "username": "edsger", "is_active": False},
    ]
}
PATCH_EXAMPLE = {"full_name": "Grace Brewster Hopper"}
