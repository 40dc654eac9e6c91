"""Who may see the console: superusers of the API, for a few hours. Nothing is written for it.

Owns the sign-ins, and the bound on guesses. Both live in this process: after its restart everybody signs in again.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections import deque
from hashlib import sha256
from typing import Any, NamedTuple

import psycopg

LASTS = 8 * 3600  # s
MOST_WRONG, OF_A_NAME, WITHIN = 20, 5, 60.0  # wrong passwords in so many seconds: of all, and of one name
MOST_SIGNED_IN = 100  # the oldest sign-in goes when there are more
_LONGEST = 1000  # characters of a password; hashing reads all of them

_FIND = """
select u.id, u.password_hash
from workouts.users as u
where u.is_active
  and u.is_superuser
  and (lower(u.email) = lower(%(name)s) or lower(u.username) = lower(%(name)s))
"""
_STILL = """
select exists (
  select
  from workouts.users as u
  where u.id = %(user_id)s
    and u.is_active
    and u.is_superuser
    and encode(sha256(convert_to(u.password_hash, 'UTF8')), 'hex') = %(proof)s
)
"""


class Superuser(NamedTuple):
    """Who signed in, and by which password: the digest of its hash. Another password ends what the old one opened."""

    user_id: int
    proof: str


class Sessions:
    """Who is signed in, and the wrong passwords of the last minute."""

    def __init__(self) -> None:
        self._signed_in: dict[str, tuple[Superuser, float]] = {}  # by the digest of the cookie, with the end
        self._wrong: deque[tuple[float, str]] = deque(maxlen=MOST_WRONG)
        self._lock = threading.Lock()

    def begin(self, who: Superuser) -> str:
        """The cookie's value."""
        cookie, now = secrets.token_urlsafe(32), time.time()
        with self._lock:
            self._signed_in = {key: one for key, one in self._signed_in.items() if now < one[1]}
            while len(self._signed_in) >= MOST_SIGNED_IN:
                del self._signed_in[next(iter(self._signed_in))]
            self._signed_in[_digest(cookie)] = who, now + LASTS
        return cookie

    def user_of(self, cookie: str) -> Superuser | None:
        """Whose cookie it is; None if it is nobody's, or not any more."""
        who, until = self._signed_in.get(_digest(cookie), (None, 0.0))
        return who if time.time() < until else None

    def end(self, cookie: str) -> None:
        """Of a copy of the cookie, too."""
        with self._lock:
            self._signed_in.pop(_digest(cookie), None)

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


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


_one_at_a_time = threading.Lock()  # a hash takes tens of megabytes


def superuser_of(conn: psycopg.Connection[Any], name: str, password: str) -> Superuser | None:
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
        is_right = is_password(row[1] if row else None, password)
    return Superuser(int(row[0]), _digest(row[1])) if row and is_right else None


def is_superuser(conn: psycopg.Connection[Any], who: Superuser) -> bool:
    """Asked at every page: who was a superuser at the sign-in may be none any more, or have another password."""
    row = conn.execute(_STILL, {"user_id": who.user_id, "proof": who.proof}).fetchone()
    return row == (True,)
