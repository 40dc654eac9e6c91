"""Days: what is measured and felt, one value of a kind a day."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.days.reading import KEYSET, read_days, read_trend
from workouts_api.api.days.schemas import (
    DayListQuery,
    DayPage,
    DayRecord,
    DayShown,
    Trend,
    TrendQuery,
    WhoseDay,
)
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import reply, reply_page
from workouts_api.web.schemas import Page

blp = Blueprint(
    "days", __name__, url_prefix="/api/v1/days", description="Body, heart, sleep, wellness and pain, by day."
)


@blp.get("")
@signed_in(scope="sessions:read")
@blp.arguments(DayListQuery, location="query")
@blp.response(200, DayPage)
def list_days(page: Page) -> Response:
    """My days with values, or those of another athlete that I see, newest first."""
    return reply_page(read_days(page), page, keyset=KEYSET)


@blp.post("")
@signed_in(scope="sessions:write")
@blp.arguments(WhoseDay, location="query")
@blp.arguments(DayRecord, example={"local_on": "2026-01-05", "values": {"weight_kg": 82.4, "pain": 0}})
@blp.response(201, DayShown)
@idempotent(status=201, location="/api/v1/days")
def record_day(whose: dict[str, Any], day: dict[str, Any]) -> Response:
    """Record values of a day, or correct them: an absent kind stays as it is, null takes it away.

    The reply is the whole day. Sending the same again changes nothing.
    """
    made = queries.days.record_day(
        viewer_id=viewer_id(),
        athlete_id=whose.get("athlete_id") or 0,
        local_on=day["local_on"],
        values=day["values"],
    )
    return reply(made["reply"], status=201, location="/api/v1/days")


@blp.get("/trend")
@signed_in(scope="sessions:read")
@blp.arguments(TrendQuery, location="query")
@blp.response(200, Trend)
def show_trend(asked: dict[str, Any]) -> Response:
    """The trend of one kind of value: means of 7 days, and scores against the athlete's own 28 days before."""
    return reply(read_trend(asked))
