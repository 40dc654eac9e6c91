"""Days with their values. The table value_kinds has the same kinds and ranges; a test compares both."""

from __future__ import annotations

from typing import Any, cast

from marshmallow import ValidationError, fields, validate

from workouts_api.web.quantities import Number, Whole
from workouts_api.web.schemas import Day, IdentifierInQuery, PageQuery, Query, Schema, page_of

HOOPER = "Hooper & Mackinnon 1995: 1 very, very good … 7 very, very bad."
MCLEAN = "McLean et al. 2010: 1 bad … 5 good."


def _number(lowest: float, highest: float, description: str, example: float) -> fields.Field[Any]:
    return Number(
        lowest, highest, decimals=4, allow_none=True, metadata={"description": description, "example": example}
    )


def _whole(lowest: int, highest: int, description: str, example: int) -> fields.Field[Any]:
    return Whole(lowest, highest, allow_none=True, metadata={"description": description, "example": example})


def _girth(lowest: float, highest: float, example: float) -> fields.Field[Any]:
    return Number(lowest, highest, decimals=2, allow_none=True, metadata={"example": example})


KINDS: dict[str, fields.Field[Any]] = {
    "weight_kg": _number(25, 650, "Bodyweight; effective loads of bodyweight exercises are made from it.", 82.4),
    "body_fat_pct": _number(1, 75, "Percent of the bodyweight.", 16.5),
    "lean_mass_kg": _number(10, 400, "Bodyweight without fat.", 68.8),
    "neck_cm": _girth(10, 100, 39.5),
    "shoulders_cm": _girth(30, 300, 121),
    "chest_cm": _girth(30, 300, 104),
    "left_biceps_cm": _girth(5, 120, 37),
    "right_biceps_cm": _girth(5, 120, 37.5),
    "left_forearm_cm": _girth(5, 100, 30),
    "right_forearm_cm": _girth(5, 100, 30.5),
    "abdomen_cm": _girth(30, 350, 86),
    "waist_cm": _girth(30, 350, 84),
    "hips_cm": _girth(30, 350, 98),
    "left_thigh_cm": _girth(10, 200, 59),
    "right_thigh_cm": _girth(10, 200, 59.5),
    "left_calf_cm": _girth(5, 120, 38),
    "right_calf_cm": _girth(5, 120, 38),
    "resting_hr_bpm": _number(25, 240, "Resting heart rate.", 52),
    "max_heart_rate_bpm": _number(80, 250, "The highest heart rate that is possible; load is computed with it.", 188),
    "threshold_heart_rate_bpm": _number(60, 250, "Heart rate at the threshold: what is kept up for an hour.", 168),
    "threshold_pace_s_per_km": _number(120, 1200, "Running pace at the threshold, on flat ground.", 255),
    "ftp_w": _number(30, 1000, "Functional threshold power.", 250),
    "hrv_rmssd_ms": _number(1, 400, "Heart rate variability as rMSSD; not comparable with SDNN.", 64),
    "hrv_sdnn_ms": _number(1, 400, "Heart rate variability as SDNN; not comparable with rMSSD.", 71),
    "sleep_min": _whole(0, 1440, "Minutes asleep in the night that ended on this day.", 445),
    "hooper_sleep": _whole(1, 7, HOOPER, 2),
    "hooper_stress": _whole(1, 7, HOOPER, 3),
    "hooper_fatigue": _whole(1, 7, HOOPER, 3),
    "hooper_soreness": _whole(1, 7, HOOPER, 4),
    "mclean_fatigue": _whole(1, 5, MCLEAN, 4),
    "mclean_sleep": _whole(1, 5, MCLEAN, 4),
    "mclean_soreness": _whole(1, 5, MCLEAN, 3),
    "mclean_stress": _whole(1, 5, MCLEAN, 5),
    "mclean_mood": _whole(1, 5, MCLEAN, 4),
    "pain": _whole(0, 10, "The day's worst, on a numeric rating scale: 0 none … 10 worst imaginable.", 2),
    "availability": _whole(0, 2, "0 could not train, 1 modified training, 2 full training.", 2),
}
"""Every kind of value, with its range and unit."""

DayValues = cast("type[Schema]", Schema.from_dict(dict(KINDS), name="DayValues"))


class WhoseDay(Query):
    athlete_id = IdentifierInQuery(metadata={"description": "An athlete whom I keep; left out, myself."})


def _has_one(values: dict[str, Any]) -> None:
    if not values:
        raise ValidationError("Expected at least one value, or null for one.")


class DayRecord(Schema):
    """Values of a day: an absent kind stays as it is, null takes it away."""

    local_on = Day(required=True, metadata={"description": "On the athlete's calendar.", "example": "2026-01-05"})
    values = fields.Nested(
        DayValues,
        required=True,
        validate=_has_one,
        metadata={"minProperties": 1, "example": {"weight_kg": 82.4, "pain": 2}},
    )


class DayShown(Schema):
    local_on = fields.Date(required=True, metadata={"example": "2026-01-05"})
    values = fields.Dict(
        keys=fields.String(),
        values=fields.Float(),
        required=True,
        metadata={"description": "Those that the day has, by kind.", "example": {"weight_kg": 82.4, "pain": 2}},
    )
    hooper_index = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Sum of the 4 items, 4 best … 28 worst; null if one is missing.", "example": 12},
    )
    mclean_total = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Sum of the 5 items, 5 worst … 25 best; null if one is missing.", "example": 20},
    )


class DayListQuery(PageQuery):
    athlete_id = IdentifierInQuery(metadata={"description": "Another athlete whom you see; left out, yourself."})
    from_ = Day(data_key="from", metadata={"description": "First day.", "example": "2026-01-05"})
    to = Day(metadata={"description": "Last day.", "example": "2026-03-29"})


DayPage = page_of(DayShown)


class TrendQuery(Query):
    athlete_id = IdentifierInQuery(metadata={"description": "Another athlete whom you see; left out, yourself."})
    kind = fields.String(
        load_default="weight_kg", validate=validate.OneOf(list(KINDS)), metadata={"example": "weight_kg"}
    )
    from_ = Day(
        data_key="from",
        metadata={
            "description": "Default: 12 weeks before `to`. At most 10 years.",
            "example": "2026-01-05",
        },
    )
    to = Day(metadata={"description": "Last day. Default: today in the athlete's zone."})


class Kind(Schema):
    code = fields.String(required=True, metadata={"example": "hooper_sleep"})
    unit = fields.String(required=True, metadata={"description": "Unit, or scale.", "example": "1–7"})
    lowest = fields.Float(required=True, metadata={"example": 1})
    highest = fields.Float(required=True, metadata={"example": 7})
    instrument = fields.String(
        required=True, allow_none=True, metadata={"description": "The questionnaire.", "example": "hooper"}
    )
    better = fields.String(
        required=True,
        allow_none=True,
        validate=validate.OneOf(["higher", "lower", None]),
        metadata={"description": "The direction; null: neither end is better by itself.", "example": "lower"},
    )


class TrendFormula(Schema):
    formula = fields.String(required=True)
    source = fields.String(required=True)


def _column(inner: fields.Field[Any], description: str, example: list[Any]) -> fields.List[Any]:
    return fields.List(inner, required=True, metadata={"description": description, "example": example})


class TrendDays(Schema):
    local_on = _column(fields.Date(), "The days with a value.", ["2026-01-05", "2026-01-06"])
    value = _column(fields.Float(), "In the kind's unit.", [3, 5])
    mean_7 = _column(fields.Float(allow_none=True), "Mean of the 7 days up to it; null under 3 values.", [3.2, 3.4])
    values_7 = _column(fields.Integer(), "How many of these 7 days have a value.", [5, 6])
    z_score = _column(fields.Float(allow_none=True), "Against the 28 days before; null with a reason.", [0.12, 1.9])
    values_28 = _column(fields.Integer(), "How many of these 28 days have a value.", [22, 23])
    reasons = validate.OneOf(["too_few_values", "no_variation", None])
    z_reason = _column(fields.String(allow_none=True, validate=reasons), "Why z_score is null.", [None, None])


class Trend(Schema):
    kind = fields.Nested(Kind, required=True, metadata={"description": "With its scale and direction."})
    from_on = fields.Date(required=True)
    to_on = fields.Date(required=True)
    seen_from = fields.Date(
        required=True, allow_none=True, metadata={"description": "The first day that you see; null: you see all."}
    )
    formulas = fields.Dict(keys=fields.String(), values=fields.Nested(TrendFormula), required=True)
    days = fields.Nested(
        TrendDays, required=True, metadata={"description": "Columns: the n-th value is of the n-th day."}
    )
