"""The message about a wrong value says what was expected, and never only that it is not valid."""

from __future__ import annotations

import re
from collections.abc import Iterator

import marshmallow as ma
import pytest
from flask import Flask
from marshmallow import fields, validate

from workouts_api.web.schemas import Schema

MARSHMALLOWS = re.compile(
    r"not a valid|^invalid|^must |^missing|^unknown|may not be|cannot be|not permitted|too large|^length must|er than m"
    r"|ot match",
    re.I,
)


def _schemas(of: type[ma.Schema] = Schema) -> Iterator[type[ma.Schema]]:
    for schema in of.__subclasses__():
        yield schema
        yield from _schemas(schema)


def _fields_of(field: ma.fields.Field) -> Iterator[ma.fields.Field]:
    yield field
    if isinstance(field, fields.List):
        yield from _fields_of(field.inner)


def _sentences(field: ma.fields.Field) -> Iterator[str]:
    yield from map(str, field.error_messages.values())
    for validator in field.validators:
        for name in ("error", "message_min", "message_max", "message_all", "message_equal"):
            if (sentence := getattr(validator, name, None)) is not None:
                yield str(sentence)


def test_every_sentence_of_every_field_says_what_was_expected(app: Flask) -> None:
    checked = 0
    for schema in _schemas():
        made = schema()
        assert not any(map(MARSHMALLOWS.search, made.error_messages.values())), schema
        for name, declared in made.fields.items():
            for field in _fields_of(declared):
                for sentence in _sentences(field):
                    checked += 1
                    assert not MARSHMALLOWS.search(sentence), (schema, name, sentence)
    assert checked


@pytest.mark.parametrize(
    ("validator", "value"),
    [
        (validate.Range(1, 3), 4),
        (validate.Range(min=1, min_inclusive=False), 1),
        (validate.Range(max=1), 2),
        (validate.Length(1, 3), "four"),
        (validate.Length(max=3), "four"),
        (validate.Length(min=1), ""),
        (validate.OneOf(["a", "b"]), "c"),
    ],
)
def test_validators_say_it_with_their_bounds(validator, value):
    with pytest.raises(ma.ValidationError) as refused:
        validator(value)
    (sentence,) = refused.value.messages
    assert sentence.startswith("Expected "), sentence
    assert "{" not in sentence


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("sessions?from=9.12.2026", None, {"from": ["Expected a day as YYYY-MM-DD, such as 2026-01-05."]}),
        ("sessions?limit=201", None, {"limit": ["Expected at least 1 and at most 200."]}),
        ("sessions?units=stones", None, {"units": ["Expected one of metric, imperial."]}),
        ("users/me?units=stones", None, {"units": ["Expected one of metric, imperial."]}),
        ("users/me?fields=,,", None, {"fields": ["Expected names of fields, separated by commas."]}),
        ("users/me?colour=red", None, {"colour": ["Expected no field of this name."]}),
        ("sessions?colour=red", None, {"colour": ["Expected no field of this name."]}),
        ("teams", {}, {"name": ["Expected a value: it is missing."]}),
        ("teams", {"name": "A", "colour": "red"}, {"colour": ["Expected no field of this name."]}),
        ("athletes", {"name": 5}, {"name": ["Expected a text."]}),
        ("teams", {"name": ""}, {"name": ["Expected a length from 1 to 100."]}),
        ("teams", [], {"body": ["Expected an object."]}),
    ],
)
def test_a_client_is_told_what_to_send(owner, path, sent, said):
    reply = owner.get(f"/api/v1/{path}") if sent is None else owner.post(f"/api/v1/{path}", json=sent)
    assert (reply.status_code, reply.json["details"]) == (422, said)
