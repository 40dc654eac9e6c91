"""Requests and replies of imports."""

from __future__ import annotations

from marshmallow import fields, validate

from workouts_api.web.schemas import Query, Schema, Zone, page_of

from .readers import USUAL

STATES = ("queued", "running", "done", "previewed", "needs_mapping", "failed", "cancelled", "undone")
SOURCES = ("hevy", "strong", "fitnotes", "fit", "gpx", "tcx", "own")


_ZONE = "Where the times in the file were read off the clock; default: the athlete's zone."
_DRY_RUN = "true: only report what would be added. The report has no id, and nothing is kept."


class ImportQuery(Query):
    zone = Zone(metadata={"description": _ZONE})
    dry_run = fields.Boolean(metadata={"description": _DRY_RUN, "default": False})


class ImportForm(Schema):
    """Values that the form may hold in addition to the file."""

    zone = Zone(metadata={"description": _ZONE})
    dry_run = fields.Boolean(metadata={"description": _DRY_RUN, "default": False})


class ImportFile(ImportForm):
    """The file as a part of multipart/form-data."""

    file = fields.Raw(
        required=True,
        metadata={"type": "string", "format": "binary", "description": USUAL.form},
    )


class RejectedLine(Schema):
    line = fields.Integer(required=True, metadata={"description": "1 is the file's first line.", "example": 17})
    reason = fields.String(required=True, metadata={"example": "reps holds 'ten': expected a number from 0 to 9,999."})


class MatchedExercise(Schema):
    name = fields.String(required=True, metadata={"description": "As in the file.", "example": "Pull Up (Assisted)"})
    exercise_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null: a dry run would make it.", "example": 1}
    )
    exercise_name = fields.String(required=True, metadata={"example": "Assisted Pull-Up"})
    is_new = fields.Boolean(
        required=True, metadata={"description": "Nobody knew the name: the exercise was made, the athlete's own."}
    )
    is_assisted = fields.Boolean(
        required=True, metadata={"description": "Its weights are help: they were taken as negative weights."}
    )
    set_count = fields.Integer(required=True, metadata={"description": "Of the file.", "example": 24})


class ImportSummary(Schema):
    id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null: only previewed, and not kept.", "example": 1}
    )
    state = fields.String(
        required=True,
        validate=validate.OneOf(STATES),
        metadata={"description": "failed: not one line could be taken.", "example": "done"},
    )
    source = fields.String(required=True, validate=validate.OneOf(SOURCES), metadata={"example": USUAL.source})
    file_name = fields.String(required=True, metadata={"example": "workouts.csv"})
    zone = Zone(required=True)
    sessions_added = fields.Integer(required=True, metadata={"example": 335})
    sessions_completed = fields.Integer(
        required=True,
        metadata={
            "description": "Sessions that were brought in before without some sets, and have them now.",
            "example": 0,
        },
    )
    sets_added = fields.Integer(required=True, metadata={"example": 7211})
    exercises_added = fields.Integer(
        required=True, metadata={"description": "Exercises of the athlete's own, for names nobody knew.", "example": 7}
    )
    duplicates = fields.Integer(
        required=True,
        metadata={
            "description": "Workouts that were brought in before; they stay as they are, also if they were edited or "
            "deleted since. Copies of a workout in one file count as well.",
            "example": 0,
        },
    )
    created_at = fields.AwareDateTime(required=True, metadata={"example": "2026-01-05T18:30:00Z"})
    finished_at = fields.AwareDateTime(required=True, allow_none=True, metadata={"example": "2026-01-05T18:30:01Z"})


class ImportReport(ImportSummary):
    rejected = fields.List(
        fields.Nested(RejectedLine),
        required=True,
        metadata={
            "description": "Lines that could not be taken: the first thousand. The others of their workout were."
        },
    )
    notices = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "What was decided on the way and should be known.",
            "example": ["Rejected lines that are not listed: 12."],
        },
    )
    exercises = fields.List(
        fields.Nested(MatchedExercise),
        required=True,
        metadata={"description": "Which name of the file became which exercise: the 500 with the most sets."},
    )


ImportPage = page_of(ImportSummary)
