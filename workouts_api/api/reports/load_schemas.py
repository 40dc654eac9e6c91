"""The parameters and the reply of training load. docs/FORMULAS.md has the formulas with their sources."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from workouts_api.api.reports.schemas import ATHLETE, BUCKET, Period
from workouts_api.web.schemas import Day, Query, Schema

DECAYS = ("exponential", "reciprocal", "span")
REASONS = ("no_history", "not_seen", "too_short", "unknown_load", "no_training", "no_variation")


class TrainingLoadQuery(Query):
    fields_ = fields.String(
        data_key="fields",
        metadata={
            "description": "Only these parts of the reply, separated by commas.",
            "example": "period,today,seen_from,formulas,inputs,buckets",
        },
    )
    athlete_id = ATHLETE
    from_ = Day(
        data_key="from",
        metadata={
            "description": "First day, on the athlete's calendar. Default: 12 weeks before `to`, or the first day "
            "of the week or month in which that is. At most 10 years before `to` by day, 50 by week, 100 by month.",
            "example": "2026-01-05",
        },
    )
    to = Day(
        metadata={
            "description": "Last day. Default: today in the athlete's zone. At most a year ahead: the days to come "
            "count as rest.",
            "example": "2026-03-29",
        }
    )
    bucket = BUCKET
    decay = fields.String(
        load_default="exponential",
        validate=validate.OneOf(DECAYS),
        metadata={
            "description": "How averages over N days forget: exponential, λ = 1 − e^(−1/N) (Banister); reciprocal, "
            "λ = 1/N (TrainingPeaks); span, λ = 2/(N + 1) (Williams 2017).",
            "example": "exponential",
        },
    )
    estimates = fields.Boolean(
        load_default=True,
        metadata={"description": "Whether a missing rating is estimated; if not, its load is unknown."},
    )
    acwr = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether the acute:chronic workload ratio is shown, with the warning against it."},
    )


class Formula(Schema):
    formula = fields.String(required=True, metadata={"example": "session RPE (CR10) · minutes"})
    source = fields.String(required=True, metadata={"example": "Foster et al. 2001, J Strength Cond Res 15:109"})
    warning = fields.String(
        required=True, allow_none=True, metadata={"description": "What speaks against the figure, if something does."}
    )


class LoadInputs(Schema):
    first_on = fields.Date(
        required=True,
        allow_none=True,
        metadata={"description": "The first day of the history that you see; averages begin there."},
    )
    sessions = fields.Integer(
        required=True, metadata={"description": "Finished sessions up to `to`; each is one of the following."}
    )
    rated = fields.Integer(required=True, metadata={"description": "With a session RPE of their own."})
    team_mean = fields.Integer(
        required=True,
        metadata={"description": "Estimated: mean of at least 3 teammates, whom you see, in the same session."},
    )
    title_median = fields.Integer(
        required=True, metadata={"description": "Estimated: median of at least 3 own sessions of the title."}
    )
    own_median = fields.Integer(
        required=True, metadata={"description": "Estimated: median of at least 3 own sessions."}
    )
    set_ratings = fields.Integer(
        required=True, metadata={"description": "Estimated: mean of the working sets' RPE, or of 10 − RIR."}
    )
    unknown_rating = fields.Integer(required=True, metadata={"description": "Unknown: no rating and no estimate."})
    unknown_duration = fields.Integer(required=True, metadata={"description": "Unknown: the session has no end."})


def _column(inner: fields.Field[Any], description: str, example: list[Any], **more: Any) -> fields.List[Any]:
    return fields.List(inner, metadata={"description": description, "example": example}, **{"required": True, **more})


def _figures(description: str, example: list[float | None], **more: Any) -> fields.List[Any]:
    return _column(fields.Float(allow_none=True), description, example, **more)


def _counts(description: str, example: list[int]) -> fields.List[Any]:
    return _column(fields.Integer(), description, example)


def _reasons(figure: str, example: list[str | None]) -> fields.List[Any]:
    inner = fields.String(allow_none=True, validate=validate.OneOf([*REASONS, None]))
    return _column(inner, f"Why {figure} is null; null where it is known.", example)


class LoadBuckets(Schema):
    starts_on = _column(fields.Date(), "First day of each bucket.", ["2026-01-05", "2026-01-12"])
    days = _counts("Its days from `from` to `to`: fewer than 7, and a week is not whole.", [7, 7])
    sessions = _counts("Finished sessions.", [3, 2])
    sessions_estimated = _counts("Of them with an estimated rating.", [1, 0])
    sessions_unknown = _counts("Of them with an unknown load, which is in no sum.", [0, 0])
    session_load = _column(fields.Float(), "Session RPE × minutes, to 0.1, estimates included.", [1209, 806])
    estimated_load = _column(fields.Float(), "The part of it from estimated ratings.", [403, 0])
    fitness = _figures("Average of 42 days on the bucket's last day, to 0.01.", [112.4, 108.21])
    fitness_coverage = _figures("Share of known days in its weights; under 0.8 it is null.", [1, 0.962])
    fitness_reason = _reasons("fitness", [None, None])
    fatigue = _figures("Average of 7 days on the bucket's last day, to 0.01.", [140.2, None])
    fatigue_coverage = _figures("Share of known days in its weights; under 0.8 it is null.", [1, 0.641])
    fatigue_reason = _reasons("fatigue", [None, "unknown_load"])
    form_going_into_day = _figures("Fitness − fatigue of the day before: form going into this day.", [-21.3, None])
    form_reason = _reasons("form", [None, "unknown_load"])
    warming_up = _column(
        fields.Boolean(), "Fewer than 126 days since the first session: averages still settle.", [True, True]
    )
    week_load = _figures("7 × the mean of the known daily loads of the last 7 days, to 0.1.", [1209, 806])
    week_reason = _reasons("week_load", [None, None])
    monotony = _figures("Mean / sample SD of these daily loads, to 0.001.", [0.812, None])
    monotony_reason = _reasons("monotony", [None, "no_variation"])
    strain = _figures("week_load × monotony, to 0.1.", [981.7, None])
    change = _figures("week_load − that of the 7 days before, to 0.1.", [403, -403])
    change_pct = _figures(
        "The same in percent of the 7 days before; null where these are under half the median of 8 weeks.", [50, -33.3]
    )
    z_score = _figures("week_load against the 8 weeks before, of which 6 must be known, to 0.01.", [None, None])
    z_weeks = _counts("How many of these 8 weeks are known.", [1, 2])
    acwr_coupled = _figures("Mean of 7 days / mean of 28; null without ?acwr=true.", [1.12, None], allow_none=True)
    acwr_uncoupled = _figures("Mean of 7 days / mean of the 21 before; null likewise.", [1.17, None], allow_none=True)


class TrainingLoad(Schema):
    period = fields.Nested(Period, required=True)
    today = fields.Date(
        required=True, metadata={"description": "In the athlete's zone; later days are counted as rest."}
    )
    seen_from = fields.Date(
        required=True,
        allow_none=True,
        metadata={
            "description": "The first day that you see of another's training. History before it would change the "
            "figures; they stay null until it weighs less than a fifth. null: you see all.",
            "example": None,
        },
    )
    formulas = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(Formula, allow_none=True),
        required=True,
        metadata={"description": "The formula and the source of each figure."},
    )
    inputs = fields.Nested(LoadInputs, required=True, metadata={"description": "What the figures are made from."})
    buckets = fields.Nested(
        LoadBuckets, required=True, metadata={"description": "Columns: the n-th value is of the n-th bucket."}
    )
