"""Exercises: the shared catalogue and the athletes' own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Response, current_app

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.exercises.reading import read_used_exercises
from workouts_api.api.exercises.schemas import (
    EXAMPLE,
    MOST_FOUND,
    MOST_PROPOSED,
    MOST_UNMATCHED,
    PATCH_EXAMPLE,
    Exercise,
    ExerciseListQuery,
    ExercisePage,
    ExercisePatch,
    Merge,
    UnmatchedPage,
    UsedListQuery,
    UsedPage,
)
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import if_match, may_answer, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, PageQuery, Query

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


@blp.get("/unmatched")
@signed_in(scope="exercises:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, UnmatchedPage)
def list_unmatched_exercises(page: Page) -> Response:
    """My exercises without muscles, such as names that no import knew, each with shared exercises that it may mean.

    At most 20 a page. `POST /exercises/{id}/merge` says which one is meant, for what was imported and what will be.
    """
    few = replace(page, limit=min(page.limit, MOST_UNMATCHED))
    rows = queries.exercises.list_unmatched_exercises(
        viewer_id=viewer_id(),
        after_name=page.after("name", ""),
        after_id=page.after("id", 0),
        limit=few.fetch,
        proposed=MOST_PROPOSED,
    )
    return reply_page(rows, few, keyset=KEYSET)


@blp.get("/used")
@signed_in(scope="exercises:read")
@blp.arguments(UsedListQuery, location="query")
@blp.response(200, UsedPage)
def list_used_exercises(page: Page) -> Response:
    """The exercises that I have done: those done last first, or those done in most sessions.

    Of another athlete (`athlete_id`): those done on the days that I see, with the dates and numbers of these days.
    """
    rows, keyset = read_used_exercises(page)
    return reply_page(rows, page, keyset=keyset)


@blp.get("/<int:exercise_id>")
@signed_in(scope="exercises:read")
@blp.arguments(Query, location="query")
@blp.response(200, Exercise)
def get_exercise(_: dict[str, Any], exercise_id: int) -> Response:
    """An exercise with its muscles and other names. It is shared, mine, or part of a session that I see."""
    exercise = queries.exercises.get_exercise(viewer_id=viewer_id(), exercise_id=exercise_id)
    return reply(exercise["reply"], etag=exercise["version"])


@blp.post("")
@signed_in(scope="exercises:write")
@blp.arguments(Exercise, example=EXAMPLE)
@blp.response(201, Exercise)
@idempotent(status=201, location="/api/v1/exercises/{id}")
def create_exercise(exercise: dict[str, Any]) -> Response:
    """Add an exercise of my own. I cannot have two of one name, without regard to case and hyphens."""
    made = queries.exercises.create_exercise(
        viewer_id=viewer_id(), exercise=exercise, most=current_app.extensions["settings"].max_exercises
    )
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/exercises/{made['id']}")


@blp.patch("/<int:exercise_id>")
@signed_in(scope="exercises:write")
@blp.arguments(ExercisePatch, example=PATCH_EXAMPLE)
@blp.response(200, Exercise)
@idempotent(status=200)
@takes_if_match("optional")
def patch_exercise(patch: dict[str, Any], exercise_id: int) -> Response:
    """Rename, change or archive an exercise of my own. Its history stays. Takes If-Match."""
    changed = queries.exercises.patch_exercise(
        viewer_id=viewer_id(), exercise_id=exercise_id, versions=if_match(), patch=patch
    )
    return reply_changed(changed)


@blp.post("/<int:exercise_id>/merge")
@signed_in(scope="exercises:write")
@blp.arguments(Merge)
@blp.response(200, Exercise)
@idempotent(status=200)
@may_answer(404)
def merge_exercise(merge: dict[str, Any], exercise_id: int) -> Response:
    """Merge an exercise of my own into another one. Its sets move there, and imports of its names go there.

    The exercise keeps its name and its fields. If the other one is merged itself, the end of that chain is meant.
    """
    merged = queries.exercises.merge_exercise(viewer_id=viewer_id(), exercise_id=exercise_id, into_id=merge["into"])
    return reply(merged["reply"], etag=merged["version"])


@blp.delete("/<int:exercise_id>/merge")
@signed_in(scope="exercises:write")
@blp.response(200, Exercise)
@may_answer(404)
def unmerge_exercise(exercise_id: int) -> Response:
    """Undo a merge: the sets that it moved come back. Sessions that came in since stay with the other exercise."""
    alone = queries.exercises.unmerge_exercise(viewer_id=viewer_id(), exercise_id=exercise_id)
    return reply(alone["reply"], etag=alone["version"])


@blp.post("/<int:exercise_id>/share")
@signed_in(superuser=True)
@blp.response(200, Exercise)
@idempotent(status=200)
@may_answer(404)
def share_exercise(exercise_id: int) -> Response:
    """Move somebody's own exercise into the shared catalogue. Its history stays. Only superusers may do this."""
    shared = queries.exercises.share_exercise(exercise_id=exercise_id)
    return reply(shared["reply"], etag=shared["version"])
