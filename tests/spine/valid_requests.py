"""Moved: the one list of routes is tests/routes.py. A new route's valid request goes into REQUESTS there."""

from __future__ import annotations

from typing import Any

from tests.routes import HEVY, NEW_USER, REQUESTS, SESSION, WHOLE_USER, Route, options

__all__ = ["HEVY", "NEW_USER", "SESSION", "VALID", "WHOLE_USER"]


def _valid(route: Route) -> Any:
    return lambda: options(route)


VALID = {route: _valid(route) for route in REQUESTS}
