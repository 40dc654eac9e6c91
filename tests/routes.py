"""The one list of routes: generated from the application, with a request for each that succeeds.

All tests over all routes use it, so a new route is tested as soon as it exists. Only two things are written by hand:
which routes are public, and why; and the body of a route that needs more than its address.
"""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import marshmallow as ma
from flask import Flask

from workouts_api import create_app
from workouts_api.api.auth.access import Demands
from workouts_api.config import load_settings

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

    from tests.conftest import Client

Route = tuple[str, str]
Options = dict[str, Any]
"""What Flask's test client takes: json, data, headers."""

PAGES = {"/openapi.json", "/docs", "/docs/<name>", "/redoc"}
PUBLIC = {
    "/": "greets whoever looks for the API",
    "/api/v1": "greets whoever looks for the API",
    "/health": "people and monitors have no account",
    "/health/live": "probes have no account",
    "/health/ready": "probes have no account",
    **dict.fromkeys(PAGES, "who reads about the API has no account yet"),
    "/api/v1/auth/register": "makes the account",
    "/api/v1/auth/login": "the password is what it asks for",
    "/api/v1/auth/refresh": "the refresh token is what it asks for",
    "/api/v1/auth/token": "the password is what it asks for",
    "/api/v1/auth/cookies": "the password is what it asks for",
    "/api/v1/auth/cookies/refresh": "its cookie is asked for, and is no access token",
    "/api/v1/auth/verify-email": "who cannot sign in yet asks for the mail again",
    "/api/v1/auth/verify-email/confirm": "the mail's token is what it asks for",
    "/api/v1/auth/email-change/undo": "the mail's token is what it asks for",
    "/api/v1/auth/password-reset": "who asks has forgotten the password",
    "/api/v1/auth/password-reset/confirm": "the mail's token is what it asks for",
}
"""The routes that need no sign-in, each with its reason."""

PASSWORD, NEXT_PASSWORD = "correct horse battery", "battery staple horse"
HEVY = (
    '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
    '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"\n'
    '"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8\n'
)
DAY = {
    "local_on": "2026-01-05",
    "values": {
        "weight_kg": 82.4,
        "pain": 2,
        **dict.fromkeys(("hooper_sleep", "hooper_stress", "hooper_fatigue", "hooper_soreness"), 2),
        **dict.fromkeys(("mclean_fatigue", "mclean_sleep", "mclean_soreness", "mclean_stress", "mclean_mood"), 4),
    },
}
SESSION = {
    "title": "Legs",
    "started_at": "2026-01-05T17:00:00Z",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}],
}
NEW_USER = {"email": "new@example.com", "username": "new"}
WHOLE_USER = {**NEW_USER, "full_name": "New", "zone": "UTC", "is_active": True, "is_superuser": False}
CREDENTIALS = {"username": "owner", "password": PASSWORD}
FIRST = {"If-Match": '"1-"'}
"""The version of a thing that nobody has changed yet."""


class Things(Protocol):
    """The things that a test has prepared: ids, codes and tokens, by their names in addresses."""

    def __getitem__(self, name: str) -> Any: ...


class _Nothing(dict[str, Any]):
    def __missing__(self, name: str) -> int:
        return 1


NOTHING: Things = _Nothing(code="K7QF-2M9D-XW4T", name="swagger-ui.css")
"""For callers who are refused before the server checks whether a thing exists."""


DOUBTFUL: Mapping[str, Any] = {
    "started_at": "2026-01-04T17:00:00Z",
    "exercises": [{"exercise_id": 1, "sets": [{"reps": 1500}]}],
}
"""A session with a set that is asked about."""


def _named(kind: str) -> dict[str, str]:
    """A body with a new name, because a user's names must differ."""
    return {"name": f"{kind} {uuid.uuid4()}"}


REQUESTS: Mapping[Route, Callable[[Things], Options]] = {
    ("POST", "/api/v1/days"): lambda _: {"json": DAY},
    ("POST", "/api/v1/auth/register"): lambda _: {"json": {**NEW_USER, "password": PASSWORD}},
    ("POST", "/api/v1/auth/login"): lambda _: {"json": CREDENTIALS},
    ("POST", "/api/v1/auth/token"): lambda _: {"data": CREDENTIALS},
    ("POST", "/api/v1/auth/cookies"): lambda _: {"json": CREDENTIALS},
    ("POST", "/api/v1/auth/cookies/refresh"): lambda things: {"headers": {"X-CSRF-TOKEN": things["csrf"]}},
    ("POST", "/api/v1/auth/refresh"): lambda things: {"json": {"refresh_token": things["refresh_token"]}},
    ("POST", "/api/v1/auth/verify-email"): lambda _: {"json": {"email": "owner@example.com"}},
    ("POST", "/api/v1/auth/verify-email/confirm"): lambda things: {"json": {"token": things["verify_token"]}},
    ("POST", "/api/v1/auth/email-change/undo"): lambda things: {"json": {"token": things["undo_token"]}},
    ("POST", "/api/v1/auth/password-reset"): lambda _: {"json": {"email": "owner@example.com"}},
    ("POST", "/api/v1/auth/password-reset/confirm"): lambda things: {
        "json": {"token": things["reset_token"], "password": NEXT_PASSWORD}
    },
    ("POST", "/api/v1/auth/password"): lambda _: {
        "json": {"current_password": PASSWORD, "new_password": NEXT_PASSWORD}
    },
    ("PATCH", "/api/v1/users/me"): lambda _: {"json": {"full_name": "Ada King"}},
    ("DELETE", "/api/v1/users/me"): lambda _: {"json": {"password": PASSWORD}},
    ("POST", "/api/v1/users/me/api-keys"): lambda _: {"json": {"name": "Backup", "scopes": ["sessions:read"]}},
    ("POST", "/api/v1/sessions"): lambda _: {"json": SESSION},
    ("PUT", "/api/v1/sessions/doubts/<int:doubt_id>/decision"): lambda _: {"json": {"action": "keep"}},
    ("POST", "/api/v1/sessions/<int:session_id>/comments"): lambda _: {"json": {"body": "Slower on the way down."}},
    ("POST", "/api/v1/sessions/start"): lambda _: {"json": {"title": "Legs"}},
    ("PUT", "/api/v1/sessions/<int:session_id>"): lambda _: {"json": SESSION, "headers": FIRST},
    ("PATCH", "/api/v1/sessions/<int:session_id>"): lambda _: {"json": {"title": "Arms"}},
    ("PUT", "/api/v1/sessions/<int:session_id>/sets"): lambda _: {
        "json": {"device": "phone", "sets": [{"exercise_no": 1, "set_no": 1, "reps": 5, "seq": 1}]}
    },
    ("PUT", "/api/v1/sessions/<int:session_id>/exercises/<int:exercise_no>/sets/<int:set_no>"): lambda _: {
        "json": {"device": "phone", "seq": 1, "reps": 5}
    },
    ("POST", "/api/v1/users"): lambda _: {"json": NEW_USER},
    ("POST", "/api/v1/users/bulk"): lambda _: {"json": {"users": [NEW_USER]}},
    ("PUT", "/api/v1/users/<int:user_id>"): lambda _: {"json": WHOLE_USER, "headers": FIRST},
    ("PATCH", "/api/v1/users/<int:user_id>"): lambda _: {"json": {"full_name": "Newer"}},
    ("POST", "/api/v1/exercises"): lambda _: {
        "json": {
            **_named("Lift"),
            "muscles": [{"muscle": "glutes", "share": 1}],
            "muscle_shares": [{"code": "glutes", "share": 1}],
            "aliases": [f"Alias {uuid.uuid4()}"],
        }
    },
    ("PATCH", "/api/v1/exercises/<int:exercise_id>"): lambda _: {
        "json": {
            "is_one_sided": True,
            "muscles": [{"muscle": "glutes", "share": 1}],
            "muscle_shares": [{"code": "glutes", "share": 1}],
        }
    },
    ("POST", "/api/v1/exercises/<int:exercise_id>/merge"): lambda _: {"json": {"into": 1}},
    ("POST", "/api/v1/imports"): lambda _: {"data": {"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}},
    ("POST", "/api/v1/teams"): lambda _: {"json": _named("Team")},
    ("PATCH", "/api/v1/teams/<int:team_id>"): lambda _: {"json": {"headquarters": "Hamburg"}},
    ("PATCH", "/api/v1/teams/<int:team_id>/members/<int:user_id>"): lambda _: {"json": {"role": "owner"}},
    ("POST", "/api/v1/teams/<int:team_id>/athletes"): lambda things: {
        "json": {"athlete_id": things["kept_athlete_id"]}
    },
    ("PATCH", "/api/v1/teams/<int:team_id>/athletes/<int:athlete_id>"): lambda _: {"json": {"left_on": "2100-01-01"}},
    ("POST", "/api/v1/athletes"): lambda _: {"json": {"name": "Grace"}},
    ("PATCH", "/api/v1/athletes/<int:athlete_id>"): lambda _: {"json": {"name": "Grace"}},
    ("POST", "/api/v1/invitations"): lambda things: {"json": {"kind": "coach", "team_id": things["team_id"]}},
    ("POST", "/api/v1/invitations/check"): lambda things: {"json": {"code": things["code"]}},
    ("POST", "/api/v1/invitations/accept"): lambda things: {"json": {"code": things["code"]}},
}
"""The bodies and headers of routes that need more than their address."""


def address(rule: str, things: Things = NOTHING) -> str:
    """The address of a rule, with or without a query string, with its ids filled in."""
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda part: str(things[part[1]]), rule)


def options(route: Route, things: Things = NOTHING) -> Options:
    """The arguments of a request to the route, for Flask's test client."""
    return REQUESTS[route](things) if route in REQUESTS else {}


def filled(client: Client, rule: str, things: Things = NOTHING, **query: Any) -> TestResponse:
    """The reply of a list. If the list is empty, a POST to its address fills it first."""
    reply = client.get(address(rule, things), query_string=query)
    if ("POST", rule) in REQUESTS and isinstance(reply.json, dict) and reply.json.get("items") == []:
        made = client.post(address(rule, things), **options(("POST", rule), things))
        assert made.status_code == 201, made.text
        reply = client.get(address(rule, things), query_string=query)
    return reply


def routes(app: Flask) -> list[Route]:
    """Every route of an application: method and rule. The pages for people keep other promises: tests/pages."""
    return [
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        if not rule.endpoint.startswith("pages.")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
    ]


def openapi_path(rule: str) -> str:
    """The rule in the form of the OpenAPI document."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)


def _application() -> Flask:
    """An application from which the routes are read before any test runs. It has no database."""
    nowhere = {"APP_ENV": "development", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing"}
    return create_app(load_settings({**nowhere, "JWT_SECRET_KEY": uuid.uuid4().hex, "LOG_LEVEL": "WARNING"}))


APPLICATION = _application()
ROUTES: tuple[Route, ...] = tuple(routes(APPLICATION))
SIGNED_IN: tuple[Route, ...] = tuple(route for route in ROUTES if route[1] not in PUBLIC)


def _view(route: Route) -> Any:
    method, rule = route
    there = (found for found in APPLICATION.url_map.iter_rules() if found.rule == rule)
    return next(APPLICATION.view_functions[found.endpoint] for found in there if method in (found.methods or ()))


def demands(route: Route) -> Demands | None:
    """What the route demands of its caller; None for a public route."""
    found: Demands | None = getattr(_view(route), "demands", None)
    return found


def takes_key(route: Route) -> bool:
    """Whether it takes an Idempotency-Key."""
    return getattr(_view(route), "takes_idempotency_key", False)


def if_match_of(route: Route) -> str | None:
    """Whether it reads If-Match: ``required``, ``optional``, or None."""
    return getattr(_view(route), "takes_if_match", None)


def schema_of(route: Route, location: str) -> ma.Schema | None:
    """The schema of the route's ``json`` or ``query``, from the handler's decorator."""
    arguments = getattr(_view(route), "_apidoc", {}).get("arguments", {}).get("parameters", ())
    found: ma.Schema | None = next((part["schema"] for part in arguments if part["in"] == location), None)
    return found


def statuses(route: Route) -> set[int]:
    """The statuses that the handler documents as success."""
    return set(getattr(_view(route), "_apidoc", {}).get("success_status_codes", ()))
