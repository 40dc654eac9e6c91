"""Passwords: argon2id, bcrypt from older systems, a decoy for unknown names, and how many are hashed at a time.

Both hashes release the GIL, so that other threads of the worker go on meanwhile; and of those, some are always left:
see Hashing.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, current_app

from workouts_api.api.auth.rules import common_passwords
from workouts_api.database import caller
from workouts_api.errors import Unavailable
from workouts_api.logs import log

if TYPE_CHECKING:
    from workouts_api.config import Settings

MIN_LENGTH, MAX_LENGTH = 8, 128  # NIST SP 800-63B §3.1.1.2: at least 8, and at least 64 must be allowed

# OWASP Password Storage Cheat Sheet (2024): 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1)

# What a stored hash may ask of a sign-in: about a second of a processor. Every library's defaults are within it, but
# for those that want a gigabyte and more: two such sign-ins at once would end a worker, t=1000 would hold it.
MOST_MEMORY_KIB = 256 * 1024  # libsodium's "moderate"; PHP, argon2-cffi and RFC 9106's second choice take 64 MiB
MOST_WORK_KIB = 1024 * 1024  # memory × passes
MOST_PASSES, MOST_LANES = 64, 16
MOST_BCRYPT_COST = 14  # 2^14 rounds
_ARGON2_HASH = re.compile(
    r"\$argon2(?:id|i|d)(?:\$v=\d{1,2})?\$m=(\d{1,6}),t=(\d{1,6}),p=(\d{1,2})"
    r"\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{16,86}"
)
_BCRYPT_HASH = re.compile(r"\$2[abxy]?\$(\d\d)\$[./A-Za-z0-9]{53}")
_PARAMETERS = re.compile(r"\$\w{1,10}(?:\$v=\d{1,9})?(?:\$[\w=,]{1,60})?")  # what of a hash is no secret

_BCRYPT = "$2"
_BCRYPT_BYTES = 72  # what bcrypt looks at; systems that used it cut off the rest without a word

AT_ONCE = 2  # hashes of a worker at a time: more would be slower each, and take 19 MiB each
_HASHING = "hashing"


def hash_password(password: str) -> str:
    return _HASHER.hash(password)


@cache
def _decoy() -> str:
    return hash_password("a password that nobody has")


def is_affordable(stored_hash: str) -> bool:
    """Whether this hash is cheap enough to compute at a sign-in. False also for a text that is not a hash."""
    if bcrypt_hash := _BCRYPT_HASH.fullmatch(stored_hash):
        return int(bcrypt_hash[1]) <= MOST_BCRYPT_COST
    argon2_hash = _ARGON2_HASH.fullmatch(stored_hash)
    if argon2_hash is None:
        return False
    memory, passes, lanes = map(int, argon2_hash.groups())
    is_small = memory <= MOST_MEMORY_KIB and passes <= MOST_PASSES and lanes <= MOST_LANES
    return is_small and memory * passes <= MOST_WORK_KIB


def is_password(stored_hash: str | None, password: str) -> bool:
    """Whether the password is the one; takes as long when there is no hash to compare with.

    A hash that would cost too much is not computed: it is nobody's password, and the log says so.
    """
    if stored_hash is not None and not is_affordable(stored_hash):
        shown = _PARAMETERS.match(stored_hash)
        log.warning("password_hash_refused", request_id=caller().request_id, parameters=shown[0] if shown else "")
        stored_hash = None
    if stored_hash is not None and stored_hash.startswith(_BCRYPT):
        return _is_bcrypt(stored_hash, password)
    try:
        return _HASHER.verify(stored_hash or _decoy(), password) and stored_hash is not None
    except (VerificationError, InvalidHashError):
        return False


def _is_bcrypt(stored_hash: str, password: str) -> bool:
    import bcrypt  # where such hashes are

    try:
        return bcrypt.checkpw(password.encode()[:_BCRYPT_BYTES], stored_hash.encode())
    except ValueError:  # no hash, though it begins like one
        return False


def better_hash(stored_hash: str, password: str) -> str | None:
    """The hash to keep in place of one of an older system, or of weaker parameters; None: it is good as it is."""
    if stored_hash.startswith(_BCRYPT) or _HASHER.check_needs_rehash(stored_hash):
        return hash_password(password)
    return None


class Hashing:
    """Limits hashing in a worker. Two threads hash at a time and further ones wait. A quarter of the threads never
    waits, so that other requests are served however many users sign in.
    """

    def __init__(self, threads: int) -> None:
        """:param threads: how many requests the worker serves at a time."""
        self._places = threading.BoundedSemaphore(max(1, threads * 3 // 4))
        self._at_work = threading.BoundedSemaphore(AT_ONCE)

    @contextmanager
    def place(self) -> Iterator[None]:
        """Waits for its turn.

        :raises Unavailable: when the greatest number of threads is hashing and waiting already.
        """
        if not self._places.acquire(blocking=False):
            raise Unavailable("Too many are signing in at this moment.", retry_after=1)
        try:
            with self._at_work:
                yield
        finally:
            self._places.release()


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions[_HASHING] = Hashing(settings.web_threads)
    _decoy()  # now, or the first unknown name would take twice as long
    common_passwords()  # now: where a new release is installed, the file may be gone before this worker is


@contextmanager
def hashing() -> Iterator[None]:
    """A place for hashing in this worker; see Hashing."""
    room: Hashing = current_app.extensions[_HASHING]
    with room.place():
        yield
