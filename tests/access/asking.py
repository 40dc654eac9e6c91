"""What is asked of each route: a valid request for the owner's things, the same for everybody.

An address is its rule filled in with the world's ids. Only what needs more than that stands here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from tests.access.cast import World
from tests.conftest import PASSWORD
from tests.spine.valid_requests import VALID

Route = tuple[str, str]
Options = Callable[[World], dict[str, Any]]

REQUESTS: dict[Route, Options] = {
    ("POST", "/api/v1/auth/register"): lambda _: {
        "json": {"email": "new@example.com", "username": "new", "password": PASSWORD}
    },
    ("POST", "/api/v1/auth/login"): lambda _: {"json": {"username": "owner", "password": PASSWORD}},
    ("POST", "/api/v1/auth/token"): lambda _: {"data": {"username": "owner", "password": PASSWORD}},
    ("POST", "/api/v1/auth/cookies"): lambda _: {"json": {"username": "owner", "password": PASSWORD}},
    ("POST", "/api/v1/auth/cookies/refresh"): lambda world: {"headers": {"X-CSRF-TOKEN": world.csrf}},
    ("POST", "/api/v1/auth/refresh"): lambda world: {"json": {"refresh_token": world.refresh_token}},
    ("POST", "/api/v1/auth/verify-email"): lambda _: {"json": {"email": "owner@example.com"}},
    ("POST", "/api/v1/auth/verify-email/confirm"): lambda _: {"json": {"token": "verify_email"}},
    ("POST", "/api/v1/auth/password-reset"): lambda _: {"json": {"email": "owner@example.com"}},
    ("POST", "/api/v1/auth/password-reset/confirm"): lambda _: {
        "json": {"token": "reset_password", "password": "battery staple horse"}
    },
    ("POST", "/api/v1/teams/<int:team_id>/athletes"): lambda world: {
        "json": {"athlete_id": world.ids["kept_athlete_id"]}
    },
    ("PATCH", "/api/v1/teams/<int:team_id>/athletes/<int:athlete_id>"): lambda _: {"json": {"left_on": "2100-01-01"}},
    ("POST", "/api/v1/invitations"): lambda world: {"json": {"kind": "coach", "team_id": world.ids["team_id"]}},
    ("POST", "/api/v1/invitations/check"): lambda world: {"json": {"code": world.code}},
    ("POST", "/api/v1/invitations/accept"): lambda world: {"json": {"code": world.code}},
}
"""Requests that tests/spine/valid_requests.py does not have already."""

FILES = {"name": "swagger-ui.css"}
"""Parts of an address that are no ids."""


def address(rule: str, world: World) -> str:
    """The rule, with a query or without, for the owner's things."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str({**FILES, **world.ids}[part[1]]), rule)


def plain(route: Route) -> Route:
    """Without the query that a line of the table may have: ``/api/v1/sessions?exercise_id=<exercise_id>``."""
    return route[0], route[1].partition("?")[0]


def options(route: Route, world: World) -> dict[str, Any]:
    if route in REQUESTS:
        return REQUESTS[route](world)
    return VALID.get(route, dict)()
