"""What every GET understands, and pages of lists: their size, their filters, and the cursor of the next one."""

from __future__ import annotations

import datetime as dt
import hmac
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson
from flask import request
from marshmallow import fields, validate

from workouts_api.errors import Invalid
from workouts_api.web.schemas.ids import WholeInQuery
from workouts_api.web.schemas.strict import Schema
from workouts_api.web.secret_keys import accepted_keys, current_key


class Query(Schema):
    """What every GET understands."""

    fields_ = fields.String(
        data_key="fields", metadata={"description": "Only these fields, separated by commas, such as id,title."}
    )
    units = fields.String(
        validate=validate.OneOf(["metric", "imperial"]),
        metadata={"description": "imperial: lb, mi, ft and in instead of kg, m and cm, under their own names."},
    )
    cache_buster = fields.String(data_key="_", metadata={"description": "Ignored."})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        first, last = data.get("from_"), data.get("to")
        if first is not None and last is not None and first > last:
            kind = "an instant" if isinstance(first, dt.datetime) else "a day"
            return {"from": [f"Expected {kind} that is not after `to`."]}
        return {}


@dataclass(frozen=True, slots=True)
class Page:
    """The page that is asked for."""

    limit: int
    position: Mapping[str, Any]
    """The keyset of the last item seen; empty on the first page."""
    filters: Mapping[str, Any]
    with_total: bool

    @property
    def fetch(self) -> int:
        """How many rows to ask for: one more than are shown tells whether there is a next page."""
        return self.limit + 1

    def after(self, column: str, first: Any) -> Any:
        """Where the page begins in ``column``; ``first`` on the first page.

        :raises Invalid: for the cursor of a list in another order.
        """
        if self.position and column not in self.position:
            raise _no_cursor_of_this_list()
        return self.position.get(column, first)

    def cursor_after(self, row: Mapping[str, Any], keyset: tuple[str, ...]) -> str:
        """The cursor of the page after ``row``, signed for this address; instants keep their full precision."""
        values = orjson.dumps({name: row[name] for name in keyset})
        return _cursor(_signature(current_key(), values) + values)


_SIGNATURE_BYTES = 16  # of the 32: a forged cursor could only show its forger a page of their own


def _cursor(signed: bytes) -> str:
    return urlsafe_b64encode(signed).rstrip(b"=").decode()


def _signature(key: str, values: bytes) -> bytes:
    """By secret and address: a cursor of one list means nothing to another."""
    return hmac.digest(f"cursor {request.endpoint} {key}".encode(), values, "sha256")[:_SIGNATURE_BYTES]


class PageQuery(Query):
    """A page of a list. Subclasses add filters, which arrive in ``Page.filters``, None where not given."""

    limit = WholeInQuery(1, 200, load_default=50, metadata={"description": "Items on the page."})
    cursor = fields.String(metadata={"description": "next_cursor of the page before; opaque."})

    @ma.post_load
    def to_page(self, data: dict[str, Any], **_: Any) -> Page:
        limit, cursor, include = data.pop("limit"), data.pop("cursor", None), data.pop("include", None)
        for name in ("fields_", "units", "cache_buster"):
            data.pop(name, None)
        filters = dict.fromkeys(self.fields) | data
        return Page(limit, {} if cursor is None else _position(cursor), filters, include == "total")


class CountedPageQuery(PageQuery):
    """A page of a list that can be counted."""

    include = fields.String(
        validate=validate.OneOf(["total"]), metadata={"description": "total: count them all, which costs more."}
    )


def _position(cursor: str) -> dict[str, Any]:
    try:
        signed = b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
    except ValueError:  # not ASCII, not base64
        signed = b""
    signature, values = signed[:_SIGNATURE_BYTES], signed[_SIGNATURE_BYTES:]
    # base64 has several spellings of the same bytes; ours is one
    is_ours = any(hmac.compare_digest(signature, _signature(key, values)) for key in accepted_keys())
    if _cursor(signed) != cursor or not is_ours:
        raise _no_cursor_of_this_list()
    return cast("dict[str, Any]", orjson.loads(values))


def _no_cursor_of_this_list() -> Invalid:
    return Invalid(details={"cursor": ["Expected next_cursor of a page of this list, in this order."]})


def page_of(item: type[Schema], *, total: bool = False) -> type[Schema]:
    """The schema of a page of ``item``.

    :param total: whether the list takes ``?include=total``.
    """
    parts: dict[str, Any] = {
        "items": fields.List(fields.Nested(item), required=True),
        "next_cursor": fields.String(
            required=True, allow_none=True, metadata={"description": "Send it as cursor; null on the last page."}
        ),
    }
    if total:
        parts["total"] = fields.Integer(metadata={"description": "With include=total."})
    return cast("type[Schema]", Schema.from_dict(parts, name=f"{item.__name__}Page"))
