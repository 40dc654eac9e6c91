"""The parameters and the reply of hard sets by muscle. docs/FORMULAS.md has the formulas with their sources."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from workouts_api.api.reports.load_schemas import Formula
from workouts_api.api.reports.schemas import ATHLETE, Period
from workouts_api.web.schemas import Day, Query, Schema


class HardSetsQuery(Query):
    athlete_id = ATHLETE
    from_ = Day(
        data_key="from",
        metadata={
            "description": "First day. Default: that of the week 12 weeks before `to`; at most 371 days.",
            "example": "2026-01-05",
        },
    )
    to = Day(metadata={"description": "Last day. Default: today in the athlete's zone."})


def _counts(description: str, example: list[int]) -> fields.List[Any]:
    return fields.List(fields.Integer(), required=True, metadata={"description": description, "example": example})


class HardSetWeeks(Schema):
    starts_on = fields.List(
        fields.Date(), required=True, metadata={"description": "First day of each week.", "example": ["2026-01-05"]}
    )
    hard_sets = _counts("Rated with at most 4 repetitions in reserve, or to failure.", [30])
    assumed_sets = _counts(
        "Without a rating: assumed to be hard, and counted as such; none of cardio and mobility without a weight.", [12]
    )
    easy_sets = _counts("Rated easier: not counted.", [4])
    sets_without_muscles = _counts("Of the hard and assumed ones, of exercises without muscles.", [0])


class MuscleSets(Schema):
    sets = fields.List(
        fields.Float(), required=True, metadata={"description": "Hard sets of each week, in halves.", "example": [12.5]}
    )
    assumed_share = fields.Float(
        required=True,
        allow_none=True,
        metadata={"description": "The part of them from sets without a rating.", "example": 0.286},
    )


class HardSets(Schema):
    period = fields.Nested(Period, required=True)
    seen_from = fields.Date(
        required=True, allow_none=True, metadata={"description": "The first day that you see; null: you see all."}
    )
    formulas = fields.Dict(keys=fields.String(), values=fields.Nested(Formula), required=True)
    weeks = fields.Nested(HardSetWeeks, required=True, metadata={"description": "Columns: one entry a week."})
    muscles = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(MuscleSets),
        required=True,
        metadata={"description": "By code of the muscle; only those that were worked."},
    )
    groups = fields.Dict(
        keys=fields.String(),
        values=fields.Nested(MuscleSets),
        required=True,
        metadata={"description": "By group: of each set the most of the group's muscles, not their sum."},
    )
