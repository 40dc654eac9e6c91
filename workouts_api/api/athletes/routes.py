"""Athletes: the caller, those whom the caller coaches, and those without an account whom the caller keeps."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Response, current_app

from workouts_api.api.athletes.schemas import (
    EXAMPLE,
    PATCH_EXAMPLE,
    Athlete,
    AthleteListQuery,
    AthletePage,
    AthletePatch,
    NewAthlete,
)
from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import if_match, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, Query

blp = Blueprint(
    "athletes", __name__, url_prefix="/api/v1/athletes", description="Whose training it is: oneself, and others."
)

LAST_ID = 2**63 - 1
UNKNOWN = "infinity"  # in the queries, an unknown birth date sorts after all others


class Order(NamedTuple):
    """One way to sort athletes: its query, the column that it sorts by, and the value where its first page begins."""

    listed: Callable[..., Sequence[Mapping[str, Any]]]
    column: str
    bounds: tuple[str, str]
    """The parameters with the value and the id after which a page begins."""
    start: tuple[str, int]


ORDERS = {
    ("name", "asc"): Order(queries.athletes.list_athletes, "name", ("after_name", "after_id"), ("", 0)),
    ("name", "desc"): Order(
        queries.athletes.list_athletes_by_name_backwards,
        "name",
        ("before_name", "before_id"),
        (chr(0x10FFFF), LAST_ID),
    ),
    ("born_on", "asc"): Order(
        queries.athletes.list_athletes_by_birth, "born_on", ("after_on", "after_id"), ("-infinity", 0)
    ),
    ("born_on", "desc"): Order(
        queries.athletes.list_athletes_by_birth_backwards,
        "born_on",
        ("before_on", "before_id"),
        (UNKNOWN, LAST_ID),
    ),
}


@blp.get("")
@signed_in(scope="teams:read")
@blp.arguments(AthleteListQuery, location="query")
@blp.response(200, AthletePage)
def list_athletes(page: Page) -> Response:
    """The athletes whose training I see: myself, athletes of my teams, former ones who allow it, and those I keep."""
    order = ORDERS[page.filters["sort_by"], page.filters["sort_order"]]
    last = page.after(order.column, order.start[0])
    place = (UNKNOWN if last is None else last, page.after("id", order.start[1]))
    rows = order.listed(
        viewer_id=viewer_id(),
        team_id=page.filters["team_id"] or 0,
        words=page.filters["q"] or "",
        limit=page.fetch,
        **dict(zip(order.bounds, place, strict=True)),
    )
    return reply_page(rows, page, keyset=(order.column, "id"))


@blp.post("")
@signed_in(scope="teams:write")
@blp.arguments(NewAthlete, example=EXAMPLE)
@blp.response(201, Athlete)
@idempotent(status=201, location="/api/v1/athletes/{id}")
def create_athlete(athlete: dict[str, Any]) -> Response:
    """Make an athlete without an account, whom I keep. I record their training until they claim it.

    A person who has an account joins a team by an invitation instead.
    """
    made = queries.athletes.create_athlete(
        viewer_id=viewer_id(), athlete=athlete, most=current_app.extensions["settings"].max_kept_athletes
    )
    return reply(made["reply"], status=201, etag=made["version"], location=f"/api/v1/athletes/{made['id']}")


@blp.get("/<int:athlete_id>")
@signed_in(scope="teams:read")
@blp.arguments(Query, location="query")
@blp.response(200, Athlete)
def get_athlete(_: dict[str, Any], athlete_id: int) -> Response:
    """An athlete with the teams that they are in today."""
    athlete = queries.athletes.get_athlete(viewer_id=viewer_id(), athlete_id=athlete_id)
    return reply(athlete["reply"], etag=athlete["version"])


@blp.patch("/<int:athlete_id>")
@signed_in(scope="teams:write")
@blp.arguments(AthletePatch, example=PATCH_EXAMPLE)
@blp.response(200, Athlete)
@idempotent(status=200)
@takes_if_match("optional")
def patch_athlete(patch: dict[str, Any], athlete_id: int) -> Response:
    """Change some fields of myself or of an athlete whom I keep. Coaches can change only the notes. Takes If-Match."""
    changed = queries.athletes.patch_athlete(
        viewer_id=viewer_id(), athlete_id=athlete_id, versions=if_match(), patch=patch
    )
    return reply_changed(changed)


@blp.delete("/<int:athlete_id>")
@signed_in(scope="teams:write")
@blp.response(204)
@takes_if_match("optional")
def delete_athlete(athlete_id: int) -> Response:
    """Delete an athlete whom I keep, with their whole training. Takes If-Match.

    My own athlete is deleted with my account.
    """
    gone = queries.athletes.delete_athlete(viewer_id=viewer_id(), athlete_id=athlete_id, versions=if_match())
    return reply_changed(gone, status=204)
