"""CSV records from a stream of text, each with the number of its first line.

Owns what the csv module leaves open: that one line that cannot be read takes no others with it, and that no file,
however made, is held in memory. Knows nothing of what the columns mean.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import TextIO

from .refusals import FileError, FileTooLongError, LineError, Rejections

MAX_LINES = 5_000_000  # a set every minute for ten years, day and night
MAX_RECORD = 262_144  # characters; the longest texts of a set that would be stored are 30,000
MAX_BLANK = 100_000  # empty lines beyond two a record: some programs write each line break twice
_BLANK = frozenset(("\n", "\r\n", "\r"))
# A field is bounded too, by csv's own limit of 131,072 characters.


class Records:
    """Iterates over ``(line, fields)``; lines that are no CSV go to ``rejections``, empty ones are passed over.

    A quote that is never closed would swallow the lines after it: where a record cannot be read, its first line alone
    is rejected and reading goes on with the second. That reads a line twice at most: a line that was inside quotes
    for the first reading is outside for the next, and the other way round.
    """

    def __init__(self, stream: TextIO, rejections: Rejections) -> None:
        self._readline = stream.readline
        self._rejections = rejections
        self._line = 1  # the first of the record under way
        self._blank = 0  # how many lines before it were empty
        self._taken: list[str] = []  # lines of the record under way
        self._again: deque[str] = deque()  # lines to be read once more
        self._at_end = False

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        taken = self._taken
        while not self._at_end or self._again:
            try:
                for fields in csv.reader(self._lines(), strict=True):
                    line = self._line
                    self._line = line + len(taken)
                    taken.clear()
                    yield line, fields
            except (csv.Error, LineError) as error:
                self._reject(error)
            except UnicodeDecodeError as error:
                odd = error.object[error.start]
                raise FileError(
                    f"The file is not UTF-8 text: byte 0x{odd:02x} stands near line {self._at()}. Save it as UTF-8."
                ) from error

    def _lines(self) -> Iterator[str]:
        """The lines that are to be read, noted as taken; csv asks for no line before it needs it."""
        taken, again, readline, size = self._taken, self._again, self._readline, 0
        while line := again.popleft() if again else readline(MAX_RECORD + 1):
            if line in _BLANK and not taken:
                self._pass_over()
                continue
            size = size + len(line) if taken else len(line)
            taken.append(line)
            if self._line > MAX_LINES:
                raise FileTooLongError(f"The file has more than {MAX_LINES:,} lines; split it.")
            if len(line) > MAX_RECORD:
                raise FileError(f"Line {self._at()} is longer than {MAX_RECORD:,} characters: this is no table.")
            if "\0" in line:
                raise LineError("It has NUL characters, which no text has.")
            if size > MAX_RECORD:
                raise LineError("A quote is opened here that is not closed.")
            yield line
        self._at_end = True

    def _pass_over(self) -> None:
        self._line += 1
        self._blank += 1
        if self._blank > MAX_BLANK + 2 * (self._line - self._blank):
            raise FileError(f"The file has more than {MAX_BLANK:,} empty lines: this is no table.")

    def _at(self) -> int:
        """The number of the line that was read last."""
        return self._line + max(0, len(self._taken) - 1)

    def _reject(self, error: Exception) -> None:
        if isinstance(error, LineError):
            reason = str(error)
        elif self._at_end:
            reason = "A quote is opened here that is not closed: was the file cut off?"
        else:
            reason = "It is not well-formed CSV: look at its quotes."
        self._rejections.add(self._line, reason)
        self._line += 1
        self._again.extendleft(reversed(self._taken[1:]))
        self._taken.clear()
