"""Moved: the one list of routes is tests/routes.py."""

from __future__ import annotations

from typing import Any

from tests.routes import Route
from tests.routes import address as filled_in
from tests.routes import options as sent

__all__ = ["FILES", "Route", "address", "options"]
FILES = {"name": "swagger-ui.css"}


def address(rule: str, world: Any) -> str:
    return filled_in(rule, world.things)


def options(route: Route, world: Any) -> dict[str, Any]:
    return sent(route, world.things)
