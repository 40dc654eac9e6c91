"""GET /api/v1/users"""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.conftest import Client

URL = "/api/v1/users"
PEOPLE = [
    # username, e-mail, full name, is_active, days ago
    ("Zoe", "a.zoe@example.com", "Zoë Müller", True, 5),
    ("bob", "bob@example.com", "Robert Tables", False, 4),
    ("carol", "Carol_1@example.org", "王伟", True, 3),
    ("dave", "dave100%@example.org", "Dave Bobson", True, 2),
]


@pytest.fixture
def people(admin: Client, database: psycopg.Connection[Any]) -> Client:
    for username, email, full_name, is_active, days in PEOPLE:
        database.execute(
            "insert into users (username, email, full_name, is_active, created_at)"
            " values (%s, %s, %s, %s, now() - make_interval(days => %s))",
            [username, email, full_name, is_active, days],
        )
    return admin


def names(client: Client, **query: Any) -> list[str]:
    """All pages, two at a time."""
    found: list[str] = []
    query = {"limit": 2, **query}
    while True:
        reply = client.get(URL, query_string=query)
        assert reply.status_code == 200, reply.json
        page: Any = reply.json
        found += [item["username"] for item in page["items"]]
        if page["next_cursor"] is None:
            return found
        query["cursor"] = page["next_cursor"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["admin", "dave", "carol", "bob", "Zoe"]),
        ({"sort_order": "asc"}, ["Zoe", "bob", "carol", "dave", "admin"]),
        ({"sort_by": "created_at", "sort_order": "desc"}, ["admin", "dave", "carol", "bob", "Zoe"]),
        ({"sort_by": "username"}, ["admin", "bob", "carol", "dave", "Zoe"]),
        ({"sort_by": "username", "sort_order": "desc"}, ["Zoe", "dave", "carol", "bob", "admin"]),
        ({"sort_by": "email"}, ["Zoe", "admin", "bob", "carol", "dave"]),
        ({"sort_by": "email", "sort_order": "desc"}, ["dave", "carol", "bob", "admin", "Zoe"]),
    ],
)
def test_every_order_goes_through_all_pages_once(people: Client, query: dict[str, str], expected: list[str]) -> None:
    assert names(people, **query) == expected
    assert names(people, **query, limit=5) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"is_active": "false"}, ["bob"]),
        ({"is_superuser": "true"}, ["admin"]),
        ({"is_superuser": "false", "is_active": "true"}, ["dave", "carol", "Zoe"]),
        ({"search": "OBER"}, ["bob"]),
        ({"search": "bob"}, ["dave", "bob"]),
        ({"search": "bob", "is_active": "true"}, ["dave"]),
        ({"search": "müll"}, ["Zoe"]),
        ({"search": "mu\u0308ll"}, ["Zoe"]),
        ({"search": "王伟"}, ["carol"]),
        ({"search": "ample.org"}, ["dave", "carol"]),
        ({"search": "0%"}, ["dave"]),
        ({"search": "l_1"}, ["carol"]),
        ({"search": "\\\\"}, []),
    ],
)
def test_filters_and_search_find_what_matches_all_of_them(
    people: Client, query: dict[str, str], expected: list[str]
) -> None:
    for sort_by in ("created_at", "username", "email"):
        for sort_order in ("asc", "desc"):
            found = names(people, **query, sort_by=sort_by, sort_order=sort_order)
            assert sorted(found) == sorted(expected), (sort_by, sort_order)


def test_an_item_is_what_reading_it_alone_gives(people: Client) -> None:
    for sort_by in ("created_at", "username", "email"):
        for sort_order in ("asc", "desc"):
            query = {"search": "admin", "sort_by": sort_by, "sort_order": sort_order}
            item = people.get(URL, query_string=query).json["items"][0]
            assert item == people.get(f"{URL}/{item['id']}").json


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort_by=password_hash", "sort_by"),
        ("sort_order=up", "sort_order"),
        ("search=a", "search"),
        ("is_active=maybe", "is_active"),
        ("role=admin", "role"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(admin: Client, query: str, field: str) -> None:
    reply = admin.get(f"{URL}?{query}")
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_cursor_of_another_order_is_refused(people: Client) -> None:
    cursor = people.get(URL + "?limit=1").json["next_cursor"]
    reply = people.get(URL, query_string={"cursor": cursor, "sort_by": "email"})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["cursor"])


@pytest.mark.parametrize("stored", ["ada@xn--exmple-cua.com", "ada@exämple.com"])
@pytest.mark.parametrize(
    "search",
    [
        *("ada@exämple.com", "ADA@EXÄMPLE.COM", "exämple", "da@exämple", "exa\u0308mple.com"),
        *("ada@xn--exmple-cua.com", "XN--EXMPLE-CUA.com", "xn--exmple-cua"),
    ],
)
def test_a_domain_is_found_in_both_its_forms(
    admin: Client, database: psycopg.Connection[Any], stored: str, search: str
) -> None:
    database.execute("insert into users (username, email) values ('ada', %s), ('bob', 'bob@example.com')", [stored])
    for order in ("created_at", "username", "email"):
        reply = admin.get(URL, query_string={"search": search, "sort_by": order})
        assert [one["username"] for one in reply.json["items"]] == ["ada"], order


@pytest.mark.parametrize("search", ["xn--", "xn--exmple", "@xn--!", "ä@", "@ä", "ä b", "..", "@@", "xn--99999999.com"])
def test_what_is_no_domain_is_searched_as_it_is(people: Client, search: str) -> None:
    reply = people.get(URL, query_string={"search": search})
    assert (reply.status_code, reply.json["items"]) == (200, [])
