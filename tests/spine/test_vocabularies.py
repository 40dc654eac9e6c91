"""A filter that takes one of a few names refuses any other and lists them, on every route."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.routes import APPLICATION, ROUTES, Route, address, demands, openapi_path
from workouts_api.api.audit.schemas import TABLES

DOCUMENT: dict[str, Any] = APPLICATION.test_client().get("/openapi.json").json
FREE = {
    "cursor": "signed, and opaque",
    "device": "a client's own name",
    "q": "a search",
    "row": "the key of a row, of any table",
    "search": "a search",
    "zone": "the database knows the names",
}
"""Texts that a client may choose, each with what it is."""


def _texts(route: Route) -> dict[str, Any]:
    """The query's texts that are no days or instants, each with its schema."""
    operation = DOCUMENT["paths"].get(openapi_path(route[1]), {}).get(route[0].lower(), {})
    queries = [one for one in operation.get("parameters", ()) if one.get("in") == "query"]
    return {
        one["name"]: one["schema"]
        for one in queries
        if one["schema"].get("type") == "string" and "format" not in one["schema"]
    }


FILTERS = [(route, name) for route in ROUTES for name in _texts(route) if name not in FREE]


@pytest.mark.parametrize(("route", "name"), FILTERS, ids=str)
def test_a_name_that_is_none_of_them_is_refused_with_all_of_them(
    owner: Client, admin: Client, route: Route, name: str
) -> None:
    names = _texts(route)[name].get("enum")
    assert names, f"{name}: give it its names, or a line in FREE"
    who = admin if (demanded := demands(route)) and demanded.superuser else owner
    for wrong in ("nope", names[0] + "x"):
        refused = who.request(route[0], address(route[1]), query_string={name: wrong})
        assert (refused.status_code, list(refused.json["details"])) == (422, [name])
        [sentence] = refused.json["details"][name]
        assert [one for one in names if one not in sentence] == []


def test_the_tables_of_the_record_are_those_that_are_recorded(database: psycopg.Connection[Any]) -> None:
    found = database.execute("select tgrelid::regclass::text from pg_trigger where tgname = 'record_audit'")
    assert sorted(row[0] for row in found) == sorted(TABLES)


def test_a_muscle_that_is_not_there_is_refused_with_the_names(owner: Client) -> None:
    body = {"name": "Flight", "muscles": [{"muscle": "nope", "share": 1}]}
    [sentence] = owner.post("/api/v1/exercises", json=body).json["details"]["muscles.0.muscle"]
    assert "quadriceps" in sentence
    assert "upper back" in sentence
