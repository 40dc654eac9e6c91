"""Instants, days and time zones."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.web.zones import is_zone_name

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_INSTANT = re.compile(
    rf"(?P<day>{_DAY.pattern})[Tt ](?P<clock>{_CLOCK}):(?P<second>[0-5][0-9]|60)(?P<fraction>\.[0-9]{{1,9}})?"
    rf"(?P<offset>[Zz]|[+-]{_CLOCK})"
)
"""RFC 3339, and no other form of ISO 8601: Python reads weeks, forms without hyphens and, from 3.14 on, 24:00, too.
Nine digits are nanoseconds, which Go, Java and Rust write."""
_MICROSECONDS = len(".123456")

_EARLIEST, _LATEST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)
"""What a client may mean by a day or an instant, in every field and parameter: the years that sessions may have. Beyond
them are slips, and days that neither ISO 8601 nor Python can write, such as 12 weeks before the year 1."""

_NO_DAY = "Expected a day of the calendar: there is no {day}."


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


class Instant(fields.AwareDateTime):
    """RFC 3339 with an offset and 0 to 9 fractional digits, from 1900 to 2199; leaves in UTC with Z."""

    default_error_messages = {  # noqa: RUF012 – marshmallow's way
        "invalid": "Expected an instant with an offset, such as 2026-01-05T18:30:00+01:00 or …Z.",
        "leap": "Expected seconds from 00 to 59, without leap seconds, such as 2026-01-05T18:30:00+01:00.",
        "no_day": _NO_DAY,
        "range": "Expected an instant between 1900 and 2200.",
    }

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> dt.datetime:
        written = _INSTANT.fullmatch(value) if isinstance(value, str) else None
        if written is None:
            raise self.make_error("invalid")
        if not _is_day(written["day"]):
            raise self.make_error("no_day", day=written["day"])
        if written["second"] == "60":
            raise self.make_error("leap")
        fraction = (written["fraction"] or "")[:_MICROSECONDS]
        whole = f"{written['day']}T{written['clock']}:{written['second']}{fraction}{written['offset'].upper()}"
        try:
            instant = dt.datetime.fromisoformat(whole).astimezone(dt.UTC)
        except OverflowError as error:
            raise self.make_error("range") from error
        if not _EARLIEST <= instant.date() < _LATEST:
            raise self.make_error("range")
        return instant


class Day(fields.Date):
    """RFC 3339's full-date, from 1900 to 2200."""

    default_error_messages = {  # noqa: RUF012 – as above
        "invalid": "Expected a day as YYYY-MM-DD, such as 2026-01-05.",
        "no_day": _NO_DAY,
    }

    def __init__(self, **kwargs: Any) -> None:
        days = validate.Range(_EARLIEST, _LATEST, error="Expected a day from 1900 to 2200.")
        super().__init__(validate=days, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dt.date:
        if not isinstance(value, str) or not _DAY.fullmatch(value):
            raise self.make_error("invalid")
        if not _is_day(value):
            raise self.make_error("no_day", day=value)
        return super()._deserialize(value, attr, data, **kwargs)


class PastDay(Day):
    """A day from 1900 to today, or to tomorrow in UTC: somewhere it is today already."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        day = super()._deserialize(value, attr, data, **kwargs)
        if day > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
            raise ma.ValidationError("Expected a day that has come.")
        return day


class Zone(fields.String):
    """An IANA time zone, as far as it can be seen: whether there is one of this name, the database says (is_zone())."""

    default_error_messages = {"invalid": "Expected an IANA time zone, such as Europe/Berlin."}  # noqa: RUF012 – as above

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(metadata={"example": "Europe/Berlin", **kwargs.pop("metadata", {})}, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if not is_zone_name(value):
            raise self.make_error("invalid")
        return str(value)
