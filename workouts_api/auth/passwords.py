"""Passwords: argon2id, with a decoy for unknown names, so that their timing tells nothing."""

from __future__ import annotations

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, MAX_LENGTH = 8, 128  # NIST SP 800-63B §3.1.1.2: at least 8, and at least 64 must be allowed

# OWASP Password Storage Cheat Sheet (2024): 19 MiB, two passes, one lane. The hash releases the GIL.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


@cache
def _decoy() -> str:
    return hash_password("a password that nobody has")


def is_password(stored_hash: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long when there is no hash to compare with."""
    try:
        return _HASHER.verify(stored_hash or _decoy(), password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False
