"""How input is read: orjson for bodies, nothing unknown let through, and errors that name the field by its path."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from itertools import islice
from typing import Any, NoReturn, TypeVar

import flask_smorest
import marshmallow as ma
from flask import Request, request
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import RequestEntityTooLarge

from workouts_api.errors import Invalid, UnsupportedMediaType
from workouts_api.web.bodies import read_json, refuse_twice, refuse_undecodable

_Handler = TypeVar("_Handler", bound=Callable[..., Any])

_MOST_NAMED, _LONGEST_NAME = 1000, 300  # fields in an error, and characters of each: not more than was sent
_NO_BODY = "Expected a body: an object in JSON."
_FORM, _UPLOAD = "application/x-www-form-urlencoded", "multipart/form-data"
_MEDIA_TYPES: dict[str | None, tuple[str, ...]] = {"form": (_FORM, _UPLOAD), "files": (_UPLOAD,)}
MAX_JSON_BYTES = 1024 * 1024  # a session of 100 exercises with 20 sets each, notes included, has 300 KB

_REPEATABLE: dict[str | None, Callable[[Request], Any]] = {  # a query's are looked at before
    "form": lambda req: req.form,
    "files": lambda req: req.files,
}


class Parser(FlaskParser):
    """webargs for this API."""

    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 – webargs' way
        "json": ma.RAISE,
        "query": ma.RAISE,
        "form": ma.RAISE,
        "files": ma.RAISE,
        "headers": ma.EXCLUDE,
        "path": None,
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._of_no_query: dict[ma.Schema, Any] = {}

    def parse(self, argmap: Any, req: Request | None = None, *, location: str | None = None, **kwargs: Any) -> Any:
        """As webargs does, but the result for an empty query is computed once a schema. This saves 45 µs of a list's
        500."""
        if location != "query" or (req or request).environ.get("QUERY_STRING"):
            if location in _REPEATABLE:
                if (req or request).mimetype or (req or request).content_length:  # else a form without fields
                    _demand_media_type((req or request).mimetype, *_MEDIA_TYPES[location])
                if (req or request).mimetype == _FORM:
                    refuse_undecodable((req or request).get_data())
                refuse_twice(_REPEATABLE[location](req or request))
            return super().parse(argmap, req, location=location, **kwargs)
        if argmap not in self._of_no_query:
            self._of_no_query[argmap] = super().parse(argmap, req, location=location, **kwargs)
        nothing_asked = self._of_no_query[argmap]
        return dict(nothing_asked) if type(nothing_asked) is dict else nothing_asked

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        if not req.is_json and (req.mimetype or req.get_data()):
            _demand_media_type(req.mimetype, "application/json")
        body = req.get_data()
        if not body:  # nothing was sent, whatever its type would have been: say what is expected
            raise Invalid(details=_flatten({"json": schema.validate({}) or {"_schema": [_NO_BODY]}}))
        # werkzeug reads a chunked body up to its limit and does not say that more was left.
        if req.content_length is None and len(body) == req.max_content_length and req.environ["wsgi.input"].read(1):
            raise RequestEntityTooLarge
        return read_json(body)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any) -> NoReturn:
        raise Invalid(details=_flatten(error.messages)) from error


def _demand_media_type(given: str, *taken: str) -> None:
    """:raises UnsupportedMediaType: for another than those taken."""
    if given not in taken:
        raise UnsupportedMediaType(f"Expected {' or '.join(taken)}.")


def _flatten(messages: Any) -> dict[str, list[str]]:
    """{"json": {"sets": {0: {"reps": […]}}}} as {"sets.0.reps": […]}; the body as a whole is called body."""
    flat: dict[str, list[str]] = {}
    for by_field in messages.values():
        _collect(by_field, (), flat)
    return {name[:_LONGEST_NAME]: said for name, said in islice(flat.items(), _MOST_NAMED)}


def _collect(messages: Any, path: tuple[str, ...], flat: dict[str, list[str]]) -> None:
    if isinstance(messages, dict):
        for name, below in messages.items():
            _collect(below, path if name == "_schema" else (*path, str(name)), flat)
    else:
        flat.setdefault(".".join(path) or "body", []).extend(map(str, messages))


@cache
def _only(schema: type[ma.Schema]) -> ma.Schema:
    """The one object of a schema's class: each has copies of all its fields, and they were a tenth of our memory."""
    return schema()


def _shared(schema: Any) -> Any:
    return _only(schema) if isinstance(schema, type) else schema


class Blueprint(flask_smorest.Blueprint):
    """flask-smorest's blueprint with our parser, and one object of a schema for all routes."""

    ARGUMENTS_PARSER = Parser()

    def arguments(self, schema: Any, **kwargs: Any) -> Callable[[_Handler], _Handler]:
        """As flask-smorest's, with one schema object for all requests: from a class, webargs makes one for each."""
        return super().arguments(_shared(schema), **kwargs)

    def response(self, status_code: Any, schema: Any = None, **kwargs: Any) -> Callable[[_Handler], _Handler]:
        """As flask-smorest's; remembers which fields the reply has, for ``?fields=``."""
        schema = _shared(schema)
        return _with_reply_fields(super().response(status_code, schema, **kwargs), schema)

    def alt_response(self, status_code: Any, response: Any = None, **kwargs: Any) -> Callable[[_Handler], _Handler]:
        """Likewise."""
        schema = kwargs["schema"] = _shared(kwargs.get("schema"))
        return _with_reply_fields(super().alt_response(status_code, response, **kwargs), schema)


def _with_reply_fields(decorate: Callable[[_Handler], _Handler], schema: Any) -> Callable[[_Handler], _Handler]:
    """Leaves the names in the handler's ``reply_fields``, beside those of its other replies."""
    if schema is None:
        return decorate

    def remember(handler: _Handler) -> _Handler:
        decorated = decorate(handler)
        names = getattr(handler, "reply_fields", frozenset()) | _names(schema)
        decorated.reply_fields = names  # type: ignore[attr-defined] # for ?fields=
        return decorated

    return remember


def _names(schema: ma.Schema) -> frozenset[str]:
    """Those of a resource; of a page, those of its items as well."""
    items = schema.fields.get("items")
    inner = (
        items.inner.schema.fields
        if isinstance(items, ma.fields.List) and isinstance(items.inner, ma.fields.Nested)
        else {}
    )
    return frozenset(field.data_key or name for name, field in {**inner, **schema.fields}.items())
