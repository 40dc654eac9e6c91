"""Exercises: the shared catalogue and the athletes' own."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.exercises.schemas import EXAMPLE, MOST_FOUND, Exercise, ExerciseListQuery, ExercisePage
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import reply, reply_page
from workouts_api.web.schemas import Page, Query

blp = Blueprint(
    "exercises", __name__, url_prefix="/api/v1/exercises", description="The shared catalogue and one's own exercises."
)

KEYSET = ("name", "id")


@blp.get("")
@signed_in(scope="exercises:read")
@blp.arguments(ExerciseListQuery, location="query")
@blp.response(200, ExercisePage)
def list_exercises(page: Page) -> Response:
    """The shared exercises and my own, by name. With `q` the best matches, in one list without further pages.

    Archived exercises, and those merged into others, are left out.
    """
    asked = page.filters
    if asked["q"] is not None:
        found = queries.exercises.search_exercises(
            viewer_id=viewer_id(), words=asked["q"], limit=min(page.limit, MOST_FOUND)
        )
        return reply_page(found, page, keyset=KEYSET)
    rows = queries.exercises.list_exercises(
        viewer_id=viewer_id(),
        equipment=asked["equipment"],
        category=asked["category"],
        tracking=asked["tracking"],
        muscle=asked["muscle"],
        after_name=page.after("name", ""),
        after_id=page.after("id", 0),
        limit=page.fetch,
    )
    return reply_page(rows, page, keyset=KEYSET)


@blp.get("/<int:exercise_id>")
@signed_in(scope="exercises:read")
@blp.arguments(Query, location="query")
@blp.response(200, Exercise)
def get_exercise(_: dict[str, Any], exercise_id: int) -> Response:
    """An exercise with its muscles and other names. It is shared, mine, or part of a session that I see."""
    exercise = queries.exercises.get_exercise(viewer_id=viewer_id(), exercise_id=exercise_id)
    return reply(exercise, etag=exercise["version"])


@blp.post("")
@signed_in(scope="exercises:write")
@blp.arguments(Exercise, example=EXAMPLE)
@blp.response(201, Exercise)
@idempotent(status=201, location="/api/v1/exercises/{id}")
def create_exercise(exercise: dict[str, Any]) -> Response:
    """Add an exercise of my own. I cannot have two of the same name, in any case; a shared one may have that name."""
    made = queries.exercises.create_exercise(
        viewer_id=viewer_id(), exercise=exercise, most=current_app.extensions["settings"].max_exercises
    )
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/exercises/{made['id']}")
