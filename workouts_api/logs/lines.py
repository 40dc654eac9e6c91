"""Where lines of the log go: to standard error, or to a file a day that several processes share.

A line is written by one call, so lines of several processes never mix. A day's file has the day in its name, so nothing
is ever renamed under another process. Whoever begins a day's file of all lines deletes files that are too old, those of
errors too: they would stay where no error comes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import errno
import os
import re
import threading
import time
from pathlib import Path

_DAY_S = 86_400
_TOLD_EVERY = 60.0  # seconds between two notes on standard error that the log cannot be written
_STDERR = 2


class StandardError:
    def write(self, line: bytes, *, is_error: bool = False) -> None:
        """Writes a line, which ends with its newline. A line that cannot be written is lost: requests go on."""
        del is_error
        with contextlib.suppress(OSError):
            os.write(_STDERR, line)


class DailyFile:
    """Files such as workouts-2026-11-28.log, by UTC's days. Threads and processes share them."""

    def __init__(self, path: Path, days: int) -> None:
        """:param days: how long files are kept, by delete_old()."""
        self._path = path
        self._days = days
        self._others: tuple[DailyFile, ...] = ()
        self._ends_at = 0.0
        self._file = -1
        self._told_at = -_TOLD_EVERY
        self._lock = threading.Lock()

    def write(self, line: bytes) -> None:
        try:
            if time.time() >= self._ends_at:
                with self._lock:
                    if time.time() >= self._ends_at:
                        self._begin()
            written = os.write(self._file, line)
        except OSError as error:
            self._write_elsewhere(line, error.strerror)
        else:
            if written < len(line):
                self._take_back(written)
                self._write_elsewhere(line, os.strerror(errno.ENOSPC))

    def _write_elsewhere(self, line: bytes, why: str | None) -> None:
        self._tell(why)
        with contextlib.suppress(OSError):
            os.write(_STDERR, line)

    def _take_back(self, written: int) -> None:
        """Removes the part of a line that had room: the next line of any process would be glued to it."""
        with self._lock, contextlib.suppress(OSError):
            end = os.lseek(self._file, 0, os.SEEK_CUR)
            if os.fstat(self._file).st_size == end:  # nobody has written since
                os.ftruncate(self._file, end - written)

    def _begin(self) -> None:
        today = dt.datetime.now(dt.UTC).date()
        self._path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        file = os.open(self._named(today), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)
        # Another thread may be writing to the number of the old file: it becomes the new file's.
        if self._file >= 0:
            os.dup2(file, self._file, inheritable=False)
            os.close(file)
        else:
            self._file = file
        self._ends_at = (time.time() // _DAY_S + 1) * _DAY_S
        for files in (self, *self._others):
            files.delete_old(today)

    def deletes_of(self, *others: DailyFile) -> None:
        """From now on, beginning a day deletes old files of these as well."""
        self._others = others

    def _named(self, day: dt.date) -> Path:
        return self._path.with_name(f"{self._path.stem}-{day}{self._path.suffix}")

    def delete_old(self, today: dt.date) -> None:
        """Deletes the days that are too old. What has no day in its name stays."""
        first = today - dt.timedelta(days=self._days)
        ours = re.compile(rf"{re.escape(self._path.stem)}-(\d{{4}}-\d\d-\d\d){re.escape(self._path.suffix)}")
        for path in self._path.parent.iterdir():
            found = ours.fullmatch(path.name)
            with contextlib.suppress(ValueError):  # no such day
                if found and dt.date.fromisoformat(found[1]) < first:
                    path.unlink(missing_ok=True)

    def _tell(self, why: str | None) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            with contextlib.suppress(OSError):
                os.write(_STDERR, f"The log {self._path} cannot be written: {why}.\n".encode())


class Files:
    """The log's files: one with all lines, one with errors, which are kept longer."""

    def __init__(self, path: Path, days: int, error_days: int) -> None:
        self._all = DailyFile(path, days)
        self._errors = DailyFile(path.with_name(f"{path.stem}-errors{path.suffix}"), error_days)
        self._all.deletes_of(self._errors)

    def write(self, line: bytes, *, is_error: bool = False) -> None:
        self._all.write(line)
        if is_error:
            self._errors.write(line)
