"""Every route × every member of the cast gets the status that table.csv says.

A new route has no line there: the test fails and prints the one to add, with what everybody got. Read it before you
add it: it is what you promise. What a route is sent stands in tests/routes.py; what it is asked for, in World.things in
cast.py. A route may have more lines, with a query: /api/v1/sessions?exercise_id=<exercise_id>.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.access.cast import MEMBERS, World
from tests.routes import ROUTES, Route, address, demands, options

TABLE = Path(__file__).parent / "table.csv"


def read_table() -> dict[Route, dict[str, int]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {(row.pop("method"), row.pop("route")): {member: int(row[member]) for member in row} for row in rows}


EXPECTED = read_table()


@pytest.fixture(scope="module")
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    return World(app, _superuser, password_hash)


def plain(route: Route) -> Route:
    """Without the query that a line of the table may have."""
    return route[0], route[1].partition("?")[0]


def statuses(world: World, route: Route, members: Sequence[str] = tuple(MEMBERS)) -> dict[str, int]:
    """What everybody gets."""
    found = {}
    for member in members:
        if world.is_changed:
            world.make()
        asked = options(plain(route), world.things)
        demanded = demands(plain(route))
        scope = demanded.scope if demanded else None
        found[member] = world.ask(member, route[0], address(route[1], world.things), scope, **asked)
    return found


def line(route: Route, found: dict[str, int]) -> str:
    return ",".join([*route, *map(str, found.values())])


@pytest.mark.parametrize("route", EXPECTED, ids=" ".join)
def test_everybody_gets_what_the_table_says(world: World, route: Route) -> None:
    if plain(route) not in ROUTES:
        pytest.fail(f"There is no {' '.join(route)} any more: take its line out of {TABLE.name}.")
    found = statuses(world, route)
    wrong = [f"{who} ({MEMBERS[who]}) got {found[who]}, not {EXPECTED[route][who]}" for who in MEMBERS
             if found[who] != EXPECTED[route][who]]  # fmt: skip
    assert not wrong, "\n".join([*wrong, f"If all of it is meant: {line(route, found)}"])


def test_the_table_has_no_gaps(world: World) -> None:
    missing = [route for route in ROUTES if route not in EXPECTED]
    lines = [line(route, statuses(world, route)) for route in missing]
    assert not missing, "\n".join([f"Look at these, then add them to {TABLE}:", *lines])
    assert all(list(row) == list(MEMBERS) for row in EXPECTED.values())


def test_the_table_is_in_the_order_of_its_routes_and_names_each_once() -> None:
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(["method", "route", *MEMBERS])
    order = [(row.split(",")[1], row.split(",")[0]) for row in lines[1:]]
    assert order == sorted(set(order))


OUT = ("revoked", "deactivated", "expired")


@pytest.mark.parametrize("route", EXPECTED, ids=" ".join)
def test_who_is_out_gets_no_more_than_who_never_was_in(route: Route) -> None:
    """A promise over the table itself: what it says was looked at line by line, and this over all lines."""
    row = EXPECTED[route]
    is_public = row["anonymous"] < 400
    for member in OUT:
        assert row[member] == row["anonymous"], member
    if not is_public:
        assert row["anonymous"] == 401
        assert row["other_key"] == 403


@pytest.mark.parametrize("route", EXPECTED, ids=" ".join)
def test_what_superusers_demand_for_themselves_nobody_else_gets(route: Route) -> None:
    row = EXPECTED[route]
    if route[1].startswith("/api/v1/users") and "/me" not in route[1]:
        assert row["superuser"] < 300
        assert {row[who] for who in ("owner", "coach", "former_coach", "stranger", "key")} == {403}
