"""One request, a layer at a time: WSGI applications each of which does one thing more than the one before.

Built from the application's own modules. ``X-Layer`` names the one that answers; ``whole`` is the application itself.
Served by gunicorn as ``bench.layers:application``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from flask import Flask, Response

from workouts_api import create_app
from workouts_api.api.auth import signed_in
from workouts_api.api.sessions.schemas import SessionListQuery
from workouts_api.config import Settings, load_settings
from workouts_api.database import Database, Statement, caller
from workouts_api.database.pipeline import Prepared
from workouts_api.sql import queries
from workouts_api.web import frame as frames
from workouts_api.web import handlers, request_log
from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import dump, reply, reply_page
from workouts_api.web.schemas import Page

View = Callable[..., Response]
LAYERS = (
    ("gunicorn", "gunicorn: reading the request, writing the reply"),
    ("flask", "Flask: routing, context, request and response objects"),
    ("frame", "frame: request id, caller, deadline, headers of every reply"),
    ("logs", "logs: one line of JSON"),
    ("application", "the other routes and hooks of the application"),
    ("token", "token: who is signed in"),
    ("validation", "validation: query string, cursor, page"),
    ("pool", "pool: a live connection, and back"),
    ("psycopg", "psycopg: guard and a constant in one pipeline"),
    ("query", "psycopg and orjson: the rows of the real query, as JSON"),
    ("reply", "reply: cursor, link, ETag"),
)
PATHS = {"me": "/api/v1/users/me", "list-50": "/api/v1/sessions"}
_ENDPOINTS = {"me": "users.get_me", "list-50": "sessions.list_sessions"}


def _constant(body: bytes) -> View:
    return lambda *_, **__: Response(body, content_type="application/json")


def _bare(body: bytes) -> Callable[..., Iterable[bytes]]:
    def answer(_environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def _flask(path: str, body: bytes, *parts: Callable[[Flask], None]) -> Flask:
    app = Flask("layer", static_folder=None)
    for part in parts:
        part(app)
    app.add_url_rule(path, "only", _constant(body))
    return app


def _application(settings: Settings, endpoint: str, view: View) -> Flask:
    app = create_app(settings)
    app.view_functions[endpoint] = view
    return app


def _validated(name: str, then: View) -> View:
    """As the handler is decorated, with something else inside."""
    if name == "me":
        return signed_in(then)  # takes no arguments: there is nothing to validate
    return signed_in(_blueprint.arguments(SessionListQuery, location="query")(then))


_blueprint = Blueprint("layers", __name__)


def _borrowing(body: bytes) -> View:
    constant = _constant(body)

    def view(*_: Any, **__: Any) -> Response:
        who = caller()
        connection = who.database.pool.borrow(who)
        who.database.pool.putconn(connection)
        return constant()

    return view


def _asking(body: bytes) -> View:
    """The guard and a query that returns a constant: what a trip costs when there is nothing to fetch."""
    constant = _constant(body)
    made: dict[Database, Statement] = {}

    def view(*_: Any, **__: Any) -> Response:
        who = caller()
        statement = made.get(who.database)
        if statement is None:
            known = who.database._statements["users.get_user"]
            constant_row = Prepared(b"bench", b"select /* bench */ 1 as version")
            statement = replace(known, prepared=constant_row, dumps=(), names=frozenset())
            made[who.database] = statement
        who.database.run_on_primary(who, statement, statement.command({}))
        return constant()

    return view


def _answering(name: str) -> View:
    """The real query, and its rows as JSON; without what else reply() does."""

    def me(*_: Any, **__: Any) -> Response:
        row = queries.users.get_user(user_id=caller().user_id or 0)
        return Response(dump(row["reply"]), content_type="application/json")

    def page(page: Page) -> Response:
        rows = queries.sessions.list_sessions(
            viewer_id=caller().user_id or 0, before_at="infinity", before_id=2**63 - 1, limit=page.fetch
        )
        body = {"items": rows[:50], "next_cursor": "x" * 100}
        return Response(dump(body), content_type="application/json")

    return me if name == "me" else page


def _replying(name: str) -> View:
    """All that the handler does, put together from the same functions."""

    def me(*_: Any, **__: Any) -> Response:
        user = queries.users.get_user(user_id=caller().user_id or 0)
        return reply(user["reply"], etag=user["version"])

    def page(page: Page) -> Response:
        rows = queries.sessions.list_sessions(
            viewer_id=caller().user_id or 0, before_at="infinity", before_id=2**63 - 1, limit=page.fetch
        )
        return reply_page(rows, page, keyset=("started_at", "id"))

    return me if name == "me" else page


def layers_of(name: str, settings: Settings, body: bytes) -> dict[str, Any]:
    """The layers of one request by name; ``body`` is what all but the last ones reply."""
    path, endpoint = PATHS[name], _ENDPOINTS[name]
    idle = create_app(settings).extensions["database"]

    def frame(app: Flask) -> None:
        frames.init_app(app, settings, idle)

    def logged(app: Flask) -> None:
        request_log.init_app(app, settings)

    def handled(app: Flask) -> None:
        handlers.init_app(app)

    return {
        "gunicorn": _bare(body),
        "flask": _flask(path, body),
        "frame": _flask(path, body, frame),
        "logs": _flask(path, body, frame, logged, handled),
        "application": _application(settings, endpoint, _constant(body)),
        "token": _application(settings, endpoint, signed_in(_constant(body))),
        "validation": _application(settings, endpoint, _validated(name, _constant(body))),
        "pool": _application(settings, endpoint, _validated(name, _borrowing(body))),
        "psycopg": _application(settings, endpoint, _validated(name, _asking(body))),
        "query": _application(settings, endpoint, _validated(name, _answering(name))),
        "reply": _application(settings, endpoint, _validated(name, _replying(name))),
        "whole": create_app(settings),
    }


def _all() -> dict[str, Any]:
    settings = load_settings()
    made: dict[str, Any] = {}
    for name in PATHS:
        body = b"x" * int(os.environ.get(f"BENCH_BYTES_{name.replace('-', '_').upper()}", "300"))
        made |= {f"{name}.{layer}": app for layer, app in layers_of(name, settings, body).items()}
    return made


_LAYERS = _all() if "BENCH_BYTES_ME" in os.environ else {}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    answer: Iterable[bytes] = _LAYERS[environ.get("HTTP_X_LAYER", "me.gunicorn")](environ, start_response)
    return answer
