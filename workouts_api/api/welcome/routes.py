"""The greeting: the server's name, its version, and links to its documents."""

from __future__ import annotations

from importlib.metadata import version

from flask import Response, request
from markupsafe import escape
from marshmallow import fields

from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import JSON, base_url, reply
from workouts_api.web.schemas import Schema

blp = Blueprint("welcome", __name__, description="Where to begin.")

_PLACES = {
    "api": "/api/v1",
    "for_clients": "/docs/clients",
    "formulas": "/docs/formulas",
    "reference": "/redoc",
    "try_out": "/docs",
    "openapi": "/openapi.json",
    "health": "/health/ready",
}

_SAID = {
    "for_clients": "For authors of clients: what holds for every request",
    "try_out": "The API, to try out",
    "reference": "The API, to read",
    "formulas": "The formulas of the figures",
    "openapi": "The OpenAPI document, for generators",
    "health": "Whether the server is ready",
}
"""What a browser shows of these places, in this order."""
_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workouts API</title>
<link rel="icon" href="/docs/favicon-32x32.png">
<link rel="stylesheet" href="/docs/text.css">
</head>
<body>
<main>
<h1>Workouts API</h1>
<p>Version {version}. Addresses of the API begin with <code>/api/v1</code>.</p>
<p><a href="/pages/report">For athletes and coaches: training to look at</a></p>
<ul>
{places}
</ul>
</main>
</body>
</html>
"""
# Its style and icon are files of this server; nothing else is loaded, and nothing runs.
_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HTML = "text/html"


class Greeting(Schema):
    name = fields.String(required=True, metadata={"example": "Workouts API"})
    version = fields.String(required=True, metadata={"example": "0.1.0"})
    links = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={
            "description": "Where to read on.",
            "example": {"for_clients": "https://workouts.example.com/docs/clients"},
        },
    )


@blp.get("/")
@blp.response(200, Greeting)
def greet() -> Response:
    """Say what this server is, and where its documents are. A browser gets a page, as its `Accept` prefers."""
    prefers_html = request.accept_mimetypes.best_match([JSON, HTML]) == HTML
    response = _page() if prefers_html else _greeting()
    response.headers["Vary"] = "Accept"
    return response


def _page() -> Response:
    places = "\n".join(f'<li><a href="{_PLACES[name]}">{escape(said)}</a></li>' for name, said in _SAID.items())
    page = _PAGE.format(version=escape(version("workouts-api")), places=places)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-cache"}
    return Response(page, content_type=f"{HTML}; charset=utf-8", headers=headers)


def _greeting() -> Response:
    here = base_url()
    links = {name: here + path for name, path in _PLACES.items()}
    return reply({"name": "Workouts API", "version": version("workouts-api"), "links": links})


@blp.get("/api/v1")
@blp.response(200, Greeting)
def greet_v1() -> Response:
    """The same greeting, at the address under which all other addresses are."""
    return _greeting()
