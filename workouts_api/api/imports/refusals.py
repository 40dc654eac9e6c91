"""The reasons for which a file, or a line of it, is refused."""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_REJECTIONS = 20_000  # beyond the number of accepted lines: refusing a line costs more than sending it compressed
LISTED_REJECTIONS = 1000  # these show the pattern; nobody reads a longer list


class FileError(Exception):
    """The file as a whole is refused. The message says what was expected."""


class FileTooLongError(FileError):
    """The file has more lines than an import takes."""


class LineError(Exception):
    """One line is refused. The message says why. The other lines are not affected."""


@dataclass(slots=True)
class Rejections:
    """The refused lines: the first thousand with number and reason, and the count of all.

    There may be as many as the accepted lines plus MAX_REJECTIONS. With more, the file as a whole is wrong.
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
    """A value as messages show it: its beginning, with control characters escaped."""
    return repr(text if len(text) <= 60 else text[:57] + "…")
