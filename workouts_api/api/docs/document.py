"""The OpenAPI document: what flask-smorest collects from the blueprints, and what applies to every operation."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import Any

import flask_smorest
from flask import Flask

from workouts_api.api.auth.access import Demands
from workouts_api.api.docs import answers
from workouts_api.api.docs.shapes import separate
from workouts_api.web.replies import dump
from workouts_api.web.schemas import ErrorReply

_ABOUT = """\
A training log: sessions with exercises and sets, imports of what other services export, and reports.

- **Sign in** with `POST /api/v1/auth/login` and send `Authorization: Bearer <access_token>`. On this page, "Try it
  out" there signs the whole page in.
- **Scripts** present an API key instead, as `Authorization: Bearer wk_…` or `X-API-Key: wk_…`. Each operation names the
  scope that the key needs; those without one want a sign-in.
- **Errors** have one form everywhere: `error` (a code to act on), `message`, `details` (fields and sentences),
  `request_id`.
- **Retries** are safe with an `Idempotency-Key` on POST, PUT and PATCH: the same key and body get the first reply.
- **Concurrent edits** are safe with `If-Match` and the `ETag` of what you read.
- **Pages** have `items` and `next_cursor`; send that as `cursor`. A page costs the same at any depth.
- **Times** are RFC 3339 in UTC with `Z`; input may have any offset but must have one. **Units** are SI and named by
  suffix.
- **Everywhere**, though no operation lists them, since they change a reply's shape: `?fields=id,title` answers with
  these fields alone, `?units=imperial` in lb, mi, ft and in, under the names that end so; `?_=…` is ignored.
- **v1 is a promise**: fields are never removed, renamed, retyped or newly null. Replies may get more fields, and their
  `x-extensible-enum` more values.
"""
_EVERYWHERE = frozenset({"fields", "units", "_"})
_HEADERS = {
    "Idempotency-Key": {
        "description": "Up to 255 visible characters of your choice, such as a UUID. Sent again with the same body, "
        "the request gets its first reply and does nothing twice. Kept for 30 days.",
        "schema": {"type": "string", "maxLength": 255},
    },
    "If-Match": {
        "description": "The ETag of what you read: the change is refused with 412 if it was changed since.",
        "schema": {"type": "string"},
    },
}


class Api(flask_smorest.Api):
    """flask-smorest's registry with our error envelope. workouts_api.web.handlers handles the errors."""

    ERROR_SCHEMA = ErrorReply

    def _register_error_handlers(self) -> None:
        """Registers none: workouts_api.web.handlers has all of them."""


class Document:
    """The blueprints' operations. They are served at once, and described when somebody asks: that takes as long as all
    the rest of a start, and most workers are never asked.
    """

    def __init__(self, app: Flask, blueprints: Iterable[Any]) -> None:
        app.config |= {
            "API_TITLE": "Workouts API",
            "API_VERSION": f"v1 ({version('workouts-api')})",
            "OPENAPI_VERSION": "3.0.3",
            "API_SPEC_OPTIONS": {
                "info": {"description": _ABOUT + _limits(app)},
                "servers": [{"url": app.config["PUBLIC_URL"] or "/"}],
            },
        }
        self._app = app
        self._blueprints = list(blueprints)
        for blueprint in self._blueprints:
            app.register_blueprint(blueprint)
        self._building = threading.Lock()
        self._text: bytes | None = None

    def text(self) -> bytes:
        """The document in JSON."""
        with self._building:
            if self._text is None:
                self._text = dump(self._build())
        return self._text

    def _build(self) -> dict[str, Any]:
        api = _registry(self._app)
        for blueprint in self._blueprints:
            # What Api.register_blueprint() does after it has registered the routes.
            blueprint.register_views_in_doc(api, self._app, api.spec, name=blueprint.name, parameters=None)
            api.spec.tag({"name": blueprint.name, "description": blueprint.description})
        document: dict[str, Any] = api.spec.to_dict()
        schemas = document["components"]["schemas"]
        for method, path, view in _views(self._app):
            operation = document["paths"].get(path, {}).get(method)
            if operation is not None:
                _complete(operation, view)
                answers.complete(operation, method, path, view, schemas)
        document["components"]["responses"] = answers.components()
        document["components"]["headers"] = answers.HEADERS
        separate(document)
        # They come in the order of a set, which is another one in each process: all instances say the same.
        document["components"]["schemas"] = dict(sorted(document["components"]["schemas"].items()))
        return document


def _registry(app: Flask) -> Api:
    api = Api(app)
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"})
    api.spec.components.security_scheme("api_key", {"type": "apiKey", "in": "header", "name": "X-API-Key"})
    api.spec.components.security_scheme(
        "password",
        {"type": "oauth2", "flows": {"password": {"tokenUrl": "/api/v1/auth/token", "scopes": {}}}},
    )
    cookie = app.config["JWT_ACCESS_COOKIE_NAME"]
    api.spec.components.security_scheme("cookie", {"type": "apiKey", "in": "cookie", "name": cookie})
    return api


def _views(app: Flask) -> Iterator[tuple[str, str, Any]]:
    """The method, path and handler of each route, in OpenAPI's form."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method.lower(), _openapi_path(rule.rule), app.view_functions[rule.endpoint]


def _limits(app: Flask) -> str:
    if (limits := app.extensions.get("limits")) is None:
        return ""
    return (
        f"- **Limits**: {limits.per_user} requests a minute of a user, {limits.per_address} from an address without a "
        "sign-in; operations with others say so. Every reply tells where you stand: `X-RateLimit-Limit`, "
        "`X-RateLimit-Remaining`, `X-RateLimit-Reset` (Unix time). Beyond it, 429 with `Retry-After` in seconds.\n"
    )


def _openapi_path(rule: str) -> str:
    """Turns /sessions/<int:session_id> into /sessions/{session_id}."""
    parts = [f"{{{p[1:-1].rpartition(':')[2]}}}" if p.startswith("<") else p for p in rule.split("/")]
    return "/".join(parts)


def _complete(operation: dict[str, Any], view: Any) -> None:
    """Adds what the decorators say: a name for generators, headers, who may call the operation and how often."""
    operation["operationId"] = view.__name__
    parameters = [p for p in operation.get("parameters", []) if p["name"] not in _EVERYWHERE]
    if getattr(view, "takes_idempotency_key", False):
        parameters.append({"in": "header", "name": "Idempotency-Key", "required": False, **_HEADERS["Idempotency-Key"]})
    if needs := getattr(view, "takes_if_match", None):
        parameters.append({"in": "header", "name": "If-Match", "required": needs == "required", **_HEADERS["If-Match"]})
    if demands := getattr(view, "demands", None):
        _say_who_may(operation, demands)
    if limit := getattr(view, "limited", None):
        operation["description"] = "\n\n".join(filter(None, [operation.get("description", ""), str(limit)]))
    operation["parameters"] = parameters


def _say_who_may(operation: dict[str, Any], demands: Demands) -> None:
    """Adds the scope of an API key to the description. OpenAPI 3.0 has no other place for it."""
    said = [operation.get("description", "")]
    said += ["For superusers only."] if demands.superuser else []
    said += [f"An API key needs the scope `{demands.scope}`."] if demands.scope else []
    operation["description"] = "\n\n".join(filter(None, said))
