"""A training history in neutral terms: what every reader of a file gives, whatever the file's form.

Readers know files and no database; ``intake`` knows the database and no file's form. Between them stand these records,
in the schema's terms: kilograms, metres, seconds, instants in UTC.
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
    """One set; kind is n, w, d or f."""

    line: int
    """Where it stands in the file."""
    exercise_no: int
    exercise: str
    exercise_notes: str
    superset: int | None
    set_no: int
    kind: str
    reps: int | None
    weight_kg: float | None
    distance_m: float | None
    duration_s: int | None
    rpe: float | None
    is_turned: bool
    """Whether the weight was help, and its sign was turned: what the file says is ``-weight_kg``."""


@dataclass(frozen=True, slots=True)
class Session:
    """One session, or another part of one: ``source_key`` says which."""

    source_key: str
    """Its local start, its title as written, and a number among those that share both: alike in each export."""
    title: str
    notes: str
    started_at: dt.datetime
    ended_at: dt.datetime | None
    sets: list[Set]


@dataclass(slots=True)
class Reading:
    """What reading has come to so far. Each record of the file is either accepted or rejected."""

    accepted: int = 0
    rejections: Rejections = field(default_factory=Rejections)
    repeated_workouts: int = 0
    """Trainings that stand in the file once more than they were taken."""
    repeated_lines: int = 0
    """Their lines: accepted, and left out."""
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

    def sessions(self) -> Iterator[Session]:
        """The sessions, each as soon as it is known.

        :raises FileError: where the file turns out not to be of its form, or never ends.
        """


class Opening(Protocol):
    def __call__(self, stream: BinaryIO, zone: ZoneInfo, is_assisted: IsAssisted) -> AbstractContextManager[History]:
        """Begins to read a file's bytes; the stream stays its owner's to close.

        :param zone: where the athlete's clock hung, for files that say local times.
        :raises FileError: for a file of another form.
        """


class Reader(NamedTuple):
    """How the files of one source are read."""

    source: str
    """As ``imports.source`` has it."""
    called: str
    """What messages call such a file, with its article."""
    form: str
    """What the API's document says of such a file."""
    open: Opening
