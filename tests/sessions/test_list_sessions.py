"""GET /api/v1/sessions"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.sessions.bodies import FIELDS, URL, Body
from workouts_api.sql.loaded import CATALOGUE

START = datetime(2026, 1, 1, 17, tzinfo=UTC)


def record(client: Client, day: int, **more: Any) -> int:
    """A session ``day`` days after the first."""
    started_at = (START + timedelta(days=day)).isoformat()
    made = client.post(URL, json={"started_at": started_at, "title": f"Day {day}", **more})
    assert made.status_code == 201, made.json
    return int(made.json["id"])


def titles(client: Client, query: str = "") -> list[str]:
    page = client.get(f"{URL}{query}")
    assert page.status_code == 200, page.json
    return [item["title"] for item in page.json["items"]]


def test_items_have_everything_but_exercises_and_key(owner: Client, body: Body) -> None:
    made = owner.post(URL, json=body).json
    for query in ("", "?include=total", "?q=legs"):
        item = owner.get(f"{URL}{query}").json["items"][0]
        assert list(item) == [name for name in FIELDS if name not in ("exercises", "laps", "client_key")]
        assert item == {name: made[name] for name in item}


def test_the_newest_come_first_and_only_ones_own(owner: Client, stranger: Client) -> None:
    for day in (2, 1, 3):
        record(owner, day)
    record(stranger, 4)
    assert titles(owner) == ["Day 3", "Day 2", "Day 1"]


@pytest.mark.parametrize("query", ["?limit=2", "?limit=2&from=2026-01-01", "?limit=2&include=total"])
def test_pages_hold_every_session_once_whatever_starts_at_the_same_time(owner: Client, query: str) -> None:
    made = [record(owner, day) for day in (1, 1, 1, 2, 2, 3, 4)]
    seen: list[int] = []
    cursor = ""
    while cursor is not None:
        page = owner.get(f"{URL}{query}&cursor={cursor}" if cursor else f"{URL}{query}").json
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert seen == sorted(made, reverse=True)


def test_the_link_leads_to_the_next_page_under_the_same_filters(owner: Client) -> None:
    for day in range(4):
        record(owner, day)
    first = owner.get(f"{URL}?limit=1&from=2026-01-02")
    address = first.headers["Link"].partition("<")[2].partition(">")[0]
    assert titles(owner, "?" + address.partition("?")[2]) == ["Day 2"]


def test_from_and_to_are_local_days_both_included(owner: Client) -> None:
    for zone, hour in (("Pacific/Kiritimati", 11), ("Pacific/Pago_Pago", 10), ("UTC", 0)):
        started_at = START.replace(hour=hour) + timedelta(days=1)  # 3, 1 and 2 January there
        owner.post(URL, json={"started_at": started_at.isoformat(), "zone": zone, "title": zone})
    assert titles(owner, "?from=2026-01-03") == ["Pacific/Kiritimati"]
    assert titles(owner, "?to=2026-01-01") == ["Pacific/Pago_Pago"]
    assert titles(owner, "?from=2026-01-02&to=2026-01-02") == ["UTC"]
    assert len(titles(owner, "?from=2026-01-01&to=2026-01-03")) == 3


def test_sessions_with_an_exercise_are_found_even_without_sets(owner: Client, exercise_ids: list[int]) -> None:
    record(owner, 1, exercises=[{"exercise_id": exercise_ids[0]}])
    record(owner, 2, exercises=[{"exercise_id": exercise_ids[1], "sets": [{"reps": 5}]}])
    assert titles(owner, f"?exercise_id={exercise_ids[0]}") == ["Day 1"]


@pytest.mark.parametrize("words", ["ÄRGER", "100%", "_b", "day 2", "Grün"])
def test_words_are_found_in_titles_and_notes_as_they_are_whatever_their_case(owner: Client, words: str) -> None:
    record(owner, 1, notes="100 x ab")
    record(owner, 2, notes="Viel Ärger, 100% a_b, im GRÜNEN")
    response = owner.get(URL, query_string={"q": words})
    assert [item["title"] for item in response.json["items"]] == ["Day 2"]


def test_filters_hold_together(owner: Client, exercise_ids: list[int]) -> None:
    for day in range(1, 5):
        record(owner, day, exercises=[{"exercise_id": exercise_ids[day % 2]}], notes="heavy" if day > 2 else "")
    query = f"?from=2026-01-03&to=2026-01-05&exercise_id={exercise_ids[0]}&q=heavy"
    assert titles(owner, query) == ["Day 4"]


def test_the_total_counts_all_pages_of_what_the_filters_leave(owner: Client) -> None:
    for day in range(5):
        record(owner, day)
    page = owner.get(f"{URL}?include=total&limit=2&from=2026-01-02").json
    assert (page["total"], len(page["items"])) == (4, 2)
    assert owner.get(f"{URL}?include=total&limit=2&cursor={page['next_cursor']}").json["total"] == 5
    assert owner.get(f"{URL}?include=total&q=nothing").json["total"] == 0
    assert "total" not in owner.get(URL).json


@pytest.mark.parametrize("query", ["", "&q=day", "&athlete_id={}"])
def test_the_total_is_told_also_where_the_page_has_become_empty(owner: Client, query: str) -> None:
    oldest, *_ = [record(owner, day) for day in range(3)]
    asked = f"{URL}?include=total&limit=2{query.format(owner.athlete_id)}"
    page = owner.get(asked).json
    assert owner.delete(f"{URL}/{oldest}").status_code == 204
    last = owner.get(f"{asked}&cursor={page['next_cursor']}").json
    assert (page["total"], last["items"], last["total"]) == (3, [], 2)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("from=yesterday", "from"),
        ("to=2026-02-30", "to"),
        ("exercise_id=0", "exercise_id"),
        ("exercise_id=9007199254740992", "exercise_id"),
        ("exercise_id=abc", "exercise_id"),
        ("q=", "q"),
        ("q=%00", "q"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=abc", "cursor"),
        ("include=all", "include"),
        ("colour=red", "colour"),
    ],
)
def test_a_bad_parameter_is_named(owner: Client, query: str, name: str) -> None:
    refused = owner.get(f"{URL}?{query}")
    assert (refused.status_code, list(refused.json["details"])) == (422, [name])


def test_a_deep_page_reads_no_more_than_the_first(owner: Client, database: psycopg.Connection[Any]) -> None:
    """The list's index is entered at the cursor: nothing before it is read."""
    database.execute(
        "insert into sessions (athlete_id, started_at, local_on, zone)"
        " select %s, t, t::date, 'UTC' from generate_series(timestamptz '2020-01-01Z', '2025-01-01Z', '12 hours') as t",
        [owner.athlete_id],
    )
    database.execute("analyze sessions")
    reads = [_rows_read(database, owner.user_id, before) for before in ("infinity", "2020-06-01T00:00:00Z")]
    assert reads == [51, 51]


def _rows_read(database: psycopg.Connection[Any], viewer_id: int, before: str) -> int:
    query = CATALOGUE.find("sessions.list_sessions")
    values = {"viewer_id": viewer_id, "before_at": before, "before_id": 2**63 - 1, "limit": 51}
    with database.transaction(), psycopg.RawCursor(database) as cursor:
        cursor.execute("set local plan_cache_mode = force_generic_plan")
        cursor.execute(f"explain (analyze, format json) {query.statement}", [values[n] for n in query.order])
        row = cursor.fetchone()
    assert row is not None
    return int(
        max(node["Actual Rows"] for node in _nodes(row[0][0]["Plan"]) if node.get("Relation Name") == "sessions")
    )


def _nodes(plan: dict[str, Any]) -> list[dict[str, Any]]:
    return [plan, *(node for below in plan.get("Plans", []) for node in _nodes(below))]
