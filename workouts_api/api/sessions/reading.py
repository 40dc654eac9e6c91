"""Reads lists of sessions by their query files: what the route replies with, and what the pages show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workouts_api.api.auth import viewer_id
from workouts_api.sql import queries
from workouts_api.web.schemas import MAX_ID, Page

KEYSET = ("started_at", "id")
DOUBTS_KEYSET = ("id",)
_FIRST: dict[str, Any] = {"before_at": "infinity", "before_id": 2**63 - 1}  # where the first page begins

Rows = Sequence[Mapping[str, Any]]


def read_sessions(page: Page) -> tuple[Rows, dict[str, Any]]:
    """The rows of a page of sessions, and what the reply has beside them: the total where it was asked for.

    Without filters one generic plan serves every page; with filters the query is planned each time.
    """
    place = {
        "viewer_id": viewer_id(),
        "before_at": page.after("started_at", _FIRST["before_at"]),
        "before_id": page.after("id", _FIRST["before_id"]),
        "limit": page.fetch,
    }
    if not page.with_total and not any(page.filters.values()):
        return queries.sessions.list_sessions(**place), {}
    athlete_id = page.filters["athlete_id"]
    if athlete_id is None:
        return _found_sessions(page, queries.sessions.find_sessions, place)
    place["athlete_id"] = athlete_id
    if not page.with_total and not any(value for name, value in page.filters.items() if name != "athlete_id"):
        return queries.sessions.list_athlete_sessions(**place), {}
    return _found_sessions(page, queries.sessions.find_athlete_sessions, place)


def _found_sessions(page: Page, find: Callable[..., Rows], place: dict[str, Any]) -> tuple[Rows, dict[str, Any]]:
    """Those that match the filters. Each row holds the total, so it needs no round trip of its own, unless all rows of
    the page were deleted after its cursor was given: then one of the first page tells it.
    """
    asked = {
        "from_on": page.filters["from_"],
        "to_on": page.filters["to"],
        "exercise_id": page.filters["exercise_id"],
        "words": page.filters["q"],
        "sport": page.filters["sport"],
        "with_total": page.with_total,
    }
    rows: list[dict[str, Any]] = [dict(row) for row in find(**asked, **place)]
    totals = [row.pop("total") for row in rows]
    if not page.with_total:
        return rows, {}
    if not rows and page.position:
        totals = [row["total"] for row in find(**asked, **place | {**_FIRST, "limit": 1})]
    return rows, {"total": totals[0] if totals else 0}


def read_doubts(page: Page) -> Rows:
    """What is doubtful about somebody's training, newest first."""
    return queries.sessions.list_doubts(
        viewer_id=viewer_id(),
        athlete_id=page.filters["athlete_id"] or 0,
        is_open=page.filters["state"] == "open",
        from_on=page.filters["from_"] or "-infinity",
        to_on=page.filters["to"] or "infinity",
        before_id=page.after("id", MAX_ID),
        limit=page.fetch,
    )
