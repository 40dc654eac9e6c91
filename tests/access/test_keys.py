"""Idempotency-Key × every route that changes something: what was refused changes nothing, and keeps no claim either.

A new route is walked through without a line here, but for what only its own statement can refuse: each route that takes
a key has such a request in refusals.py, and the test fails for one that has none.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.access.cast import World
from tests.access.contents import Contents
from tests.access.refusals import NOWHERE, REFUSED, Options
from tests.access.test_statuses import EXPECTED
from tests.conftest import Client, with_key
from tests.routes import Route, demands, if_match_of, options, takes_key
from tests.routes import address as filled_in
from workouts_api.api.auth.cookies import COOKIES, REFRESH_COOKIE
from workouts_api.web.scopes import SCOPES

KEY = "one-and-the-same"
CHANGES = [route for route in EXPECTED if route[0] != "GET"]


@pytest.fixture(scope="module")
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    return World(app, _superuser, password_hash)


@pytest.fixture(scope="module")
def contents(_superuser: psycopg.Connection[Any]) -> Contents:
    return Contents(_superuser)


def plain(route: Route) -> Route:
    """Without the query that a line of the table may have."""
    return route[0], route[1].partition("?")[0]


def address(rule: str, world: World, **ids: int) -> str:
    """The rule, with a query or without, for the owner's things, or for those with these ids."""
    return filled_in(rule, {**world.things, **ids})


def without_the_scope_of(route: Route, app: Flask, world: World) -> Client:
    """The owner's script, whose API key has every scope but the one that the route asks for."""
    demanded = demands(plain(route))
    return with_key(app, world.database, world.cast["owner"], SCOPES.keys() - {demanded and demanded.scope})


def send(client: Client, route: Route, where: str, request: Options) -> TestResponse:
    headers = {**request.get("headers", {}), "Idempotency-Key": KEY}
    request = copy.deepcopy(request)  # a file is read but once
    return client.request(route[0], where, **{**request, "headers": headers})


def was_replayed(reply: TestResponse) -> bool:
    return "Idempotent-Replayed" in reply.headers


def said(reply: TestResponse) -> tuple[int, str | None]:
    """What it was refused for."""
    return reply.status_code, (reply.json or {}).get("error") if reply.is_json else None


@pytest.mark.parametrize("route", CHANGES, ids=" ".join)
def test_whoever_may_not_is_refused_twice_and_has_changed_nothing(
    app: Flask, world: World, contents: Contents, route: Route
) -> None:
    world.make()
    for member in (member for member, status in EXPECTED[route].items() if status >= 400):
        client = without_the_scope_of(route, app, world) if member == "other_key" else world.cast[member]
        client.http.set_cookie(REFRESH_COOKIE, world.things["refresh_token"], path=COOKIES)
        before = contents()
        request = options(plain(route), world.things)
        replies = [send(client, route, address(route[1], world), request) for _ in ("once", "twice")]
        assert [reply.status_code for reply in replies] == [EXPECTED[route][member]] * 2, member
        assert said(replies[0]) == said(replies[1]), member
        assert not any(map(was_replayed, replies)), member
        assert contents.changed_since(before) == [], member


Case = tuple[str, set[int], str, Options]
"""Why it is refused, with which of these statuses, the address, the request."""
NOT_THERE = {404, 403}  # 403 to whoever may not do it to anybody


def refusals(world: World, route: Route, where: str) -> Iterator[Case]:
    """What the route refuses to whoever may use it."""
    valid = options(route, world.things)
    for name in re.findall(r"<int:(\w+)>", route[1]):
        yield f"no such {name}", NOT_THERE, address(route[1], world, **{name: NOWHERE}), options(route, world.things)
    if "json" in valid:
        yield from _bad_bodies(where, valid)
    for name in ("fields", "units"):
        yield f"unknown {name}", {422}, f"{where}?{name}=no_such_thing", options(route, world.things)
    if needs := if_match_of(route):
        yield from _bad_versions(where, valid, needs)
    for why, (status, request) in REFUSED.get(route, {}).items():
        asked = request(world)
        yield why, {status}, address(route[1], world, **asked.pop("ids", {})), asked


def _bad_bodies(where: str, valid: Options) -> Iterator[Case]:
    bare = {name: value for name, value in valid.items() if name != "json"}
    yield "an unknown field", {422}, where, {**valid, "json": {**valid["json"], "no_such_field": 1}}
    yield "a body that is no JSON", {400}, where, {**bare, "data": b"{", "content_type": "application/json"}
    yield "another media type", {415}, where, {**bare, "data": b"x", "content_type": "text/plain"}


def _bad_versions(where: str, valid: Options, needs: str) -> Iterator[Case]:
    for tag in ('"7777-"', '"nonsense"'):
        yield f"If-Match: {tag}", {412}, where, {**valid, "headers": {**valid.get("headers", {}), "If-Match": tag}}
    if needs == "required":
        yield "no If-Match", {428}, where, {**valid, "headers": {}}


def asker_of(route: Route, world: World) -> tuple[Client, str]:
    """Somebody who may do it, and the address of theirs."""
    if route == ("DELETE", "/api/v1/athletes/<int:athlete_id>"):  # nobody may with the owner's
        return world.cast["coach"], address(route[1], world, athlete_id=world.things["kept_athlete_id"])
    member = next(member for member in ("owner", "coach", "superuser") if EXPECTED[route][member] < 400)
    return world.cast[member], address(route[1], world)


@pytest.mark.parametrize("route", [route for route in CHANGES if route == plain(route)], ids=" ".join)
def test_what_was_refused_changed_nothing_and_is_mended_under_the_same_key(
    app: Flask, world: World, contents: Contents, route: Route
) -> None:
    """All refusals in turn under one key, each of them twice; then what is valid, twice."""
    assert takes_key(route) == (route in REFUSED), "refusals.py has the routes that take a key, and no others"
    world.make()
    client, valid = asker_of(route, world)
    client.http.set_cookie(REFRESH_COOKIE, world.things["refresh_token"], path=COOKIES)
    wrong = []
    for why, statuses, where, request in refusals(world, route, valid):
        before = contents()
        for time in ("first", "second"):
            reply = send(client, route, where, request)
            if reply.status_code not in statuses or was_replayed(reply):
                wrong.append(f"{why}, the {time} time: {said(reply)}, not {statuses}: {reply.text[:300]}")
        if changed := contents.changed_since(before):
            wrong.append(f"{why}: it changed {changed}")
    assert not wrong, "\n".join(wrong)
    request = options(route, world.things)
    first = send(client, route, valid, request)
    assert (first.status_code < 300, was_replayed(first)) == (True, False), first.text
    if takes_key(route):
        assert_replayed(first, send(client, route, valid, request))


def assert_replayed(first: TestResponse, again: TestResponse) -> None:
    if again.status_code == 409:  # it holds a secret, which is not kept
        assert said(again) == (409, "already_done")
        assert again.json["details"].get("id") == first.json["id"]
        return
    assert was_replayed(again)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    for header in ("ETag", "Location", "Content-Type"):
        assert again.headers.get(header) == first.headers.get(header), header
