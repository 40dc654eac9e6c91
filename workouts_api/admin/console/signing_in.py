"""Who may see the console: superusers of the API, for a few hours. Nothing is written for it.

Owns the cookie, and the bound on guesses. Both live in this process: after its restart everybody signs in again.
"""

from __future__ import annotations

import contextlib
import hmac
import secrets
import threading
import time
from collections import deque
from hashlib import sha256
from typing import Any

import psycopg

LASTS = 8 * 3600  # s
MOST_WRONG, OF_A_NAME, WITHIN = 20, 5, 60.0  # wrong passwords in so many seconds: of all, and of one name
_LONGEST = 1000  # characters of a password; hashing reads all of them

_FIND = """
select u.id, u.password_hash
from workouts.users as u
where u.is_active
  and u.is_superuser
  and (lower(u.email) = lower(%(name)s) or lower(u.username) = lower(%(name)s))
"""
_STILL = "select exists (select from workouts.users as u where u.id = %s and u.is_active and u.is_superuser)"


class Sessions:
    """Signed cookies, and the wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._wrong: deque[tuple[float, str]] = deque(maxlen=MOST_WRONG)
        self._lock = threading.Lock()

    def begin(self, user_id: int) -> str:
        """The cookie's value."""
        told = f"{user_id}.{int(time.time()) + LASTS}"
        return f"{told}.{self._signature(told)}"

    def user_of(self, cookie: str) -> int | None:
        """Whose cookie it is; None if it is nobody's, or not any more."""
        told, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(told).encode()):
            return None
        user_id, _, until = told.partition(".")
        return int(user_id) if time.time() < int(until) else None

    def _signature(self, told: str) -> str:
        return hmac.new(self._key, told.encode(), sha256).hexdigest()

    def count_guess(self, name: str) -> float | None:
        """Counts a password as wrong before it is hashed, so that many at once get no more than their number.

        :returns: what forget_guess() takes; None if there were too many.
        """
        now = time.monotonic()
        with self._lock:
            recent = [who for at, who in self._wrong if at > now - WITHIN]
            if len(recent) >= MOST_WRONG or recent.count(name.lower()) >= OF_A_NAME:
                return None
            self._wrong.append((now, name.lower()))
        return now

    def forget_guess(self, name: str, counted: float) -> None:
        """For a password that was right, and one that could not be compared."""
        with self._lock, contextlib.suppress(ValueError):
            self._wrong.remove((counted, name.lower()))


_one_at_a_time = threading.Lock()  # a hash takes tens of megabytes


def superuser_of(conn: psycopg.Connection[Any], name: str, password: str) -> int | None:
    """The superuser with this name and password. An unknown name takes as long as a wrong password."""
    from workouts_api.api.auth.passwords import is_affordable, is_password
    from workouts_api.web.addresses import forms_of

    if "\0" in name or not 0 < len(password) <= _LONGEST:
        return None
    rows = (conn.execute(_FIND, {"name": form}).fetchone() for form in dict.fromkeys(forms_of(name)))
    row = next(filter(None, rows), None)
    if row and not (row[1] and is_affordable(row[1])):
        row = None
    with _one_at_a_time:
        return int(row[0]) if is_password(row[1] if row else None, password) and row else None


def is_superuser(conn: psycopg.Connection[Any], user_id: int) -> bool:
    """Asked at every page: who was a superuser at the sign-in may be none any more."""
    row = conn.execute(_STILL, [user_id]).fetchone()
    return row == (True,)
