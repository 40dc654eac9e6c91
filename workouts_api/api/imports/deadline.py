"""Ends the reading of a file when its caller's time is over. The database ends only its own statements."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from typing import BinaryIO

from workouts_api.database import caller
from workouts_api.errors import DeadlineExceeded

from .history import Session


def look_at_clock() -> None:
    """:raises DeadlineExceeded: when the caller's time is over."""
    if time.monotonic() >= caller().deadline:
        raise DeadlineExceeded


class InTime(io.BufferedIOBase, BinaryIO):
    """A binary stream that is read only as long as the caller has time: lines that are refused make no session, but
    they are read from here, a few kilobytes at once.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """:raises DeadlineExceeded: when the caller's time is over."""
        look_at_clock()
        return self._stream.read(-1 if size is None else size)

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size)


def in_time(sessions: Iterator[Session]) -> Iterator[Session]:
    """The sessions, as long as the caller has time.

    :raises DeadlineExceeded: when it is over.
    """
    for session in sessions:
        look_at_clock()
        yield session
