"""Cuts the sessions of a file into parts that are added one after the other, and reads ahead of the one being added.

A part is added as if it was a file of its own. So parts must not touch: sessions of one day, and all that lies between
two of them, are in one part. Then their ids are in the order of time on each day, as reports need it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import date
from queue import Queue
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from .history import Session
from .staging import Part, Rows

T = TypeVar("T")

SETS_OF_PART = 10_000  # fewer cost more statements; more, and the server waits longer for the first ones
MOST_SETS_OF_PART = 50_000  # they are held in memory
MOST_PARTS = 1000  # five million lines are 500
READ_AHEAD = 2  # parts beside the one that the server adds: one that waits for it, and one that is being read


class PartsTouchError(Exception):
    """The file's days are not in order, or one has too many sets: the file must be added as a whole."""


def parts_of(sessions: Iterator[Session], first_id: int, zone: ZoneInfo) -> Iterator[Part]:
    """The parts, each with the next lower id.

    :raises PartsTouchError: when two would touch, or one would be too large.
    """
    rows, part, days = Rows(), Part(first_id), _Days(zone)
    for session in sessions:
        if part.sets >= SETS_OF_PART and days.is_apart(session):
            days.close()
            yield part
            part = Part(part.part_id - 1)
        days.add(session)
        rows.add(session, part)
        if part.sets > MOST_SETS_OF_PART:
            raise PartsTouchError
    if part.rows:
        days.close()
        yield part


class _Days:
    """The days of the part that is being read, and of all before it."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._first, self._last = date.max, date.min
        self._first_before, self._last_before = date.max, date.min

    def add(self, session: Session) -> None:
        day = self._day(session)
        self._first, self._last = min(self._first, day), max(self._last, day)

    def is_apart(self, session: Session) -> bool:
        return not self._first <= self._day(session) <= self._last

    def close(self) -> None:
        """:raises PartsTouchError: when the part touches an earlier one."""
        if self._first <= self._last_before and self._last >= self._first_before:
            raise PartsTouchError
        self._first_before = min(self._first, self._first_before)
        self._last_before = max(self._last, self._last_before)
        self._first, self._last = date.max, date.min

    def _day(self, session: Session) -> date:
        return session.started_at.astimezone(self._zone).date()


@contextmanager
def ahead(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """The same items, made by a thread while the caller works on those before. It has ended when the block ends."""
    making = _Ahead(items)
    try:
        yield making.items()
    finally:
        making.end()


class _Ahead(Generic[T]):
    def __init__(self, items: Iterator[T]) -> None:
        self._items = items
        self._made: Queue[T | BaseException | None] = Queue()
        self._room = threading.Semaphore(READ_AHEAD)
        self._is_over = False
        # The thread acts for the same caller, whose deadline ends the reading.
        self._thread = threading.Thread(target=copy_context().run, args=(self._run,), name="reading", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        end: BaseException | None = None
        try:
            while self._room.acquire() and not self._is_over and (item := next(self._items, None)) is not None:
                self._made.put(item)
        except BaseException as error:  # the caller raises it
            end = error
        self._made.put(end)

    def items(self) -> Iterator[T]:
        """:raises BaseException: what the making of the next item raised."""
        while (item := self._made.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            self._room.release()
            yield item

    def end(self) -> None:
        """Returns when the thread has ended; it makes at most the item that it is making."""
        self._is_over = True
        self._room.release()
        self._thread.join()
