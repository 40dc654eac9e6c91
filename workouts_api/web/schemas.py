"""What all chapters' schemas share: strictness, instants, pages, and the error envelope.

marshmallow validates what comes in and documents what goes out; that replies match is the tests' task, not paid for
at run time.
"""

from __future__ import annotations

import datetime as dt
import hmac
import re
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import marshmallow as ma
import orjson
from flask import request
from marshmallow import fields, validate

from workouts_api.errors import ERRORS, Invalid
from workouts_api.web import texts
from workouts_api.web.problems import MOST_UNKNOWN, read_each, with_few_unknown
from workouts_api.web.secret_keys import accepted_keys, current_key
from workouts_api.web.sentences import AN_ADDRESS, UNKNOWN, say_what_is_expected

say_what_is_expected()

MAX_ID = 2**53 - 1  # what JavaScript's numbers hold


class Schema(ma.Schema):
    """Refuses fields that it does not know, and keeps the order in which they are written."""

    class Meta:
        unknown = ma.RAISE

    error_messages = {"type": "Expected an object.", "unknown": UNKNOWN}  # noqa: RUF012 – marshmallow's way

    def load(self, data: Any, **kwargs: Any) -> Any:
        """As marshmallow does, but only some unknown fields are looked at; also where the schema is inside another, and
        of an address or a form.
        """
        if isinstance(data, Mapping) and len(data) > MOST_UNKNOWN:
            names = {field.data_key or name for name, field in self.fields.items()}
            data = with_few_unknown(data, names, len(names))
        return super().load(data, **kwargs)

    def __deepcopy__(self, _: dict[int, Any]) -> Schema:
        """Itself: nothing changes a schema once it is made, and flask-smorest copies it with each decorator's notes."""
        return self


class Text(fields.String):
    """Free text in its normal form; subclasses are of another kind. See workouts_api/web/texts.py.

    :param max_length: in characters, in that form; what is far longer is refused before anything is done to it.
    :param min_length: likewise.
    """

    _BEFORE = 4  # characters that may become one, as the letters of Vietnamese do, or a name's blanks

    def __init__(self, *, max_length: int, min_length: int = 0, **kwargs: Any) -> None:
        given = kwargs.pop("validate", [])
        self._length, self._longest = validate.Length(min=min_length or None, max=max_length), max_length
        super().__init__(validate=[self._length, *(given if isinstance(given, list) else [given])], **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if len(text) > self._longest * self._BEFORE:
            self._length(text)  # raises
        try:
            return self.to_form(text)
        except texts.TextError as error:
            raise ma.ValidationError(str(error)) from error

    def to_form(self, text: str) -> str:
        return texts.free(text)


class Line(Text):
    """One line of free text, such as a title."""

    def to_form(self, text: str) -> str:
        return texts.line(text)


class Name(Text):
    """A name that people tell apart by reading."""

    def to_form(self, text: str) -> str:
        return texts.name(text, self._longest * self._BEFORE)


class Words(Text):
    """What is searched for among names."""

    def to_form(self, text: str) -> str:
        return texts.name_without_invisible(text, self._longest * self._BEFORE)


class SignInName(Text):
    """The username or e-mail address of somebody who signs in: what is no name is nobody's, and not refused."""

    def to_form(self, text: str) -> str:
        return texts.name_of_somebody(text)


class Secret(Text):
    """What somebody knows, or was given: kept as no more than a digest."""

    def to_form(self, text: str) -> str:
        return texts.secret(text)


class Email(Name):
    """An e-mail address."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email", "example": "ada@example.com", **kwargs.pop("metadata", {})}
        address = validate.Email(error=AN_ADDRESS)
        super().__init__(max_length=254, validate=address, metadata=metadata, **kwargs)


class NewEmail(Email):
    """An address that is to be stored. Those that are stored already go on working: they are asked for by Email."""

    def to_form(self, text: str) -> str:
        address = super().to_form(text)
        local, _, domain = address.rpartition("@")
        if not local.isascii() or len(local) > _LONGEST_LOCAL_PART:
            raise texts.TextError(_A_LOCAL_PART)
        if domain.startswith("[") or domain.lower() == "localhost":  # a mail server would connect there
            raise texts.TextError(_A_DOMAIN)
        return address


_LONGEST_LOCAL_PART = 64  # RFC 5321 §4.5.3.1.1
_A_LOCAL_PART = "Expected at most 64 characters before the @, all of them ASCII: mail servers deliver no others."
_A_DOMAIN = "Expected the name of a domain after the @, such as example.com: no number of a host, and not localhost."


class Items(fields.List[Any]):
    """A list of bounded length, which is looked at before what is in it. After many wrong items it is not read on.

    :param longest: how many there may be. :param shortest: likewise.
    """

    def __init__(self, inner: Any, *, longest: int, shortest: int = 0, **kwargs: Any) -> None:
        self._count = validate.Length(min=shortest or None, max=longest)
        super().__init__(inner, validate=self._count, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        self._count(value)
        return read_each(value, lambda each: self.inner.deserialize(each, **kwargs))


_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


_EARLIEST, _LATEST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""What a client may mean by a day or an instant, in every field and parameter: the years that sessions may have. Beyond
them are slips, and days that neither ISO 8601 nor Python can write, such as 12 weeks before the year 1."""


class Instant(fields.AwareDateTime):
    """RFC 3339 with an offset and 0 to 6 fractional digits, from 1900 to 2199; leaves in UTC with Z."""

    default_error_messages = {  # noqa: RUF012 – marshmallow's way
        "invalid": "Expected an instant with an offset, such as 2026-01-05T18:30:00+01:00 or …Z.",
        "range": "Expected an instant between 1900 and 2200.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            instant = dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
        except (ValueError, OverflowError) as error:
            raise self.make_error("invalid") from error
        if not _EARLIEST <= instant.date() < _LATEST:
            raise self.make_error("range")
        return instant


class Identifier(fields.Integer):
    """A resource's id: a whole number from 1 to 2^53 - 1."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(strict=True, validate=validate.Range(min=1, max=MAX_ID), **kwargs)


class Day(fields.Date):
    """A day from 1900 to 2200."""

    def __init__(self, **kwargs: Any) -> None:
        days = validate.Range(_EARLIEST, _LATEST, error="Expected a day from 1900 to 2200.")
        super().__init__(validate=days, **kwargs)


class PastDay(Day):
    """A day from 1900 to today, or to tomorrow in UTC: somewhere it is today already."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        day = super()._deserialize(value, attr, data, **kwargs)
        if day > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
            raise ma.ValidationError("Expected a day that has come.")
        return day


class WholeInQuery(fields.Integer):
    """A whole number in a query string, where everything is text: in digits, and nothing that int() also reads."""

    def __init__(self, lowest: int, highest: int, **kwargs: Any) -> None:
        super().__init__(validate=validate.Range(lowest, highest), **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if not _DIGITS.fullmatch(value):
            raise self.make_error("invalid", input=value)
        return super()._deserialize(value, attr, data, **kwargs)


_DIGITS = re.compile(r"-?[0-9]{1,40}")


class IdentifierInQuery(WholeInQuery):
    """A resource's id in a query string."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(1, MAX_ID, **kwargs)


class Zone(fields.String):
    """An IANA time zone, as far as it can be seen: whether there is one of this name, the database says (is_zone())."""

    default_error_messages = {"invalid": "Expected an IANA time zone, such as Europe/Berlin."}  # noqa: RUF012

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"example": "Europe/Berlin", **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_zone_name(value):
            raise self.make_error("invalid")
        return str(value)


_ZONE = re.compile(r"[A-Z][A-Za-z_+-]*(/[A-Z][A-Za-z_-]*){1,2}|Etc/GMT[+-]?[0-9]{1,2}|[A-Z][A-Za-z0-9+-]*")


def is_zone_name(value: object) -> bool:
    """Whether a time zone could be called so."""
    return isinstance(value, str) and len(value) <= 64 and _ZONE.fullmatch(value) is not None


# ── pages ───────────────────────────────────────────────────────────────────────────────────────────────────


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

    @ma.validates_schema
    def from_is_not_after_to(self, data: Mapping[str, Any], **_: Any) -> None:
        first, last = data.get("from_"), data.get("to")
        if first is not None and last is not None and first > last:
            kind = "an instant" if isinstance(first, dt.datetime) else "a day"
            raise ma.ValidationError({"from": [f"Expected {kind} that is not after `to`."]})


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


# ── errors ──────────────────────────────────────────────────────────────────────────────────────────────────


class ErrorReply(Schema):
    """The envelope of every error."""

    error = fields.String(
        required=True,
        validate=validate.OneOf(sorted(ERRORS)),
        metadata={
            "description": "What a client does then:\n\n"
            + "\n".join(f"- `{code}` ({cls.status}): {cls.then}" for code, cls in sorted(ERRORS.items()))
        },
    )
    message = fields.String(required=True, metadata={"description": "One sentence for a person."})
    details = fields.Dict(
        keys=fields.String(), required=True, metadata={"description": "For 422: the fields, with sentences."}
    )
    request_id = fields.String(required=True, metadata={"description": "Also in X-Request-ID and in our log."})
