"""The server's secret keys: one signs, and several are accepted, so that keys can be replaced without ending a sign-in.

Tokens name their key by ``kid``. Cursors and digests name none: each key is tried.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import jwt
from flask import Flask, current_app

if TYPE_CHECKING:
    from workouts_api.config import Settings

_CURRENT = "JWT_SECRET_KEY"  # where flask-jwt-extended looks for it
_NEXT, _OLD = "JWT_NEXT_SECRET_KEY", "JWT_OLD_SECRET_KEYS"


def init_app(app: Flask, settings: Settings) -> None:
    app.config |= {
        _CURRENT: settings.jwt_secret_key,
        _NEXT: settings.jwt_next_secret_key,
        _OLD: settings.jwt_old_secret_keys,
    }


def current_key() -> str:
    """The key that signs."""
    return str(current_app.config[_CURRENT])


def accepted_keys() -> Iterator[str]:
    """All keys, the one that signs first."""
    yield current_key()
    if current_app.config[_NEXT]:
        yield current_app.config[_NEXT]
    yield from current_app.config[_OLD]


@lru_cache(maxsize=64)
def key_id(key: str) -> str:
    """The ``kid`` of a key: it follows from the key, so that all hosts agree and nobody has to choose it."""
    return hashlib.sha256(b"kid " + key.encode()).hexdigest()[:16]


def key_of(kid: str | None) -> str:
    """The key that a token names. Releases before there were several keys named none: theirs is the oldest one.

    :raises jwt.InvalidTokenError: when no key has this id.
    """
    if kid is None:
        old: tuple[str, ...] = current_app.config[_OLD]
        return old[-1] if old else current_key()
    for key in accepted_keys():
        if key_id(key) == kid:
            return key
    raise jwt.InvalidTokenError("no key has this id")
