"""Imports a file: reads it, stages it by COPY and makes sessions of it, in one transaction.

The API and the command line share this code. Nothing is added twice. A workout is recognised by its local start and
title, also after it was edited or deleted. If a file has several workouts of one start and title, their content tells
them apart. If a workout was imported before and has more sets now (its first file had rejected lines), the new sets are
added, unless the session was edited here since. If it differs in another way, the session is left as it is. The report
names both cases. A second import of the same athlete waits until the first has ended.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, BinaryIO, NamedTuple, NoReturn
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import orjson

from workouts_api.database import transaction
from workouts_api.errors import Invalid
from workouts_api.sql import Json, queries
from workouts_api.web import texts

from .deadline import InTime, in_time
from .history import IsAssisted, Reader, Reading
from .readers import USUAL
from .refusals import FileError
from .staging import stage
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
    try:
        with transaction():
            intake = _Intake.begin(reader, upload, user_id, zone, quotas)
            return intake.preview(upload) if dry_run else intake.take(upload)
    except _Discarded as discarded:
        return Json(orjson.dumps({**_read(discarded.report), "id": None}))


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

    @classmethod
    def begin(cls, reader: Reader, upload: Upload, user_id: int, zone: str | None, quotas: Quotas) -> _Intake:
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
        return cls(reader, started["id"], started["athlete_id"], clock, unknown, quotas)

    @property
    def whose(self) -> dict[str, Any]:
        return {"import_id": self.import_id, "athlete_id": self.athlete_id, "source": self.reader.source}

    def preview(self, upload: Upload) -> NoReturn:
        """:raises _Discarded: with the report of what would be done."""
        raise _Discarded(self.take(upload, dry_run=True))

    def take(self, upload: Upload, *, dry_run: bool = False) -> Json:
        reading = self._stage(upload)
        matched = queries.imports.match_import_exercises(
            **self.whose, listed=LISTED_EXERCISES, most=self.quotas.exercises
        )
        exercise_ids = matched["exercise_ids"]
        sessions = self._add_sessions(exercise_ids)
        queries.imports.add_imported_exercises(
            import_id=self.import_id, athlete_id=self.athlete_id, exercise_ids=exercise_ids
        )
        sets_added = queries.imports.add_imported_sets(import_id=self.import_id)
        finished = queries.imports.finish_import(
            import_id=self.import_id,
            zone=self.clock.key,
            state="previewed" if dry_run else "done" if reading.accepted else "failed",
            sessions_added=sessions["sessions_added"],
            sessions_completed=sessions["sessions_completed"],
            sets_added=sets_added - sessions["sets_taken_out"],
            exercises_added=matched["exercises_added"],
            duplicates=sessions["duplicates"] + reading.repeated_workouts,
            rejected=[{"line": line, "reason": reason} for line, reason in reading.rejections.listed],
            notices=list(_notices(reading, sessions, matched["name_count"])),
            exercises=_shown(_read(matched["exercises"]), is_kept=not dry_run),
        )
        return finished["reply"]

    def _stage(self, upload: Upload) -> Reading:
        """Reads the file into the staging table."""
        assisted = queries.imports.find_assisted_names(athlete_id=self.athlete_id, source=self.reader.source)
        is_assisted = _assistance(assisted["pattern"], _read(assisted["names"]))
        stream = InTime(upload.stream)
        with self.reader.open(stream, self.clock, is_assisted) as history:
            stage(self.import_id, takewhile(lambda _: not history.is_out_of_order, in_time(history.sessions())))
        if history.is_out_of_order:
            queries.imports.empty_import_exercises(import_id=self.import_id)
            upload.stream.seek(0)
            with self.reader.open(stream, self.clock, is_assisted, in_any_order=True) as history:
                stage(self.import_id, in_time(history.sessions()))
        reading = history.reading
        if self.unknown_zone:
            reading.notice(f"The athlete's zone, {self.unknown_zone}, is not known here: times were read in UTC.")
        if not reading.accepted and not reading.rejections.count:
            raise FileError(f"The file has the columns of {self.reader.called}, but no sets.")
        return reading

    def _add_sessions(self, exercise_ids: Json) -> Mapping[str, Any]:
        queries.imports.stage_import_sessions(import_id=self.import_id)
        queries.imports.match_import_sessions(**self.whose, exercise_ids=exercise_ids)
        queries.imports.add_imported_sessions(**self.whose, zone=self.clock.key)
        return queries.imports.complete_imported_sessions(**self.whose)


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
