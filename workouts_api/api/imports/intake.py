"""Imports a file: reads it, stages it by COPY and makes sessions of it, in one transaction.

An athlete's first import from a source has nothing to be compared with. It is added in parts, and while the server adds
one, the next is read (``parts``). Later ones are staged and added as a whole.

The API and the command line share this code. Nothing is added twice. A workout is recognised by its local start and
title, also after it was edited or deleted. If a file has several workouts of one start and title, their content tells
them apart. If a workout was imported before and has more sets now (its first file had rejected lines), the new sets are
added, unless the session was edited here since. If it differs in another way, the session is left as it is. The report
names both cases. A second import of the same athlete waits until the first has ended.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import takewhile
from typing import Any, BinaryIO, NamedTuple, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from workouts_api.database import transaction
from workouts_api.errors import Invalid
from workouts_api.sql import Json, queries
from workouts_api.web import texts

from .deadline import InTime, in_time
from .history import IsAssisted, Reader, Reading, Session
from .parts import MOST_PARTS, PartsTouchError, ahead, parts_of
from .readers import USUAL
from .refusals import FileError
from .staging import Part, copied
from .values import Parser

MAX_FILE_NAME = 255
LISTED_EXERCISES = 500  # the largest catalogue of a service has 430


class Quotas(NamedTuple):
    """How much an athlete may import: files in 24 hours, and own exercises in total."""

    files: int = 2**31
    exercises: int = 2**31


UNBOUNDED = Quotas()


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to import: a seekable binary stream, its name, its digest and its size in bytes."""

    stream: BinaryIO
    name: str
    sha256: bytes
    size: int

    @classmethod
    def of(cls, stream: BinaryIO, name: str) -> Upload:
        """Reads the stream once, in constant memory, and rewinds it."""
        digest = hashlib.file_digest(stream, "sha256").digest()  # type: ignore[arg-type] # typeshed asks for readinto
        size = stream.tell()
        stream.seek(0)
        return cls(stream, _bare(name), digest, size)


def _bare(name: str) -> str:
    """A file's name without its folder and without characters that cannot be shown."""
    end = name[-4 * MAX_FILE_NAME :].replace("\\", "/").rpartition("/")[2]
    shown = "".join(c for c in end if c.isprintable())
    try:
        return texts.line(shown)[:MAX_FILE_NAME]
    except texts.TextError:
        return "".join(c for c in shown if c.isascii())[:MAX_FILE_NAME]


class _Discarded(Exception):
    """Ends a preview's transaction: it is rolled back, and the report is kept."""

    def __init__(self, report: Json) -> None:
        self.report = report
        super().__init__()


def take_in(
    upload: Upload,
    *,
    user_id: int,
    zone: str | None,
    dry_run: bool = False,
    quotas: Quotas = UNBOUNDED,
    reader: Reader = USUAL,
) -> Json:
    """Imports a file for a user and returns the report that ``GET /api/v1/imports/{id}`` gives.

    :param zone: the IANA zone of the times in the file; None means the athlete's zone.
    :param quotas: the athlete's limits; None for an operator, who has no limits.
    :param dry_run: does everything and rolls it back. The report's id is null and its state ``previewed``.
    :raises FileError: when the file as a whole is refused. Nothing is stored then.
    """
    way = _Way()
    while True:
        try:
            with transaction():
                intake = _Intake.begin(reader, upload, user_id, zone, quotas, way)
                return intake.preview(upload) if dry_run else intake.take(upload)
        except _Discarded as discarded:
            return Json(orjson.dumps({**_read(discarded.report), "id": None}))
        except PartsTouchError:
            way = replace(way, as_a_whole=True)
        except _OutOfOrderError:
            way = replace(way, in_any_order=True)
        upload.stream.seek(0)


class _OutOfOrderError(Exception):
    """The file must be read in any order. What was added of it is rolled back."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a file is taken in. The usual way is tried first; it is the fastest."""

    in_any_order: bool = False
    as_a_whole: bool = False


@dataclass(slots=True)
class _Added:
    """What was added of a file so far, and the names that it has for exercises."""

    sessions: Counter[str] = field(default_factory=Counter)
    """How many sessions had which fate."""
    sets: int = 0
    set_counts: Counter[str] = field(default_factory=Counter)
    exercise_ids: dict[str, int] = field(default_factory=dict)
    made_ids: list[int] = field(default_factory=list)
    part_ids: list[int] = field(default_factory=list)

    @property
    def has_other_spellings(self) -> bool:
        """Whether an exercise that was made may have got another spelling from a part than from the file."""
        made = set(self.made_ids)
        spelled = [one for one in self.exercise_ids.values() if one in made]
        return len(self.part_ids) > 1 and len(spelled) > len(made)


@dataclass(frozen=True, slots=True)
class _Intake:
    """An open import and its transaction."""

    reader: Reader
    import_id: int
    athlete_id: int
    clock: ZoneInfo
    unknown_zone: str | None
    """The athlete's zone, if Python does not know its rules."""
    quotas: Quotas
    way: _Way
    added: _Added = field(default_factory=_Added)

    @classmethod
    def begin(
        cls, reader: Reader, upload: Upload, user_id: int, zone: str | None, quotas: Quotas, way: _Way
    ) -> _Intake:
        started = queries.imports.start_import(
            viewer_id=user_id,
            source=reader.source,
            file_name=upload.name,
            file_sha256=upload.sha256,
            file_bytes=upload.size,
            zone=zone,
            most=quotas.files,
        )
        clock = _clock(started["zone"], is_asked_for=zone is not None)
        unknown = started["athlete_zone"] if zone is None and clock.key != started["athlete_zone"] else None
        return cls(reader, started["id"], started["athlete_id"], clock, unknown, quotas, way)

    @property
    def whose(self) -> dict[str, Any]:
        return {"athlete_id": self.athlete_id, "source": self.reader.source}

    def preview(self, upload: Upload) -> NoReturn:
        """:raises _Discarded: with the report of what would be done."""
        raise _Discarded(self.take(upload, dry_run=True))

    def take(self, upload: Upload, *, dry_run: bool = False) -> Json:
        reading, added = self._add(upload), self.added
        named: dict[str, Any] = {
            "set_counts": added.set_counts,
            "exercise_ids": added.exercise_ids,
            "made_ids": added.made_ids,
        }
        if added.has_other_spellings:
            queries.imports.respell_imported_exercises(**named)
        listed = queries.imports.list_imported_exercises(**named, listed=LISTED_EXERCISES)
        finished = queries.imports.finish_import(
            import_id=self.import_id,
            first_part_id=min(added.part_ids, default=self.import_id),
            last_part_id=max(added.part_ids, default=self.import_id),
            zone=self.clock.key,
            state="previewed" if dry_run else "done" if reading.accepted else "failed",
            sessions_added=added.sessions["sessions_added"],
            sessions_completed=added.sessions["sessions_completed"],
            sets_added=added.sets - added.sessions["sets_taken_out"],
            exercises_added=len(added.made_ids),
            duplicates=added.sessions["duplicates"] + reading.repeated_workouts,
            rejected=[{"line": line, "reason": reason} for line, reason in reading.rejections.listed],
            notices=list(_notices(reading, added.sessions, len(added.set_counts))),
            exercises=_shown(_read(listed["exercises"]), is_kept=not dry_run),
        )
        return finished["reply"]

    def _add(self, upload: Upload) -> Reading:
        """Reads the file and adds its sessions.

        :raises _OutOfOrderError: when it must be read in any order.
        :raises PartsTouchError: when it must be added as a whole.
        """
        known = queries.imports.find_assisted_names(**self.whose)
        is_assisted = _assistance(known["pattern"], _read(known["names"]))
        stream = InTime(upload.stream)
        with self.reader.open(stream, self.clock, is_assisted, in_any_order=self.way.in_any_order) as history:
            sessions = takewhile(lambda _: not history.is_out_of_order, in_time(history.sessions()))
            with self._parts(sessions, in_parts=known["is_first"] and not self.way.as_a_whole) as parts:
                for part in parts:
                    if history.is_out_of_order:
                        raise _OutOfOrderError
                    self._add_part(part, is_first=known["is_first"])
            if history.is_out_of_order:
                raise _OutOfOrderError
        reading = history.reading
        if self.unknown_zone:
            reading.notice(f"The athlete's zone, {self.unknown_zone}, is not known here: times were read in UTC.")
        if not reading.accepted and not reading.rejections.count:
            raise FileError(f"The file has the columns of {self.reader.called}, but no sets.")
        return reading

    @contextmanager
    def _parts(self, sessions: Iterator[Session], *, in_parts: bool) -> Iterator[Iterator[Part]]:
        """The parts to add, with their rows; or one part for all sessions, which are in staging already."""
        if not in_parts:
            yield iter([copied(self.import_id, sessions)])
            return
        with ahead(parts_of(sessions, -MOST_PARTS * self.import_id, self.clock)) as parts:
            yield parts

    def _add_part(self, part: Part, *, is_first: bool) -> None:
        """Makes sessions of a part.

        :param is_first: nothing is known that its workouts might be.
        """
        added, part_id = self.added, part.part_id
        added.part_ids.append(part_id)
        if part.rows:
            part.copy()
        exercise_ids = self._exercise_ids(part.set_counts)
        queries.imports.stage_import_sessions(part_id=part_id)
        if not is_first:
            queries.imports.match_import_sessions(import_id=part_id, **self.whose, exercise_ids=exercise_ids)
        sessions_added = queries.imports.add_imported_sessions(
            import_id=self.import_id, part_id=part_id, **self.whose, zone=self.clock.key
        )
        if is_first:
            added.sessions["sessions_added"] += sessions_added
        else:
            added.sessions.update(queries.imports.complete_imported_sessions(import_id=self.import_id, **self.whose))
        queries.imports.add_imported_exercises(part_id=part_id, athlete_id=self.athlete_id, exercise_ids=exercise_ids)
        added.sets += queries.imports.add_imported_sets(part_id=part_id)

    def _exercise_ids(self, set_counts: Mapping[str, int]) -> dict[str, int]:
        """The exercises of some names. Names that the file had before are not looked up again."""
        added = self.added
        added.set_counts.update(set_counts)
        if unknown := {name: count for name, count in set_counts.items() if name not in added.exercise_ids}:
            matched = queries.imports.match_import_exercises(
                **self.whose, set_counts=unknown, most=self.quotas.exercises
            )
            added.exercise_ids |= _read(matched["exercise_ids"])
            added.made_ids += matched["made_ids"]
        return {name: added.exercise_ids[name] for name in set_counts}


def _shown(exercises: list[dict[str, Any]], *, is_kept: bool) -> list[dict[str, Any]]:
    """The exercises of the report. An exercise that a preview made has no id, because it is rolled back."""
    return [{**one, "exercise_id": one["exercise_id"] if is_kept or not one["is_new"] else None} for one in exercises]


def _clock(zone: str, *, is_asked_for: bool) -> ZoneInfo:
    """The rules of a zone. Python may lack a zone that the database knows; a stored zone then counts as UTC.

    :raises Invalid: when the request named the zone.
    """
    try:
        return ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        if is_asked_for:
            raise Invalid(details={"zone": ["The server has no rules for this zone: expected another."]}) from error
        return ZoneInfo("UTC")


def _read(json: Json) -> Any:
    return orjson.loads(orjson.dumps(json))


def _assistance(pattern: str, names: list[str]) -> IsAssisted:
    """A function that says whether an exercise is assisted, by its name, as the database decides it."""
    matches, others = re.compile(pattern).search, frozenset(names)

    def is_assisted(name: str) -> bool:
        lower = name.lower()
        return lower in others or matches(lower) is not None or texts.folded_name(name) in others

    return Parser(is_assisted).__getitem__  # it remembers each name, since a history repeats its exercises


def _notices(reading: Reading, sessions: Mapping[str, Any], names: int) -> Iterator[str]:
    yield from reading.notices
    for sentence, count in (
        ("Notices of single lines that are not listed", reading.notices_left_out),
        ("Lines of workouts that stand in the file more than once, left out", reading.repeated_lines),
        (
            "Workouts whose lines are not in the order of the export; their sets were put in order by their numbers",
            reading.guessed_orders,
        ),
        (
            "Workouts that were brought in before and read differently in this file were left as they are",
            sessions["differing"],
        ),
        (
            "Workouts that read differently in this file but were edited here since were left as they are",
            sessions["edited_since"],
        ),
        (
            "Workouts that read differently in this file but were deleted here since stay deleted",
            sessions["deleted_since"],
        ),
        ("Exercises that are not listed", max(0, names - LISTED_EXERCISES)),
        ("Rejected lines that are not listed", reading.rejections.count - len(reading.rejections.listed)),
    ):
        if count:
            yield f"{sentence}: {count:,}."
