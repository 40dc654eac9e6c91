"""The parameters and the reply of the list of records."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.api.reports.exercise_schemas import KINDS, ExerciseRecord
from workouts_api.api.reports.schemas import ATHLETE
from workouts_api.web.schemas import IdentifierInQuery, PageQuery, page_of

LISTED = tuple(kind for kind in KINDS if kind != "session_volume")


class RecordListQuery(PageQuery):
    athlete_id = ATHLETE
    exercise_id = IdentifierInQuery(metadata={"description": "Only those of one exercise."})
    kind = fields.String(validate=validate.OneOf(LISTED), metadata={"description": "Only those of one kind."})
    e1rm = fields.String(
        load_default="epley",
        validate=validate.OneOf(("epley", "brzycki")),
        metadata={"description": "Formula of the estimated one-repetition maximum, of sets of up to 10 repetitions."},
    )


class ListedRecord(ExerciseRecord):
    exercise_id = fields.Integer(required=True, metadata={"example": 12})
    exercise = fields.String(required=True, metadata={"description": "Its name.", "example": "Squat (Barbell)"})


RecordPage = page_of(ListedRecord)
