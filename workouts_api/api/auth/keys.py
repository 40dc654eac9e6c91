"""The text of an API key: ``wk_<user's id>_<key's id>_<secret>``. Only the secret's digest is stored."""

from __future__ import annotations

import hashlib
import re
import secrets
import string

from workouts_api.database import ApiKey
from workouts_api.errors import InvalidCredentials

_SECRET_LENGTH = 32  # of 62 characters: 190 bits, of which the owner is shown 24 again
_ALPHABET = string.ascii_letters + string.digits
_KEY = re.compile(rf"wk_([1-9]\d{{0,15}})_([1-9]\d{{0,15}})_([A-Za-z0-9]{{{_SECRET_LENGTH}}})", re.ASCII)


def new_secret() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(_SECRET_LENGTH))


def key_text(user_id: int, key_id: int, secret: str) -> str:
    return f"wk_{user_id}_{key_id}_{secret}"


def digest(secret: str) -> bytes:
    """What is stored. Unsalted and quick, because the secret is random: there is nothing to guess it from."""
    return hashlib.sha256(secret.encode()).digest()


def read_key(text: str, scope: str) -> tuple[int, ApiKey]:
    """The user of an API key, and what the guard has to check. The key holds both ids, so no query is needed first.

    :param scope: what it has to open.
    :raises InvalidCredentials: for a text that has not the form of a key.
    """
    parts = _KEY.fullmatch(text)
    if parts is None:
        raise InvalidCredentials("This is not an API key of ours.")
    return int(parts[1]), ApiKey(int(parts[2]), digest(parts[3]), scope)
