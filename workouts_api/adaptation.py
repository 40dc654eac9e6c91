"""How Python values become SQL parameters and results become replies. Set per connection, never globally.

Every parameter travels with the type that its file declares, NULL included: a prepared statement is found by its
text and its parameters' types, so four nullable filters sent untyped would make sixteen prepared statements of one.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap, Dumper, Loader
from psycopg.types.json import Json
from psycopg.types.numeric import Int8Dumper
from psycopg.types.string import StrDumper

_TEXT_TYPES = frozenset({"text", "varchar", "character varying", "name", '"char"', "char", "citext"})
_INTEGER_TYPES = frozenset({"smallint", "int2", "integer", "int", "int4", "bigint", "int8"})


class Typed:
    """A parameter's text, or None for NULL, that is sent as one certain type; one subclass a type."""

    __slots__ = ("text",)

    def __init__(self, text: str | None) -> None:
        self.text = text


class _TypedDumper(Dumper):
    def dump(self, obj: Typed) -> Buffer | None:
        return None if obj.text is None else obj.text.encode()


class _JsonAsReceived(Loader):
    """json leaves the API as the bytes that PostgreSQL sent."""

    def load(self, data: Buffer) -> orjson.Fragment:
        return orjson.Fragment(bytes(data))


def _sent_type(declared: str) -> str:
    """The type under which a declared parameter travels: every int is an int8, so that its size changes nothing."""
    element = declared.removesuffix("[]")
    sent = "int8" if element in _INTEGER_TYPES else element
    return f"{sent}[]" if declared.endswith("[]") else sent


class Adaptation:
    """The adapters of our connections, with a class of typed parameters for every type that a file declares."""

    def __init__(self) -> None:
        self.adapters = AdaptersMap(psycopg.adapters)
        self.connection: psycopg.Connection[Any] | None = None  # psycopg's AdaptContext: none in particular
        self.adapters.register_dumper(int, Int8Dumper)
        self.adapters.register_dumper(str, StrDumper)  # as text, not as unknown
        self.adapters.register_loader("json", _JsonAsReceived)
        self._typed: dict[str, type[Typed]] = {}

    def typed(self, declared: str) -> type[Typed]:
        """The class of parameters that travel as ``declared``, such as ``timestamptz`` or ``bigint[]``."""
        sent = _sent_type(declared)
        if sent not in self._typed:
            info = psycopg.postgres.types.get(sent.removesuffix("[]"))
            if info is None:
                raise LookupError(f"no type is called {declared}")
            oid = info.array_oid if sent.endswith("[]") else info.oid
            cls = type(f"Typed_{sent}", (Typed,), {"__slots__": ()})
            self.adapters.register_dumper(cls, type("Dumper_" + sent, (_TypedDumper,), {"oid": oid}))
            self._typed[sent] = cls
        return self._typed[sent]

    def binder(self, declared: str) -> Callable[[Any], Any]:
        """What turns a value given for a parameter of this type into what is handed to psycopg."""
        typed = self.typed(declared)
        null = typed(None)
        if declared in ("json", "jsonb"):
            return lambda value: null if value is None else Json(value, dumps=orjson.dumps)
        if declared in _TEXT_TYPES:
            return lambda value: null if value is None else value

        def bind(value: Any) -> Any:
            if value is None:
                return null
            if type(value) is str:  # 'infinity' for a date, a uuid as text
                return typed(value)
            if value == []:  # psycopg could not tell of what
                return typed("{}")
            return value

        return bind
