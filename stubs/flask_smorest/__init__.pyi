"""The parts of flask-smorest that are used here: it comes without types."""

from collections.abc import Callable
from typing import Any, TypeVar

import flask
from apispec import APISpec
from webargs.flaskparser import FlaskParser

_F = TypeVar("_F", bound=Callable[..., Any])

class Api:
    ERROR_SCHEMA: type
    spec: APISpec
    def __init__(self, app: flask.Flask | None = ...) -> None: ...
    def register_blueprint(self, blp: Blueprint) -> None: ...

class Blueprint(flask.Blueprint):
    ARGUMENTS_PARSER: FlaskParser
    def __init__(self, name: str, import_name: str, *, url_prefix: str = ..., description: str = ...) -> None: ...
    def arguments(
        self,
        schema: object,
        *,
        location: str = ...,
        content_type: str | None = ...,
        required: bool = ...,
        description: str | None = ...,
        example: object = ...,
        examples: object = ...,
        as_kwargs: bool = ...,
    ) -> Callable[[_F], _F]: ...
    def response(
        self,
        status_code: int,
        schema: object = ...,
        *,
        content_type: str | None = ...,
        description: str | None = ...,
        example: object = ...,
        examples: object = ...,
        headers: object = ...,
    ) -> Callable[[_F], _F]: ...
    def alt_response(
        self, status_code: int, response: str | None = ..., *, schema: object = ..., description: str | None = ...
    ) -> Callable[[_F], _F]: ...
    @staticmethod
    def doc(**kwargs: object) -> Callable[[_F], _F]: ...
