"""Sorts requests into lanes by their first line. A lane's requests can take only a part of a worker's threads.

Reports and requests behind a lock take long. If they could take all threads, signing in, health checks and short reads
would wait for them. So each lane belongs to groups, and each group has a largest number of threads.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_LINE = re.compile(rb"([A-Z]+) (?:https?://[^/ ]*)?/(?:api/v1/)?([a-z-]*)")
_READS = (b"GET", b"HEAD", b"OPTIONS")
_CHAPTERS = frozenset(
    b"account admin api-keys athletes audit auth days docs exercises imports invitations metrics pages reports "
    b"sessions teams users".split()
)
_LONG = frozenset({b"reports", b"pages", b"imports", b"admin", b"audit"})


class Lane(NamedTuple):
    """Requests that are alike in how long they may take."""

    name: str
    groups: tuple[str, ...]
    """The groups whose threads a request of this lane takes."""
    is_short: bool = False
    """Whether its requests use the processor and the database for a moment, and wait for nothing else."""


_HEALTH = Lane("health", ("all",))
_SIGN_IN = Lane("sign-in", ("all", "but health"))


def lane_of(head: bytes) -> Lane:
    """The lane of a request, by its first bytes. What cannot be read goes to a lane as well; the parser refuses it."""
    found = _LINE.match(head)
    return _lane(found[1], found[2]) if found else _lane(b"GET", b"")


@lru_cache(maxsize=256)
def _lane(method: bytes, chapter: bytes) -> Lane:
    if chapter == b"health":
        return _HEALTH
    if chapter == b"auth":
        return _SIGN_IN
    name = chapter.decode() if chapter in _CHAPTERS else "other"
    if chapter in _LONG:
        return Lane(name, ("all", "but health", "may wait", "long"))
    if method not in _READS:
        return Lane(f"{name}, writes", ("all", "but health", "may wait"))
    return Lane(name, ("all", "but health", f"reads of {name}"), is_short=True)


def most_threads(group: str, threads: int) -> int:
    """How many of a worker's threads the requests of a group may take at a time."""
    match group:
        case "all":
            most = threads
        case "but health":
            most = threads - 1
        case "long":
            most = threads // 2
        case _:  # two fewer than there are: one is left for signing in, one for health
            most = min(threads * 3 // 4, threads - 2)
    return max(1, most)
