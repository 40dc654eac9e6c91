"""Puts the application together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
from flask import Flask
from flask.json.provider import JSONProvider
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from workouts_api import pages
from workouts_api.api import docs
from workouts_api.api.auth import cookies, passwords, tokens
from workouts_api.api.imports import importing
from workouts_api.config import ConfigurationError, Settings, load_settings
from workouts_api.database import Database
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.web import (
    cache,
    compressing,
    errors_elsewhere,
    frame,
    handlers,
    limits,
    old_clients,
    request_log,
    traces,
)
from workouts_api.web.arguments import MAX_JSON_BYTES
from workouts_api.web.bodies import FormRequest
from workouts_api.web.reply_headers import ReplyHeaders
from workouts_api.web.schemas import MAX_ID

CHAPTERS = (
    *("auth", "account", "api_keys", "sessions", "exercises", "imports", "reports", "days"),
    *("athletes", "teams", "invitations", "administration", "audit", "metrics", "health", "welcome"),
)


def build(settings: Settings | None) -> Flask:
    settings = settings or load_settings(dotenv=Path(".env"))
    app = _Flask("workouts_api", static_folder=None)
    _configure(app, settings)
    database = Database(settings, _conninfo(settings), CATALOGUE)
    app.extensions |= {"settings": settings, "database": database}
    compressing.init_app(app, settings)  # what is registered first comes last: all headers are there
    frame.init_app(app, settings, database)
    limits.init_app(app, settings)
    request_log.init_app(app, settings)
    handlers.init_app(app)
    errors_elsewhere.init_app(app, settings)
    traces.init_app(app, settings)
    tokens.init_app(app, settings)
    cookies.init_app(app, settings)
    passwords.init_app(app, settings)
    importing.init_app(app, settings)
    cache.init_app(app, settings)
    docs.init_app(app, CHAPTERS)
    pages.init_app(app)
    old_clients.init_app(app)
    app.wsgi_app = ReplyHeaders(app.wsgi_app, settings)  # type: ignore[method-assign] # Flask's way
    if settings.trusted_proxies:
        proxies = settings.trusted_proxies
        behind = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)
        app.wsgi_app = behind  # type: ignore[method-assign] # likewise
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.json = _Json(app)
    app.config |= {
        "MAX_CONTENT_LENGTH": MAX_JSON_BYTES,
        "PUBLIC_URL": settings.public_url.rstrip("/") if settings.public_url else None,
        "PROPAGATE_EXCEPTIONS": False,
    }
    app.url_map.strict_slashes = False  # old clients send a trailing slash; they get the reply, not a redirect
    app.url_map.merge_slashes = False
    app.url_map.converters["int"] = _Id


def _conninfo(settings: Settings) -> str:
    """The workers' conninfo: through the tunnel if a bastion is set, and otherwise directly to the database."""
    if settings.ssh_host:
        from workouts_api.tunnel import connection_info

        return connection_info(settings)
    if settings.database_url:
        return settings.database_url
    raise ConfigurationError(["DATABASE_URL is not set: expected a PostgreSQL URL; `make run` brings its own database"])


class _Flask(Flask):
    request_class = FormRequest

    def ensure_sync(self, func: Any) -> Any:
        """Returns the handler as it is: all are synchronous. Flask would check it several times a request."""
        return func


class _Id(IntegerConverter):
    """An id in a path. A number that is too large for an id is read as 0, which nothing has: it gives 404 with every
    method. If the converter refused it, werkzeug would answer 405 where another address takes another method.

    Digits are 0 to 9, as in a query: ``\\d`` and int() also read those of other scripts.
    """

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        number = int(value) if len(value) <= len(str(MAX_ID)) else 0
        return number if number <= MAX_ID else 0


class _Json(JSONProvider):
    def dumps(self, obj: Any, **_: Any) -> str:
        return orjson.dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
