"""The document that the last release has promised, without what is only for people to read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from flask import Flask

from tests.promises.comparing import Json

PROMISED = Path(__file__).parent / "v1.json"
# Words and examples may change, and errors have one envelope everywhere, which the manners test.
_FOR_PEOPLE = frozenset(
    {"description", "summary", "example", "examples", "tags", "default", "x-extensible-enum", "headers"}
)


def today(app: Flask) -> Json:
    """The document that the application serves."""
    found: Json = app.test_client().get("/openapi.json").json
    return found


def promised() -> Json:
    found: Json = json.loads(PROMISED.read_text(encoding="utf-8"))
    return found


def bare(document: Json) -> str:
    """Its text, as it is kept: an operation, and a schema, a line."""
    kept = _without(document)
    parts = {
        "paths": {path: operations for path, operations in kept["paths"].items() if path.startswith("/api/v1/")},
        "components": {"schemas": kept["components"]["schemas"]},
    }
    head = {"openapi": kept["openapi"], "info": {"title": "Workouts API", "version": "v1"}}
    lines = [f'"{name}": {json.dumps(value)},' for name, value in head.items()]
    lines.append('"paths": {')
    lines.append(",\n".join(f"{json.dumps(path)}: {json.dumps(one)}" for path, one in sorted(parts["paths"].items())))
    lines.append('},\n"components": {"schemas": {')
    schemas = sorted(parts["components"]["schemas"].items())
    lines.append(",\n".join(f"{json.dumps(name)}: {json.dumps(one)}" for name, one in schemas))
    return "\n".join(["{", *lines, "}}", "}"]) + "\n"


def _without(value: Any, *, of_names: bool = False) -> Any:
    """Without words for people. ``of_names``: the keys are names of the API's, such as fields."""
    if isinstance(value, list):
        return [_without(one) for one in value]
    if not isinstance(value, dict):
        return value
    kept = {name: one for name, one in value.items() if of_names or name not in _FOR_PEOPLE}
    if "responses" in kept and not of_names:
        kept["responses"] = {status: one for status, one in kept["responses"].items() if status.startswith("2")}
    return {
        name: _without(one, of_names=name in ("properties", "schemas", "paths") and not of_names)
        for name, one in kept.items()
    }
