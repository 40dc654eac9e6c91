"""The greeting: the server's name, its version, and links to its documents."""

from __future__ import annotations

from importlib.metadata import version

from flask import Response
from marshmallow import fields

from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import base_url, reply
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
    """Say what this server is, and where its documents are."""
    here = base_url()
    links = {name: here + path for name, path in _PLACES.items()}
    return reply({"name": "Workouts API", "version": version("workouts-api"), "links": links})


@blp.get("/api/v1")
@blp.response(200, Greeting)
def greet_v1() -> Response:
    """The same greeting, at the address under which all other addresses are."""
    return greet()
