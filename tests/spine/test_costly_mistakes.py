"""What is refused costs no more than a bound, however much is wrong: on every route that takes JSON.

Calls are counted and not seconds: they do not depend on the machine.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from itertools import islice
from types import FrameType
from typing import Any

import marshmallow as ma
import orjson
import pytest
from marshmallow import fields

from tests.conftest import Client
from tests.routes import PUBLIC, ROUTES, schema_of
from workouts_api.api.auth.routes import LONGEST_BODY
from workouts_api.errors import Invalid
from workouts_api.web.arguments import MAX_JSON_BYTES
from workouts_api.web.bodies import read_json
from workouts_api.web.problems import MOST_UNKNOWN

MOST_CALLS = 60_000  # a session with 2,000 valid sets takes about as many
UNKNOWN = {f"k{number}": 0 for number in range(70_000)}
WRONG_ITEMS: tuple[Any, ...] = (
    1,
    {},
    {"a": 0, "b": 0, "c": 0},
    {f"k{number}": 0 for number in range(60)},
    "\u0301" * 9,
)
BODIES = sorted({route for route in ROUTES if schema_of(route, "json") is not None})


def mistakes(schema: ma.Schema, room: int = 70_000, wrap: Any = lambda inner: inner) -> Iterator[Any]:
    """Bodies full of mistakes: unknown fields in each object, and wrong items in each list, at each depth.

    :param room: how many fields or items there are at most: a megabyte of them altogether.
    """
    yield wrap(dict(islice(UNKNOWN.items(), room)))
    for name, field in schema.load_fields.items():
        key = field.data_key or name
        if isinstance(field, fields.Nested):
            yield from mistakes(field.schema, room, lambda inner, key=key: wrap({key: inner}))
        elif isinstance(field, fields.List):
            longest = _longest(field)
            for item in filter(lambda item, field=field: _is_wrong(field, item), WRONG_ITEMS):
                yield wrap({key: [item] * longest})
                yield wrap({key: [item] * room})
            if isinstance(field.inner, fields.Nested):
                many = lambda inner, key=key, longest=longest: wrap({key: [inner] * longest})  # noqa: E731 – one a field, beside its fellows
                yield from mistakes(field.inner.schema, room // longest, many)


def _is_wrong(field: fields.List[Any], item: Any) -> bool:
    """A set without anything is none: twenty thousand of them cost what is right."""
    try:
        field.inner.deserialize(item)
    except ma.ValidationError:
        return True
    return False


def _longest(field: fields.List[Any]) -> int:
    found = [rule.max for rule in field.validators if isinstance(rule, ma.validate.Length) and rule.max]
    assert found, f"{field} has no bound"
    return min(found)


def _least_bytes(value: Any) -> int:
    """What its JSON has at least: to write those of many megabytes took most of the time."""
    if isinstance(value, list):  # of one item, many times
        return len(value) * (1 + _least_bytes(value[0]))
    if isinstance(value, dict):
        return sum(5 + _least_bytes(one) for one in islice(value.values(), 100)) + 6 * max(0, len(value) - 100)
    return 1


def calls_of(schema: ma.Schema, body: bytes) -> int:
    count = 0

    def note(_frame: FrameType, event: str, _arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        schema.load(read_json(body))
    except (ma.ValidationError, Invalid):
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("route", BODIES, ids=" ".join)
def test_a_body_full_of_mistakes_costs_no_more_than_a_bound(route: tuple[str, str]) -> None:
    schema = schema_of(route, "json")
    assert schema is not None
    for body in mistakes(schema):
        if _least_bytes(body) > MAX_JSON_BYTES:
            continue
        raw = orjson.dumps(body)
        if len(raw) > MAX_JSON_BYTES:
            continue
        calls = calls_of(schema, raw)
        assert calls < MOST_CALLS, raw[:200]


def test_a_key_that_stands_twice_is_found_in_one_pass(anonymous: Client) -> None:
    """Twice the keys once took four times as long: 20,000 took 7 s."""
    raw = b"{" + b",".join(b'"k%d":0' % number for number in range(80_000)) + b',"k79999":0}'
    began = time.process_time()
    with pytest.raises(Invalid) as told:
        read_json(raw)
    assert told.value.details == {"k79999": ["It is given twice: expected once."]}
    assert time.process_time() - began < 5


def test_the_first_mistakes_are_named(owner: Client) -> None:
    told = owner.post("/api/v1/sessions", json={"title": 1, **UNKNOWN})
    assert told.status_code == 422
    assert {"title", "started_at", "k0", "k1"} <= told.json["details"].keys()
    assert sum(name.startswith("k") for name in told.json["details"]) == MOST_UNKNOWN
    many = {f"k{number}": "1" for number in range(300)}
    for told in (
        owner.get("/api/v1/sessions", query_string=many),
        owner.post("/api/v1/auth/token", data={"grant_type": "password", **many}),
    ):
        assert (told.status_code, sum(name.startswith("k") for name in told.json["details"])) == (422, MOST_UNKNOWN)
    sets = [{"reps": "x"}] * 200
    body = {"started_at": "2026-01-05T17:00:00Z", "exercises": [{"exercise_id": 1, "sets": sets}] * 100}
    told = owner.post("/api/v1/sessions", json=body)
    assert told.status_code == 422
    assert list(told.json["details"])[:2] == ["exercises.0.sets.0.reps", "exercises.0.sets.1.reps"]


@pytest.mark.parametrize("route", [route for route in BODIES if route[1] in PUBLIC], ids=" ".join)
def test_who_is_not_signed_in_sends_small_bodies(route: tuple[str, str], anonymous: Client) -> None:
    method, address = route
    told = anonymous.request(method, address, json={"padding": "x" * LONGEST_BODY})
    assert (told.status_code, told.json["details"]) == (413, {"limit_bytes": LONGEST_BODY})
