"""Reads lists of teams by their query files: what the route replies with, and what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workouts_api.api.auth import viewer_id
from workouts_api.sql import queries
from workouts_api.web.schemas import Page

KEYSET = ("name", "id")


def read_teams(page: Page) -> Sequence[Mapping[str, Any]]:
    return queries.teams.list_teams(
        viewer_id=viewer_id(),
        after_name=page.after("name", ""),
        after_id=page.after("id", 0),
        limit=page.fetch,
    )
