"""Who runs query files: told by ``workouts_api.database``, which knows this package; this package knows no database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol


class Runner(Protocol):
    """Runs a query file by its full name, for the current caller."""

    def run(self, name: str, values: Mapping[str, Any]) -> Any: ...
    def stream(self, name: str, values: Mapping[str, Any]) -> Any: ...
    def copy(self, name: str) -> Any: ...


def _nobody() -> Runner:
    raise LookupError("nothing runs query files here: expected workouts_api.database to be imported")


current: Callable[[], Runner] = _nobody
"""Gives the database of the request, job or command that is under way."""


def run_by(whose: Callable[[], Runner]) -> None:
    """Says who runs query files in this process."""
    global current
    current = whose
