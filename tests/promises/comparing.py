"""Compares two OpenAPI documents: what of the older one would break a client of the newer one.

What may be sent must go on being accepted, and what is answered must stay readable. Additions break nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_TYPE = ("type", "format")
# A bound, and whether a smaller value of it refuses more.
_BOUNDS = {
    "minLength": False,
    "minimum": False,
    "minItems": False,
    "maxLength": True,
    "maximum": True,
    "maxItems": True,
}


@dataclass(frozen=True)
class Documents:
    """The one that was promised, and the one of now."""

    old: Json
    new: Json

    def broken(self) -> Iterator[str]:
        """A sentence for each promise that does not hold any more. It begins with the place."""
        for path, operations in self.old["paths"].items():
            for method in _METHODS:
                if method not in operations:
                    continue
                where = f"{method.upper()} {path}"
                now = self.new["paths"].get(path, {}).get(method)
                if now is None:
                    yield f"{where}: it is no more"
                else:
                    yield from self._operation(where, operations[method], now)

    def _operation(self, where: str, old: Json, new: Json) -> Iterator[str]:
        yield from self._parameters(where, old, new)
        yield from self._body(where, old.get("requestBody"), new.get("requestBody"))
        yield from self._replies(where, old, new)
        allowed = [set(one) for one in new.get("security", [])]
        for one in old.get("security", []):
            if allowed and set(one) not in allowed:
                yield f"{where}: a sign-in by {', '.join(one)} is not accepted any more"

    def _parameters(self, where: str, old: Json, new: Json) -> Iterator[str]:
        before, now = (
            {(one["in"], one["name"]): one for one in (_resolved(raw, of) for raw in operation.get("parameters", []))}
            for operation, of in ((old, self.old), (new, self.new))
        )
        for key, one in before.items():
            place = f"{where}: parameter {key[1]}"
            if key not in now:
                yield f"{place}: it is no more"
            else:
                yield from self._sent(place, one.get("schema", {}), now[key].get("schema", {}), ())
        for key, one in now.items():
            if one.get("required") and not before.get(key, {}).get("required"):
                yield f"{where}: parameter {key[1]}: it is required now"

    def _body(self, where: str, old: Json | None, new: Json | None) -> Iterator[str]:
        if new is not None and new.get("required") and not (old or {}).get("required"):
            yield f"{where}: a body is required now"
        for kind, content in (old or {}).get("content", {}).items():
            now = (new or {}).get("content", {}).get(kind)
            if now is None:
                yield f"{where}: a body of {kind} is not accepted any more"
            else:
                yield from self._sent(f"{where}: body", content.get("schema", {}), now.get("schema", {}), ())

    def _replies(self, where: str, old: Json, new: Json) -> Iterator[str]:
        for status, reply in old["responses"].items():
            now = new["responses"].get(status)
            if not status.startswith("2"):
                continue
            if now is None:
                yield f"{where}: it does not answer {status} any more"
                continue
            before, now = _resolved(reply, self.old), _resolved(now, self.new)
            for kind, content in before.get("content", {}).items():
                there = now.get("content", {}).get(kind)
                if there is None:
                    yield f"{where}: {status} does not come as {kind} any more"
                else:
                    yield from self._answered(f"{where}: {status}", content.get("schema", {}), there["schema"], ())

    # ── schemas ──────────────────────────────────────────────────────────────────────────────────────────────

    def _sent(self, where: str, old: Json, new: Json, above: tuple[str, ...]) -> Iterator[str]:
        """Of what clients send: what was valid must be valid."""
        if (name := old.get("$ref", "")) in above:
            return
        above = (*above, name) if name else above
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        yield from _retyped(where, old, new)
        if old.get("nullable") and not new.get("nullable"):
            yield f"{where}: null is not accepted any more"
        if missing := [value for value in old.get("enum", ()) if value not in new.get("enum", old["enum"])]:
            yield f"{where}: {missing} is not accepted any more"
        for bound, less_is_stricter in _BOUNDS.items():
            before, now = old.get(bound), new.get(bound)
            if now is not None and (before is None or (now < before if less_is_stricter else now > before)):
                yield f"{where}: {bound} is {now}, was {'none' if before is None else before}"
        for field in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{where}.{field}: it is required now"
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{where}.{field}: it is not accepted any more"
            else:
                yield from self._sent(f"{where}.{field}", schema, new["properties"][field], above)
        if "items" in old and "items" in new:
            yield from self._sent(f"{where}[]", old["items"], new["items"], above)

    def _answered(self, where: str, old: Json, new: Json, above: tuple[str, ...]) -> Iterator[str]:
        """Of what is answered: what clients read must be there, and of the same type."""
        if (name := old.get("$ref", "")) in above:
            return
        above = (*above, name) if name else above
        old, new = _resolved(old, self.old), _resolved(new, self.new)
        yield from _retyped(where, old, new)
        if new.get("nullable") and not old.get("nullable"):
            yield f"{where}: it may be null now"
        for field in set(old.get("required", ())) - set(new.get("required", ())):
            if field in new.get("properties", {}):
                yield f"{where}.{field}: it may be missing now"
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{where}.{field}: it is no more"
            else:
                yield from self._answered(f"{where}.{field}", schema, new["properties"][field], above)
        if "items" in old and "items" in new:
            yield from self._answered(f"{where}[]", old["items"], new["items"], above)


def _retyped(where: str, old: Json, new: Json) -> Iterator[str]:
    for what in _TYPE:
        if old.get(what) != new.get(what):
            yield f"{where}: its {what} is {new.get(what)}, was {old.get(what)}"


def _resolved(schema: Json, document: Json) -> Json:
    """What a reference means. An ``allOf`` of one reference is that reference, with what stands beside it."""
    if len(parts := schema.get("allOf", ())) == 1:
        return {**_resolved(parts[0], document), **{name: it for name, it in schema.items() if name != "allOf"}}
    if "$ref" not in schema:
        return schema
    found: Any = document
    for part in schema["$ref"].removeprefix("#/").split("/"):
        found = found[part]
    return _resolved(found, document)
