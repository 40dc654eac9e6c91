"""GET /api/v1/exercises/used"""

from __future__ import annotations

from typing import Any

import pytest

from tests.conftest import Client
from tests.sessions.bodies import session_body

URL, SESSIONS = "/api/v1/exercises/used", "/api/v1/sessions"
DAYS = {"2026-01-01": (1, 2), "2026-01-02": (1, 3), "2026-01-03": (1, 2), "2026-01-04": (4, 2)}


@pytest.fixture
def trained(owner: Client, stranger: Client) -> Client:
    for day, (first, second) in DAYS.items():
        body = session_body(first, second) | {"started_at": f"{day}T17:00:00Z", "ended_at": f"{day}T18:00:00Z"}
        assert owner.post(SESSIONS, json=body).status_code == 201
    assert stranger.post(SESSIONS, json=session_body(5, 5)).status_code == 201
    return owner


def pages(client: Client, sort_by: str, limit: int) -> list[dict[str, Any]]:
    items, cursor = [], ""
    while True:
        page = client.get(
            URL, query_string={"sort_by": sort_by, "limit": limit} | ({"cursor": cursor} if cursor else {})
        )
        assert page.status_code == 200, page.json
        items += page.json["items"]
        cursor = page.json["next_cursor"]
        if cursor is None:
            return items


@pytest.mark.parametrize("limit", [1, 2, 200])
def test_those_done_last_come_first(trained: Client, limit: int) -> None:
    found = [(item["id"], item["last_used_on"]) for item in pages(trained, "last_used", limit)]
    assert found == [(4, "2026-01-04"), (2, "2026-01-04"), (1, "2026-01-03"), (3, "2026-01-02")]


@pytest.mark.parametrize("limit", [1, 3, 200])
def test_or_those_done_in_most_sessions(trained: Client, limit: int) -> None:
    found = [(item["id"], item["session_count"]) for item in pages(trained, "most_used", limit)]
    assert found == [(2, 3), (1, 3), (4, 1), (3, 1)]


def test_a_newcomer_has_none(stranger: Client) -> None:
    assert stranger.get(URL).json == {"items": [], "next_cursor": None}


def test_an_unknown_order_is_refused_and_a_cursor_of_the_other_order_too(trained: Client) -> None:
    assert trained.get(f"{URL}?sort_by=name").status_code == 422
    cursor = trained.get(f"{URL}?limit=1").json["next_cursor"]
    assert trained.get(f"{URL}?limit=1&sort_by=most_used&cursor={cursor}").status_code == 422
