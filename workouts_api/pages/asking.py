"""What the address of a page asks for: read by the schemas of the API's own routes, with what a form needs besides.

A form sends its empty fields as well; they count as left out. Parameters that a route does not know are left out,
because links carry what other pages know.
"""

from __future__ import annotations

import datetime as dt
from functools import cache
from typing import Any

import marshmallow as ma
from flask import request

from workouts_api.errors import Invalid
from workouts_api.web.schemas import IdentifierInQuery, Schema

MOST_BUCKETS = 400  # that are drawn and listed on one page


@cache
def _only(schema: type[Schema]) -> Schema:
    return schema()


def asked(schema: type[Schema], **always: Any) -> Any:
    """The parameters of the request, as a route with this schema reads them.

    :param always: what the page decides by itself, such as the length of a list.
    :raises Invalid: naming each parameter that is wrong, with what was expected.
    """
    given = {name: value for name, value in request.args.items() if value.strip()}
    known = {field.data_key or name for name, field in _only(schema).fields.items()}
    try:
        return _only(schema).load({name: given[name] for name in known & given.keys()} | always)
    except ma.ValidationError as error:
        raise Invalid(details=error.messages_dict) from error


def refuse_many_buckets(period: dict[str, Any]) -> None:
    """:raises Invalid: for a period of more buckets than a page shows; the API itself has more."""
    first, last = period.get("from_"), period.get("to") or dt.datetime.now(dt.UTC).date()
    if first is not None and _buckets(first, last, period["bucket"]) > MOST_BUCKETS:
        sentence = f"Expected at most {MOST_BUCKETS} of them: choose weeks or months, or a later day."
        raise Invalid(details={"from": [sentence]})


def _buckets(first: dt.date, last: dt.date, by: str) -> int:
    """How many there are; of weeks, one less where the athlete's week begins between the two days' weekdays."""
    if by == "month":
        return (last.year - first.year) * 12 + last.month - first.month + 1
    return (last - first).days // {"day": 1, "week": 7}[by] + 1


class _Whose(Schema):
    athlete_id = IdentifierInQuery(load_default=None)


def athlete_id() -> int | None:
    """Whose page it is; None: the viewer's own.

    :raises Invalid: for what is no id.
    """
    found: int | None = asked(_Whose)["athlete_id"]
    return found
