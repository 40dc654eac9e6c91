"""How Python values travel to the server: as PostgreSQL's text, under the type that their file declares.

A type is settled when a statement is prepared, so a NULL has one as well, and one file is one prepared statement
whatever it is given.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import orjson
from psycopg import errors as pg
from psycopg import postgres

Dump = Callable[[Any], bytes | None]

_JSON = ("json", "jsonb")
_PLAIN_ELEMENT = re.compile(r"[A-Za-z0-9_.:+-]+")


def type_oid(name: str) -> int:
    """The server's number of a built-in type, such as ``timestamptz`` or ``bigint[]``.

    :raises LookupError: for a type that isn't built in.
    """
    info = postgres.types.get(name.removesuffix("[]"))
    if info is None:
        raise LookupError(f"no built-in type is called {name}")
    return info.array_oid if name.endswith("[]") else info.oid


def dump_of(type_name: str) -> Dump:
    """What turns a value into a parameter of this type."""
    return _dump_json if type_name in _JSON else dump


def dump(value: Any) -> bytes | None:
    """A value as PostgreSQL reads it, None for NULL.

    :raises psycopg.errors.CharacterNotInRepertoire: for a NUL byte, behind which libpq would cut the text off.
    :raises TypeError: for a value of a kind that no parameter has.
    """
    match value:
        case None:
            return None
        case str():
            if "\0" in value:
                raise pg.CharacterNotInRepertoire("a text has a NUL byte")
            return value.encode()
        case int() | float():  # a bool is one, and True is how PostgreSQL reads it as well
            return str(value).encode()
        case dt.date():  # a datetime is one
            return value.isoformat().encode()
        case bytes():
            return b"\\x" + value.hex().encode()
        case list() | tuple():
            return b"{" + b",".join(_dump_element(element) for element in value) + b"}"
    raise TypeError(f"no parameter is a {type(value).__name__}: expected text, a number, a time, bytes or a list")


def _dump_element(value: Any) -> bytes:
    dumped = dump(value)
    if dumped is None:
        return b"null"
    text = dumped.decode()
    if isinstance(value, list | tuple) or (_PLAIN_ELEMENT.fullmatch(text) and text.lower() != "null"):
        return dumped
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'.encode()


def _dump_json(value: Any) -> bytes | None:
    return None if value is None else orjson.dumps(value)
