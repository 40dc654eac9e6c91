"""The parameters and the reply of the training report. docs/FORMULAS.md has the formulas with their sources."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from workouts_api.web.schemas import Day, IdentifierInQuery, Query, Schema

BUCKETS = ("day", "week", "month")
E1RM_FORMULAS = ("epley", "brzycki")

# Parameters that several reports have.
ATHLETE = IdentifierInQuery(metadata={"description": "Another athlete whose training you see; left out, yourself."})
FROM = Day(
    data_key="from",
    metadata={
        "description": "First day, on the athlete's calendar. Default: 12 weeks before `to`. At most 10 years "
        "before `to` by day, 50 by week, 100 by month.",
        "example": "2026-01-05",
    },
)
BUCKET = fields.String(
    load_default="week",
    validate=validate.OneOf(BUCKETS),
    metadata={"description": "What a bucket is; weeks begin on the athlete's `week_start`.", "example": "week"},
)


class TrainingReportQuery(Query):
    fields_ = fields.String(
        data_key="fields",
        metadata={
            "description": "Only these parts of the reply, separated by commas.",
            "example": "period,formulas,totals,buckets,records",
        },
    )
    athlete_id = ATHLETE
    from_ = FROM
    to = Day(
        metadata={
            "description": "Last day. Default: today in the athlete's zone. At most a year ahead: the days to come "
            "count as rest, which shows how fitness, fatigue and form go on.",
            "example": "2026-03-29",
        }
    )
    bucket = BUCKET
    e1rm = fields.String(
        load_default="epley",
        validate=validate.OneOf(E1RM_FORMULAS),
        metadata={
            "description": "Formula of the estimated one-repetition maximum: epley, w · (1 + r / 30), w itself at 1 "
            "rep; brzycki, w · 36 / (37 − r), for sets of up to 10 reps.",
            "example": "epley",
        },
    )


def _figure(description: str, example: float) -> dict[str, Any]:
    return {"required": True, "metadata": {"description": description, "example": example}}


class Period(Schema):
    from_ = fields.Date(data_key="from", required=True, metadata={"description": "First day.", "example": "2026-01-07"})
    to = fields.Date(required=True, metadata={"description": "Last day.", "example": "2026-01-20"})
    bucket = fields.String(required=True, validate=validate.OneOf(BUCKETS), metadata={"example": "week"})
    week_start = fields.Integer(**_figure("ISO weekday on which weeks begin: 1 Monday … 7 Sunday.", 1))
    zone = fields.String(
        required=True,
        metadata={"description": "The athlete's zone, which says what today is.", "example": "Europe/Berlin"},
    )
    zone_is_known = fields.Boolean(
        required=True,
        metadata={"description": "false: the server does not know the athlete's zone, and counts in UTC."},
    )


def _formula(source: str, name: str) -> fields.String:
    return fields.String(required=True, metadata={"description": source, "example": name})


class Formulas(Schema):
    e1rm = _formula("Estimated one-repetition maximum. Epley 1985, or Brzycki 1993.", "epley")
    session_load = _formula("Session RPE × minutes. Foster et al. 2001.", "foster_2001")
    monotony = _formula("Mean / sample standard deviation of 7 daily loads. Foster 1998.", "foster_1998")
    strain = _formula("Load of 7 days × monotony. Foster 1998.", "foster_1998")
    acwr = _formula("Mean of 7 days / mean of 28, these included.", "rolling_7_28_coupled")
    acwr_uncoupled = _formula("Mean of 7 days / mean of the 21 before.", "rolling_7_21_uncoupled")
    acwr_ewma = _formula("Exponential averages, λ = 2 / (N + 1), of 7 and 28 days. Williams 2017.", "williams_2017")
    ctl = _formula("Exponential average of daily load, λ = 1 − e^(−1/42), from 0.", "ewma_42_days")
    atl = _formula("Exponential average of daily load, λ = 1 − e^(−1/7), from 0.", "ewma_7_days")
    tsb = _formula("CTL − ATL, both of the day before.", "yesterdays_ctl_minus_atl")


class Totals(Schema):
    sessions = fields.Integer(**_figure("Finished sessions.", 4))
    sets = fields.Integer(**_figure("Sets, warm-ups among them.", 84))
    working_sets = fields.Integer(**_figure("Sets without warm-ups.", 66))
    volume_kg = fields.Float(**_figure("Weight × reps of working sets, kg, to 0.1.", 24310.5))
    no_muscle_volume_kg = fields.Float(
        **_figure("The part of volume_kg from exercises that have no muscles, kg, to 0.1: it is in no muscle group.", 0)
    )
    duration_min = fields.Float(**_figure("From start to end, minutes, to 0.1.", 251.5))
    session_load = fields.Float(**_figure("Session RPE × minutes of the sessions that have both, to 0.1.", 1634.8))
    sessions_without_rpe = fields.Integer(**_figure("Sessions whose load is unknown, because they have no RPE.", 0))
    sessions_without_duration = fields.Integer(
        **_figure("Sessions whose time and load are unknown, because they have no end.", 0)
    )
    new_records = fields.Integer(**_figure("Entries of records.", 1))


def _column(inner: fields.Field[Any], description: str, example: list[Any]) -> fields.List[Any]:
    return fields.List(inner, required=True, metadata={"description": description, "example": example})


def _counts(description: str, example: list[int]) -> fields.List[Any]:
    return _column(fields.Integer(), description, example)


def _numbers(description: str, example: list[float]) -> fields.List[Any]:
    return _column(fields.Float(), description, example)


def _ratios(description: str, example: list[float | None]) -> fields.List[Any]:
    return _column(fields.Float(allow_none=True), description, example)


class Buckets(Schema):
    starts_on = _column(
        fields.Date(),
        "First day of each bucket, also where the period begins later: only days of the period count.",
        ["2026-01-05", "2026-01-12", "2026-01-19"],
    )
    sessions = _counts("Finished sessions.", [2, 0, 2])
    sets = _counts("Sets, warm-ups among them.", [40, 0, 44])
    working_sets = _counts("Sets without warm-ups.", [32, 0, 34])
    volume_kg = _numbers("Weight × reps of working sets, kg, to 0.1.", [11890, 0, 12420.5])
    no_muscle_volume_kg = _numbers("Of it from exercises that have no muscles, kg, to 0.1.", [0, 0, 0])
    duration_min = _numbers("From start to end, minutes, to 0.1.", [124, 0, 127.5])
    session_load = _numbers("Session RPE × minutes of the sessions that have both, to 0.1.", [806, 0, 828.8])
    sessions_without_rpe = _counts("Sessions whose load is unknown, because they have no RPE.", [0, 0, 0])
    sessions_without_duration = _counts("Sessions whose time and load are unknown: no end.", [0, 0, 0])
    new_records = _counts("Entries of records on these days.", [0, 0, 1])
    monotony = _ratios(
        "Of the 7 days up to the bucket's last, to 0.001; null before 7 days of load, and where all 7 are equal.",
        [0.618, None, 0.624],
    )
    strain = _ratios("Load of the same 7 days × monotony, to 0.1; null as monotony.", [498.1, None, 517.2])
    acwr = _ratios(
        "Acute to chronic workload on the bucket's last day, coupled, to 0.001; null before 28 days of load, and where "
        "there was no chronic load.",
        [1.12, 0, 1.31],
    )
    acwr_uncoupled = _ratios("The same, uncoupled, to 0.001; null likewise.", [1.167, 0, 1.449])
    acwr_ewma = _ratios("The same of exponential averages, to 0.001; null likewise.", [1.073, 0.341, 1.15])
    ctl = _numbers("Fitness on the bucket's last day, to 0.01.", [88.41, 74.84, 83.05])
    atl = _numbers("Fatigue on the bucket's last day, to 0.01.", [101.2, 37.23, 90.66])
    tsb = _numbers("Form on the bucket's last day, to 0.01.", [-9.75, 33.73, -2.61])


class MainLift(Schema):
    exercise_id = fields.Integer(**_figure("The exercise.", 12))
    exercise = fields.String(required=True, metadata={"description": "Its name.", "example": "Squat (Barbell)"})
    working_sets = fields.Integer(**_figure("In the whole period.", 18))
    e1rm_kg = _ratios("Best of each bucket, kg, to 0.01; null where there is none.", [140, None, 142.5])


class PersonalRecord(Schema):
    local_on = fields.Date(
        required=True, metadata={"description": "The day, on the athlete's calendar.", "example": "2026-01-20"}
    )
    exercise_id = fields.Integer(**_figure("The exercise.", 12))
    exercise = fields.String(required=True, metadata={"description": "Its name.", "example": "Squat (Barbell)"})
    kind = fields.String(
        required=True,
        validate=validate.OneOf(("heaviest_weight", "e1rm")),
        metadata={"description": "What is best: the weight, or the estimated maximum.", "example": "e1rm"},
    )
    value_kg = fields.Float(**_figure("The day's best, kg, to 0.01; negative: assistance.", 142.5))
    beats_kg = fields.Float(**_figure("The best of all days before, kg, to 0.01.", 140))
    beats_on = fields.Date(
        required=True, metadata={"description": "The first day on which that was reached.", "example": "2026-01-06"}
    )
    gain_kg = fields.Float(**_figure("By how much, kg.", 2.5))


class TrainingReport(Schema):
    period = fields.Nested(Period, required=True)
    formulas = fields.Nested(Formulas, required=True, metadata={"description": "How each figure is made."})
    totals = fields.Nested(Totals, required=True, metadata={"description": "Of the whole period."})
    buckets = fields.Nested(
        Buckets, required=True, metadata={"description": "Columns: the n-th value is of the n-th bucket."}
    )
    muscle_volume_kg = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.Float()),
        required=True,
        metadata={
            "description": "Volume of each bucket by muscle group, kg, to 0.1: an exercise's volume × the muscle's "
            "share in it, so that the groups add up to more than the volume.",
            "example": {"glutes": [4120, 0, 4400.5], "quadriceps": [8240, 0, 8801]},
        },
    )
    main_lifts = fields.List(
        fields.Nested(MainLift),
        required=True,
        metadata={"description": "The five exercises with most working sets, of those that have an e1RM."},
    )
    records = fields.List(
        fields.Nested(PersonalRecord),
        required=True,
        metadata={
            "description": "In the order of days, one an exercise, kind and day at most. The history before the period "
            "counts; the first performance of an exercise is no record."
        },
    )
