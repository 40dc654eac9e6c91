"""Values for everything that can be written: generated from the schemas, several different ones for each field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.web.quantities import Number, Whole
from workouts_api.web.schemas import Instant, Zone
from workouts_api.web.units import metric_name

Value = Callable[[int], Any]
"""The n-th value of a field; n counts the variants of a resource, and the elements of a list on top."""

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Tokyo", "Australia/Sydney")
BY_NAME: Mapping[str, Value] = {
    "exercise_id": lambda n: 1 + n,  # of the shared catalogue
    "tempo": lambda n: f"{n}-1-X-0",
    "drop_of": lambda n: 3 if n == 2 else None,  # the third kind is a drop set
    "done_at": lambda n: f"2026-01-05T17:1{n}:00Z" if n % 2 == 0 else None,  # the others are not done
    "share": lambda n: 1 - n / 8,  # muscles are read with the most worked first
    "code": lambda n: ("glutes", "chest_mid", "biceps", "calves")[n],
    "tracking": lambda n: ("bodyweight_reps", "custom")[n],  # only the first has a factor
    "is_archived": lambda _: True,  # a new one is not
    "bodyweight_factor": lambda n: 1 - n / 8,
    "muscle": lambda n: ("glutes", "chest", "biceps", "calves")[n],
    "max_heart_rate_bpm": lambda n: 240 + n,  # no average exceeds it
    "started_at": lambda n: f"2026-01-0{5 - n}T17:00:00Z",  # a day earlier each time: before any of the ends
    "ended_at": lambda n: f"2026-01-05T18:{10 * n:02}:00Z",
    "expires_at": lambda n: f"209{n}-01-05T18:00:00Z",
    "email": lambda n: f"somebody{n}@example.com",
    "username": lambda n: f"somebody{n}",
    "client_key": lambda n: f"7b0c1a7e-0000-4000-8000-{n:012}",
}
"""What a schema does not tell: what must exist, or stand in an order."""

IDENTIFY = {"exercise_no", "set_no", "lap_no"}
"""Name a row in its list: the same in each variant, so that the row is changed and not made anew."""


CAME_LATER = {
    *("sport", "moving_time_s", "distance_m", "ascent_m", "descent_m", "average_heart_rate_bpm", "max_heart_rate_bpm"),
    *("average_power_w", "normalized_power_w", "laps"),
}
"""Fields of resources that v1 did not have at first. A PUT that does not name them leaves them as they are."""


def is_imperial(field: fields.Field[Any]) -> bool:
    """Whether the field stands in place of another one, in other units."""
    return field.load_only and metric_name(str(field.name)) is not None


def names_of(field: fields.Field[Any]) -> list[str]:
    """The values of a field that takes one of a few."""
    choices = [validator.choices for validator in field.validators if isinstance(validator, validate.OneOf)]
    found: list[str] = field.metadata.get("enum") or (list(choices[0]) if choices else [])
    return found


def value_of(name: str, field: fields.Field[Any], n: int) -> Any:
    """The field's n-th value, as JSON."""
    if name in BY_NAME:
        return BY_NAME[name](n)
    if isinstance(field, fields.List):
        return [_element(name, field.inner, n, place) for place in range(2)]
    if names := names_of(field):
        return names[n % len(names)]
    if isinstance(field, Whole):
        return field.lowest + 1 + n
    if isinstance(field, Number):
        step = field.step or 0.5
        return (field.lowest + (field.highest - field.lowest) / 8 * (n + 1)) // step * step
    if isinstance(field, fields.Boolean):
        return n % 2 == 0
    if isinstance(field, Zone):
        return ZONES[n]
    if isinstance(field, Instant):
        return f"2026-02-0{1 + n}T10:00:00Z"
    if isinstance(field, fields.Date):
        return dt.date(2001, 12, 1 + n).isoformat()
    if isinstance(field, fields.String):
        return f"{name.replace('_', ' ')} {n}"
    raise NotImplementedError(f"{name}: say in tests/spine/written.py how a {type(field).__name__} is filled")


def _element(name: str, field: fields.Field[Any], n: int, place: int) -> Any:
    if not isinstance(field, fields.Nested):
        return value_of(name, field, n + place)
    row = body(field.schema, n + place)
    return {key: place + 1 if key in IDENTIFY else value for key, value in row.items()}


def writable(schema: ma.Schema) -> Iterator[tuple[str, fields.Field[Any]]]:
    """The fields that can be written, by the names that they have in JSON."""
    for name, field in schema.load_fields.items():
        yield field.data_key or name, field


def body(schema: ma.Schema, n: int, *without: str) -> dict[str, Any]:
    """Everything that can be written, with its n-th value, but for what stands in place of something else."""
    return {
        name: value_of(name, field, n)
        for name, field in writable(schema)
        if name not in without and not is_imperial(field)
    }


def least(schema: ma.Schema, n: int) -> dict[str, Any]:
    """Only what must be written."""
    return {name: value_of(name, field, n) for name, field in writable(schema) if field.required}


def nullable(schema: ma.Schema) -> list[str]:
    return [name for name, field in writable(schema) if field.allow_none and not is_imperial(field)]


def differences(wanted: Any, found: Any, path: str = "") -> list[str]:
    """Where ``found`` has not what was written, by the path of the field; what it has besides is not looked at."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        below = ((f"{path}.{name}".lstrip("."), name) for name in wanted)
        return [line for there, name in below for line in differences(wanted[name], found.get(name, "missing"), there)]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        pairs = enumerate(zip(wanted, found, strict=True))
        return [line for n, (one, other) in pairs for line in differences(one, other, f"{path}.{n}")]
    return [] if wanted == found else [f"{path}: wrote {wanted!r}, read {found!r}"]
