"""CSV records from a stream of text, each with the number of its first line.

Adds two promises to the csv module. If a line cannot be read, only that line is rejected. And no file, however it is
made, is held in memory as a whole. Knows nothing about the meaning of the columns.
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
_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs"}
_BLANK = frozenset(("\n", "\r\n", "\r"))
# A field is bounded too, by csv's own limit of 131,072 characters.


class Records:
    """Iterates over ``(line, fields)``. Lines that are not CSV go to ``rejections``. Empty lines are skipped.

    A quote that is never closed would take in all lines after it. So when a record cannot be read, only its first line
    is rejected, and reading continues with the second. A line is read at most twice: if the first reading saw it inside
    quotes, the second sees it outside, and the other way round.
    """

    def __init__(self, stream: TextIO, rejections: Rejections) -> None:
        self._readline = stream.readline
        self._rejections = rejections
        self._line = 1  # the first line of the current record
        self._blank = 0  # how many lines before it were empty
        self._taken: list[str] = []  # lines of the current record
        self.refused = ""  # the line that was rejected last
        self._again: deque[str] = deque()  # lines to read once more
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
        """The lines to read. Each is recorded as taken; csv asks for a line only when it needs it."""
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
        self.refused = self._taken[0] if self._taken else ""
        self._line += 1
        self._again.extendleft(reversed(self._taken[1:]))
        self._taken.clear()


def separated_otherwise(text: str) -> str:
    """A sentence that names what separates fields in place of commas, as spreadsheets write it; or none."""
    word = next((word for sign, word in _OTHER_SEPARATORS.items() if sign in text), None)
    return f" Its fields seem to be separated by {word}." if word else ""
