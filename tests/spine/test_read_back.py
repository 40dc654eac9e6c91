"""What was written is read: every writable field of every resource, by POST, PUT and PATCH, in the reply and by GET.

The values are generated from the schemas: a field that a statement forgets to write or to read fails here by its name.
Lists are compared with GET in test_list_variants.py.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import marshmallow as ma
import psycopg
import pytest

from tests.conftest import Client
from tests.promises.promised import promised
from tests.routes import ROUTES, Route, address, demands, openapi_path, schema_of
from tests.spine.document import Document
from tests.spine.written import CAME_LATER, body, differences, is_imperial, least, nullable, value_of, writable
from workouts_api.web.bodies import read_json

Json = dict[str, Any]


@dataclass(frozen=True)
class Resource:
    """Something that is made by POST, read by GET, and changed by PUT and PATCH where there are such routes."""

    table: str
    collection: str
    one: str
    unread: tuple[str, ...] = ()
    """Writable, but not read under its own name: tried below, or where its effect is tested."""

    def route(self, method: str) -> Route:
        return method, self.collection if method == "POST" else self.one

    def body(self, method: str, n: int) -> Json:
        schema = schema_of(self.route(method), "json")
        assert schema is not None
        return body(schema, n, *self.unread)

    def least(self, method: str, n: int) -> Json:
        schema = schema_of(self.route(method), "json")
        assert schema is not None
        return least(schema, n)


API = "/api/v1"
RESOURCES = {
    "session": Resource("sessions", f"{API}/sessions", f"{API}/sessions/<int:session_id>", ("duration_s",)),
    "exercise": Resource("exercises", f"{API}/exercises", f"{API}/exercises/<int:exercise_id>"),
    "team": Resource("teams", f"{API}/teams", f"{API}/teams/<int:team_id>"),
    "athlete": Resource("athletes", f"{API}/athletes", f"{API}/athletes/<int:athlete_id>", ("team_id", "joined_on")),
    "user": Resource("users", f"{API}/users", f"{API}/users/<int:user_id>", ("password", "password_hash")),
    "key": Resource("api_keys", f"{API}/users/me/api-keys", f"{API}/users/me/api-keys/<int:key_id>", ("password",)),
}
ELSEWHERE: dict[Route, str] = {
    ("POST", f"{API}/days"): "tests/days: a day is read in the list",
    ("POST", f"{API}/exercises/<int:exercise_id>/merge"): "tests/exercises/test_merge_exercise.py",
    ("PUT", f"{API}/sessions/doubts/<int:doubt_id>/decision"): "tests/sessions/test_doubts.py",
    ("POST", f"{API}/sessions/<int:session_id>/comments"): "tests/sessions/test_comments.py",
    ("POST", f"{API}/sessions/start"): "tests/sessions/test_live_sessions.py",
    ("PUT", f"{API}/sessions/<int:session_id>/sets"): "tests/sessions/test_put_sets.py",
    ("PUT", f"{API}/sessions/<int:session_id>/exercises/<int:exercise_no>/sets/<int:set_no>"): (
        "tests/sessions/test_put_set.py"
    ),
    ("PATCH", f"{API}/users/me"): "below: an account is not made by POST",
    ("POST", f"{API}/users/bulk"): "below: its reply is a report",
    ("POST", f"{API}/invitations"): "below: it is read in a list alone",
    ("PATCH", f"{API}/teams/<int:team_id>/members/<int:user_id>"): "below: a member is read in the team",
    ("POST", f"{API}/teams/<int:team_id>/athletes"): "below: a stay is read in the team",
    ("PATCH", f"{API}/teams/<int:team_id>/athletes/<int:athlete_id>"): "below: a stay is read in the team",
}
NOTHING_TO_READ = f"{API}/auth/", f"{API}/invitations/check", f"{API}/invitations/accept"
"""What is sent there is proof or a wish, and is stored nowhere as it came; tests/auth and tests/invitations have it."""


def test_every_route_that_writes_is_read_back():
    methods = ("POST", "PUT", "PATCH")
    writes = {route for route in ROUTES if route[0] in methods and schema_of(route, "json") is not None}
    here = {resource.route(method) for resource in RESOURCES.values() for method in methods}
    left = {route for route in writes - here - ELSEWHERE.keys() if not route[1].startswith(NOTHING_TO_READ)}
    assert not left, "add a Resource, or a test and a line in ELSEWHERE"


@dataclass
class Scribe:
    """Writes and reads a kind of resource, as who may."""

    resource: Resource
    owner: Client
    admin: Client
    database: psycopg.Connection[Any]

    def _who(self, route: Route) -> Client:
        demanded = demands(route)
        return self.admin if demanded and demanded.superuser else self.owner

    def post(self, sent: Json) -> tuple[int, Json]:
        route = self.resource.route("POST")
        reply = self._who(route).post(route[1], json=sent)
        assert reply.status_code == 201, reply.text
        return reply.json["id"], reply.json

    def change(self, method: str, an_id: int, sent: Json) -> Json:
        route = self.resource.route(method)
        where = address(route[1], _Always(an_id))
        self.database.execute(f"update {self.resource.table} set updated_at = created_at - interval '1 hour'")
        before = self._who(route).get(where)
        reply = self._who(route).request(method, where, json=sent, headers={"If-Match": before.headers["ETag"]})
        assert reply.status_code == 200, reply.text
        changed: Json = reply.json
        assert changed["version"] == before.json["version"] + 1
        assert changed["updated_at"] > before.json["updated_at"]
        return changed

    def get(self, an_id: int) -> Json:
        route = self.resource.route("GET")
        reply = self._who(route).get(address(route[1], _Always(an_id)))
        assert reply.status_code == 200, reply.text
        found: Json = reply.json
        return found


class _Always(dict[str, Any]):
    """Every id is this one."""

    def __init__(self, an_id: int) -> None:
        self.an_id = an_id

    def __missing__(self, _: str) -> int:
        return self.an_id


@pytest.fixture
def scribe(request: pytest.FixtureRequest, owner: Client, admin: Client, database: psycopg.Connection[Any]) -> Scribe:
    return Scribe(RESOURCES[request.param], owner, admin, database)


def of_all_with(method: str) -> pytest.MarkDecorator:
    """For each kind of resource that has such a route."""
    kinds = [kind for kind, resource in RESOURCES.items() if resource.route(method) in ROUTES]
    return pytest.mark.parametrize("scribe", kinds, indirect=True)


@of_all_with("POST")
def test_what_post_writes_is_in_its_reply_and_in_get(scribe: Scribe) -> None:
    sent = scribe.resource.body("POST", 0)
    an_id, reply = scribe.post(sent)
    assert differences(sent, reply) == []
    assert differences(sent, scribe.get(an_id)) == []


@of_all_with("PUT")
def test_what_put_writes_is_in_its_reply_and_in_get(scribe: Scribe) -> None:
    first, sent = scribe.resource.body("POST", 0), scribe.resource.body("PUT", 1)
    sent.pop("client_key", None)  # stays as it was
    an_id, _ = scribe.post(first)
    assert differences(sent, scribe.change("PUT", an_id, sent)) == []
    assert differences(sent, scribe.get(an_id)) == []


@pytest.mark.parametrize("scribe", ["session"], indirect=True)
def test_what_follows_from_a_replacement_follows_as_from_a_new_session(scribe: Scribe) -> None:
    """The day, counts and volume."""
    new_id, _ = scribe.post(scribe.resource.body("POST", 1))
    new = scribe.get(new_id)
    assert scribe.owner.delete(f"{SESSIONS}/{new_id}").status_code == 204  # one at a time is in progress
    an_id, _ = scribe.post(scribe.resource.body("POST", 0))
    scribe.change("PUT", an_id, scribe.resource.body("PUT", 1))
    wanted = {name: value for name, value in new.items() if name not in OWN}
    assert differences(wanted, scribe.get(an_id)) == []


@of_all_with("PUT")
def test_put_of_the_least_leaves_nothing_of_what_was_there_but_what_old_clients_do_not_know(scribe: Scribe) -> None:
    """As if it had been made so; a user's demands all of itself."""
    least_id, _ = scribe.post(scribe.resource.least("POST", 1))
    an_id, _ = scribe.post(scribe.resource.body("POST", 0))
    stays = {name: value for name, value in scribe.get(an_id).items() if name in CAME_LATER}
    sent = scribe.resource.least("PUT", 2 if scribe.resource.table == "users" else 1)  # an address is one user's
    wanted = {name: value for name, value in scribe.get(least_id).items() if name not in OWN and name not in sent}
    scribe.change("PUT", an_id, sent)
    assert differences(wanted | stays, scribe.get(an_id)) == []


def new_in_put(rule: str, schema: ma.Schema) -> set[str]:
    """The fields that the last release did not take there. Its clients don't know them."""
    document = Document(promised())
    operation = document.whole["paths"].get(openapi_path(rule), {}).get("put")
    if operation is None:
        return set()
    body_of_it = document.resolve(operation["requestBody"]["content"]["application/json"]["schema"])
    return {name for name, field in writable(schema) if not is_imperial(field)} - body_of_it["properties"].keys()


def test_a_put_of_a_client_that_does_not_know_a_field_leaves_it() -> None:
    lacking = []
    for method, rule in (one.route("PUT") for one in RESOURCES.values()):
        schema = schema_of((method, rule), "json") if (method, rule) in ROUTES else None
        new = new_in_put(rule, schema) if schema else set()
        lacking += [f"{rule}: clients of the last release don't know {name}: CAME_LATER" for name in new - CAME_LATER]
    assert lacking == []


OWN = {"id", "athlete_id", "version", "created_at", "updated_at", "client_key", "import_id", "prefix", "my_role"}
"""Differ from one resource of a kind to the next, whatever is written."""
TOGETHER = {
    "ended_at": {"duration_s"}, "duration_s": {"ended_at"}, "started_at": {"duration_s"},
    "status": {"started_at", "ended_at", "duration_s"},
    "muscles": {"muscle_shares"}, "muscle_shares": {"muscles"}, "tracking": {"bodyweight_factor"},
}  # fmt: skip
"""What changes with a field by what it means."""


@of_all_with("PATCH")
def test_patch_writes_each_field_alone_and_leaves_the_others(scribe: Scribe) -> None:
    schema = schema_of(scribe.resource.route("PATCH"), "json")
    assert schema is not None
    an_id, _ = scribe.post(scribe.resource.body("POST", 0))
    wrong = []
    for name, part in writable(schema):
        if is_imperial(part) or (name in scribe.resource.unread and name != "duration_s"):
            continue
        before = scribe.get(an_id)
        sent = {name: value_of(name, part, 1)}
        assert before[name] != sent[name], f"{name}: a change is needed to see one"
        others = (
            {n for n, f in writable(schema) if not is_imperial(f)}
            - {name, *TOGETHER.get(name, ())}
            - set(scribe.resource.unread)
        )
        wanted = {**{other: before[other] for other in others}, **sent}
        for where, found in (("reply", scribe.change("PATCH", an_id, sent)), ("GET", scribe.get(an_id))):
            wrong += [f"PATCH {name}, in {where}: {line}" for line in differences(wanted, found)]
    assert wrong == []


@of_all_with("PATCH")
def test_null_in_patch_clears_a_field_to_what_it_is_unless_given(scribe: Scribe) -> None:
    schema = schema_of(scribe.resource.route("PATCH"), "json")
    assert schema is not None
    bare_id, _ = scribe.post(scribe.resource.least("POST", 1))
    bare = scribe.get(bare_id)
    wrong = []
    for n, name in enumerate(nullable(schema)):
        an_id, _ = scribe.post(_fresh(scribe.resource.body("POST", 0), n))
        scribe.change("PATCH", an_id, {name: None})
        wrong += differences({name: bare[name]}, scribe.get(an_id))
    assert wrong == []


def _fresh(sent: Json, n: int) -> Json:
    """With another client_key, name or status than the one before."""
    own: Json = {"client_key": f"7b0c1a7e-0000-4000-9000-{n:012}", "name": f"Nobody else {n}"}
    return {name: own.get(name, value) for name, value in sent.items()}


# ── what is not read under its own name ─────────────────────────────────────────────────────────────────────

BARE = {"started_at": "2026-01-05T17:00:00Z"}
SESSIONS, ATHLETES, TEAMS = f"{API}/sessions", f"{API}/athletes", f"{API}/teams"


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ({"weight_lb": 220.5}, ("weight_kg", 220.5 * 0.45359237)),
        ({"distance_mi": 2}, ("distance_m", 2 * 1609.344)),
    ],
)
def test_what_is_written_in_imperial_units_is_read_in_metric_ones(owner: Client, method: str, written, read) -> None:
    sent = BARE | {"exercises": [{"exercise_id": 1, "sets": [written]}]}
    made = owner.post(SESSIONS, json=sent if method == "POST" else BARE)
    if method == "PUT":
        owner.put(made.headers["Location"], json=sent, headers={"If-Match": made.headers["ETag"]})
    (one,) = owner.get(made.headers["Location"]).json["exercises"][0]["sets"]
    assert one[read[0]] == pytest.approx(read[1], abs=0.005)


def test_a_duration_makes_the_end_and_stands_beside_it(owner: Client) -> None:
    made = owner.post(SESSIONS, json=BARE | {"duration_s": 4200})
    ends = {"ended_at": "2026-01-05T18:10:00Z", "duration_s": 4200}
    assert differences(ends, made.json) + differences(ends, owner.get(made.headers["Location"]).json) == []


def test_the_team_that_an_athlete_joins_is_read_with_its_day(owner: Client) -> None:
    team_id = owner.post(TEAMS, json={"name": "Lifters"}).json["id"]
    joins = {"team_id": team_id, "joined_on": "2026-01-05"}
    made = owner.post(ATHLETES, json={"name": "Grace"} | joins)
    stay = {"id": team_id, "name": "Lifters", "joined_on": "2026-01-05", "left_on": None}
    assert made.json["teams"] == owner.get(made.headers["Location"]).json["teams"] == [stay]


def test_what_is_written_of_ones_account_is_read_there(owner: Client) -> None:
    me = f"{API}/users/me"
    schema = schema_of(("PATCH", me), "json")
    assert schema is not None
    sent = body(schema, 1, "password", "email")  # an address waits for its mail: tests/account/test_patch_account.py
    for name, value in sent.items():
        before = owner.get(me).json
        others = {other: before[other] for other in sent if other != name}
        reply = owner.patch(me, json={name: value}).json
        assert differences({**others, name: value}, reply) + differences({name: value}, owner.get(me).json) == []
    for name in nullable(schema):
        owner.patch(me, json={name: None})
    assert differences({"full_name": "", "zone": "UTC"}, owner.get(me).json) == []


def test_users_made_in_bulk_are_as_they_were_written(admin: Client) -> None:
    rows = [RESOURCES["user"].body("POST", n) for n in (1, 2)]
    made = admin.post(f"{API}/users/bulk", json={"users": rows}).json["items"]
    found = [admin.get(f"{API}/users/{one['id']}").json for one in made]
    assert differences(rows, found) == []


def test_an_invitation_is_as_it_was_written(owner: Client) -> None:
    team_id = owner.post(TEAMS, json={"name": "Lifters"}).json["id"]
    athlete_id = owner.post(ATHLETES, json={"name": "Grace"}).json["id"]
    about: list[Json] = [
        {"kind": "coach", "team_id": team_id, "athlete_id": None, "email": "grace@example.com"},
        {"kind": "athlete", "team_id": team_id, "athlete_id": None, "email": None},
        {"kind": "claim", "team_id": None, "athlete_id": athlete_id, "email": "ada@example.com"},
    ]
    for wanted in about:
        reply = owner.post(f"{API}/invitations", json=wanted).json
        (listed,) = [one for one in owner.get(f"{API}/invitations").json["items"] if one["id"] == reply["id"]]
        assert differences(wanted, reply) + differences(wanted, listed) == [], wanted
    many = {"kind": "athlete", "team_id": team_id, "uses": 7, "expires_in_days": 3}
    made = owner.post(f"{API}/invitations", json=many).json
    (listed,) = [one for one in owner.get(f"{API}/invitations").json["items"] if one["id"] == made["id"]]
    assert made["uses_left"] == listed["uses_left"] == 7
    days = made["expires_at"][:10], made["created_at"][:10]
    assert _days_between(*days) == 3


def _days_between(later: str, earlier: str) -> int:
    return (dt.date.fromisoformat(later) - dt.date.fromisoformat(earlier)).days


def test_a_stay_and_a_role_are_read_in_the_team(owner: Client, coach: Client) -> None:
    team = owner.post(TEAMS, json={"name": "Lifters"}).headers["Location"]
    athlete_id = owner.post(ATHLETES, json={"name": "Grace"}).json["id"]

    def stay() -> Any:
        (found,) = owner.get(team).json["athletes"]
        return found

    stays: list[tuple[Callable[..., Any], str, Json, Json]] = [
        (owner.post, f"{team}/athletes", {"athlete_id": athlete_id, "joined_on": "2026-01-05"}, {}),
        (owner.patch, f"{team}/athletes/{athlete_id}", {"left_on": "2100-01-01"}, {"joined_on": "2026-01-05"}),
        (owner.patch, f"{team}/athletes/{athlete_id}", {"left_on": None}, {"joined_on": "2026-01-05"}),
    ]
    for ask, where, sent, kept in stays:
        wanted = sent | kept
        assert differences(wanted, ask(where, json=sent).json) == []
        assert differences({"id": athlete_id} | {n: v for n, v in wanted.items() if n != "athlete_id"}, stay()) == []
    invited = {"kind": "coach", "team_id": int(team.rpartition("/")[2])}
    code = owner.post(f"{API}/invitations", json=invited).json["code"]
    coach.post(f"{API}/invitations/accept", json={"code": code})
    for role in ("owner", "coach"):
        assert owner.patch(f"{team}/members/{coach.user_id}", json={"role": role}).json["role"] == role
        roles = {member["user_id"]: member["role"] for member in owner.get(team).json["members"]}
        assert roles[coach.user_id] == role


def test_only_the_athlete_decides_who_goes_on_seeing_and_it_is_read_back(owner: Client, coach: Client) -> None:
    team = coach.post(TEAMS, json={"name": "Lifters"})
    invited = {"kind": "athlete", "team_id": team.json["id"]}
    code = coach.post(f"{API}/invitations", json=invited).json["code"]
    assert owner.post(f"{API}/invitations/accept", json={"code": code}).status_code == 200
    where = f"{team.headers['Location']}/athletes/{owner.athlete_id}"
    for keeps in (False, True):
        assert owner.patch(where, json={"keeps_history": keeps}).json["keeps_history"] is keeps
        assert owner.patch(where, json={"left_on": "2100-01-01"}).json["keeps_history"] is keeps


# ── what a parser would make 0 of ───────────────────────────────────────────────────────────────────────────


def numbers(value: Any, path: tuple[str | int, ...] = ()) -> dict[str, tuple[str | int, ...]]:
    """Where numbers stand in a body: one place for each name."""
    if isinstance(value, dict | list):
        inner = value.items() if isinstance(value, dict) else enumerate(value)
        return {name: place for key, below in inner for name, place in numbers(below, (*path, key)).items()}
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return {str(path[-1]): path} if is_number else {}


def written_with(value: Json, place: tuple[str | int, ...], number: str) -> str:
    """The body as JSON, with a number in one place as it is given."""
    marked: Any = json.loads(json.dumps(value, default=str))
    inner = marked
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = "@here@"
    return json.dumps(marked).replace('"@here@"', number)


@pytest.mark.parametrize("number", ["1e-400", "-2.5E-0324", f"0.{'0' * 350}1", f"0.{'0' * 250}1e-99"])
@pytest.mark.parametrize("name", [name for name, one in RESOURCES.items() if numbers(one.body("POST", 1))])
def test_a_number_that_is_too_small_for_a_float_is_refused_by_its_field_and_not_taken_for_0(
    owner: Client, admin: Client, name: str, number: str
) -> None:
    resource = RESOURCES[name]
    caller = admin if name == "user" else owner
    made = resource.body("POST", 1)
    for place in numbers(made).values():
        reply = caller.post(
            resource.collection, data=written_with(made, place, number), content_type="application/json"
        )
        assert reply.status_code == 422, (place, reply.data)
        assert ".".join(map(str, place)) in reply.json["details"], (place, reply.json)


@pytest.mark.parametrize("zeros", [323, 350, 500])
def test_a_trifle_is_found_whatever_else_a_body_says(zeros: int) -> None:
    (found,) = read_json(f"[0.{'0' * zeros}1]".encode())
    assert math.isnan(found)


@pytest.mark.parametrize("number", ["0e-400", "0." + "0" * 400, "-0.0", "5e-0"])
def test_what_is_0_or_no_trifle_is_taken_however_it_is_written(owner: Client, number: str) -> None:
    made = {"started_at": "2026-01-05T18:30:00Z", "notes": "re-do e-400",
            "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": "@"}]}]}  # fmt: skip
    reply = owner.post(
        "/api/v1/sessions", data=json.dumps(made).replace('"@"', number), content_type="application/json"
    )
    assert reply.status_code == 201, reply.data
