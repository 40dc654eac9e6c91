"""Requests and replies of exercises."""

from __future__ import annotations

from typing import Any, cast

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.errors import Invalid
from workouts_api.web.quantities import Choice, Number
from workouts_api.web.schemas import Items, Name, Page, PageQuery, Schema, Words, page_of

EQUIPMENT = (
    "none",
    "barbell",
    "dumbbell",
    "kettlebell",
    "machine",
    "cable",
    "smith_machine",
    "band",
    "plate",
    "trap_bar",
    "ez_bar",
    "suspension",
    "medicine_ball",
    "exercise_ball",
    "cardio_machine",
    "other",
)
CATEGORIES = ("strength", "bodyweight", "cardio", "mobility", "olympic", "plyometric", "other")
MECHANICS = ("compound", "isolation")
MOST_FOUND = 50


class Muscle(Schema):
    muscle = Name(min_length=1, max_length=100, required=True, metadata={"example": "quadriceps"})
    share = Number(
        0,
        1,
        above=True,
        required=True,
        metadata={"description": "How much of a set counts for it: primary 1, secondary 0.5.", "example": 1},
    )


class ExerciseSummary(Schema):
    """An exercise without its muscles."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    name = Name(min_length=1, max_length=200, required=True, metadata={"example": "Zercher Squat"})
    equipment = Choice(EQUIPMENT, load_default="none", metadata={"example": "barbell"})
    category = Choice(CATEGORIES, load_default="strength", metadata={"example": "strength"})
    mechanic = Choice(MECHANICS, load_default=None, allow_none=True, metadata={"example": "compound"})
    is_own = fields.Boolean(
        dump_only=True, required=True, metadata={"description": "Made by this athlete, and seen by nobody else."}
    )
    is_archived = fields.Boolean(dump_only=True, required=True)
    merged_into = fields.Integer(
        dump_only=True,
        required=True,
        allow_none=True,
        metadata={"description": "The exercise that took its place; sessions under this id go there."},
    )
    version = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    created_at = fields.DateTime(dump_only=True, required=True)
    updated_at = fields.DateTime(dump_only=True, required=True)


class Exercise(ExerciseSummary):
    """An exercise with its muscles and other names."""

    muscles = Items(fields.Nested(Muscle), longest=30, load_default=list)
    aliases = Items(
        Name(min_length=1, max_length=200),
        longest=50,
        load_default=list,
        metadata={"description": "Imports and the search know it by these, too.", "example": ["Zerchers"]},
    )

    @ma.post_load
    def name_each_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        seen = set[str]()
        for place, muscle in enumerate(data["muscles"]):
            if muscle["muscle"] in seen:
                raise ma.ValidationError({"muscles": {place: {"muscle": ["A muscle is named once."]}}})
            seen.add(muscle["muscle"])
        data["aliases"] = list({alias.lower(): alias for alias in reversed(data["aliases"])}.values())
        return data


class ExerciseListQuery(PageQuery):
    q = Words(
        min_length=2,
        max_length=200,
        metadata={"description": f"Search by name or alias: the best {MOST_FOUND} matches, best first, no pages."},
    )
    equipment = fields.String(validate=validate.OneOf(EQUIPMENT))
    category = fields.String(validate=validate.OneOf(CATEGORIES))
    muscle = Words(max_length=100, metadata={"description": "Only those that work it.", "example": "chest"})

    @ma.post_load
    def to_page(self, data: dict[str, Any], **_: Any) -> Page:
        searches = "q" in data
        clash = [name for name in ("cursor", "equipment", "category", "muscle") if searches and name in data]
        if clash:
            raise Invalid(details={name: ["A search takes q and limit only."] for name in clash})
        return cast(Page, super().to_page(data))


ExercisePage = page_of(ExerciseSummary)

EXAMPLE = {
    "name": "Zercher Good Morning",
    "equipment": "barbell",
    "category": "strength",
    "mechanic": "compound",
    "muscles": [{"muscle": "glutes", "share": 1}, {"muscle": "hamstrings", "share": 0.5}],
    "aliases": ["ZGM"],
}
