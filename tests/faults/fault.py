"""What a fault is, and what became of one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from tests.faults.load import CREATED, NO_ANSWER, OK
from tests.faults.stage import Road, Stage

UNAVAILABLE, TIMEOUT = 503, 504
REFUSED = frozenset({UNAVAILABLE})
LATE = frozenset({UNAVAILABLE, TIMEOUT})
CUT = frozenset({NO_ANSWER, UNAVAILABLE})
RECOVERY = 5.0  # s after the cause ends
LINES = 20  # log lines a minute in an outage of an idle host
ADMIN = 0.1  # s within which the admin listener answers


@dataclass(frozen=True)
class Fault:
    """A cause that begins and ends, and what clients may be answered meanwhile beside what they asked for.

    :param cause: lasts as long as the block; what lasts only a moment has happened when the block begins.
    :param seconds: how long it lasts under load: longer than REQUEST_TIMEOUT, so that what waits comes to its end. With
        0 it happens in a moment, from which its recovery counts.
    :param idle: whether it is tried on an idle host too, where the lines of the log are counted.
    :param admin: whether the process of the admin listener itself is spared.
    """

    name: str
    cause: Callable[[Stage], AbstractContextManager[None]]
    statuses: frozenset[int] = frozenset()
    road: Road = "sshtunnel"
    seconds: float = 7.0
    idle: bool = True
    admin: bool = True


@dataclass
class Outcome:
    """What was seen."""

    fault: str
    allowed: frozenset[int]
    statuses: dict[int, int]
    acknowledged: int
    lost: int
    doubled: int
    wrong: list[str]
    recovered: float | None
    lines: float | None
    """A minute, of an idle host; None: not counted."""
    admin: float | None
    """The slowest answer of the admin listener, in seconds; None: its process was the one that ended."""
    told: list[str] = field(default_factory=list)

    @property
    def failures(self) -> list[str]:
        """What must not be."""
        found = list(dict.fromkeys(self.wrong))[:5]
        if strange := set(self.statuses) - self.allowed - {OK, CREATED}:
            found.append(f"answers that are not on the list: {sorted(strange)}")
        if self.lost or self.doubled:
            found.append(f"{self.lost} acknowledged writes lost, {self.doubled} made twice")
        if self.recovered is None or self.recovered > RECOVERY:
            found.append(f"not well {RECOVERY:g} s after the cause's end: {self.recovered}")
        if self.lines is not None and self.lines > LINES:
            found.append(f"{self.lines:g} log lines a minute, expected at most {LINES}")
        if self.admin is not None and self.admin > ADMIN:
            found.append(f"the admin listener took {self.admin * 1000:.0f} ms")
        return found
