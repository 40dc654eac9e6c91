"""An ETag stands for what its reply shows: it changes with all that the reply joins; a write gives the next GET's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
import pytest
from werkzeug.test import TestResponse

from tests.access.cast import World
from tests.conftest import Client, create_database, url
from tests.routes import REQUESTS, ROUTES, Route, address, demands, if_match_of, openapi_path, options, statuses
from tests.spine.test_versions import OTHER, OTHER_OF, columns
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres

API = "/api/v1"
A_SESSION, AN_EXERCISE = f"{API}/sessions/<int:session_id>", f"{API}/exercises/<int:exercise_id>"


@pytest.fixture(scope="module")
def made(
    cluster: EmbeddedPostgres, template: str, database_name: str, environ: dict[str, str], password_hash: str
) -> Iterator[World]:
    """In a database of its own: the shared catalogue is changed as well."""
    name = f"{database_name}_etags"
    with psycopg.connect(cluster.dsn(), autocommit=True) as server:
        create_database(server, name, template)
    app = create_app(load_settings({**environ, "DATABASE_URL": url(cluster, name, "workouts_app")}))
    app.extensions["database"].open()
    with psycopg.connect(cluster.dsn(name), autocommit=True) as database:
        database.execute("set search_path = workouts, extensions, pg_temp")
        yield World(app, database, password_hash)
    app.extensions["database"].close()
    with psycopg.connect(cluster.dsn(), autocommit=True) as server:
        server.execute(f"drop database {name} with (force)")


@pytest.fixture
def world(made: World) -> World:
    return anew(made)


def anew(made: World) -> World:
    """With an exercise of the owner's that has all parts, in the owner's session."""
    made.make()
    owner = made.cast["owner"]
    exercise = owner.post(f"{API}/exercises", **REQUESTS["POST", f"{API}/exercises"](made.things)).json
    made.things["exercise_id"] = exercise["id"]
    parts = {"exercises": [{"exercise_id": exercise["id"], "sets": [{"reps": 5, "weight_kg": 100}]}]}
    sent = {"title": "Legs", "started_at": "2026-01-05T17:00:00Z", "rpe": 8, **parts}
    where = address(A_SESSION, made.things)
    put = owner.put(where, json=sent, headers={"If-Match": owner.get(where).headers["ETag"]})
    made.things["exercise_no"] = put.json["exercises"][0]["exercise_no"]
    return made


A_TEAM, AN_ATHLETE = f"{API}/teams/<int:team_id>", f"{API}/athletes/<int:athlete_id>"
OF_THE_COACH = {("PATCH", A_TEAM), ("DELETE", A_TEAM), ("DELETE", AN_ATHLETE)}


def who(world: World, route: Route) -> Client:
    """Who may ask."""
    demanded = demands(route)
    if demanded and demanded.superuser:
        return world.cast["superuser"]
    return world.cast["coach" if route in OF_THE_COACH else "owner"]


def ask(world: World, route: Route, query: str = "", **headers: str) -> TestResponse:
    given = options(route, world.things)
    given["headers"] = {**given.get("headers", {}), **headers}
    return who(world, route).request(route[0], address(route[1], world.things) + query, **given)


# ── the reply to a write ────────────────────────────────────────────────────────────────────────────────────

A_SET = f"{A_SESSION}/exercises/<int:exercise_no>/sets/<int:set_no>"
FIRST: dict[Route, Route] = {("DELETE", f"{AN_EXERCISE}/merge"): ("POST", f"{AN_EXERCISE}/merge")}
"""What must have happened before."""
UNREAD = {
    A_SET: "a set has no GET of its own: its ETag is for If-Match",
    f"{API}/auth/register": "who registers is not signed in: tests/auth/test_register.py",
}


def with_etag(document: Any) -> list[Route]:
    """The routes that write and whose reply has an ETag, as the API's own document says."""
    found = []
    for method, rule in ROUTES:
        operation = document["paths"].get(openapi_path(rule), {}).get(method.lower(), {})
        headers = [reply.get("headers", {}) for status, reply in operation.get("responses", {}).items() if status < "3"]
        found += [(method, rule)] if method != "GET" and any("ETag" in names for names in headers) else []
    return found


def write(world: World, route: Route, query: str) -> TestResponse:
    if route in FIRST:
        assert ask(world, FIRST[route]).status_code == 200
    given = {"If-None-Match": "*"}  # of GET alone: 304 would hide what a write made
    if "If-Match" in options(route, world.things).get("headers", {}):
        given["If-Match"] = ask(world, ("GET", route[1])).headers["ETag"]
    reply = ask(world, route, query, **given)
    assert reply.status_code < 300, reply.text
    return reply


def where_read(world: World, route: Route, reply: TestResponse) -> str:
    """The address that shows what was written: the reply's Location, its own, or the one that an action follows."""
    own = route[1] if ("GET", route[1]) in ROUTES else route[1].rpartition("/")[0]
    return reply.headers.get("Location") or address(own, world.things)


@pytest.mark.parametrize("query", ["", "?units=imperial", "?fields=id,version"])
def test_the_etag_of_a_write_is_that_of_the_next_get(made: World, query: str) -> None:
    written = [route for route in with_etag(made.app.test_client().get("/openapi.json").json) if route[1] not in UNREAD]
    assert len(written) > 15
    for route in written:
        world = anew(made)
        reply = write(world, route, query)
        reader = who(world, route)
        where = where_read(world, route, reply) + query
        found = reader.get(where)
        assert (found.json, found.headers["ETag"]) == (reply.json, reply.headers["ETag"]), route
        assert reader.get(where, headers={"If-None-Match": reply.headers["ETag"]}).status_code == 304, route


# ── Location ────────────────────────────────────────────────────────────────────────────────────────────────

MANY = {f"{API}/users/bulk"}
"""What makes many things has no address to tell."""
BY_COACH = f"{API}/teams/<int:team_id>/athletes", f"{API}/invitations"


def test_a_location_answers_get_with_what_was_made(made: World) -> None:
    """Itself, or the list in which it stands; register is for who is not signed in yet."""
    told = 0
    for method, rule in ROUTES:
        if method != "POST" or min(statuses((method, rule)), default=0) != 201 or rule in MANY:
            continue
        if rule.startswith(f"{API}/auth/"):
            continue
        world = anew(made)
        route = (method, rule)
        client = world.cast["coach"] if rule in BY_COACH else who(world, route)
        reply = client.post(address(rule, world.things), **options(route, world.things))
        assert reply.status_code == 201, (rule, reply.text)
        found = client.get(reply.headers["Location"])
        assert found.status_code == 200, rule
        shown = found.json.get("items", [found.json])
        wanted: dict[str, Any] = {**reply.json}
        if "id" not in wanted and "athlete_id" in wanted:
            wanted["id"] = wanted["athlete_id"]  # a stay, which is read in the list of athletes
        key = {name: wanted[name] for name in ("id", "local_on") if name in wanted} or wanted
        assert any(key.items() <= one.items() for one in shown), (rule, key, shown)
        told += 1
    assert told > 10


# ── If-Match ────────────────────────────────────────────────────────────────────────────────────────────────

WITH_IF_MATCH = [route for route in ROUTES if if_match_of(route)]


def match(made: World, route: Route, held: str) -> TestResponse:
    world = anew(made)
    if route == ("DELETE", AN_ATHLETE):
        world.things["athlete_id"] = world.things["kept_athlete_id"]
    return ask(world, route, **{"If-Match": held})


@pytest.mark.parametrize("route", WITH_IF_MATCH, ids=" ".join)
def test_what_matches_nothing_is_412_and_tells_the_current_version(made: World, route: Route) -> None:
    """An empty header too: a client that lost its ETag does not write over what others wrote."""
    for held in ("", ",", '"999-"', '"other"', '"0"', '"01"', f'"{1:099}"'):
        reply = match(made, route, held)
        assert (reply.status_code, reply.json["error"]) == (412, "precondition_failed"), held
        assert reply.json["details"]["current_version"] >= 1, held


@pytest.mark.parametrize("route", WITH_IF_MATCH, ids=" ".join)
def test_what_is_no_list_of_etags_is_422(made: World, route: Route) -> None:
    for held in ("1", '"1', '"1""2"', '"1" "2"', '"1";"2"', '*, "1"', "W/1"):
        reply = match(made, route, held)
        assert (reply.status_code, [*reply.json["details"]]) == (422, ["If-Match"]), held


@pytest.mark.parametrize("route", WITH_IF_MATCH, ids=" ".join)
def test_a_list_may_have_empty_places(made: World, route: Route) -> None:
    current = "".join(f', W/"{version}"\t,,"{version}-"' for version in range(1, 10))
    assert match(made, route, f'{current}, "999",').status_code in (200, 204)


@pytest.mark.parametrize("route", WITH_IF_MATCH, ids=" ".join)
def test_a_star_matches_any_version(made: World, route: Route) -> None:
    assert match(made, route, "*").status_code in (200, 204)


# ── what a reply joins ──────────────────────────────────────────────────────────────────────────────────────

JOINED = {
    A_SESSION: {"sessions", "session_exercises", "sets", "exercises"},
    AN_EXERCISE: {"exercises", "exercise_aliases", "exercise_muscles", "exercise_muscle_shares", "muscles"},
    A_TEAM: {"teams", "team_members", "team_athletes", "users", "athletes"},
    AN_ATHLETE: {"athletes", "team_athletes", "teams"},
    f"{API}/users/<int:user_id>": {"users", "athletes"},
    f"{API}/users/me": {"users", "athletes"},
}
"""The tables that stand in each reply with an ETag."""
OWN_RULES = {
    "users.username": "{0} || 'x'",
    "exercise_muscles.share": "{0} / 2",
    "exercise_muscle_shares.share": "{0} / 2",
}
"""What gives another value where the rules of test_versions.py, for one row, do not."""
TIES = ("id", "_id", "_by", "_no", "merged_into")
"""Ends of columns that say which rows belong together: changed, other rows would be shown."""

RIGHTS = {"users.is_active", "users.is_superuser"}
"""Without them nobody is shown anything."""


GETS = [rule for method, rule in ROUTES if method == "GET" and "<name>" not in rule]


def shown(world: World, rules: Iterable[str] = GETS) -> dict[str, tuple[Any, str]]:
    """What each GET with an ETag shows, and the ETag."""
    replies = {rule: ask(world, ("GET", rule)) for rule in rules}
    return {rule: (reply.json, reply.headers["ETag"]) for rule, reply in replies.items() if "ETag" in reply.headers}


def test_a_change_of_anything_that_a_reply_joins_changes_its_etag(world: World) -> None:
    """Of each column of each table, one after the other, by hand: the reply with the new value is not a 304.

    It is the last one here: it leaves the catalogue changed.
    """
    tables = [name for (name,) in world.database.execute(TABLES)]
    before, stale = shown(world), []
    joined: dict[str, set[str]] = {rule: set() for rule in before}
    for table in tables:
        for column, kind in columns(world.database, table).items():
            place = f"{table}.{column}"
            other = OWN_RULES.get(place) or OTHER_OF.get(place) or OTHER.get(kind)
            if (
                column.endswith(TIES)
                or place in RIGHTS
                or other is None
                or not changes(world, table, column, other.format(column))
            ):
                continue
            after = shown(world, joined)
            for rule in joined:
                if after[rule][0] != before[rule][0]:
                    joined[rule].add(table)
                    reply = ask(world, ("GET", rule), **{"If-None-Match": before[rule][1]})
                    stale += [(rule, place)] if reply.status_code != 200 else []
            before = after
    assert stale == []
    assert joined == JOINED


TABLES = """
select c.oid::regclass::text
from pg_class as c
where c.relnamespace = 'workouts'::regnamespace
  and c.relkind = 'r'
  and c.relpersistence = 'p'
  and c.relname not like 'schema%'
"""


def changes(world: World, table: str, column: str, other: str) -> bool:
    """Whether the column can be changed in all rows; where a constraint forbids it, other columns of the table can."""
    try:
        return world.database.execute(f"update {table} set {column} = {other}").rowcount > 0
    except psycopg.DatabaseError:
        return False
