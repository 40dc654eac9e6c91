"""Reads reports by their query files: what the routes reply with, and what the pages show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from workouts_api.api.auth import viewer_id
from workouts_api.sql import queries
from workouts_api.web.schemas import Page

RECORDS_KEYSET = ("local_on", "exercise_id", "kind")
TEAM_KEYSET, TEAM_HIDDEN = ("sort_key", "name", "athlete_id"), "sort_key"

Row = Mapping[str, Any]


def read_training_report(asked: Row) -> Row:
    return queries.reports.training_report(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        bucket=asked["bucket"],
        e1rm=asked["e1rm"],
    )


def read_training_load(asked: Row) -> Row:
    return queries.reports.training_load(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        bucket=asked["bucket"],
        decay=asked["decay"],
        estimates=asked["estimates"],
        acwr=asked["acwr"],
    )


def read_measured_load(asked: Row) -> Row:
    return queries.reports.measured_load(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        bucket=asked["bucket"],
        decay=asked["decay"],
        method=asked["method"],
        sport=asked.get("sport"),
        women=float(asked["women"]),
        acwr=asked["acwr"],
    )


def read_exercise_report(asked: Row, exercise_id: int) -> Row:
    return queries.reports.exercise_report(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        exercise_id=exercise_id,
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        e1rm=asked["e1rm"],
        most_reps=asked["most_reps"],
    )


def read_hard_sets(asked: Row) -> Row:
    return queries.reports.hard_sets(
        viewer_id=viewer_id(), athlete_id=asked.get("athlete_id"), from_on=asked.get("from_"), to_on=asked.get("to")
    )


def read_team_table(page: Page, team_id: int) -> Sequence[Row]:
    return queries.reports.team_table(
        viewer_id=viewer_id(),
        team_id=team_id,
        words=page.filters["q"] or "",
        sort_by=page.filters["sort"],
        only=page.filters["only_"],
        after_key=page.after("sort_key", -1e300),
        after_name=page.after("name", ""),
        after_id=page.after("athlete_id", 0),
        limit=page.fetch,
    )


def read_records(page: Page) -> Sequence[Row]:
    return queries.reports.list_records(
        viewer_id=viewer_id(),
        athlete_id=page.filters["athlete_id"],
        exercise_id=page.filters["exercise_id"],
        kind=page.filters["kind"],
        e1rm=page.filters["e1rm"],
        before_on=page.after("local_on", "infinity"),
        after_exercise=page.after("exercise_id", 0),
        after_kind=page.after("kind", ""),
        limit=page.fetch,
    )
