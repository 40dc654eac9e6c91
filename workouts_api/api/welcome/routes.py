"""The greeting: what answers here, in which version, and where to read on."""

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
    """What answers here, and where its documents are."""
    here = base_url()
    links = {name: here + path for name, path in _PLACES.items()}
    return reply({"name": "Workouts API", "version": version("workouts-api"), "links": links})


@blp.get("/api/v1")
@blp.response(200, Greeting)
def greet_v1() -> Response:
    """The same, at the address under which all others stand."""
    return greet()
