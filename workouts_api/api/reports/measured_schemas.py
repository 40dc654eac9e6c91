"""The parameters and the reply of load from heart rate, pace and power. docs/FORMULAS.md has the formulas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import fields

from workouts_api.api.reports.load_schemas import Formula, LoadBuckets, TrainingLoadQuery
from workouts_api.api.reports.schemas import Period
from workouts_api.web.quantities import Choice
from workouts_api.web.schemas import Schema
from workouts_api.web.sports import SPORTS

METHODS = ("trimp", "edwards", "hrtss", "rtss", "power_tss")
REASONS = (
    *("no_duration", "no_heart_rate", "no_laps", "short_laps", "long_laps", "no_distance", "no_ascent", "no_power"),
    *("unknown_sport", "unknown_sex", "unknown_resting_heart_rate", "unknown_max_heart_rate"),
    *("unknown_threshold_heart_rate", "unknown_threshold_pace", "unknown_ftp"),
    *("out_of_range", "too_short", "too_steep"),
)
SPORTS_OF = {"rtss": ("running", "trail_running"), "power_tss": ("cycling", "indoor_cycling")}
"""Those of the methods that are not for all, as has_measured_load() has them."""
WOMEN = ("0.86", "0.64")


class MeasuredLoadQuery(TrainingLoadQuery):
    class Meta(TrainingLoadQuery.Meta):
        exclude = ("estimates",)

    method = Choice(
        METHODS,
        load_default="trimp",
        metadata={
            "description": "trimp: Banister, from the heart rates of laps, or else the session's average. edwards: "
            "zones of laps. hrtss: TRIMP in hours at the threshold. rtss: graded pace, running alone. power_tss: "
            "normalized power, cycling alone; `sport` beside these two is one of theirs.",
            "example": "trimp",
        },
    )
    sport = Choice(SPORTS, metadata={"description": "Only sessions of this sport.", "example": "running"})
    women = Choice(
        WOMEN,
        load_default="0.86",
        metadata={
            "description": "TRIMP's k for women: 0.86 (Banister) or 0.64 (GoldenCheetah).",
            "example": "0.86",
        },
    )

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        found = super().contradictions(data)
        sports = SPORTS_OF.get(data["method"], SPORTS)
        if (data.get("sport") or sports[0]) not in sports:
            return {**found, "sport": [f"{data['method']} is for {' and '.join(sports)} alone."]}
        return found


class LoadSettings(Schema):
    sex = fields.String(required=True, allow_none=True, metadata={"example": "female"})
    resting_hr_bpm = fields.Float(required=True, allow_none=True, metadata={"example": 52})
    max_heart_rate_bpm = fields.Float(required=True, allow_none=True, metadata={"example": 188})
    threshold_heart_rate_bpm = fields.Float(required=True, allow_none=True, metadata={"example": 168})
    threshold_pace_s_per_km = fields.Float(required=True, allow_none=True, metadata={"example": 255})
    ftp_w = fields.Float(required=True, allow_none=True, metadata={"example": 250})


class MeasuredInputs(Schema):
    method = Choice(METHODS, required=True, metadata={"example": "trimp"})
    sport = fields.String(required=True, allow_none=True, metadata={"example": None})
    first_on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The first day with a session of this curve; averages begin there."},
    )
    sessions = fields.Integer(
        required=True, metadata={"description": "Finished sessions up to `to` that the method is for."}
    )
    from_session = fields.Integer(required=True, metadata={"description": "Known from the whole session."})
    from_laps = fields.Integer(required=True, metadata={"description": "Known from its laps."})
    lap_coverage = fields.Float(
        required=True,
        allow_none=True,
        metadata={
            "description": "The share of these sessions' time that the laps cover, at least 0.8, to 0.001. By trimp "
            "and hrtss the rest counts at the session's mean heart rate. null: none is known from its laps.",
            "example": 0.982,
        },
    )
    sessions_unknown = fields.Integer(required=True, metadata={"description": "Unknown, and in no sum; never 0."})
    unknown_by_reason = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        required=True,
        metadata={
            "description": f"How many for which reason, the first that holds: {', '.join(REASONS)}. More may come.",
            "example": {"no_heart_rate": 2},
        },
    )
    settings = fields.Nested(
        LoadSettings,
        required=True,
        metadata={"description": "As they hold on the last day; each session is computed with those of its day."},
    )


class MeasuredBuckets(LoadBuckets):
    class Meta(LoadBuckets.Meta):
        exclude = ("sessions_estimated", "estimated_load")

    session_load = fields.List(
        fields.Float(),
        required=True,
        metadata={"description": "The known loads of the bucket's sessions, to 0.1.", "example": [131.7, 98]},
    )


class MeasuredLoad(Schema):
    period = fields.Nested(Period, required=True)
    today = fields.Date(
        required=True, metadata={"description": "In the athlete's zone; later days are counted as rest."}
    )
    seen_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={
            "description": "The first day that you see of another's training; null: you see all.",
            "example": None,
        },
    )
    formulas = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Formula, allow_none=True),
        required=True,
        metadata={"description": "The formula and the source of each figure; `session_load` is the method's."},
    )
    inputs = fields.Nested(MeasuredInputs, required=True, metadata={"description": "What the figures are made from."})
    buckets = fields.Nested(
        MeasuredBuckets,
        required=True,
        metadata={
            "description": "Columns as of `/reports/load`, in the method's unit; never added to another method's."
        },
    )
