"""A missing thing and another user's thing get the same reply: same status, same body, on every route, for every id.

Ids are found in the addresses, and by the API's own document in queries and bodies, however deep: a new route is asked
without a line here.
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
from tests.routes import ROUTES, address, demands, if_match_of, openapi_path, options

NOWHERE = 2**52
Place = tuple[str, ...]
"""path, query or body, and the way to the id there."""

STARTING_POINTS: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/v1/sessions"): {"exercises": [{"sets": [{"reps": 5, "weight_kg": 100}]}]},
    ("PUT", "/api/v1/sessions/<int:session_id>"): {"exercises": [{"sets": [{"reps": 5, "weight_kg": 100}]}]},
    ("POST", "/api/v1/invitations"): {"kind": "athlete"},
}
"""What a body needs for an id to stand in it, beside what a valid request has."""


@pytest.fixture(scope="module")
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    world = World(app, _superuser, password_hash)
    world.make()
    return world


def places(document: dict[str, Any]) -> Iterator[tuple[str, str, Place]]:
    """Where a route takes an id of something."""
    for method, rule in ROUTES:
        for part in re.findall(r"<int:(\w+)>", rule):
            yield method, rule, ("path", part)
        operation = document["paths"].get(openapi_path(rule), {}).get(method.lower(), {})
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "query" and parameter["name"].endswith("_id"):
                yield method, rule, ("query", parameter["name"])
        for media in operation.get("requestBody", {}).get("content", {}).values():
            for way in _ids_in(media["schema"], document):
                yield method, rule, ("body", *way)


def _ids_in(schema: dict[str, Any], document: dict[str, Any], depth: int = 0) -> Iterator[Place]:
    if "$ref" in schema and depth < 8:
        yield from _ids_in(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document, depth + 1)
    if "items" in schema:
        for way in _ids_in(schema["items"], document, depth):
            yield ("0", *way)
    for name, part in schema.get("properties", {}).items():
        if part.get("readOnly"):
            continue
        if re.fullmatch(r"\w+_id", name):
            yield (name,)
        for way in _ids_in(part, document, depth):
            yield (name, *way)


def ask(world: World, method: str, rule: str, place: Place, an_id: int) -> TestResponse:
    """The stranger's request with this id at this place, everything else being valid."""
    where, *way = place
    things = {**world.things, **({way[0]: an_id} if where == "path" else {})}
    sent = options((method, rule), world.things)
    asked = sent | {"json": copy.deepcopy(sent["json"])} if "json" in sent else sent
    if where == "query":
        asked["query_string"] = {way[0]: an_id}
    if where == "body":
        body = {**asked.get("json", {}), **copy.deepcopy(STARTING_POINTS.get((method, rule), {}))}
        if way == ["athlete_id"] and rule == "/api/v1/invitations":
            body = {"kind": "claim"}
        _put(body, way, an_id)
        asked["json"] = body
    return world.cast["stranger"].request(method, address(rule, things), **asked)


def _put(body: Any, way: list[str], an_id: int) -> None:
    *before, last = way
    for name in before:
        body = body[int(name) if isinstance(body, list) else name]
    body[last] = an_id


def _told(reply: TestResponse) -> tuple[int, Any]:
    body = reply.get_json(silent=True)
    return reply.status_code, {k: v for k, v in body.items() if k != "request_id"} if isinstance(body, dict) else body


def test_what_is_not_there_and_what_is_not_ones_own_look_alike(app: Flask, world: World) -> None:
    document = app.test_client().get("/openapi.json").json
    assert document is not None
    wrong, asked = [], 0
    for method, rule, place in places(document):
        name = place[-1]
        if name not in world.things:
            continue
        theirs = _told(ask(world, method, rule, place, world.things[name]))
        nowhere = _told(ask(world, method, rule, place, NOWHERE))
        asked += 1
        if theirs != nowhere:
            wrong.append(f"{method} {rule} {'.'.join(place)}: {theirs} is theirs, {nowhere} is nowhere")
        elif place[0] == "path" and theirs[0] not in (403, 404, 428):
            wrong.append(f"{method} {rule} {'.'.join(place)}: {theirs}")
    assert not wrong, "\n".join(wrong)
    assert asked > 30


# ── what the sentence names ─────────────────────────────────────────────────────────────────────────────────

OTHER_NAMES = {"key_id": "api key", ("team", "user_id"): "member"}
"""What an id of an address stands for, where its name does not say it."""
BY_COACH = "/api/v1/teams/"


def test_each_id_of_an_address_that_is_nowhere_is_named_and_no_other(world: World) -> None:
    """By those who may: the outer thing is missing, or only the inner one."""
    world.make()
    wrong, asked = [], 0
    for method, rule in ROUTES:
        names = re.findall(r"<int:(\w+)>", rule)
        for name in names:
            if name in ("exercise_no", "set_no"):  # numbers that a client chooses
                continue
            where = address(rule, {**world.things, name: NOWHERE})
            demanded = demands((method, rule))
            who = "superuser" if demanded and demanded.superuser else "coach" if rule.startswith(BY_COACH) else "owner"
            sent = options((method, rule), world.things)
            if if_match_of((method, rule)) == "required":
                sent = {**sent, "headers": {"If-Match": "*"}}
            reply = world.cast[who].request(method, where, **sent)
            outer = names[0].removesuffix("_id")
            thing = OTHER_NAMES.get((outer, name)) or OTHER_NAMES.get(name) or name.removesuffix("_id")
            asked += 1
            if (reply.status_code, reply.json["message"]) != (404, f"No such {thing}."):
                wrong.append(f"{method} {where}: {reply.status_code} {reply.json['message']}")
    assert not wrong, "\n".join(wrong)
    assert asked > 40
