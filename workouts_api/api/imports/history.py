"""A training history in neutral records. Every reader gives these, whatever the format of its files.

Readers know file formats and no database. ``intake`` knows the database and no file format. These records pass between
them, in the schema's units: kilograms, metres, seconds, instants in UTC.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple, Protocol
from zoneinfo import ZoneInfo

from .refusals import Rejections

LISTED_NOTICES = 100

IsAssisted = Callable[[str], bool]
"""Whether the weight of the exercise of a name is help."""


class Set(NamedTuple):
    """One set. Its kind is n, w, d or f."""

    line: int
    """The number of its line in the file."""
    exercise_no: int
    exercise: str
    exercise_notes: str
    superset: int | None
    set_no: int
    """From 1 in each exercise, without gaps, in the order of the sets."""
    kind: str
    reps: int | None
    weight_kg: float | None
    distance_m: float | None
    duration_s: int | None
    rpe: float | None
    is_turned: bool
    """Whether the file's weight was assistance and its sign was turned: the file says ``-weight_kg``."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session, or a further part of one. Parts of one session have the same ``source_key``."""

    source_key: str
    """Its local start, its title as written, and its number among those with the same two. It never changes."""
    title: str
    notes: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    sets: list[Set]
    order_is_guessed: bool = False
    """Whether the file does not say in which order the exercises, or the sets of equal exercises, were done."""


@dataclass(slots=True)
class Reading:
    """The counts of reading so far. Each record of the file is either accepted or rejected."""

    accepted: int = 0
    rejections: Rejections = field(default_factory=Rejections)
    repeated_workouts: int = 0
    """How many workouts were left out because they repeat another one in the file."""
    repeated_lines: int = 0
    """The lines of those workouts. They count as accepted, and they are left out."""
    guessed_orders: int = 0
    """How many workouts have an order that is guessed."""
    notices: list[str] = field(default_factory=list)
    notices_left_out: int = 0

    def accept(self, records: int) -> None:
        self.accepted += records
        self.rejections.most += records

    def notice(self, sentence: str) -> None:
        if len(self.notices) < LISTED_NOTICES:
            self.notices.append(sentence)
        else:
            self.notices_left_out += 1


class History(Protocol):
    """A file that is being read."""

    reading: Reading

    @property
    def is_out_of_order(self) -> bool:
        """Whether the sessions so far are not what the file means: its records are not in the order of its format.

        It must then be opened again, to be read ``in_any_order``.
        """

    def sessions(self) -> Iterator[Session]:
        """The sessions. Each is given as soon as it is known.

        :raises FileError: when the file is not of its format, or is too long.
        """


class Opening(Protocol):
    def __call__(
        self, stream: BinaryIO, zone: ZoneInfo, is_assisted: IsAssisted, *, in_any_order: bool = False
    ) -> AbstractContextManager[History]:
        """Begins to read a file's bytes. The caller closes the stream.

        :param zone: the zone of the athlete's clock, for files with local times.
        :param in_any_order: the records are known to be in another order than that of the format.
        :raises FileError: for a file of another format.
        """


class Reader(NamedTuple):
    """How the files of one source are read."""

    source: str
    """The value of ``imports.source``."""
    called: str
    """The name of such a file in messages, with its article."""
    form: str
    """The description of such a file in the API's document."""
    open: Opening
