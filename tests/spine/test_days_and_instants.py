"""Every day and instant that a client can send, by the API's document: one form, one range, and no period ends before
it begins.

A new parameter or field of these formats is tested as soon as it is documented.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import Client
from tests.routes import APPLICATION, ROUTES, Route, address, demands, openapi_path, options

Json = dict[str, Any]

FORMATS = ("date", "date-time")
BEYOND = ("0001-01-01", "0001-03-25", "1899-12-31", "2201-01-01", "9999-12-31")
FURTHEST = ("1900-01-01", "2199-12-31")
OTHER_FORMS = {
    "date": ("20260105", "2026-W02-1", "2026W021", "2026-005", "2026-1-5", "2026-01-05T00:00:00Z", "٢٠٢٦-٠١-٠٥"),
    "date-time": (
        "20260105T101112Z",
        "2026-W02-1T10:11:12Z",
        "2026-005T10:11:12Z",
        "2026-01-05T101112Z",
        "2026-01-05T10:11Z",
        "2026-01-05T10:11:12",
        "2026-01-05T24:00:00Z",
        "2026-01-05T10:11:60Z",
        "2026-01-05T10:11:12,5Z",
        "2026-01-05T10:11:12.1234567890Z",
        "2026-01-05T10:11:12+01",
        "2026-01-05T10:11:12+0100",
        "2026-01-05T10:11:12+01:60",
        "2026-01-05T10:11:12+24:00",
    ),
}
"""Of ISO 8601, of Python, or of nobody; the document promises RFC 3339."""
NO_DAYS = {how: tuple(day + clock for day in ("2023-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-00"))
           for how, clock in (("date", ""), ("date-time", "T12:00:00Z"))}  # fmt: skip
FRACTIONS = tuple(f"2026-01-05T10:11:12.{'123456789'[:digits]}Z" for digits in range(1, 10))
"""JavaScript writes three digits, Python six, .NET seven, Go and Java up to nine."""
FORMS = {"date": "YYYY-MM-DD, such as 2026-01-05", "date-time": "such as 2026-01-05T18:30:00+01:00"}
"""What a refusal says is expected."""
DOCUMENT: Json = APPLICATION.test_client().get("/openapi.json").json


def _resolved(schema: Json) -> Json:
    if len(parts := schema.get("allOf", ())) == 1:
        schema = {**schema, **parts[0]}
    while "$ref" in schema:
        found: Any = DOCUMENT
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _operation(route: Route) -> Json:
    found: Json = DOCUMENT["paths"].get(openapi_path(route[1]), {}).get(route[0].lower(), {})
    return found


def _parameters(route: Route) -> dict[str, str]:
    """The query's days and instants, each with its format."""
    named = {one["name"]: one["schema"] for one in _operation(route).get("parameters", ()) if one.get("in") == "query"}
    return {name: schema["format"] for name, schema in named.items() if schema.get("format") in FORMATS}


def _fields(schema: Json, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """The body's days and instants, by their paths, each with its format."""
    schema = _resolved(schema)
    if schema.get("format") in FORMATS and path and not schema.get("readOnly"):
        yield path, schema["format"]
    for name, below in schema.get("properties", {}).items():
        if not _resolved(below).get("readOnly") and not below.get("readOnly"):
            yield from _fields(below, (*path, name))
    if "items" in schema:
        yield from _fields(schema["items"], (*path, "0"))


def _body(path: tuple[str, ...], value: Any) -> Any:
    """A document that has only this field."""
    for name in reversed(path):
        value = [value] if name == "0" else {name: value}
    return value


def _written(day: str, how: str) -> str:
    return day if how == "date" else f"{day}T12:00:00Z"


PARAMETERS = [(route, name, how) for route in ROUTES for name, how in _parameters(route).items()]
FIELDS = [
    (route, path, how)
    for route in ROUTES
    for path, how in _fields(
        _operation(route).get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    )
]
PERIODS = [route for route in ROUTES if {"from", "to"} <= _parameters(route).keys()]


@pytest.fixture
def may(owner: Client, admin: Client) -> Any:
    """Who is let through to a route."""
    return lambda route: admin if (demanded := demands(route)) and demanded.superuser else owner


def test_there_are_days_and_instants_in_addresses_and_bodies() -> None:
    assert {how for _, _, how in PARAMETERS} == {how for _, _, how in FIELDS} == set(FORMATS)
    assert len(PERIODS) > 5


@pytest.mark.parametrize(("route", "name", "how"), PARAMETERS, ids=str)
def test_a_parameter_beyond_the_range_is_refused_by_name(may: Any, route: Route, name: str, how: str) -> None:
    for day in BEYOND:
        reply = may(route).get(address(route[1]), query_string={name: _written(day, how)})
        assert (reply.status_code, list(reply.json["details"])) == (422, [name]), day


@pytest.mark.parametrize(("route", "path", "how"), FIELDS, ids=str)
def test_a_field_beyond_the_range_is_refused_by_its_path(
    may: Any, route: Route, path: tuple[str, ...], how: str
) -> None:
    headers = options(route).get("headers")
    for day in BEYOND:
        body = _body(path, _written(day, how))
        reply = may(route).request(route[0], address(route[1]), json=body, headers=headers)
        assert reply.status_code == 422, day
        assert ".".join(path) in reply.json["details"], day


@pytest.mark.parametrize(("route", "name", "how"), PARAMETERS, ids=str)
def test_a_parameter_of_another_form_is_refused_by_name(may: Any, route: Route, name: str, how: str) -> None:
    for text in OTHER_FORMS[how]:
        reply = may(route).get(address(route[1]), query_string={name: text})
        assert (reply.status_code, list(reply.json["details"])) == (422, [name]), text
        assert FORMS[how] in reply.json["details"][name][0], text


@pytest.mark.parametrize(("route", "path", "how"), FIELDS, ids=str)
def test_a_field_of_another_form_is_refused_by_its_path(
    may: Any, route: Route, path: tuple[str, ...], how: str
) -> None:
    for text in OTHER_FORMS[how]:
        body, headers = _body(path, text), options(route).get("headers")
        reply = may(route).request(route[0], address(route[1]), json=body, headers=headers)
        assert reply.status_code == 422, text
        assert FORMS[how] in reply.json["details"][".".join(path)][0], text


@pytest.mark.parametrize(("route", "name", "how"), PARAMETERS, ids=str)
def test_a_day_that_no_calendar_has_is_named_in_a_parameter(may: Any, route: Route, name: str, how: str) -> None:
    for text in NO_DAYS[how]:
        reply = may(route).get(address(route[1]), query_string={name: text})
        assert reply.json["details"] == {name: [f"Expected a day of the calendar: there is no {text[:10]}."]}


@pytest.mark.parametrize(("route", "path", "how"), FIELDS, ids=str)
def test_a_day_that_no_calendar_has_is_named_in_a_field(
    may: Any, route: Route, path: tuple[str, ...], how: str
) -> None:
    for text in NO_DAYS[how]:
        body, headers = _body(path, text), options(route).get("headers")
        reply = may(route).request(route[0], address(route[1]), json=body, headers=headers)
        assert f"there is no {text[:10]}." in reply.json["details"][".".join(path)][0], text


@pytest.mark.parametrize(
    ("route", "path"), [(route, path) for route, path, how in FIELDS if how == "date-time"], ids=str
)
def test_fractions_of_any_language_are_read(may: Any, route: Route, path: tuple[str, ...]) -> None:
    for text in FRACTIONS:
        body, headers = _body(path, text), options(route).get("headers")
        reply = may(route).request(route[0], address(route[1]), json=body, headers=headers)
        assert FORMS["date-time"] not in str(reply.json.get("details", {}).get(".".join(path))), text


def test_a_fraction_never_becomes_the_next_second(owner: Client) -> None:
    told = owner.post("/api/v1/sessions", json={"started_at": "2026-12-31T23:59:59.999999999Z", "zone": "UTC"}).json
    assert (told["started_at"], told["local_on"]) == ("2026-12-31T23:59:59Z", "2026-12-31")


@pytest.mark.parametrize(("route", "name", "how"), PARAMETERS, ids=str)
def test_the_ends_of_the_range_are_answered_and_all_days_are_of_the_iso_form(
    may: Any, route: Route, name: str, how: str
) -> None:
    for day in FURTHEST:
        reply = may(route).get(address(route[1]), query_string={name: _written(day, how)})
        assert reply.status_code in (200, 422), day
        assert " BC" not in reply.text, day


@pytest.mark.parametrize("route", PERIODS, ids=str)
def test_a_period_that_ends_before_it_begins_is_refused(may: Any, route: Route) -> None:
    how = _parameters(route)
    first, last = _written("2026-02-01", how["from"]), _written("2026-01-31", how["to"])
    reply = may(route).get(address(route[1]), query_string={"from": first, "to": last})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["from"])
    assert "not after `to`" in reply.json["details"]["from"][0]
