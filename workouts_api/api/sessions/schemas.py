"""Requests and replies of sessions.

Read-only fields in a request are ignored, so a client can read a session, change it and send it back. Unknown fields
are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields

from workouts_api.api.sessions import endurance
from workouts_api.api.sessions.endurance import LONGEST_S, Laps, settle_measured
from workouts_api.api.sessions.rows import Rows
from workouts_api.api.sessions.rules import (
    HIGHEST_NUMBER,
    broken_rules,
    finish_exercise,
    finish_stored_set,
    one_end,
    settle_end,
)
from workouts_api.api.sessions.tempo import Tempo
from workouts_api.web.quantities import Choice, Flag, Number, Whole
from workouts_api.web.schemas import (
    MAX_ID,
    CountedPageQuery,
    Day,
    IdentifierInQuery,
    Instant,
    Line,
    Query,
    Schema,
    Text,
    Zone,
    page_of,
)
from workouts_api.web.sports import SPORTS
from workouts_api.web.units import KG_DECIMALS, LB_DECIMALS, M_DECIMALS, MI_DECIMALS

KINDS = ("normal", "warmup", "dropset", "failure", "amrap")
SIDES = ("left", "right", "both")
STATUSES = ("planned", "in_progress", "done")
MOST_EXERCISES = 100
MOST_SETS = 200
HIGHEST_POSITION = 32_767

_READ_ONLY_IMPERIAL = frozenset({"volume_lb"})


class WorkoutSet(Schema):
    set_no = Whole(
        1,
        HIGHEST_NUMBER,
        metadata={"description": "Identifies the set in its exercise, for ever; left out, it counts on.", "example": 1},
    )
    position = Whole(
        0,
        HIGHEST_POSITION,
        metadata={"description": "Order, before set_no; left out, the place in the list.", "example": 1},
    )
    kind = Choice(
        KINDS,
        metadata={
            "description": "Left out: normal. Warm-ups add no volume. amrap: as many reps as possible.",
            "example": "normal",
        },
    )
    reps = Whole(0, 9999, allow_none=True, metadata={"example": 5})
    weight_kg = Number(
        -500,
        2000,
        decimals=KG_DECIMALS,
        allow_none=True,
        metadata={"description": "Negative: assistance.", "example": 100},
    )
    weight_lb = Number(
        -1102.3113,
        4409.2453,
        decimals=LB_DECIMALS,
        allow_none=True,
        load_only=True,
        metadata={"description": "In place of weight_kg."},
    )
    distance_m = Number(0, 10_000_000, decimals=M_DECIMALS, allow_none=True)
    distance_mi = Number(
        0,
        6213.7119224,
        decimals=MI_DECIMALS,
        allow_none=True,
        load_only=True,
        metadata={"description": "In place of distance_m."},
    )
    duration_s = Whole(0, LONGEST_S, allow_none=True)
    rpe = Number(1, 10, step=0.5, allow_none=True, metadata={"description": "Perceived exertion.", "example": 8.5})
    rir = Whole(0, 20, allow_none=True, metadata={"description": "Repetitions in reserve."})
    notes = Text(max_length=5000, allow_none=True)
    side = Choice(SIDES, allow_none=True, metadata={"description": "null: the exercise has one way.", "example": None})
    tempo = Tempo(allow_none=True)
    drop_of = Whole(
        1,
        HIGHEST_NUMBER,
        allow_none=True,
        metadata={"description": "Of a dropset: the set_no of the set that it follows.", "example": None},
    )
    is_done = Flag(
        metadata={
            "description": "Left out: true. false: planned, not done yet; it counts in no figure.",
            "example": True,
        }
    )
    done_at = Instant(
        allow_none=True,
        metadata={"description": "When it was finished; the difference to the set before is rest and work."},
    )


class SessionExercise(Schema):
    exercise_no = Whole(
        1,
        HIGHEST_NUMBER,
        metadata={
            "description": "Identifies the exercise in its session, for ever; left out, it counts on.",
            "example": 1,
        },
    )
    position = Whole(
        0,
        HIGHEST_POSITION,
        metadata={"description": "Order, before exercise_no; left out, the place in the list.", "example": 1},
    )
    exercise_id = Whole(
        1, MAX_ID, required=True, metadata={"description": "Shared or one's own; see /exercises.", "example": 1}
    )
    name = fields.String(dump_only=True, required=True, metadata={"example": "Barbell Squat"})
    superset = Whole(
        0,
        1000,
        allow_none=True,
        metadata={"description": "Exercises of one number are done in turn.", "example": None},
    )
    notes = Text(max_length=5000, metadata={"example": ""})
    sets = Rows(WorkoutSet, number="set_no", longest=MOST_SETS, finish=finish_stored_set)


class SessionSummary(Schema):
    """A session without its exercises and laps."""

    id = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    title = Line(max_length=200, load_default="", metadata={"example": "Legs"})
    notes = Text(max_length=20_000, load_default="", metadata={"example": "Felt strong."})
    status = Choice(
        STATUSES,
        load_default="done",
        metadata={"description": "One session at a time is in_progress.", "example": "done"},
    )
    started_at = Instant(required=True, metadata={"example": "2026-01-05T17:00:00Z"})
    ended_at = Instant(allow_none=True, metadata={"example": "2026-01-05T18:10:00Z"})
    duration_s = Whole(
        0, LONGEST_S, allow_none=True, metadata={"description": "In place of ended_at, or the same.", "example": 4200}
    )
    zone = Zone(metadata={"description": "IANA zone; left out, the athlete's."})
    local_on = fields.Date(
        dump_only=True,
        required=True,
        metadata={"description": "The day on the athlete's calendar: started_at in zone.", "example": "2026-01-05"},
    )
    rpe = Number(
        0, 10, step=0.5, allow_none=True, metadata={"description": "How hard it was as a whole (CR10).", "example": 7.5}
    )
    sport = endurance.SPORT
    moving_time_s = endurance.MOVING_TIME_S
    distance_m = endurance.DISTANCE_M
    distance_mi = endurance.DISTANCE_MI
    ascent_m = endurance.ASCENT_M
    ascent_ft = endurance.ASCENT_FT
    descent_m = endurance.DESCENT_M
    descent_ft = endurance.DESCENT_FT
    average_heart_rate_bpm = endurance.AVERAGE_HEART_RATE_BPM
    max_heart_rate_bpm = endurance.MAX_HEART_RATE_BPM
    average_power_w = endurance.AVERAGE_POWER_W
    normalized_power_w = endurance.NORMALIZED_POWER_W
    exercise_count = fields.Integer(dump_only=True, required=True, metadata={"example": 1})
    set_count = fields.Integer(
        dump_only=True, required=True, metadata={"description": "Warm-ups included.", "example": 1}
    )
    volume_kg = fields.Float(
        dump_only=True,
        required=True,
        metadata={"description": "Weight times reps over all sets but warm-ups.", "example": 500},
    )
    import_id = fields.Integer(
        dump_only=True, required=True, allow_none=True, metadata={"description": "The file it came in with."}
    )
    end_is_guessed = fields.Boolean(
        dump_only=True,
        required=True,
        metadata={
            "description": "The session was forgotten: ended_at is 5 minutes after its last set.",
            "example": False,
        },
    )
    version = fields.Integer(dump_only=True, required=True, metadata={"description": "For If-Match.", "example": 1})
    created_at = fields.DateTime(dump_only=True, required=True, metadata={"example": "2026-01-05T18:11:02Z"})
    updated_at = fields.DateTime(dump_only=True, required=True, metadata={"example": "2026-01-05T18:11:02Z"})


class Session(SessionSummary):
    """A session with its exercises, sets and laps."""

    client_key = fields.UUID(
        allow_none=True,
        metadata={
            "description": "The client's own key: creating a session under it again gives the one that is there.",
            "example": None,
        },
    )
    exercises = Rows(
        SessionExercise, number="exercise_no", longest=MOST_EXERCISES, finish=finish_exercise, load_default=list
    )
    laps = Laps(metadata={"description": "In order. Left out of a PUT: they stay."})

    @ma.pre_load
    def ignore_read_only(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, dict):
            return data
        read_only = self.dump_fields.keys() - self.load_fields.keys() | _READ_ONLY_IMPERIAL
        return {name: value for name, value in data.items() if name not in read_only}

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, settle_end, settle_measured)

    @ma.post_load
    def settle(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        settle_end(data)
        settle_measured(data)
        return data


class ReplacedExercise(SessionExercise):
    """An exercise that may have as many sets as an import stores. The statement refuses more than it had."""

    sets = Rows(WorkoutSet, number="set_no", longest=HIGHEST_NUMBER, finish=finish_stored_set)


class ReplacedSession(Session):
    """A session that may be as large as it was: imports store more than a client may add."""

    exercises = Rows(
        ReplacedExercise, number="exercise_no", longest=HIGHEST_NUMBER, finish=finish_exercise, load_default=list
    )

    @ma.pre_load
    def bound(self, data: Any, **_: Any) -> Any:
        """Counts before anything is read. Exercises and sets of other types are named later."""
        exercises = data.get("exercises") if isinstance(data, dict) else None
        if isinstance(exercises, list) and len(exercises) <= HIGHEST_NUMBER:  # more of them are refused by their number
            sets = (one.get("sets") for one in exercises if isinstance(one, dict))
            if (count := sum(len(one) for one in sets if isinstance(one, list))) > MOST_EXERCISES * MOST_SETS:
                most = MOST_EXERCISES * MOST_SETS
                raise ma.ValidationError({"exercises": [f"Expected at most {most} sets, there are {count}."]})
        return data


class SessionPatch(Schema):
    """A merge patch: an absent field stays as it is, null clears it."""

    title = Line(max_length=200, allow_none=True, metadata={"example": "Heavy legs"})
    notes = Text(max_length=20_000, allow_none=True)
    status = Choice(STATUSES)
    started_at = Instant()
    ended_at = Instant(allow_none=True)
    duration_s = Whole(
        0, LONGEST_S, allow_none=True, metadata={"description": "In place of ended_at; counted from the start."}
    )
    zone = Zone(allow_none=True, metadata={"description": "null: the athlete's.", "example": None})
    rpe = Number(0, 10, step=0.5, allow_none=True, metadata={"example": 8})
    sport = endurance.SPORT
    moving_time_s = endurance.MOVING_TIME_S
    distance_m = endurance.DISTANCE_M
    distance_mi = endurance.DISTANCE_MI
    ascent_m = endurance.ASCENT_M
    ascent_ft = endurance.ASCENT_FT
    descent_m = endurance.DESCENT_M
    descent_ft = endurance.DESCENT_FT
    average_heart_rate_bpm = endurance.AVERAGE_HEART_RATE_BPM
    max_heart_rate_bpm = endurance.MAX_HEART_RATE_BPM
    average_power_w = endurance.AVERAGE_POWER_W
    normalized_power_w = endurance.NORMALIZED_POWER_W
    laps = Laps(allow_none=True, metadata={"description": "All of them: those that are not listed go."})

    @ma.post_load
    def settle(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        settle_measured(data)
        return data

    def contradictions(self, data: Mapping[str, Any]) -> Mapping[str, Any]:
        return broken_rules(data, one_end, settle_measured)


class WhoseSession(Query):
    athlete_id = IdentifierInQuery(metadata={"description": "An athlete whom you keep; left out, yourself."})


class SessionListQuery(CountedPageQuery):
    athlete_id = IdentifierInQuery(
        metadata={"description": "Another athlete: the sessions of those days that you see. Left out, your own."}
    )
    from_ = Day(data_key="from", metadata={"description": "First local day.", "example": "2026-01-01"})
    to = Day(metadata={"description": "Last local day, included.", "example": "2026-12-31"})
    exercise_id = IdentifierInQuery(metadata={"description": "Only sessions with this exercise."})
    q = Line(min_length=1, max_length=200, metadata={"description": "Only sessions with this in their title or notes."})
    sport = Choice(SPORTS, metadata={"description": "Only sessions of this sport.", "example": "running"})


SessionPage = page_of(SessionSummary, total=True)

EXAMPLE = {
    "title": "Legs",
    "notes": "Felt strong.",
    "started_at": "2026-01-05T17:00:00Z",
    "ended_at": "2026-01-05T18:10:00Z",
    "zone": "Europe/Berlin",
    "rpe": 7.5,
    "exercises": [
        {
            "exercise_id": 1,
            "sets": [
                {"kind": "warmup", "reps": 5, "weight_kg": 60},
                {"reps": 5, "weight_kg": 100, "rpe": 8.5},
                {"reps": 5, "weight_lb": 225, "rpe": 9},
            ],
        }
    ],
}
PATCH_EXAMPLE = {"title": "Heavy legs", "rpe": 8}
