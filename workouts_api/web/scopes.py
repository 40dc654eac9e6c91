"""What an API key may be for. A route without a scope is closed to keys: it wants a person who signed in."""

from __future__ import annotations

from typing import Final

SCOPES: Final = {
    "account:read": "My account.",
    "sessions:read": "Sessions.",
    "sessions:write": "Make, change and delete sessions.",
    "exercises:read": "The catalogue of exercises.",
    "exercises:write": "Make exercises.",
    "imports:read": "Imports and their reports.",
    "imports:write": "Import files.",
    "reports:read": "Reports over training.",
    "teams:read": "Teams, their athletes, and my invitations.",
    "teams:write": "Make, change and delete teams and athletes; invite.",
    "users:read": "All users, for superusers.",
    "users:write": "Make, change and delete users, for superusers.",
}
"""Each scope with what it opens; writing does not bring reading with it."""

FOR_SUPERUSERS: Final = frozenset({"users:read", "users:write"})
"""Scopes of routes that only superusers may use."""
