"""Every order and filter of every list, so that every file of a list is run: each shows what GET shows, by its schema.

A list of many orders is a file for each: a column forgotten in one of them would be missed by who happens to ask so.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from copy import copy
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask, g, request_finished

from tests.access.keeping import Kept
from tests.conftest import Client
from tests.routes import DAY, DOUBTFUL, HEVY, ROUTES, SESSION, Route, address, demands, filled, options, schema_of
from tests.spine.document import Document, Json, check
from tests.spine.test_read_back import RESOURCES, Resource
from tests.spine.written import names_of, writable
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.web.schemas import PageQuery

LISTS: tuple[Route, ...] = tuple(route for route in ROUTES if isinstance(schema_of(route, "query"), PageQuery))
OF_EVERY_LIST = {"limit", "cursor", "fields", "units", "_"}
ORDERS = ("sort_by", "sort_order")
SESSIONS, EXERCISES, USERS = "/api/v1/sessions", "/api/v1/exercises", "/api/v1/users"
TEAMS, ATHLETES, AUDIT = "/api/v1/teams", "/api/v1/athletes", "/api/v1/audit"

Query = dict[str, Any]

RECORDS = "/api/v1/reports/records"
TEAM_TABLE = "/api/v1/reports/teams/<int:team_id>"
FILTERS: dict[tuple[str, str], Any] = {
    (RECORDS, "kind"): "heaviest",
    (RECORDS, "e1rm"): "epley",
    (TEAM_TABLE, "q"): "name",
    (TEAM_TABLE, "only"): "absent",
    (TEAM_TABLE, "sort"): "pain",
    ("/api/v1/days", "from"): "2026-01-05",
    ("/api/v1/days", "to"): "2026-01-05",
    (f"{SESSIONS}/<int:session_id>/sets", "since"): 0,
    (f"{SESSIONS}/doubts", "from"): "2025-11-02",
    (f"{SESSIONS}/doubts", "state"): "open",
    (f"{SESSIONS}/doubts", "to"): "2025-11-02",
    (SESSIONS, "exercise_id"): 1,
    (SESSIONS, "from"): "2026-01-05",
    (SESSIONS, "to"): "2026-01-05",
    (SESSIONS, "q"): "title",
    (SESSIONS, "sport"): "strength",
    (SESSIONS, "include"): "total",
    (EXERCISES, "q"): "name 0",
    (EXERCISES, "equipment"): "none",
    (EXERCISES, "category"): "strength",
    (EXERCISES, "tracking"): "bodyweight_reps",
    (EXERCISES, "muscle"): "glutes",
    (USERS, "is_active"): "true",
    (USERS, "is_superuser"): "true",
    (USERS, "search"): "somebody0",
    (ATHLETES, "q"): "name",
    (AUDIT, "table"): "teams",
    (AUDIT, "action"): "insert",
    (AUDIT, "from"): "2026-01-01T00:00:00Z",
    (AUDIT, "to"): "2100-01-01T00:00:00Z",
}
"""A value of each filter under which the filled one is listed; those that hang on ids are in World."""
EMPTY: dict[str, set[str]] = {
    EXERCISES: {"merged_into"},
    f"{EXERCISES}/unmatched": {"bodyweight_factor", "mechanic", "merged_into"},
    f"{EXERCISES}/used": {"bodyweight_factor", "merged_into"},
    RECORDS: {"at_weight_kg", "beats", "value"},
    TEAM_TABLE: {
        *("availability", "change", "days_since", "felt_on", "hooper_index", "last_session_on", "mclean_total"),
        *("pain", "week_load", "z_score"),
    },
    f"{SESSIONS}/doubts": {"decided_at", "proposal", "usual", "usual_kg", "value_kg"},
    "/api/v1/users/me/api-keys": {"last_used_on"},
    "/api/v1/users/me/logins": {"address"},
}
"""What is filled in no item here, and so may be forgotten unseen: tests of these lists have it."""


class World:
    """Two of everything that is listed; the last one made is filled with all that can be written."""

    def __init__(self, owner: Client, admin: Client) -> None:
        self.owner, self.admin = owner, admin
        self.lift = self._id(EXERCISES, {"name": "Log press"})  # tracks weight and repetitions
        for kind in ("exercise", "team", "athlete", "user", "key"):
            self._made(RESOURCES[kind])
        for day in (1, 2, 3):  # of which two are records
            lift = {"exercise_id": self.lift, "sets": [{"reps": 5, "weight_kg": 50 + day}]}
            self._id(SESSIONS, {"started_at": f"2025-12-0{day}T12:00:00Z", "exercises": [lift]})
        for day in (1, 2):
            self._id(SESSIONS, dict(DOUBTFUL) | {"started_at": f"2025-11-0{day}T12:00:00Z"})
        assert owner.post(f"{SESSIONS}/doubts/check").status_code == 200
        self._made(RESOURCES["session"])
        self.team = self._id(TEAMS, {"name": "Theirs"})
        self._id(ATHLETES, {"name": "name of one in a team", "team_id": self.team})
        for uses in (3, 4):
            self._id("/api/v1/invitations", {"kind": "athlete", "team_id": self.team, "uses": uses})
        kept = self._id(ATHLETES, {"name": "name of one who will claim it"})
        self._id("/api/v1/invitations", {"kind": "claim", "athlete_id": kept, "email": "ada@example.com"})
        for day in (DAY | {"local_on": "2026-01-04"}, DAY):
            assert owner.post("/api/v1/days", json=day).status_code == 201
        for name in ("Hevy", "Other"):
            sent = options(("POST", "/api/v1/imports"))
            sent["data"]["zone"] = "UTC"
            sent["data"]["file"] = (sent["data"]["file"][0], f"{name}.csv")
            assert owner.post("/api/v1/imports", data=sent["data"]).status_code == 201, HEVY

    def _id(self, collection: str, sent: Json) -> int:
        reply = self.owner.post(collection, json=sent)
        assert reply.status_code == 201, reply.text
        return int(reply.json["id"])

    def _made(self, resource: Resource) -> None:
        for sent in (resource.least("POST", 3), resource.body("POST", 0)):
            reply = self.who_may(resource.route("POST")).post(resource.collection, json=sent)
            assert reply.status_code == 201, reply.text

    def who_may(self, route: Route) -> Client:
        demanded = demands(route)
        return self.admin if demanded and demanded.superuser else self.owner

    def address(self, route: Route) -> str:
        things = {"team_id": self.team}
        if "session_id" in route[1]:
            things["session_id"] = self.owner.post(SESSIONS, json=SESSION).json["id"]
            for body in ("Slower.", "Faster."):
                talk = {"body": body, "exercise_no": 1, "set_no": 1}
                self._id(f"{SESSIONS}/{things['session_id']}/comments", talk)
        return address(route[1], things)

    def filters(self, route: Route) -> Query:
        """A value of each filter under which the filled one is listed."""
        known = FILTERS | {
            ("/api/v1/days", "athlete_id"): self.owner.athlete_id,
            (f"{EXERCISES}/used", "athlete_id"): self.owner.athlete_id,
            (RECORDS, "athlete_id"): self.owner.athlete_id,
            (RECORDS, "exercise_id"): self.lift,
            (f"{SESSIONS}/doubts", "athlete_id"): self.owner.athlete_id,
            (SESSIONS, "athlete_id"): self.owner.athlete_id,  # of whom some are imported
            (ATHLETES, "team_id"): self.team,
            (AUDIT, "actor_id"): self.owner.user_id,
            (AUDIT, "row"): self.team,
        }
        names = {name for name, _ in writable(_schema(route))} - OF_EVERY_LIST - set(ORDERS)
        missing = [name for name in names if (route[1], name) not in known]
        said = f"{route[1]}: say in FILTERS, or for an id in World.filters(), which {missing} shows the filled one"
        assert not missing, said
        return {name: known[route[1], name] for name in sorted(names)}


def _schema(route: Route) -> PageQuery:
    schema = schema_of(route, "query")
    assert isinstance(schema, PageQuery)
    return schema


EXCLUDE = {(EXERCISES, "q"): {"equipment", "category", "tracking", "muscle"}, (ATHLETES, "team_id"): {"q"}}
"""Filters that are refused together, or under which another one is listed."""
NEEDS = {(AUDIT, "row"): "table"}


def queries(route: Route, filters: Query) -> Iterator[Query]:
    """Each order without a filter, with each filter alone, with each two, and with all that go together."""
    chosen = {name: names_of(field) for name, field in writable(_schema(route)) if name in ORDERS}
    orders = [dict(zip(chosen, names, strict=True)) for names in itertools.product(*chosen.values())]
    together = [()] + [names for count in (1, 2, len(filters)) for names in itertools.combinations(filters, count)]
    for names in dict.fromkeys(together):
        clash = any(EXCLUDE.get((route[1], name), set()) & set(names) for name in names)
        alone = any((route[1], name) in NEEDS and NEEDS[route[1], name] not in names for name in names)
        if not clash and not alone:
            for order in orders:
                yield {**order, **{name: filters[name] for name in names}}


@pytest.fixture(scope="module")
def first() -> dict[str, Any]:
    """The world as it was made for the first test, if there was one."""
    return {}


@pytest.fixture
def world(
    first: dict[str, Any], app: Flask, database: psycopg.Connection[Any], request: pytest.FixtureRequest
) -> World:
    if first:
        first["kept"].put_back()
    else:
        kept = Kept(database)
        first["world"] = World(*[request.getfixturevalue(name) for name in ("owner", "admin")])
        kept.keep()
        first["kept"] = kept
    world: World = copy(first["world"])
    world.owner, world.admin = [replace(one, http=app.test_client()) for one in (world.owner, world.admin)]
    return world


def pages_of_one(client: Client, rule: str, query: Query, most: int) -> list[Any]:
    """The first items, each from a page of its own."""
    found: list[Any] = []
    cursor: Query = {}
    while len(found) < most:
        page = client.get(rule, query_string={**query, **cursor, "limit": 1}).json
        found += page["items"]
        if (after := page["next_cursor"]) is None:
            break
        cursor = {"cursor": after}
    return found


def as_got(world: World, rule: str, item: Json) -> Json | None:
    """What GET shows of an item; None where a list is all there is."""
    for resource in RESOURCES.values():
        if resource.collection == rule:
            one = resource.one.rpartition("/")[0]
            reply = world.who_may(("GET", resource.one)).get(f"{one}/{item['id']}")
            assert reply.status_code == 200, reply.text
            got: Json = reply.json
            return got
    return None


@pytest.mark.parametrize("route", LISTS, ids=" ".join)
def test_every_way_to_list_shows_what_the_schema_says_and_get_shows(route: Route, world: World, document: Document):
    client, rule = world.who_may(route), world.address(route)
    schema = document.reply_schema(document.operation(*route), 200)
    assert schema is not None
    got: dict[int, Json | None] = {}
    filled(client, rule)
    filled_once: set[str] = set()
    for query in queries(route, world.filters(route)):
        whole = client.get(rule, query_string={**query, "limit": 200})
        assert whole.status_code == 200, (query, whole.text)
        items: list[Json] = whole.json["items"]
        assert items, f"{query} lists nothing"
        check(whole.json, schema)
        filled_once |= {name for item in items for name, value in item.items() if value is not None}
        some = items[:3] + [item for item in items[3:] if item.get("is_own")]
        for item in some:
            number = item.get("id", 0)  # what is known by something else is in no GET but this
            if number not in got:
                got[number] = as_got(world, rule, item)
            detail = got[number]
            wrong = {name: value for name, value in item.items() if detail and detail[name] != value}
            assert not wrong, f"{query}: the list shows {wrong}, GET {detail}"
        if whole.json["next_cursor"] is None and "q" not in query:
            assert pages_of_one(client, rule, query, 3) == items[:3], query
    assert items[0].keys() - filled_once == EMPTY.get(route[1], set())


def test_every_file_of_a_list_is_run_by_one_of_these_ways(app: Flask, world: World):
    run: set[str] = set()

    def look(*_: Any, **__: Any) -> None:
        run.update(g.caller.statements)

    with request_finished.connected_to(look, app):
        for route in LISTS:
            for query in queries(route, world.filters(route)):
                world.who_may(route).get(world.address(route), query_string=query)
    lists = {
        file.full_name
        for file in CATALOGUE.files()
        if file.name.startswith(("list_", "search_", "find_")) and file.returns == "many"
    }
    assert lists <= run
