"""The parameters and the reply of the report on one exercise. docs/FORMULAS.md has the formulas with their sources."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from workouts_api.api.reports.load_schemas import Formula
from workouts_api.api.reports.schemas import ATHLETE, Period
from workouts_api.web.schemas import Day, Query, Schema, WholeInQuery

E1RM_FORMULAS = ("epley", "brzycki", "rpe")
KINDS = ("heaviest", "e1rm", "set_volume", "session_volume", "most_reps", "longest", "farthest")


class ExerciseReportQuery(Query):
    athlete_id = ATHLETE
    from_ = Day(
        data_key="from",
        metadata={
            "description": "First day of history and records. Default: 12 weeks before `to`; at most 10 years.",
            "example": "2026-01-05",
        },
    )
    to = Day(metadata={"description": "Last day. Default: today in the athlete's zone."})
    e1rm = fields.String(
        load_default="epley",
        validate=validate.OneOf(E1RM_FORMULAS),
        metadata={
            "description": "Formula of the estimated one-repetition maximum: epley; brzycki; rpe, from repetitions and "
            "those in reserve, for rated sets.",
            "example": "epley",
        },
    )
    most_reps = WholeInQuery(
        1, 36, load_default=10, metadata={"description": "Sets of more repetitions estimate no maximum.", "example": 10}
    )


class ReportedExercise(Schema):
    id = fields.Integer(required=True, metadata={"example": 12})
    name = fields.String(required=True, metadata={"example": "Pull Up"})
    tracking = fields.String(required=True, metadata={"description": "What a set records.", "example": "weight_reps"})
    bodyweight_factor = fields.Float(
        required=True, allow_none=True, metadata={"description": "The part of the bodyweight that is lifted."}
    )
    is_per_hand = fields.Boolean(required=True, metadata={"description": "Loads are those of one hand."})


class ExerciseInputs(Schema):
    first_on = fields.Date(required=True, allow_none=True, metadata={"description": "The first day that you see."})
    sets = fields.Integer(
        required=True, metadata={"description": "Counted sets up to `to`: no warm-ups, no failed sets of 0 reps."}
    )
    sets_without_load = fields.Integer(
        required=True, metadata={"description": "Of them without a load, such as without a weighing within 30 days."}
    )
    sets_with_e1rm = fields.Integer(required=True, metadata={"description": "Of them with an estimated maximum."})


def _column(inner: fields.Field[Any], description: str, example: list[Any]) -> fields.List[Any]:
    return fields.List(inner, required=True, metadata={"description": description, "example": example})


def _figures(description: str, example: list[float | None]) -> fields.List[Any]:
    return _column(fields.Float(allow_none=True), description, example)


class ExerciseHistory(Schema):
    local_on = _column(fields.Date(), "The days with sets.", ["2026-01-05"])
    sets = _column(fields.Integer(), "Counted sets.", [3])
    sets_without_load = _column(fields.Integer(), "Of them without a load.", [0])
    heaviest_kg = _figures("The heaviest weight; of bodyweight exercises the effective load.", [100])
    e1rm_kg = _figures("The best estimated maximum.", [116.67])
    volume_kg = _figures("Load × reps; null on a day with a set of unknown load.", [1500])
    most_reps = _figures("The most repetitions of a set.", [5])
    longest_s = _figures("The longest time, where time is tracked.", [None])
    farthest_m = _figures("The longest distance, where distance is tracked.", [None])


class RepMaximum(Schema):
    reps = fields.Integer(required=True, metadata={"description": "At least so many repetitions.", "example": 5})
    load_kg = fields.Float(
        required=True, allow_none=True, metadata={"description": "The best load; null: never.", "example": 100}
    )
    local_on = fields.Date(required=True, allow_none=True, metadata={"description": "The first day of that load."})


class ExerciseRecord(Schema):
    local_on = fields.Date(required=True, metadata={"description": "The day.", "example": "2026-01-20"})
    kind = fields.String(required=True, validate=validate.OneOf(KINDS), metadata={"example": "e1rm"})
    unit = fields.String(required=True, validate=validate.OneOf(("kg", "reps", "s", "m")), metadata={"example": "kg"})
    value_kg = fields.Float(required=True, allow_none=True, metadata={"description": "In kg.", "example": 116.67})
    value = fields.Float(required=True, allow_none=True, metadata={"description": "In another unit.", "example": None})
    at_weight_kg = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "Of `most_reps`, `longest` and `farthest`: the weight of the set, the heaviest one of equal "
            "sets of the day. null: of other kinds, and without a weight.",
            "example": None,
        },
    )
    beats_kg = fields.Float(
        required=True, allow_none=True, metadata={"description": "The best before.", "example": 115}
    )
    beats = fields.Float(required=True, allow_none=True, metadata={"description": "Likewise.", "example": None})
    beats_on = fields.Date(required=True, metadata={"description": "The first day of that.", "example": "2026-01-06"})


class ExerciseReport(Schema):
    period = fields.Nested(Period, required=True)
    seen_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The first day that you see: records and maxima are of the days from it. null: all."},
    )
    exercise = fields.Nested(ReportedExercise, required=True)
    formulas = fields.Dict(keys=fields.String(), values=fields.Nested(Formula), required=True)
    inputs = fields.Nested(ExerciseInputs, required=True)
    history = fields.Nested(
        ExerciseHistory, required=True, metadata={"description": "Columns, one entry a day of the period."}
    )
    rep_maxima = fields.List(
        fields.Nested(RepMaximum), required=True, metadata={"description": "For 1 to 12, 15 and 20 repetitions."}
    )
    records = fields.List(
        fields.Nested(ExerciseRecord),
        required=True,
        metadata={"description": "In the order of days; the first performance is no record, a tie keeps the first."},
    )
