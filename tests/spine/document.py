"""The API's own document as JSON Schema: what a reply must have, field by field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

import orjson
from jsonschema import Draft4Validator, FormatChecker

from tests.routes import openapi_path

Json = dict[str, Any]
MORE_WHEN_ASKED = {"total"}  # the one field that a reply has only on demand: ?include=total

formats = FormatChecker(formats=("email", "uuid"))
formats.checks("date", raises=ValueError)(lambda text: not isinstance(text, str) or date.fromisoformat(text))
formats.checks("date-time")(
    lambda text: not isinstance(text, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text))
)
NOT_CHECKED = {"password", "binary"}  # say how to show a field, not what is in it


@dataclass(frozen=True)
class Document:
    """The API's own document, and the schemas in it as JSON Schema."""

    whole: Json

    def operation(self, method: str, rule: str) -> Json:
        item = self.whole["paths"][openapi_path(rule)]
        found: Json = item[method.lower()]
        return {**found, "parameters": found.get("parameters", []) + item.get("parameters", [])}

    def operations(self) -> Iterator[tuple[str, str, Json]]:
        for path, item in self.whole["paths"].items():
            for method in item.keys() - {"parameters"}:
                yield method.upper(), path, self.operation(method, path)

    def resolve(self, part: Json) -> Json:
        while "$ref" in part:
            found: Any = self.whole
            for name in part["$ref"].removeprefix("#/").split("/"):
                found = found[name]
            part = found
        return part

    def reply_schema(self, operation: Json, status: int, **how: bool) -> Json | None:
        """None: documented as without a body."""
        response = self.resolve(operation["responses"][str(status)])
        content = response.get("content")
        return self.strict(content["application/json"]["schema"], **how) if content else None

    def strict(self, schema: Json, *, reply: bool = True, filled: bool = False) -> Json:
        """As JSON Schema: no field but the documented ones, and in a reply all of them.

        :param reply: else what is sent: without fields that are only read. :param filled: no list is empty either.
        """
        schema = dict(self.resolve(schema))
        if "x-extensible-enum" in schema:
            schema["enum"] = schema["x-extensible-enum"]
        below = {"reply": reply, "filled": filled}
        if "properties" in schema:
            hidden = "writeOnly" if reply else "readOnly"
            shown = {name: part for name, part in schema["properties"].items() if not self.resolve(part).get(hidden)}
            schema["properties"] = {name: self.strict(part, **below) for name, part in shown.items()}
            demanded = shown.keys() if reply else shown.keys() & set(schema.get("required", []))
            schema["required"] = sorted(demanded - MORE_WHEN_ASKED)
            schema["additionalProperties"] = False
            if not schema["required"]:
                del schema["required"]  # draft 4 has no empty list here
        elif schema.get("additionalProperties"):
            schema |= {"additionalProperties": self.strict(schema["additionalProperties"], **below)}
            schema |= {"minProperties": 1} if filled else {}
        for several in schema.keys() & {"allOf", "anyOf", "oneOf"}:
            schema[several] = [self.strict(part, **below) for part in schema[several]]
        if "items" in schema:
            schema |= {"items": self.strict(schema["items"], **below)} | ({"minItems": 1} if filled else {})
        return {"anyOf": [schema, {"type": "null"}]} if schema.get("nullable") else schema


def check(value: Any, schema: Json) -> None:
    wrong = [
        f"{'.'.join(map(str, error.absolute_path)) or 'the reply'}: {error.message}"
        for error in _validator(orjson.dumps(schema)).iter_errors(value)
    ]
    assert wrong == [], "\n".join(wrong)  # pytest shows no values of an assert in a module that holds no tests


@cache
def _validator(schema: bytes) -> Draft4Validator:
    """Of a schema that is one: to find that out takes longer than most replies."""
    found = orjson.loads(schema)
    Draft4Validator.check_schema(found)
    return Draft4Validator(found, format_checker=formats)
