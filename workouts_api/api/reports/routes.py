"""Reports: each is one long query with one row."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.reports.exercise_schemas import ExerciseReport, ExerciseReportQuery
from workouts_api.api.reports.load_schemas import TrainingLoad, TrainingLoadQuery
from workouts_api.api.reports.muscle_schemas import HardSets, HardSetsQuery
from workouts_api.api.reports.record_schemas import RecordListQuery, RecordPage
from workouts_api.api.reports.schemas import TrainingReport, TrainingReportQuery
from workouts_api.api.reports.team_schemas import TeamTablePage, TeamTableQuery
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import reply, reply_page
from workouts_api.web.schemas import Page

blp = Blueprint("reports", __name__, url_prefix="/api/v1/reports", description="What a training history amounts to.")


@blp.get("/training")
@signed_in(scope="reports:read")
@blp.arguments(TrainingReportQuery, location="query")
@blp.response(200, TrainingReport)
def get_training_report(asked: dict[str, Any]) -> Response:
    """Training by day, week or month: volume, muscles, load, records and the trend of the main lifts.

    The report is about me or another athlete. Of another athlete I get only the days that I may see; all other days
    count as days without training.

    Figures by bucket are columns: the n-th value of each array belongs to the n-th entry of `buckets.starts_on`. Every
    bucket of the period is listed; a bucket without training has zeros. Only finished sessions count, each on the
    athlete's own calendar day. /docs/formulas has every formula with its source.
    """
    report = queries.reports.training_report(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        bucket=asked["bucket"],
        e1rm=asked["e1rm"],
    )
    return reply(report)


@blp.get("/load")
@signed_in(scope="reports:read")
@blp.arguments(TrainingLoadQuery, location="query")
@blp.response(200, TrainingLoad)
def get_training_load(asked: dict[str, Any]) -> Response:
    """Training load that says what it does not know: fitness, fatigue, form, monotony, change from week to week.

    A session without a rating has an unknown load, or an estimate that is counted as one; it is never rest. Figures
    are null, with a reason, where less than 0.8 of what they are made from is known.
    """
    load = queries.reports.training_load(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        bucket=asked["bucket"],
        decay=asked["decay"],
        estimates=asked["estimates"],
        acwr=asked["acwr"],
    )
    return reply(load)


@blp.get("/exercises/<int:exercise_id>")
@signed_in(scope="reports:read")
@blp.arguments(ExerciseReportQuery, location="query")
@blp.response(200, ExerciseReport)
def get_exercise_report(asked: dict[str, Any], exercise_id: int) -> Response:
    """One exercise: history by day, estimated maximum, rep maxima and records, by what the exercise tracks.

    Loads of bodyweight exercises are effective ones: the part of the bodyweight that is lifted, and what was added.
    """
    report = queries.reports.exercise_report(
        viewer_id=viewer_id(),
        athlete_id=asked.get("athlete_id"),
        exercise_id=exercise_id,
        from_on=asked.get("from_"),
        to_on=asked.get("to"),
        e1rm=asked["e1rm"],
        most_reps=asked["most_reps"],
    )
    return reply(report)


@blp.get("/muscles")
@signed_in(scope="reports:read")
@blp.arguments(HardSetsQuery, location="query")
@blp.response(200, HardSets)
def get_hard_sets(asked: dict[str, Any]) -> Response:
    """Hard sets by muscle and week: direct work counts 1, indirect work a half.

    A set without a rating is assumed to be hard; each figure says which part of it is assumed. Kilograms are never
    added up over muscles.
    """
    found = queries.reports.hard_sets(
        viewer_id=viewer_id(), athlete_id=asked.get("athlete_id"), from_on=asked.get("from_"), to_on=asked.get("to")
    )
    return reply(found)


@blp.get("/teams/<int:team_id>")
@signed_in(scope="reports:read")
@blp.arguments(TeamTableQuery, location="query")
@blp.response(200, TeamTablePage)
def get_team_table(page: Page, team_id: int) -> Response:
    """The athletes who are in a team of mine today, one row each: load, change, missing ratings, wellness, pain.

    For owners and coaches of the team. Figures are of the days of the present stay.
    """
    rows = queries.reports.team_table(
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
    return reply_page(rows, page, keyset=("sort_key", "name", "athlete_id"), hidden="sort_key")


@blp.get("/records")
@signed_in(scope="reports:read")
@blp.arguments(RecordListQuery, location="query")
@blp.response(200, RecordPage)
def list_records(page: Page) -> Response:
    """My records in all exercises, or another athlete's on the days that I see, newest first.

    Kinds follow what an exercise tracks. A record is strictly more than all before; a tie keeps the first.
    """
    rows = queries.reports.list_records(
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
    return reply_page(rows, page, keyset=("local_on", "exercise_id", "kind"))
