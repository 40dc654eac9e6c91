"""Reports: each is one long query with one row."""

from __future__ import annotations

from typing import Any

from flask import Response

from workouts_api.api.auth import signed_in
from workouts_api.api.reports.exercise_schemas import ExerciseReport, ExerciseReportQuery
from workouts_api.api.reports.load_schemas import TrainingLoad, TrainingLoadQuery
from workouts_api.api.reports.measured_schemas import MeasuredLoad, MeasuredLoadQuery
from workouts_api.api.reports.muscle_schemas import HardSets, HardSetsQuery
from workouts_api.api.reports.reading import (
    RECORDS_KEYSET,
    TEAM_HIDDEN,
    TEAM_KEYSET,
    read_exercise_report,
    read_hard_sets,
    read_measured_load,
    read_records,
    read_team_table,
    read_training_load,
    read_training_report,
)
from workouts_api.api.reports.record_schemas import RecordListQuery, RecordPage
from workouts_api.api.reports.schemas import TrainingReport, TrainingReportQuery
from workouts_api.api.reports.team_schemas import TeamTablePage, TeamTableQuery
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
    return reply(read_training_report(asked), figures=True)


@blp.get("/load")
@signed_in(scope="reports:read")
@blp.arguments(TrainingLoadQuery, location="query")
@blp.response(200, TrainingLoad)
def get_training_load(asked: dict[str, Any]) -> Response:
    """Training load that says what it does not know: fitness, fatigue, form, monotony, change from week to week.

    A session without a rating has an unknown load, or an estimate that is counted as one; it is never rest. Figures
    are null, with a reason, where less than 0.8 of what they are made from is known.
    """
    return reply(read_training_load(asked), figures=True)


@blp.get("/load/measured")
@signed_in(scope="reports:read")
@blp.arguments(MeasuredLoadQuery, location="query")
@blp.response(200, MeasuredLoad)
def get_measured_load(asked: dict[str, Any]) -> Response:
    """Load from heart rate, pace or power: the averages of `/reports/load`, of one method alone.

    A session without what the method needs has an unknown load, with the reason; it is never rest. Figures are null,
    with a reason, where less than 0.8 of what they are made from is known.
    """
    return reply(read_measured_load(asked), figures=True)


@blp.get("/exercises/<int:exercise_id>")
@signed_in(scope="reports:read")
@blp.arguments(ExerciseReportQuery, location="query")
@blp.response(200, ExerciseReport)
def get_exercise_report(asked: dict[str, Any], exercise_id: int) -> Response:
    """One exercise: history by day, estimated maximum, rep maxima and records, by what the exercise tracks.

    Loads of bodyweight exercises are effective ones: the part of the bodyweight that is lifted, and what was added.
    """
    return reply(read_exercise_report(asked, exercise_id), figures=True)


@blp.get("/muscles")
@signed_in(scope="reports:read")
@blp.arguments(HardSetsQuery, location="query")
@blp.response(200, HardSets)
def get_hard_sets(asked: dict[str, Any]) -> Response:
    """Hard sets by muscle and week: direct work counts 1, indirect work a half.

    A set without a rating is assumed to be hard, but for cardio and mobility without a weight; each figure says which
    part of it is assumed. Kilograms are never
    added up over muscles.
    """
    return reply(read_hard_sets(asked), figures=True)


@blp.get("/teams/<int:team_id>")
@signed_in(scope="reports:read")
@blp.arguments(TeamTableQuery, location="query")
@blp.response(200, TeamTablePage)
def get_team_table(page: Page, team_id: int) -> Response:
    """The athletes who are in a team of mine today, one row each: load, change, missing ratings, wellness, pain.

    For owners and coaches of the team. Figures are of the days of the present stay.
    """
    rows = read_team_table(page, team_id)
    return reply_page(rows, page, keyset=TEAM_KEYSET, hidden=TEAM_HIDDEN, figures=True)


@blp.get("/records")
@signed_in(scope="reports:read")
@blp.arguments(RecordListQuery, location="query")
@blp.response(200, RecordPage)
def list_records(page: Page) -> Response:
    """My records in all exercises, or another athlete's on the days that I see, newest first.

    Kinds follow what an exercise tracks. A record is strictly more than all before; a tie keeps the first.
    """
    return reply_page(read_records(page), page, keyset=RECORDS_KEYSET, figures=True)
