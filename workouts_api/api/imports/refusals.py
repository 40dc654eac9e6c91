"""Why a file, or a line of one, is not taken."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_REJECTIONS = 20_000  # beyond the lines that were accepted: to refuse a line costs more than to send it compressed
LISTED_REJECTIONS = 1000  # of a file with more, people need the pattern, not the list


class FileError(Exception):
    """The file as a whole cannot be taken; the message says what was expected."""


class FileTooLongError(FileError):
    """The file has more lines than an import takes."""


class LineError(Exception):
    """One line cannot be taken; the message says why. The other lines are not concerned."""


@dataclass(slots=True)
class Rejections:
    """The lines that were not taken: the first thousand by number and reason, all of them by count.

    There may be as many as accepted ones, and some more: a file with a wrong column has nothing else.
    """

    listed: list[tuple[int, str]] = field(default_factory=list)
    count: int = 0
    most: int = MAX_REJECTIONS

    def add(self, line: int, reason: str) -> None:
        """:raises FileError: when there are too many."""
        self.count += 1
        if self.count > self.most:
            first, why = self.listed[0]
            raise FileError(f"More than {self.most:,} lines cannot be taken. The first is line {first}: {why}")
        if len(self.listed) < LISTED_REJECTIONS:
            self.listed.append((line, reason))


def shown(text: str) -> str:
    """What a message shows of a value: its beginning, with control characters escaped."""
    return repr(text if len(text) <= 60 else text[:57] + "…")
