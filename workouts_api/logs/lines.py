"""Where lines of the log go: to standard error, or to a file a day that several processes share.

A line is written by one call, so lines of several processes never mix. A day's file has the day in its name, so nothing
is ever renamed under another process. Whoever begins a day's file deletes those that are too old.
"""

from __future__ import annotations

import contextlib
import datetime as dt
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
        """:param days: how long files are kept."""
        self._path = path
        self._days = days
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
            os.write(self._file, line)
        except OSError as error:
            self._tell(error)
            with contextlib.suppress(OSError):
                os.write(_STDERR, line)

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
        self._delete_before(today - dt.timedelta(days=self._days))

    def _named(self, day: dt.date) -> Path:
        return self._path.with_name(f"{self._path.stem}-{day}{self._path.suffix}")

    def _delete_before(self, day: dt.date) -> None:
        ours = re.compile(rf"{re.escape(self._path.stem)}-(\d{{4}}-\d\d-\d\d){re.escape(self._path.suffix)}")
        for path in self._path.parent.iterdir():
            found = ours.fullmatch(path.name)
            if found and found[1] < day.isoformat():
                path.unlink(missing_ok=True)

    def _tell(self, error: OSError) -> None:
        now = time.monotonic()
        if now - self._told_at >= _TOLD_EVERY:
            self._told_at = now
            with contextlib.suppress(OSError):
                os.write(_STDERR, f"The log {self._path} cannot be written: {error.strerror}.\n".encode())


class Files:
    """The log's files: one with all lines, one with errors, which are kept longer."""

    def __init__(self, path: Path, days: int, error_days: int) -> None:
        self._all = DailyFile(path, days)
        self._errors = DailyFile(path.with_name(f"{path.stem}-errors{path.suffix}"), error_days)

    def write(self, line: bytes, *, is_error: bool = False) -> None:
        self._all.write(line)
        if is_error:
            self._errors.write(line)
