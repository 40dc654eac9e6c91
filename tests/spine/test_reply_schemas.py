"""What the document says of replies and examples is so: each route's replies, the errors, and all that can be tried."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import pytest
from flask import Flask
from jsonschema import Draft4Validator, FormatChecker
from werkzeug.test import TestResponse

from tests.auth.conftest import mailed, newcomer, verifying_app
from tests.conftest import PASSWORD, Client
from tests.spine.test_every_route import PAGES, routes
from tests.spine.valid_requests import WHOLE_USER
from workouts_api import create_app
from workouts_api.config import load_settings

__all__ = ["mailed", "newcomer", "verifying_app"]

Json = dict[str, Any]
MORE_WHEN_ASKED = {"total"}  # the one field that a reply has only on demand: ?include=total
HEVY = """\
"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",\
"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"
"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8
"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",1,"normal",100,five,,0,8
"Night","29 Mar 2026, 02:30","29 Mar 2026, 04:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8
"""


# ── OpenAPI 3.0 as JSON Schema ──────────────────────────────────────────────────────────────────────────────

formats = FormatChecker(formats=("email", "uuid"))
formats.checks("date", raises=ValueError)(lambda text: not isinstance(text, str) or date.fromisoformat(text))
formats.checks("date-time")(
    lambda text: not isinstance(text, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text))
)
ENVELOPE = {"$ref": "#/components/schemas/ErrorReply"}
NOT_CHECKED = {"password", "binary"}  # say how to show a field, not what is in it


@dataclass(frozen=True)
class Document:
    """The API's own document, and the schemas in it as JSON Schema."""

    whole: Json

    def operation(self, method: str, rule: str) -> Json:
        path = "/".join(f"{{{p[1:-1].rpartition(':')[2]}}}" if p.startswith("<") else p for p in rule.split("/"))
        item = self.whole["paths"][path]
        found: Json = item[method.lower()]
        return {**found, "parameters": found.get("parameters", []) + item.get("parameters", [])}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        for path, item in self.whole["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield method.upper(), path, self.operation(method, path)

    def resolve(self, part: Json) -> Json:
        while "$ref" in part:
            found: Any = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def reply_schema(self, operation: Json, status: int, **how: bool) -> Json | None:
        """None: documented as without a body."""
        response = self.resolve(operation["responses"][str(status)])
        content = response.get("content")
        return self.strict(content["application/json"]["schema"], **how) if content else None

    def strict(self, schema: Json, *, reply: bool = True, filled: bool = False) -> Json:
        """As JSON Schema: no field but the documented ones, and in a reply all of them.

        :param reply: else what is sent: without fields that are only read. :param filled: no list is empty either.
        """
        schema = dict(self.resolve(schema))
        if "x-extensible-enum" in schema:
            schema["enum"] = schema["x-extensible-enum"]
        below = {"reply": reply, "filled": filled}
        if "properties" in schema:
            hidden = "writeOnly" if reply else "readOnly"
            shown = {name: part for name, part in schema["properties"].items() if not self.resolve(part).get(hidden)}
            schema["properties"] = {name: self.strict(part, **below) for name, part in shown.items()}
            demanded = shown.keys() if reply else shown.keys() & set(schema.get("required", []))
            schema["required"] = sorted(demanded - MORE_WHEN_ASKED)
            schema["additionalProperties"] = False
            if not schema["required"]:
                del schema["required"]  # draft 4 has no empty list here
        elif schema.get("additionalProperties"):
            schema |= {"additionalProperties": self.strict(schema["additionalProperties"], **below)}
            schema |= {"minProperties": 1} if filled else {}
        for several in schema.keys() & {"allOf", "anyOf", "oneOf"}:
            schema[several] = [self.strict(part, **below) for part in schema[several]]
        if "items" in schema:
            schema |= {"items": self.strict(schema["items"], **below)} | ({"minItems": 1} if filled else {})
        return {"anyOf": [schema, {"type": "null"}]} if schema.get("nullable") else schema


def check(value: Any, schema: Json) -> None:
    Draft4Validator.check_schema(schema)
    wrong = [
        f"{'.'.join(map(str, error.absolute_path)) or 'the reply'}: {error.message}"
        for error in Draft4Validator(schema, format_checker=formats).iter_errors(value)
    ]
    assert wrong == []


@pytest.fixture
def document(anonymous: Client) -> Document:
    return Document(anonymous.get("/openapi.json").json)


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

    def upload(self, **query: str) -> TestResponse:
        file = {"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}
        return self.owner.post("/api/v1/imports", data=file, query_string={"zone": "Europe/Berlin", **query})

    def fill(self) -> None:
        exercise = {"name": "Log press", "muscles": [{"muscle": "shoulders", "share": 1}], "aliases": ["Logs"]}
        self.ids["exercise"] = self.owner.post("/api/v1/exercises", json=exercise).json["id"]
        for day, weight in ((5, 60), (12, 65)):
            self.ids["session"] = self.owner.post("/api/v1/sessions", json=self.session(day, weight)).json["id"]
        self.ids["import"] = self.upload().json["id"]
        self.ids["key"] = self.owner.post(KEYS, json={"name": "Backup", "scopes": ["sessions:read"]}).json["id"]
        self.ids["team"] = self.owner.post(TEAMS, json={"name": "Lifting Club", "headquarters": "Berlin"}).json["id"]
        kept = {"name": "Grace", "born_on": "2001-12-09", "sex": "female", "height_cm": 171.5, "notes": "Left knee."}
        self.ids["athlete"] = self.owner.post(ATHLETES, json=kept | {"team_id": self.ids["team"]}).json["id"]
        self.ids["invitation"] = self.invitation()["id"]

    def invitation(self) -> Json:
        return self.owner.post(INVITATIONS, json={"kind": "athlete", "team_id": self.ids["team"]}).json

    def joined_by_a_coach(self) -> str:
        code = self.owner.post(INVITATIONS, json={"kind": "coach", "team_id": self.ids["team"]}).json["code"]
        assert self.coach.post(INVITATIONS + "/accept", json={"code": code}).status_code == 200
        return f"{TEAMS}/{self.ids['team']}/members/{self.coach.user_id}"

    def code(self) -> Json:
        return {"code": self.invitation()["code"]}

    def address(self, rule: str) -> str:
        return "/".join(str(self.ids[p[5:-4]]) if p.startswith("<") else p for p in rule.split("/"))

    def session(self, day: int = 19, weight: float = 70) -> Json:
        """Everything that a session may have."""
        lift = {"kind": "normal", "reps": 5, "weight_kg": weight, "rpe": 8.5, "rir": 2, "notes": "slow"}
        run = {"distance_m": 400, "duration_s": 90}
        press = {"exercise_id": self.ids["exercise"], "superset": 1, "notes": "strict", "sets": [lift, run]}
        return {
            "title": "Strongman",
            "started_at": f"2026-01-{day:02}T18:00:00+01:00",
            "duration_s": 3600,
            "zone": "Europe/Berlin",
            "rpe": 7.5,
            "client_key": f"7b0c1a7e-0000-4000-8000-{day:012}",
            "exercises": [press],
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


@pytest.fixture
def world(
    owner: Client,
    coach: Client,
    anonymous: Client,
    admin: Client,
    unreachable_app: Flask,
    newcomer: Client,
    mailed: Callable[[], tuple[str, str, str]],
) -> World:
    unreachable = Client(unreachable_app.test_client())
    made = World(owner, coach, anonymous, unreachable, admin, newcomer, lambda: mailed()[2])
    made.ids["user"] = owner.user_id
    made.fill()
    return made


Case = Callable[[World], TestResponse]
AUTH, ME, NEW_ONE = "/api/v1/auth", "/api/v1/users/me", "battery staple horse"
SESSIONS, EXERCISES, IMPORTS = "/api/v1/sessions", "/api/v1/exercises", "/api/v1/imports"
KEYS, USERS, AUDIT = "/api/v1/users/me/api-keys", "/api/v1/users", "/api/v1/audit"
A_USER = USERS + "/<int:user_id>"
TEAMS, ATHLETES, INVITATIONS = "/api/v1/teams", "/api/v1/athletes", "/api/v1/invitations"
NEW_USER = {"email": "new@example.com", "username": "new", "password": PASSWORD, "full_name": "New", "zone": "UTC"}
A_SESSION, AN_EXERCISE = SESSIONS + "/<int:session_id>", EXERCISES + "/<int:exercise_id>"
A_TEAM, AN_ATHLETE = TEAMS + "/<int:team_id>", ATHLETES + "/<int:athlete_id>"
A_MEMBER, A_STAY = A_TEAM + "/members/<int:user_id>", A_TEAM + "/athletes/<int:athlete_id>"
AN_INVITATION = INVITATIONS + "/<int:invitation_id>"

CASES: dict[tuple[str, str], dict[int, Case]] = {
    ("GET", "/"): {200: lambda w: w.anonymous.get("/")},
    ("GET", "/api/v1"): {200: lambda w: w.anonymous.get("/api/v1")},
    ("GET", "/health/live"): {200: lambda w: w.anonymous.get("/health/live")},
    ("GET", "/health/ready"): {
        200: lambda w: w.anonymous.get("/health/ready"),
        503: lambda w: w.unreachable.get("/health/ready"),
    },
    ("POST", AUTH + "/register"): {
        201: lambda w: w.anonymous.post(AUTH + "/register", json=NEW_USER),
        202: lambda w: w.verifying.post(AUTH + "/register", json=NEW_USER),
    },
    ("POST", AUTH + "/verify-email"): {
        202: lambda w: w.anonymous.post(AUTH + "/verify-email", json={"email": "owner@example.com"})
    },
    ("POST", AUTH + "/verify-email/confirm"): {
        204: lambda w: w.anonymous.post(
            AUTH + "/verify-email/confirm", json={"token": w.token_of_a_mail("verify-email")}
        )
    },
    ("POST", AUTH + "/token"): {
        200: lambda w: w.anonymous.post(AUTH + "/token", data={"username": "owner", "password": PASSWORD})
    },
    ("POST", AUTH + "/cookies"): {
        204: lambda w: w.anonymous.post(AUTH + "/cookies", json={"username": "owner", "password": PASSWORD})
    },
    ("POST", AUTH + "/cookies/refresh"): {
        204: lambda w: w.anonymous.post(AUTH + "/cookies/refresh", headers=w.of_page("refresh"))
    },
    ("POST", AUTH + "/logout-all"): {204: lambda w: w.owner.post(AUTH + "/logout-all")},
    ("POST", AUTH + "/password"): {
        204: lambda w: w.owner.post(AUTH + "/password", json={"current_password": PASSWORD, "new_password": NEW_ONE})
    },
    ("POST", AUTH + "/password-reset"): {
        202: lambda w: w.anonymous.post(AUTH + "/password-reset", json={"email": "owner@example.com"})
    },
    ("POST", AUTH + "/password-reset/confirm"): {
        204: lambda w: w.anonymous.post(
            AUTH + "/password-reset/confirm",
            json={"token": w.token_of_a_mail("password-reset"), "password": NEW_ONE},
        )
    },
    ("PATCH", ME): {200: lambda w: w.owner.patch(ME, json={"full_name": "Ada King"})},
    ("DELETE", ME): {200: lambda w: w.owner.delete(ME, json={"password": PASSWORD})},
    ("GET", ME + "/logins"): {200: lambda w: w.signed_in_twice().get(ME + "/logins?limit=1")},
    ("DELETE", ME + "/logins/<int:login_id>"): {204: lambda w: w.owner.delete(f"{ME}/logins/{w.owner.login_id}")},
    ("POST", "/api/v1/auth/login"): {200: World.sign_in},
    ("POST", "/api/v1/auth/refresh"): {
        200: lambda w: w.anonymous.post(
            "/api/v1/auth/refresh", json={"refresh_token": w.sign_in().json["refresh_token"]}
        )
    },
    ("POST", "/api/v1/auth/logout"): {204: lambda w: w.owner.post("/api/v1/auth/logout")},
    ("GET", "/api/v1/users/me"): {200: lambda w: w.owner.get("/api/v1/users/me")},
    ("GET", USERS): {200: lambda w: w.admin.get(USERS + "?limit=1")},
    ("POST", USERS): {201: lambda w: w.admin.post(USERS, json=NEW_USER)},
    ("GET", A_USER): {200: lambda w: w.admin.get(f"{USERS}/{w.ids['user']}")},
    ("PUT", A_USER): {
        200: lambda w: w.admin.put(f"{USERS}/{w.ids['user']}", json=WHOLE_USER, headers={"If-Match": '"1-"'})
    },
    ("PATCH", A_USER): {200: lambda w: w.admin.patch(f"{USERS}/{w.ids['user']}", json={"full_name": "Ada"})},
    ("DELETE", A_USER): {204: lambda w: w.admin.delete(f"{USERS}/{w.ids['user']}")},
    ("POST", A_USER + "/deactivate"): {200: lambda w: w.admin.post(f"{USERS}/{w.ids['user']}/deactivate")},
    ("POST", USERS + "/bulk"): {201: lambda w: w.admin.post(USERS + "/bulk", json={"users": [NEW_USER]})},
    ("GET", USERS + "/stats"): {200: lambda w: w.admin.get(USERS + "/stats")},
    ("GET", AUDIT): {200: lambda w: w.admin.get(AUDIT + "?limit=1")},
    ("GET", KEYS): {200: lambda w: w.owner.get(KEYS + "?limit=1")},
    ("POST", KEYS): {201: lambda w: w.owner.post(KEYS, json={"name": "Sheet", "scopes": ["sessions:read"]})},
    ("GET", KEYS + "/<int:key_id>"): {200: lambda w: w.owner.get(f"{KEYS}/{w.ids['key']}")},
    ("DELETE", KEYS + "/<int:key_id>"): {204: lambda w: w.owner.delete(f"{KEYS}/{w.ids['key']}")},
    ("GET", EXERCISES): {200: lambda w: w.owner.get(EXERCISES + "?limit=1")},
    ("POST", EXERCISES): {
        201: lambda w: w.owner.post(
            EXERCISES, json={"name": "Yoke", "muscles": [{"muscle": "glutes", "share": 0.5}], "aliases": ["Yoke walk"]}
        )
    },
    ("GET", AN_EXERCISE): {200: lambda w: w.owner.get(f"{EXERCISES}/{w.ids['exercise']}")},
    ("GET", SESSIONS): {200: lambda w: w.owner.get(SESSIONS + "?limit=1&include=total")},
    ("POST", SESSIONS): {201: lambda w: w.owner.post(SESSIONS, json=w.session())},
    ("GET", A_SESSION): {200: lambda w: w.owner.get(f"{SESSIONS}/{w.ids['session']}")},
    ("PUT", A_SESSION): {
        200: lambda w: w.owner.put(f"{SESSIONS}/{w.ids['session']}", json=w.session(), headers={"If-Match": '"1-"'})
    },
    ("PATCH", A_SESSION): {200: lambda w: w.owner.patch(f"{SESSIONS}/{w.ids['session']}", json={"rpe": None})},
    ("DELETE", A_SESSION): {204: lambda w: w.owner.delete(f"{SESSIONS}/{w.ids['session']}")},
    ("POST", IMPORTS): {200: lambda w: w.upload(dry_run="true"), 201: World.upload},
    ("GET", IMPORTS): {200: lambda w: w.owner.get(IMPORTS + "?limit=1")},
    ("GET", IMPORTS + "/<int:import_id>"): {200: lambda w: w.owner.get(f"{IMPORTS}/{w.ids['import']}")},
    ("GET", TEAMS): {200: lambda w: w.owner.get(TEAMS)},
    ("POST", TEAMS): {201: lambda w: w.owner.post(TEAMS, json={"name": "Runners"})},
    ("GET", A_TEAM): {200: lambda w: w.owner.get(w.address(A_TEAM))},
    ("PATCH", A_TEAM): {200: lambda w: w.owner.patch(w.address(A_TEAM), json={"headquarters": None})},
    ("DELETE", A_TEAM): {204: lambda w: w.owner.delete(w.address(A_TEAM))},
    ("PATCH", A_MEMBER): {200: lambda w: w.owner.patch(w.address(A_MEMBER), json={"role": "owner"})},
    ("DELETE", A_MEMBER): {204: lambda w: w.owner.delete(w.joined_by_a_coach())},
    ("POST", A_TEAM + "/athletes"): {
        201: lambda w: w.owner.post(
            w.address(A_TEAM) + "/athletes",
            json={"athlete_id": w.owner.post(ATHLETES, json={"name": "Ada"}).json["id"]},
        )
    },
    ("PATCH", A_STAY): {200: lambda w: w.owner.patch(w.address(A_STAY), json={"left_on": "2100-01-01"})},
    ("GET", ATHLETES): {200: lambda w: w.owner.get(ATHLETES + "?limit=1")},
    ("POST", ATHLETES): {
        201: lambda w: w.owner.post(ATHLETES, json={"name": "Ada", "team_id": w.ids["team"], "notes": "Tall."})
    },
    ("GET", AN_ATHLETE): {200: lambda w: w.owner.get(w.address(AN_ATHLETE))},
    ("PATCH", AN_ATHLETE): {200: lambda w: w.owner.patch(w.address(AN_ATHLETE), json={"sex": None})},
    ("DELETE", AN_ATHLETE): {204: lambda w: w.owner.delete(w.address(AN_ATHLETE))},
    ("GET", INVITATIONS): {200: lambda w: w.owner.get(INVITATIONS)},
    ("POST", INVITATIONS): {
        201: lambda w: w.owner.post(INVITATIONS, json={"kind": "claim", "athlete_id": w.ids["athlete"]})
    },
    ("POST", INVITATIONS + "/check"): {200: lambda w: w.owner.post(INVITATIONS + "/check", json=w.code())},
    ("POST", INVITATIONS + "/accept"): {200: lambda w: w.owner.post(INVITATIONS + "/accept", json=w.code())},
    ("DELETE", AN_INVITATION): {204: lambda w: w.owner.delete(w.address(AN_INVITATION))},
    ("GET", "/api/v1/reports/training"): {
        200: lambda w: w.owner.get("/api/v1/reports/training?from=2026-01-01&to=2026-03-31")
    },
}

BEGIN_EMPTY = {("POST", TEAMS)}  # a new team has no athletes
TOLD = {"ETag", "Location", "Link", "Retry-After", "WWW-Authenticate", "X-Request-ID"}
LAST_PAGES = {"Link"}  # only a page behind which there is another has one


def test_every_route_has_a_case_for_each_reply_that_it_documents(app, document):
    documented = {
        (method, rule): {
            int(status)
            for status, response in document.operation(method, rule)["responses"].items()
            if status != "304" and "$ref" not in response
        }
        for method, rule in routes(app)
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
    "no exercises": lambda w: w.owner.get(EXERCISES + "?muscle=nothing"),
    "an import of what is there": World.upload,
    "the last page of imports": lambda w: w.owner.get(IMPORTS),
    "the last page of teams": lambda w: w.owner.get(TEAMS),
    "a bare team": lambda w: w.owner.post(TEAMS, json={"name": "Nobody yet"}),
    "a bare athlete": lambda w: w.owner.post(ATHLETES, json={"name": "Ada"}),
    "athletes by birth": lambda w: w.owner.get(f"{ATHLETES}?sort_by=born_on&sort_order=desc&limit=1"),
    "no invitations": lambda w: w.owner.get(f"{INVITATIONS}?limit=1"),
    "an invitation by mail": lambda w: w.owner.post(
        INVITATIONS, json={"kind": "coach", "team_id": w.ids["team"], "email": "grace@example.com"}
    ),
    "another athlete's sessions": lambda w: w.owner.get(f"{SESSIONS}?athlete_id={w.ids['athlete']}"),
    "a report of no training": lambda w: w.owner.get("/api/v1/reports/training?from=2020-01-01&to=2020-01-02"),
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
    412: lambda w: w.owner.delete(f"{SESSIONS}/{w.ids['session']}", headers={"If-Match": '"7-"'}),
    413: lambda w: w.owner.post(SESSIONS, json={"notes": "x" * 2_000_000}),
    415: lambda w: w.owner.post(SESSIONS, data=b"x", content_type="text/plain"),
    422: lambda w: w.owner.post(SESSIONS, json={"exercises": [{"exercise_id": "x"}]}),
    428: lambda w: w.owner.put(f"{SESSIONS}/{w.ids['session']}", json=w.session()),
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
    return {"string": "string", "integer": 0, "number": 0, "boolean": True}.get(schema["type"], {})


def _body(document: Document, operation: Json) -> Any:
    media = operation["requestBody"]["content"]["application/json"]
    return media.get("example", _example(document, media["schema"]))


def test_every_example_of_a_field_is_valid(document):
    for name, schema in document.whole["components"]["schemas"].items():
        for field_name, part in schema.get("properties", {}).items():
            if "example" in part:
                try:
                    check(part["example"], document.strict(part))
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
        ids = {name: more.pop(name) for name in list(more) if name.endswith("_id")}
        reply = by.request(method, re.sub(r"{(\w+)}", lambda n: str(ids.get(n[1], one)), path), json=body, **more)
        assert reply.status_code in (200, 201, 202, 204), (method, path, body, reply.json)
        left.discard((method, path))
        return reply

    left = {
        (method, path)
        for method, path, operation in document.operations()
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    for by_token in ("refresh", "verify-email/confirm", "password-reset/confirm"):
        left.discard(("POST", f"/api/v1/auth/{by_token}"))  # a token that works can't stand in a document
    tried("POST", "/api/v1/auth/register")
    newcomer.token = tried("POST", "/api/v1/auth/login").json["access_token"]
    for public in ("verify-email", "password-reset", "cookies"):
        tried("POST", f"/api/v1/auth/{public}")
    tried("PATCH", "/api/v1/users/me")
    tried("POST", EXERCISES)
    tried("POST", KEYS)
    made = tried("POST", SESSIONS)
    one = SESSIONS + "/{session_id}"
    tried("PUT", one, one=made.json["id"], headers={"If-Match": made.headers["ETag"]})
    tried("PATCH", one, one=made.json["id"])
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
            assert reply is None or reply.status_code in (200, 201), (method, rule, asked, reply.data)


def _ask(world: World, method: str, rule: str, query: Json) -> TestResponse:
    if (method, rule) == ("POST", IMPORTS):
        return world.upload(**query)
    if (method, rule) == ("POST", SESSIONS):
        return world.owner.post(SESSIONS, json=BARE_SESSION, query_string=query)
    assert method == "GET", (method, rule)
    client = world.admin if rule.startswith((USERS, AUDIT)) and "/me" not in rule else world.owner
    return client.get(world.address(rule), query_string=query)
