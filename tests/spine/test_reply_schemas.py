"""What the document says of replies and examples is so: each route's replies, the errors, and all that can be tried."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.access.keeping import Kept
from tests.auth.conftest import mailed, newcomer, verifying_app
from tests.conftest import PASSWORD, Client
from tests.routes import DAY, DOUBTFUL, NEW_USER, PAGES, REQUESTS, ROUTES, Route, demands, filled, options, statuses
from tests.routes import address as filled_in
from tests.spine.document import NOT_CHECKED, Document, Json, check, formats
from workouts_api import create_app
from workouts_api.config import load_settings

__all__ = ["mailed", "newcomer", "verifying_app"]

HEVY = """\
"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",\
"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"
"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8
"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",1,"normal",100,five,,0,8
"Night","29 Mar 2026, 02:30","29 Mar 2026, 04:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8
"""


# ── a real reply of every route ─────────────────────────────────────────────────────────────────────────────


@dataclass
class World:
    """An owner with one of everything, all of it made through the API."""

    owner: Client
    coach: Client
    anonymous: Client
    unreachable: Client
    admin: Client
    verifying: Client
    """Nobody, where addresses are verified."""
    mailed: Callable[[], str]
    """The token of the mail that was sent last."""
    ids: dict[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Any:
        """What tests/routes.py asks for."""
        made: dict[str, Callable[[], Any]] = {
            "code": lambda: self.invitation()["code"],
            "kept_athlete_id": lambda: self.owner.post(ATHLETES, json={"name": "Ada"}).json["id"],
            "csrf": lambda: self.of_page("refresh")["X-CSRF-TOKEN"],
            "refresh_token": lambda: self.sign_in().json["refresh_token"],
            "verify_token": lambda: self.token_of_a_mail("verify-email"),
            "reset_token": lambda: self.token_of_a_mail("password-reset"),
            "undo_token": self.token_of_a_change,
        }
        return made[name]() if name in made else self.ids[name]

    def who_may(self, route: Route) -> Client:
        demanded = demands(route)
        if demanded is None:
            return self.anonymous
        return self.admin if demanded.superuser else self.owner

    def address(self, rule: str) -> str:
        return filled_in(rule, self)

    def upload(self, **query: str) -> TestResponse:
        file = {"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}
        return self.owner.post("/api/v1/imports", data=file, query_string={"zone": "Europe/Berlin", **query})

    def fill(self) -> None:
        exercise = {"name": "Log press", "muscles": [{"muscle": "shoulders", "share": 1}], "aliases": ["Logs"]}
        self.ids["exercise_id"] = self.owner.post("/api/v1/exercises", json=exercise).json["id"]
        self.owner.post("/api/v1/exercises", json={"name": "Benchpress barbell"})  # no muscles: unmatched
        for day, weight in ((5, 60), (12, 65)):
            self.ids["session_id"] = self.owner.post("/api/v1/sessions", json=self.session(day, weight)).json["id"]
        comments = f"{SESSIONS}/{self.ids['session_id']}/comments"
        talk = {"body": "Slower.", "exercise_no": 1, "set_no": 1}
        self.ids["comment_id"] = self.owner.post(comments, json=talk).json["id"]
        self.owner.post(SESSIONS, json=DOUBTFUL)
        self.owner.post(SESSIONS, json={**DOUBTFUL, "started_at": "2026-01-03T17:00:00Z"})
        assert self.owner.post(f"{SESSIONS}/doubts/check").status_code == 200
        self.ids["doubt_id"] = self.owner.get(f"{SESSIONS}/doubts").json["items"][0]["id"]
        decision = f"{SESSIONS}/doubts/{self.ids['doubt_id']}/decision"
        assert self.owner.put(decision, json={"action": "keep"}).status_code == 200
        assert self.owner.post("/api/v1/days", json=DAY).status_code == 201
        self.ids["import_id"] = self.upload().json["id"]
        self.ids["key_id"] = self.owner.post(KEYS, json={"name": "Backup", "scopes": ["sessions:read"]}).json["id"]
        self.ids["team_id"] = self.owner.post(TEAMS, json={"name": "Lifting Club", "headquarters": "Berlin"}).json["id"]
        kept = {"name": "Grace", "born_on": "2001-12-09", "sex": "female", "height_cm": 171.5, "notes": "Left knee."}
        self.ids["athlete_id"] = self.owner.post(ATHLETES, json=kept | {"team_id": self.ids["team_id"]}).json["id"]
        self.ids["invitation_id"] = self.invitation()["id"]

    def invitation(self) -> Json:
        return self.owner.post(INVITATIONS, json={"kind": "athlete", "team_id": self.ids["team_id"]}).json

    def joined_by_a_coach(self) -> str:
        code = self.owner.post(INVITATIONS, json={"kind": "coach", "team_id": self.ids["team_id"]}).json["code"]
        assert self.coach.post(INVITATIONS + "/accept", json={"code": code}).status_code == 200
        return f"{TEAMS}/{self.ids['team_id']}/members/{self.coach.user_id}"

    def in_progress(self) -> bool:
        return bool(self.owner.post(SESSIONS, json={**self.session(), "status": "in_progress"}).status_code == 201)

    def session(self, day: int = 19, weight: float = 70) -> Json:
        """Everything that a session may have."""
        lift = {"kind": "normal", "reps": 5, "weight_kg": weight, "rpe": 8.5, "rir": 2, "notes": "slow"}
        run = {"distance_m": 400, "duration_s": 90}
        press = {"exercise_id": self.ids["exercise_id"], "superset": 1, "notes": "strict", "sets": [lift, run]}
        return {
            "title": "Strongman",
            "started_at": f"2026-01-{day:02}T18:00:00+01:00",
            "duration_s": 3600,
            "zone": "Europe/Berlin",
            "rpe": 7.5,
            "client_key": f"7b0c1a7e-0000-4000-8000-{day:012}",
            "exercises": [press],
            "laps": [{"duration_s": 300, "average_heart_rate_bpm": 140}],
        }

    def of_page(self, kind: str) -> dict[str, str]:
        """What a page that signed in by cookies sends besides."""
        body = {"username": "owner", "password": PASSWORD}
        assert self.anonymous.post("/api/v1/auth/cookies", json=body).status_code == 204
        cookie = self.anonymous.http.get_cookie(f"csrf_{kind}_token", path="/")
        assert cookie is not None
        return {"X-CSRF-TOKEN": cookie.value}

    def token_of_a_mail(self, route: str, email: str = "owner@example.com") -> str:
        assert self.anonymous.post(f"/api/v1/auth/{route}", json={"email": email}).status_code == 202
        return self.mailed()

    def token_of_a_change(self) -> str:
        """From an address that was verified: another one undoes nothing."""
        verified = {"token": self.token_of_a_mail("verify-email")}
        assert self.anonymous.post("/api/v1/auth/verify-email/confirm", json=verified).status_code == 204
        assert self.owner.patch(ME, json={"email": "ada@example.com", "password": PASSWORD}).status_code == 200
        return self.mailed()

    def signed_in_twice(self) -> Client:
        self.sign_in()
        return self.owner

    def sign_in(self) -> TestResponse:
        return self.anonymous.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD})


@pytest.fixture(scope="module")
def unreachable_app(environ: dict[str, str]) -> Iterator[Flask]:
    """An application whose database does not answer."""
    app = create_app(load_settings({**environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}))
    yield app
    app.extensions["database"].close()


@pytest.fixture(scope="module")
def first() -> dict[str, Any]:
    """The world as it was made for the first test, if there was one."""
    return {}


@pytest.fixture
def world(
    first: dict[str, Any],
    app: Flask,
    unreachable_app: Flask,
    newcomer: Client,
    mailed: Callable[[], tuple[str, str, str]],
    database: psycopg.Connection[Any],
    request: pytest.FixtureRequest,
) -> World:
    if first:
        first["kept"].put_back()
        people = [replace(one, http=app.test_client()) for one in first["people"]]
    else:
        first["kept"] = Kept(database)
        people = [request.getfixturevalue(name) for name in ("owner", "coach", "anonymous", "admin")]
        first["people"] = people
    owner, coach, anonymous, admin = people
    unreachable = Client(unreachable_app.test_client())
    made = World(owner, coach, anonymous, unreachable, admin, newcomer, lambda: mailed()[2])
    made.ids |= first.get("ids", {"user_id": owner.user_id, "login_id": owner.login_id})
    if "ids" not in first:
        made.fill()
        database.execute("delete from jobs.procrastinate_jobs")  # what would be mailed of that
        first["ids"] = dict(made.ids)
        first["kept"].keep()
    return made


Case = Callable[[World], TestResponse]
AUTH, ME, NEW_ONE = "/api/v1/auth", "/api/v1/users/me", "battery staple horse"
SESSIONS, EXERCISES, IMPORTS = "/api/v1/sessions", "/api/v1/exercises", "/api/v1/imports"
KEYS, USERS, AUDIT = "/api/v1/users/me/api-keys", "/api/v1/users", "/api/v1/audit"
A_USER = USERS + "/<int:user_id>"
TEAMS, ATHLETES, INVITATIONS = "/api/v1/teams", "/api/v1/athletes", "/api/v1/invitations"
A_PERSON = {**NEW_USER, "password": PASSWORD}
A_SESSION, AN_EXERCISE = SESSIONS + "/<int:session_id>", EXERCISES + "/<int:exercise_id>"
A_SET = A_SESSION + "/exercises/<int:exercise_no>/sets/<int:set_no>"
A_TEAM, AN_ATHLETE = TEAMS + "/<int:team_id>", ATHLETES + "/<int:athlete_id>"
A_MEMBER, A_STAY = A_TEAM + "/members/<int:user_id>", A_TEAM + "/athletes/<int:athlete_id>"
AN_INVITATION = INVITATIONS + "/<int:invitation_id>"

TREND = "/api/v1/days/trend?from=2026-01-01&to=2026-01-31"

SPECIAL: dict[Route, dict[int, Case]] = {
    ("GET", "/health"): {503: lambda w: w.unreachable.get("/health")},
    ("GET", "/health/ready"): {503: lambda w: w.unreachable.get("/health/ready")},
    ("POST", AUTH + "/register"): {202: lambda w: w.verifying.post(AUTH + "/register", json=A_PERSON)},
    ("GET", ME + "/logins"): {200: lambda w: w.signed_in_twice().get(ME + "/logins?limit=1")},
    ("POST", SESSIONS): {201: lambda w: w.owner.post(SESSIONS, json=w.session())},
    ("GET", SESSIONS): {200: lambda w: w.owner.get(SESSIONS + "?limit=1&include=total")},
    ("GET", SESSIONS + "/current"): {200: lambda w: w.in_progress() and w.owner.get(SESSIONS + "/current")},
    ("PUT", A_SESSION): {
        200: lambda w: w.owner.put(f"{SESSIONS}/{w['session_id']}", json=w.session(), headers={"If-Match": '"1-"'})
    },
    ("PUT", A_SET): {200: lambda w: w.owner.put(f"{SESSIONS}/{w['session_id']}/exercises/1/sets/1", json={"reps": 5})},
    ("DELETE", A_SET): {204: lambda w: w.owner.delete(f"{SESSIONS}/{w['session_id']}/exercises/1/sets/1")},
    ("POST", IMPORTS): {200: lambda w: w.upload(dry_run="true"), 201: World.upload},
    ("DELETE", A_MEMBER): {204: lambda w: w.owner.delete(w.joined_by_a_coach())},
    ("POST", ATHLETES): {
        201: lambda w: w.owner.post(ATHLETES, json={"name": "Ada", "team_id": w["team_id"], "notes": "Tall."})
    },
    ("GET", "/api/v1/reports/training"): {
        200: lambda w: w.owner.get("/api/v1/reports/training?from=2026-01-01&to=2026-03-31")
    },
    ("GET", "/api/v1/days/trend"): {200: lambda w: w.owner.get(TREND)},
    ("GET", "/api/v1/reports/exercises/<int:exercise_id>"): {
        200: lambda w: w.owner.get(f"/api/v1/reports/exercises/{w['exercise_id']}?from=2026-01-06&to=2026-01-31")
    },
    ("GET", "/api/v1/reports/muscles"): {
        200: lambda w: w.owner.get("/api/v1/reports/muscles?from=2026-01-01&to=2026-03-31")
    },
    ("GET", "/api/v1/reports/load/measured"): {
        200: lambda w: w.owner.get("/api/v1/reports/load/measured?from=2026-01-01&to=2026-03-31&acwr=true")
    },
    ("GET", "/api/v1/reports/load"): {
        200: lambda w: w.owner.get("/api/v1/reports/load?from=2026-01-01&to=2026-03-31&acwr=true")
    },
}
"""Where another reply than the usual one is documented, or the usual request shows too little."""


def _usual(route: Route) -> Case:
    """As tests/routes.py has it, of who may."""
    method, rule = route
    if method == "GET" and ("POST", rule) in REQUESTS:
        return lambda world: filled(world.who_may(route), rule, world)
    return lambda world: world.who_may(route).request(method, world.address(rule), **options(route, world))


CASES: dict[Route, dict[int, Case]] = {
    route: {min(statuses(route)): _usual(route), **SPECIAL.get(route, {})} for route in ROUTES if route[1] not in PAGES
}

ENVELOPE = {"$ref": "#/components/schemas/ErrorReply"}
BEGIN_EMPTY = {("POST", TEAMS), ("POST", SESSIONS + "/start"), ("PUT", A_SET)}
"""A new team has no athletes, a session that starts no sets, and a first set no records."""
TOLD = {"ETag", "Location", "Link", "Retry-After", "WWW-Authenticate", "X-Request-ID"}
LAST_PAGES = {"Link"}  # only a page behind which there is another has one


def test_every_route_has_a_case_for_each_reply_that_it_documents(document):
    documented = {
        (method, rule): {
            int(status)
            for status, response in document.operation(method, rule)["responses"].items()
            if status != "304" and "$ref" not in response
        }
        for method, rule in ROUTES
        if rule not in PAGES
    }
    assert {route: set(cases) for route, cases in CASES.items()} == documented


@pytest.mark.parametrize(
    ("method", "rule", "status"), [(*route, status) for route, cases in CASES.items() for status in cases]
)
def test_a_reply_is_what_its_schema_says(method, rule, status, world, document):
    reply = CASES[method, rule][status](world)
    assert reply.status_code == status, reply.data
    filled = (method, rule) not in BEGIN_EMPTY
    operation = document.operation(method, rule)
    documented = operation["responses"][str(status)].get("headers", {}).keys() & TOLD
    sent = {name for name in TOLD if name in reply.headers}
    assert sent == documented - (LAST_PAGES if sent != documented else set()), reply.headers
    schema = document.reply_schema(operation, status, filled=filled)
    if schema is None:
        assert reply.data == b""
    else:
        check(reply.json, schema)


BARE_SESSION = {"started_at": "2026-01-05T18:00:00Z"}
SPARSE: dict[str, Case] = {
    "a bare session": lambda w: w.owner.post(SESSIONS, json=BARE_SESSION),
    "a bare set": lambda w: w.owner.post(
        SESSIONS, json=BARE_SESSION | {"exercises": [{"exercise_id": 1, "sets": [{}]}]}
    ),
    "an exercise with only a name": lambda w: w.owner.post(EXERCISES, json={"name": "Sled"}),
    "the last page of users": lambda w: w.admin.get(USERS),
    "the last page of events": lambda w: w.admin.get(AUDIT),
    "an event with a secret": lambda w: w.admin.get(AUDIT + "?action=insert&table=users"),
    "no events": lambda w: w.admin.get(AUDIT + "?actor_id=9007199254740991"),
    "no users": lambda w: w.admin.get(USERS + "?search=nobody"),
    "a key that never expires": lambda w: w.owner.post(
        KEYS, json={"name": "Old", "scopes": ["sessions:read"], "expires_at": None}
    ),
    "the last page of keys": lambda w: w.owner.get(KEYS),
    "the last page of sessions": lambda w: w.owner.get(SESSIONS),
    "sessions under a filter": lambda w: w.owner.get(SESSIONS + "?q=strong"),
    "no sessions": lambda w: w.owner.get(SESSIONS + "?q=nowhere&include=total"),
    "exercises that were searched": lambda w: w.owner.get(EXERCISES + "?q=squat"),
    "no exercises": lambda w: w.owner.get(EXERCISES + "?muscle=neck&tracking=weight_distance"),
    "an import of what is there": World.upload,
    "the last page of imports": lambda w: w.owner.get(IMPORTS),
    "the last page of teams": lambda w: w.owner.get(TEAMS),
    "a bare team": lambda w: w.owner.post(TEAMS, json={"name": "Nobody yet"}),
    "a bare athlete": lambda w: w.owner.post(ATHLETES, json={"name": "Ada"}),
    "athletes by birth": lambda w: w.owner.get(f"{ATHLETES}?sort_by=born_on&sort_order=desc&limit=1"),
    "no invitations": lambda w: w.owner.get(f"{INVITATIONS}?limit=1"),
    "an invitation by mail": lambda w: w.owner.post(
        INVITATIONS, json={"kind": "coach", "team_id": w["team_id"], "email": "grace@example.com"}
    ),
    "another athlete's sessions": lambda w: w.owner.get(f"{SESSIONS}?athlete_id={w['athlete_id']}"),
    "a report of no training": lambda w: w.owner.get("/api/v1/reports/training?from=2020-01-01&to=2020-01-02"),
    "a trend of nothing": lambda w: w.owner.get(TREND),
    "a bare day": lambda w: w.owner.post("/api/v1/days", json={"local_on": "2026-01-06", "values": {"pain": None}}),
    "a load of no training": lambda w: w.owner.get("/api/v1/reports/load?from=2020-01-01&to=2020-01-02"),
    "a measured load of no training": lambda w: w.owner.get(
        "/api/v1/reports/load/measured?from=2020-01-01&to=2020-01-02"
    ),
    "a report by day": lambda w: w.owner.get("/api/v1/reports/training?from=2026-01-05&to=2026-01-06&bucket=day"),
}


@pytest.mark.parametrize("what", SPARSE)
def test_a_reply_is_what_its_schema_says_where_there_is_little_to_say(what, world, document):
    reply = SPARSE[what](world)
    operation = document.operation(reply.request.method, reply.request.path)
    schema = document.reply_schema(operation, reply.status_code)
    assert reply.status_code in (200, 201), reply.data
    assert schema is not None
    check(reply.json, schema)


ERRORS: dict[int, Case] = {
    400: lambda w: w.owner.post(SESSIONS, data=b"{", content_type="application/json"),
    401: lambda w: w.anonymous.get("/api/v1/users/me"),
    404: lambda w: w.owner.get(SESSIONS + "/999999"),
    403: lambda w: w.anonymous.post("/api/v1/auth/logout", headers=w.of_page("refresh")),
    405: lambda w: w.owner.put("/api/v1/users/me"),
    409: lambda w: w.owner.post(EXERCISES, json={"name": "Log press"}),
    412: lambda w: w.owner.delete(f"{SESSIONS}/{w['session_id']}", headers={"If-Match": '"7-"'}),
    413: lambda w: w.owner.post(SESSIONS, json={"notes": "x" * 2_000_000}),
    415: lambda w: w.owner.post(SESSIONS, data=b"x", content_type="text/plain"),
    422: lambda w: w.owner.post(SESSIONS, json={"exercises": [{"exercise_id": "x"}]}),
    428: lambda w: w.owner.put(f"{SESSIONS}/{w['session_id']}", json=w.session()),
    503: lambda w: w.unreachable.post("/api/v1/auth/login", json={"username": "a", "password": PASSWORD}),
}


@pytest.mark.parametrize("status", ERRORS)
def test_an_error_is_what_the_envelope_says(status, world, document):
    reply = ERRORS[status](world)
    assert reply.status_code == status
    check(reply.json, document.strict(ENVELOPE))


def test_every_operation_documents_the_envelope_for_its_errors(document):
    for method, path, operation in document.operations():
        assert "default" not in operation["responses"], (method, path)
        for status, response in operation["responses"].items():
            if status >= "400" and "$ref" in response:
                content = document.resolve(response)["content"]
                assert content["application/json"]["schema"] == ENVELOPE, (method, path, status)


def test_every_format_that_the_document_names_is_checked_here(document):
    named = set(re.findall(r"'format': '([a-z-]+)'", str(document.whole)))
    assert named - NOT_CHECKED <= set(formats.checkers)


# ── examples ────────────────────────────────────────────────────────────────────────────────────────────────


def _example(document: Document, schema: Json) -> Any:
    """What Swagger UI puts into the box: the example, else one composed of the fields', else a value of the type."""
    schema = document.resolve(schema)
    for name in ("example", "default"):
        if name in schema:
            return schema[name]
    if "enum" in schema:
        return schema["enum"][0]
    if "properties" in schema:
        written = {
            name: part for name, part in schema["properties"].items() if not document.resolve(part).get("readOnly")
        }
        return {name: _example(document, part) for name, part in written.items()}
    if "items" in schema:
        return [_example(document, schema["items"])]
    if "allOf" in schema:
        (only,) = schema["allOf"]
        return _example(document, only)
    return {"string": "string", "integer": 0, "number": 0, "boolean": True}.get(schema["type"], {})


def _body(document: Document, operation: Json) -> Any:
    media = operation["requestBody"]["content"]["application/json"]
    return media.get("example", _example(document, media["schema"]))


def test_every_example_of_a_field_is_valid(document):
    bodies = [operation.get("requestBody", {}).get("content", {}) for _, _, operation in document.operations()]
    sent = {media["schema"].get("$ref", "").rpartition("/")[2] for body in bodies for media in body.values()}
    for name, schema in document.whole["components"]["schemas"].items():
        for field_name, part in schema.get("properties", {}).items():
            if "example" in part:
                try:
                    check(part["example"], document.strict(part, reply=name not in sent))
                except AssertionError as error:
                    raise AssertionError(f"{name}.{field_name}: {error}") from None


def test_every_example_of_a_body_is_valid(document):
    for method, path, operation in document.operations():
        if "application/json" in operation.get("requestBody", {}).get("content", {}):
            media = operation["requestBody"]["content"]["application/json"]
            try:
                check(_body(document, operation), document.strict(media["schema"], reply=False))
            except AssertionError as error:
                raise AssertionError(f"{method} {path}: {error}") from None


def test_trying_out_every_body_as_it_stands_works(anonymous, admin, document):
    """In the order in which a newcomer would: register, sign in, and so on."""
    newcomer = Client(anonymous.http)

    def tried(method: str, path: str, by: Client = newcomer, one: int = 0, **more: Any) -> TestResponse:
        body = _body(document, document.operation(method, path))
        body = body | more.pop("own", {})
        ids = {name: more.pop(name) for name in list(more) if name.endswith(("_id", "_no"))}
        reply = by.request(method, re.sub(r"{(\w+)}", lambda n: str(ids.get(n[1], one)), path), json=body, **more)
        assert reply.status_code in (200, 201, 202, 204), (method, path, body, reply.json)
        left.discard((method, path))
        return reply

    left = {
        (method, path)
        for method, path, operation in document.operations()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    for by_token in ("refresh", "verify-email/confirm", "password-reset/confirm", "email-change/undo"):
        left.discard(("POST", f"/api/v1/auth/{by_token}"))  # a token that works can't stand in a document
    tried("POST", "/api/v1/auth/register")
    newcomer.token = tried("POST", "/api/v1/auth/login").json["access_token"]
    for public in ("verify-email", "password-reset", "cookies"):
        tried("POST", f"/api/v1/auth/{public}")
    tried("PATCH", "/api/v1/users/me")
    exercise_id = tried("POST", EXERCISES).json["id"]
    tried("PATCH", EXERCISES + "/{exercise_id}", exercise_id=exercise_id)
    tried("POST", EXERCISES + "/{exercise_id}/merge", exercise_id=exercise_id)
    tried("POST", KEYS)
    made = tried("POST", SESSIONS)
    one = SESSIONS + "/{session_id}"
    tried("PUT", one, one=made.json["id"], headers={"If-Match": made.headers["ETag"]})
    tried("PATCH", one, one=made.json["id"])
    tried("PUT", one + "/sets", one=made.json["id"])
    tried("POST", one + "/comments", one=made.json["id"])
    left.discard(
        ("PUT", SESSIONS + "/doubts/{doubt_id}/decision")
    )  # `set` goes with one action; test_doubts.py tries all
    its = {"session_id": made.json["id"], "exercise_no": 1, "set_no": 1}
    tried("PUT", one + "/exercises/{exercise_no}/sets/{set_no}", **its)
    tried("POST", USERS + "/bulk", admin)
    user = tried("POST", USERS, admin)
    one = USERS + "/{user_id}"
    tried("PUT", one, admin, user.json["id"], headers={"If-Match": user.headers["ETag"]})
    tried("PATCH", one, admin, user.json["id"])
    # Ids and codes of one's own can't stand in a document either.
    team_id = tried("POST", TEAMS).json["id"]
    tried("PATCH", TEAMS + "/{team_id}", team_id=team_id)
    athlete_id = tried("POST", ATHLETES).json["id"]
    tried("PATCH", ATHLETES + "/{athlete_id}", athlete_id=athlete_id)
    tried("POST", TEAMS + "/{team_id}/athletes", team_id=team_id, own={"athlete_id": athlete_id})
    tried("PATCH", TEAMS + "/{team_id}/athletes/{athlete_id}", team_id=team_id, athlete_id=athlete_id)
    user_id = newcomer.get("/api/v1/users/me").json["id"]
    stay_owner = {"own": {"role": "owner"}}  # the only one
    tried("PATCH", TEAMS + "/{team_id}/members/{user_id}", team_id=team_id, user_id=user_id, **stay_owner)
    code = {"code": tried("POST", INVITATIONS, own={"team_id": team_id}).json["code"]}
    tried("POST", INVITATIONS + "/check", own=code)
    tried("POST", INVITATIONS + "/accept", own=code)
    for method, path in sorted(left - {("DELETE", "/api/v1/users/me"), ("POST", "/api/v1/auth/password")}):
        if "{" not in path:
            tried(method, path)
    tried("POST", "/api/v1/auth/password")
    newcomer.post("/api/v1/auth/password", json={"current_password": "battery staple horse", "new_password": PASSWORD})
    tried("DELETE", "/api/v1/users/me")
    assert left == set()


def test_trying_out_every_query_as_it_stands_works(world, document):
    """All examples of an operation at once, as the page fills them in, then each of them and each choice alone."""
    for method, rule in CASES:
        operation = document.operation(method, rule)
        queries = [p for p in operation["parameters"] if p["in"] == "query"]
        examples = {p["name"]: p["schema"]["example"] for p in queries if "example" in p["schema"]}
        choices = [{p["name"]: value} for p in queries for value in p["schema"].get("enum", [])]
        for asked in [examples, *({name: value} for name, value in examples.items()), *choices]:
            reply = _ask(world, method, rule, asked) if queries else None
            assert reply is None or reply.status_code in (200, 201, 204), (method, rule, asked, reply.data)


def _ask(world: World, method: str, rule: str, query: Json) -> TestResponse:
    if (method, rule) == ("POST", IMPORTS):
        return world.upload(**query)
    if (method, rule) == ("POST", "/api/v1/days"):
        return world.owner.post(rule, json=DAY, query_string=query)
    if (method, rule) == ("POST", SESSIONS):
        return world.owner.post(SESSIONS, json=BARE_SESSION, query_string=query)
    if (method, rule) == ("POST", SESSIONS + "/start"):
        return world.owner.post(rule, json={"copy_of": world["session_id"]}, query_string=query)
    if (method, rule) == ("POST", SESSIONS + "/doubts/check"):
        return world.owner.post(rule, query_string=query)
    if (method, rule) == ("POST", AUTH + "/logout-all"):
        coach = world.anonymous.post(AUTH + "/login", json={"username": "coach", "password": PASSWORD}).json
        return Client(world.anonymous.http, token=coach["access_token"]).post(rule, query_string=query)
    if (method, rule) == ("DELETE", A_SET):
        return world.owner.delete(f"{SESSIONS}/{world['session_id']}/exercises/1/sets/1", query_string=query)
    assert method == "GET", (method, rule)
    return world.who_may((method, rule)).get(world.address(rule), query_string=query)
