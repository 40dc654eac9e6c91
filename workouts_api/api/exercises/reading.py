"""Reads lists of exercises by their query files: what the route replies with, and what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workouts_api.api.auth import viewer_id
from workouts_api.sql import queries
from workouts_api.web.schemas import MAX_ID, Page


def read_used_exercises(page: Page) -> tuple[Sequence[Mapping[str, Any]], tuple[str, ...]]:
    """The rows of a page of the exercises that an athlete has done, and their keyset: done most, or done last."""
    athlete_id = page.filters["athlete_id"] or 0
    if page.filters["sort_by"] == "most_used":
        most = queries.exercises.list_most_used_exercises(
            viewer_id=viewer_id(),
            athlete_id=athlete_id,
            after_count=page.after("session_count", MAX_ID),
            after_id=page.after("id", MAX_ID),
            limit=page.fetch,
        )
        return most, ("session_count", "id")
    last = queries.exercises.list_last_used_exercises(
        viewer_id=viewer_id(),
        athlete_id=athlete_id,
        after_used_on=page.after("last_used_on", "infinity"),
        after_id=page.after("id", MAX_ID),
        limit=page.fetch,
    )
    return last, ("last_used_on", "id")
