"""Invitation codes. They can be read out and typed in, and common typing errors are understood. Only digests are
stored."""

from __future__ import annotations

import hashlib
import re
import secrets

from workouts_api.errors import NotFound

# Crockford's base 32: no I, L, O, U; what looks alike is read as what is there.
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LOOKALIKES = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V"})
_DIGITS = 12  # of 5 bits: 2^60 codes are not guessed within an invitation's days, each of them a request
_CODE = re.compile(r"[0-9A-Z]{12}", re.ASCII)


def new_code() -> str:
    """Such as ``K7QF-2M9D-XW4T``."""
    digits = "".join(secrets.choice(_ALPHABET) for _ in range(_DIGITS))
    return "-".join(digits[n : n + 4] for n in range(0, _DIGITS, 4))


def digest_of(code: str) -> bytes:
    """The sha256 of a code as it is stored, whatever its capitals, hyphens and spaces.

    :raises NotFound: for what can be no code.
    """
    digits = re.sub(r"[\s-]+", "", code).upper()
    if not _CODE.fullmatch(digits):
        raise NotFound("No such invitation.")
    return hashlib.sha256(digits.translate(_LOOKALIKES).encode()).digest()
