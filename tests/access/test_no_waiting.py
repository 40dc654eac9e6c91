"""Whoever may not change a thing is told so at once: a refusal that waits tells when others change it."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.access.cast import World
from tests.access.test_statuses import EXPECTED, plain
from tests.conftest import url
from tests.routes import Route, address, demands, options
from workouts_api.host.embedded import EmbeddedPostgres

THINGS = (
    *(
        "sessions",
        "session_exercises",
        "sets",
        "laps",
        "doubts",
        "session_comments",
        "day_values",
        "imports",
        "exercises",
    ),
    *("athletes", "teams", "team_members", "team_athletes", "invitations", "api_keys"),
)
ASKERS = ("stranger", "former_coach", "coach")
REFUSALS = [
    (route, who)
    for route, row in EXPECTED.items()
    for who in ASKERS
    if route[0] != "GET" and row[who] in (403, 404) and "/auth/" not in route[1]
]


@pytest.fixture(scope="module")
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    return World(app, _superuser, password_hash)


@pytest.mark.parametrize(("route", "who"), REFUSALS, ids=lambda part: part if isinstance(part, str) else " ".join(part))
def test_a_refusal_waits_for_nobody(
    world: World, cluster: EmbeddedPostgres, database_name: str, route: Route, who: str
) -> None:
    if world.is_changed:
        world.make()
    demanded = demands(plain(route))
    with psycopg.connect(url(cluster, database_name, "postgres")) as other:
        other.execute("set search_path = workouts")
        for table in THINGS:
            other.execute(f"select from {table} for update")
        asked = options(plain(route), world.things)
        asked["headers"] = {**asked.get("headers", {}), "X-Request-Timeout": "20"}
        where = address(route[1], world.things)
        status = world.ask(who, route[0], where, demanded.scope if demanded else None, **asked)
    assert status == EXPECTED[route][who]
