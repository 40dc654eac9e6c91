"""Requests and replies of exercises."""

from __future__ import annotations

from typing import Any, cast

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.errors import Invalid
from workouts_api.web.quantities import Choice, Flag, Number
from workouts_api.web.schemas import Identifier, IdentifierInQuery, Items, Name, Page, PageQuery, Schema, Words, page_of

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
TRACKING = (
    "weight_reps",
    "reps",
    "bodyweight_reps",
    "time",
    "weight_time",
    "distance_time",
    "weight_distance",
    "custom",
)
MUSCLE_GROUPS = {
    "chest": ("chest_upper", "chest_mid"),
    "shoulders": ("delt_front", "delt_side", "delt_rear", "rotator_cuff"),
    "arms": ("triceps", "biceps", "forearms"),
    "back": ("lats", "upper_back", "traps_upper", "lower_back"),
    "core": ("abs", "obliques", "serratus"),
    "legs": (
        "quads",
        "hamstrings",
        "glutes",
        "abductors",
        "adductors",
        "hip_flexors",
        "calves",
        "tibialis",
    ),
    "neck": ("neck",),
}
MUSCLE_CODES = tuple(code for codes in MUSCLE_GROUPS.values() for code in codes)
MUSCLES = {
    "abdominals": ("abs",),
    "abductors": ("abductors",),
    "adductors": ("adductors",),
    "biceps": ("biceps",),
    "calves": ("calves", "tibialis"),
    "chest": ("chest_upper", "chest_mid"),
    "forearms": ("forearms",),
    "glutes": ("glutes",),
    "hamstrings": ("hamstrings",),
    "lats": ("lats",),
    "lower back": ("lower_back",),
    "neck": ("neck",),
    "obliques": ("obliques",),
    "quadriceps": ("quads", "hip_flexors"),
    "shoulders": ("delt_front", "delt_side", "delt_rear", "rotator_cuff"),
    "traps": ("traps_upper",),
    "triceps": ("triceps",),
    "upper back": ("upper_back",),
}
"""The names of before, each with its codes. The serratus had none."""
_NAMES = {code: name for name, codes in MUSCLES.items() for code in codes}
_ANY_MUSCLE = tuple(dict.fromkeys((*MUSCLE_CODES, *MUSCLE_GROUPS, *MUSCLES)))
MOST_FOUND = 50
MOST_UNMATCHED = 20
"""Exercises on a page of those without muscles: proposals for each cost a search."""
MOST_PROPOSED = 5


class Described(Schema):
    """Ignores read-only fields, so that a client can send back what it read."""

    @ma.pre_load
    def ignore_read_only(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        read_only = self.dump_fields.keys() - self.load_fields.keys()
        return {name: value for name, value in data.items() if name not in read_only}


class Muscle(Schema):
    muscle = Name(
        max_length=100,
        required=True,
        validate=validate.OneOf(list(MUSCLES)),
        metadata={"example": "quadriceps"},
    )
    share = Number(
        0,
        1,
        above=True,
        required=True,
        metadata={"description": "How much of a set counts for it: primary 1, secondary 0.5.", "example": 1},
    )


class MuscleShare(Described):
    code = Choice(MUSCLE_CODES, required=True, metadata={"example": "quads"})
    group = fields.String(
        dump_only=True,
        required=True,
        metadata={
            "enum": list(MUSCLE_GROUPS),
            "description": "Of a group, the largest share counts.",
            "example": "legs",
        },
    )
    share = Number(
        0,
        1,
        above=True,
        required=True,
        metadata={"description": "How much of a set counts for it: direct 1, indirect 0.5.", "example": 1},
    )


class ExerciseSummary(Described):
    """An exercise without its muscles."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    name = Name(min_length=1, max_length=200, required=True, metadata={"example": "Zercher Squat"})
    equipment = Choice(EQUIPMENT, load_default="none", metadata={"example": "barbell"})
    category = Choice(CATEGORIES, load_default="strength", metadata={"example": "strength"})
    mechanic = Choice(MECHANICS, load_default=None, allow_none=True, metadata={"example": "compound"})
    tracking = Choice(
        TRACKING,
        metadata={
            "description": "What is recorded of a set. With bodyweight_reps, a weight is added to the body's, or helps "
            "if it is below 0. custom: no statistic reads it. Absent, it follows from the category.",
            "example": "weight_reps",
        },
    )
    bodyweight_factor = Number(
        0.01,
        1.5,
        load_default=None,
        allow_none=True,
        metadata={
            "description": "With bodyweight_reps: the part of the bodyweight that is lifted. A pull-up lifts 1, a "
            "push-up 0.64. null: unknown.",
            "example": None,
        },
    )
    is_per_hand = Flag(
        load_default=False,
        metadata={
            "description": "A set's weight is what one hand holds, and the other holds as much at the same time.",
            "example": False,
        },
    )
    is_one_sided = Flag(
        load_default=False,
        metadata={
            "description": "One arm or leg works at a time, and a set's reps are those of one side.",
            "example": False,
        },
    )
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

    muscles = Items(
        fields.Nested(Muscle),
        longest=30,
        load_default=list,
        metadata={"description": "By 18 names. Empty, they follow from `muscle_shares`."},
    )
    muscle_shares = Items(
        fields.Nested(MuscleShare),
        longest=30,
        load_default=list,
        metadata={"description": "By 25 codes in groups. Empty, they follow from `muscles`."},
    )
    aliases = Items(
        Name(min_length=1, max_length=200),
        longest=50,
        load_default=list,
        metadata={"description": "Imports and the search know it by these, too.", "example": ["Zerchers"]},
    )

    @ma.post_load
    def name_each_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for field, key in (("muscles", "muscle"), ("muscle_shares", "code")):
            _refuse_repeats(data[field], field, key)
        _refuse_contradictions(data["muscles"], data["muscle_shares"])
        data["aliases"] = each_once(data["aliases"])
        return data


def each_once(aliases: list[str]) -> list[str]:
    """Of aliases that differ in case only, the first."""
    return list({alias.lower(): alias for alias in reversed(aliases)}.values())


def _refuse_repeats(items: list[dict[str, Any]], field: str, key: str) -> None:
    seen = set[str]()
    for place, item in enumerate(items):
        if item[key] in seen:
            raise ma.ValidationError({field: {place: {key: ["A muscle is named once."]}}})
        seen.add(item[key])


def _refuse_contradictions(muscles: list[dict[str, Any]], shares: list[dict[str, Any]]) -> None:
    """Both lists may be sent, as they were read. A name then has the largest share of its codes."""
    if not muscles or not shares:
        return
    follow: dict[str, float] = {}
    for item in shares:
        if (name := _NAMES.get(item["code"])) is not None:
            follow[name] = max(item["share"], follow.get(name, 0))
    if follow != {item["muscle"]: item["share"] for item in muscles}:
        expected = ", ".join(f"{name} {share:g}" for name, share in sorted(follow.items())) or "no muscles"
        sentence = f"Expected {expected}, as follows from muscle_shares, or one of the two lists alone."
        raise ma.ValidationError({"muscles": [sentence]})


class ExerciseListQuery(PageQuery):
    q = Words(
        min_length=2,
        max_length=200,
        metadata={"description": f"Search by name or alias: the best {MOST_FOUND} matches, best first, no pages."},
    )
    equipment = fields.String(validate=validate.OneOf(EQUIPMENT))
    category = fields.String(validate=validate.OneOf(CATEGORIES))
    tracking = fields.String(validate=validate.OneOf(TRACKING))
    muscle = Words(
        max_length=100,
        validate=validate.OneOf(_ANY_MUSCLE),
        metadata={
            "description": "Only those that work it: a muscle's code, its group or its name.",
            "example": "chest",
        },
    )

    @ma.post_load
    def to_page(self, data: dict[str, Any], **_: Any) -> Page:
        searches = "q" in data
        clash = [
            name for name in ("cursor", "equipment", "category", "tracking", "muscle") if searches and name in data
        ]
        if clash:
            raise Invalid(details={name: ["A search takes q and limit only."] for name in clash})
        return cast(Page, super().to_page(data))


class ExercisePatch(Schema):
    """A merge patch: an absent field stays as it is."""

    name = Name(min_length=1, max_length=200, metadata={"example": "Zercher Squat"})
    equipment = Choice(EQUIPMENT, metadata={"example": "barbell"})
    category = Choice(CATEGORIES, metadata={"example": "strength"})
    mechanic = Choice(MECHANICS, allow_none=True, metadata={"example": "compound"})
    bodyweight_factor = Number(0.01, 1.5, allow_none=True, metadata={"example": None})
    tracking = Choice(TRACKING, metadata={"example": "weight_reps"})
    is_per_hand = Flag(metadata={"example": False})
    is_one_sided = Flag(metadata={"example": False})
    is_archived = Flag(metadata={"description": "Lists and the search leave it out.", "example": True})
    muscles = Items(fields.Nested(Muscle), longest=30)
    muscle_shares = Items(fields.Nested(MuscleShare), longest=30)
    aliases = Items(Name(min_length=1, max_length=200), longest=50, metadata={"example": ["Zerchers"]})

    @ma.post_load
    def name_each_once(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        for field, key in (("muscles", "muscle"), ("muscle_shares", "code")):
            _refuse_repeats(data.get(field, []), field, key)
        _refuse_contradictions(data.get("muscles", []), data.get("muscle_shares", []))
        if "aliases" in data:
            data["aliases"] = each_once(data["aliases"])
        return data


class Merge(Schema):
    into = Identifier(
        required=True,
        metadata={"description": "A shared exercise, or another one of mine.", "example": 1},
    )


class Proposal(Schema):
    """A shared exercise that a name may mean."""

    id = fields.Integer(required=True, metadata={"example": 1})
    name = fields.String(required=True, metadata={"example": "Triceps Pushdown"})
    equipment = fields.String(required=True, metadata={"enum": list(EQUIPMENT), "example": "cable"})
    likeness = fields.Float(required=True, metadata={"description": "From 0 to 1: the same words.", "example": 0.62})


class UnmatchedExercise(ExerciseSummary):
    """An exercise of mine without muscles."""

    set_count = fields.Integer(required=True, metadata={"description": "How many sets were done.", "example": 36})
    proposals = fields.List(
        fields.Nested(Proposal), required=True, metadata={"description": "Most alike first: to be chosen from."}
    )


class UsedExercise(ExerciseSummary):
    """An exercise that I, or another athlete whom I see, have done."""

    last_used_on = fields.Date(required=True, metadata={"example": "2026-01-05"})
    session_count = fields.Integer(required=True, metadata={"description": "In how many sessions.", "example": 42})


class UsedListQuery(PageQuery):
    sort_by = fields.String(
        load_default="last_used",
        validate=validate.OneOf(["last_used", "most_used"]),
        metadata={"description": "Those that were done last, or in most sessions, come first."},
    )
    athlete_id = IdentifierInQuery(metadata={"description": "Another athlete whom you see; left out, yourself."})


ExercisePage = page_of(ExerciseSummary)
UnmatchedPage = page_of(UnmatchedExercise)
UsedPage = page_of(UsedExercise)

EXAMPLE = {
    "name": "Zercher Good Morning",
    "equipment": "barbell",
    "category": "strength",
    "mechanic": "compound",
    "muscles": [{"muscle": "glutes", "share": 1}, {"muscle": "hamstrings", "share": 0.5}],
    "aliases": ["ZGM"],
}
PATCH_EXAMPLE = {"name": "Zercher Squat", "is_archived": False, "aliases": ["Zerchers"]}
