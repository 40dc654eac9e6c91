"""Separate schemas for requests and replies: pure functions over an OpenAPI document.

A marshmallow schema describes both at once. A generated client needs two schemas. A request has no id and may leave
fields out. A reply has every field, and a later version may add more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

Json = dict[str, Any]

ON_DEMAND = frozenset({"total"})
"""Fields that a reply has only when they are asked for: ``?include=total``."""

_REF = "#/components/schemas/"


def separate(document: Json) -> None:
    """Gives each request and each reply its own schema. Changes the document in place.

    A schema that serves both becomes two: ``Session`` for replies, ``SessionInput`` for requests. Requests keep their
    list of allowed values and refuse unknown fields. Replies have every field. Later versions may add fields and values
    to them, so they allow unknown fields, and ``x-extensible-enum`` lists their values.
    """
    schemas: Json = document["components"]["schemas"]
    sent = _reachable(list(_requests(document)), schemas)
    answered = _reachable(list(_replies(document)), schemas)
    inputs = {name: f"{name}Input" if name in answered else name for name in sent}
    document["components"]["schemas"] = {
        **{inputs[name]: _as_sent(schemas[name], inputs) for name in sent},
        **{name: _as_answered(schemas[name]) for name in answered},
    }
    for holder in _requests(document):
        holder["schema"] = _as_sent(holder["schema"], inputs)
    for holder in _replies(document):
        holder["schema"] = _as_answered(holder["schema"])


def operations(document: Json) -> Iterator[Json]:
    """Every operation of every path."""
    for item in document["paths"].values():
        yield from (operation for method, operation in item.items() if method != "parameters")


def _requests(document: Json) -> Iterator[Json]:
    for operation in operations(document):
        yield from operation.get("requestBody", {}).get("content", {}).values()


def _replies(document: Json) -> Iterator[Json]:
    for operation in operations(document):
        for response in operation["responses"].values():
            yield from response.get("content", {}).values()
    for response in document["components"].get("responses", {}).values():
        yield from response.get("content", {}).values()


def _reachable(part: Any, schemas: Json) -> set[str]:
    """The names of the schemas that a part refers to, directly or through other schemas."""
    found: set[str] = set()
    waiting = _references(part)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting |= _references(schemas[name])
    return found


def _references(part: Any) -> set[str]:
    if isinstance(part, dict):
        here = {part["$ref"].removeprefix(_REF)} if str(part.get("$ref", "")).startswith(_REF) else set[str]()
        return here.union(*map(_references, part.values()))
    return set[str]().union(*map(_references, part)) if isinstance(part, list) else set()


def _as_sent(schema: Json, inputs: dict[str, str]) -> Json:
    def change(part: Json) -> Json:
        if "$ref" in part:
            return {**part, "$ref": _REF + inputs[part["$ref"].removeprefix(_REF)]}
        return _without(part, "readOnly") if "properties" in part else part

    return _changed(schema, change)


def _as_answered(schema: Json) -> Json:
    def change(part: Json) -> Json:
        if "enum" in part:
            part = {"x-extensible-enum" if key == "enum" else key: value for key, value in part.items()}
        if "properties" not in part:
            return part
        part = _without(part, "writeOnly")
        names = part["properties"].keys() - ON_DEMAND
        return {**part, "required": sorted(names), "additionalProperties": True}

    return _changed(schema, change)


def _without(schema: Json, mark: str) -> Json:
    """The schema without properties marked for the other direction only, and without that mark on any property."""
    kept = {name: part for name, part in schema["properties"].items() if not part.get(mark)}
    properties = {
        name: {key: value for key, value in part.items() if key not in ("readOnly", "writeOnly")}
        for name, part in kept.items()
    }
    required = [name for name in schema.get("required", []) if name in kept]
    rest = {key: value for key, value in schema.items() if key != "required"}
    return {**rest, "properties": properties, **({"required": required} if required else {})}


def _changed(part: Json, change: Callable[[Json], Json]) -> Json:
    """Applies a change to every object of a schema, outer ones first. Leaves out examples, defaults and the like."""
    part = change(part)
    changed = dict(part)
    if "properties" in part:
        changed["properties"] = {name: _changed(below, change) for name, below in part["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(part.get(key), dict):
            changed[key] = _changed(part[key], change)
    for key in ("allOf", "anyOf", "oneOf"):
        if key in part:
            changed[key] = [_changed(below, change) for below in part[key]]
    return changed
