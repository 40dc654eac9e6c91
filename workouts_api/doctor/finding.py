"""What a look at a part has found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: the part, its state, what was found, and what to do where it is not in order."""

    part: str
    state: State
    found: str
    todo: str = ""


def fine(part: str, found: str) -> Finding:
    return Finding(part, "ok", found)


def warning(part: str, found: str, todo: str) -> Finding:
    """It works, and somebody should look at it."""
    return Finding(part, "warning", found, todo)


def wrong(part: str, found: str, todo: str) -> Finding:
    """It does not work, or will soon fail."""
    return Finding(part, "wrong", found, todo)
