"""Requests and replies of single sets, which a client writes while a session goes on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from workouts_api.api.sessions.rules import FOLLOWS_ITSELF, HIGHEST_NUMBER, broken_rules, finish_set, settle_done_at
from workouts_api.api.sessions.schemas import MOST_SETS, WorkoutSet
from workouts_api.web.quantities import Flag, Whole
from workouts_api.web.schemas import MAX_ID, Instant, Items, PageQuery, Query, Schema, WholeInQuery, page_of

_NAME_OF_DEVICE = validate.Regexp(
    r"^(?![^\n]*\n)[A-Za-z0-9_-]{1,36}$", error="Expected 1 to 36 of the characters A-Z, a-z, 0-9, _ and -."
)
MOST_WRITES = 2**31 - 1  # of one device
_DEVICE = {
    "description": "The client's own name for this device; goes with seq. Others than the last writer name a version.",
    "example": "k3",
}
_SEQ = {
    "description": "A number that this device raises with each write: what came before never wins.",
    "example": 12,
}
_EXERCISE = {
    "description": "Needed if the session has no exercise of this number yet: it is added.",
    "example": 1,
}


_SENT_AT = {
    "description": "The device's clock when it sends this request, anew in each attempt. If it differs from the "
    "server's by more than 120 s, done_at is corrected by the difference.",
}


def _go_together(data: dict[str, Any]) -> None:
    if ("device" in data) != ("seq" in data):
        missing = "seq" if "device" in data else "device"
        raise ma.ValidationError({missing: ["Expected device and seq, or neither."]})


def _settle_sent(row: dict[str, Any]) -> None:
    settle_done_at(row, row.pop("sent_at", None))


def _follows_another(row: dict[str, Any]) -> None:
    if row.get("drop_of") is not None and row["drop_of"] == row["set_no"]:
        raise ma.ValidationError({"drop_of": [FOLLOWS_ITSELF]})


class SingleSet(WorkoutSet):
    """A set as it shall be. What is left out is null; position stays."""

    class Meta(WorkoutSet.Meta):
        exclude = ("set_no",)

    exercise_id = Whole(1, MAX_ID, metadata=_EXERCISE)
    device = fields.String(validate=_NAME_OF_DEVICE, metadata=_DEVICE)
    seq = Whole(1, MOST_WRITES, metadata=_SEQ)
    sent_at = Instant(metadata=_SENT_AT)

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, _go_together, finish_set, _settle_sent)

    @ma.post_load
    def finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        finish_set(data)
        _settle_sent(data)
        return data


class SetDeletion(Query):
    # Without examples: the API's page fills each in alone, and they go together.
    device = fields.String(validate=_NAME_OF_DEVICE, metadata={"description": _DEVICE["description"]})
    seq = WholeInQuery(1, MOST_WRITES, metadata={"description": _SEQ["description"]})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, _go_together)


class CollectedSet(WorkoutSet):
    """A set that a device wrote or deleted while it could not reach the server."""

    exercise_no = Whole(1, HIGHEST_NUMBER, required=True, metadata={"example": 1})
    set_no = Whole(1, HIGHEST_NUMBER, required=True, metadata={"example": 1})
    exercise_id = Whole(1, MAX_ID, metadata=_EXERCISE)
    seq = Whole(1, MOST_WRITES, required=True, metadata=_SEQ)
    version = Whole(
        -1,
        2**31 - 1,
        metadata={
            "description": "The stored set's version that this follows; 0: there was none; -1: any. Left out: this "
            "device wrote it last, or nobody did.",
            "example": -1,
        },
    )
    is_deleted = Flag(load_default=False, metadata={"example": False})

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, finish_set, _follows_another)

    @ma.post_load
    def finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        finish_set(data)
        return data


class CollectedSets(Schema):
    """The backlog of one device. If a set stands twice in it, its highest seq counts."""

    device = fields.String(required=True, validate=_NAME_OF_DEVICE, metadata=_DEVICE)
    sent_at = Instant(metadata=_SENT_AT)
    sets = Items(fields.Nested(CollectedSet), shortest=1, longest=MOST_SETS, required=True)

    @ma.post_load
    def finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        wrong = {}
        for place, row in enumerate(data["sets"]):
            try:
                settle_done_at(row, data.get("sent_at"))
            except ma.ValidationError as error:
                wrong[place] = error.messages
        if wrong:
            raise ma.ValidationError({"sets": wrong})
        return data


_VERSION = {"description": "The set's version: the session's, as this change made it.", "example": 2}
_STORED = {"description": "The set as stored, where it is not what was sent.", "example": None}


class WrittenSet(Schema):
    """What became of a set."""

    version = fields.Integer(required=True, metadata=_VERSION)
    is_deleted = fields.Boolean(required=True, metadata={"example": False})
    set = fields.Nested(WorkoutSet, required=True, allow_none=True, metadata=_STORED)


class LoggedSet(WrittenSet):
    """What became of a set, and what it brings."""

    records = fields.List(
        fields.String(),
        required=True,
        metadata={
            "description": "heaviest, e1rm (Epley, up to 10 reps), most_reps, set_volume, longest, farthest, by what "
            "the exercise tracks: more than on all days before and in the other sets of the day. The first performance "
            "is no record.",
            "example": ["heaviest"],
        },
    )
    rest_s = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "From the done_at of the set before it in the session to its own.", "example": 150},
    )
    done_at = fields.DateTime(
        required=True,
        allow_none=True,
        metadata={"description": "As stored: corrected where sent_at shows a wrong clock."},
    )


class AnsweredSet(WrittenSet):
    exercise_no = fields.Integer(required=True, metadata={"example": 1})
    set_no = fields.Integer(required=True, metadata={"example": 1})
    refusal = fields.String(
        required=True,
        allow_none=True,
        metadata={
            "description": "null: written. known: this device sent this seq or a higher one before. stale: another "
            "device wrote it; the stored set is in `set`. Others: see the chapter about live sessions.",
            "example": None,
        },
    )


class AnsweredSets(Schema):
    sets = fields.List(fields.Nested(AnsweredSet), required=True)


class ChangedSet(Schema):
    """A set that was written or deleted."""

    exercise_no = fields.Integer(required=True, metadata={"example": 1})
    set_no = fields.Integer(required=True, metadata={"example": 1})
    version = fields.Integer(required=True, metadata=_VERSION)
    is_deleted = fields.Boolean(required=True, metadata={"example": False})
    exercise_id = fields.Integer(
        required=True, allow_none=True, metadata={"description": "null: the exercise is gone.", "example": 1}
    )
    set = fields.Nested(WorkoutSet, required=True, allow_none=True)


class ChangedSetsQuery(PageQuery):
    since = WholeInQuery(
        0,
        2**31 - 1,
        load_default=0,
        metadata={"description": "The highest version that you have seen; 0: all sets.", "example": 0},
    )


ChangedSetPage = page_of(ChangedSet)

SET_EXAMPLE = {"reps": 5, "weight_kg": 100, "exercise_id": 1, "device": "k3", "seq": 12}
SETS_EXAMPLE = {
    "device": "k3",
    "sets": [{"exercise_no": 1, "set_no": 1, "exercise_id": 1, "reps": 5, "weight_kg": 100, "seq": 12}],
}
