"""What sessions and laps measure of distance, height, heart rate and power."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from workouts_api.api.sessions.rows import Row, Rows
from workouts_api.api.sessions.rules import broken_rules, in_metric_units
from workouts_api.web.quantities import Choice, Number, Whole
from workouts_api.web.schemas import Schema
from workouts_api.web.sports import SPORTS
from workouts_api.web.units import FT_DECIMALS, M_DECIMALS, MI_DECIMALS

MOST_LAPS = 500
HIGHEST_LAP_NO = 1000
LONGEST_S = 864_000
FARTHEST_M, HIGHEST_M, HIGHEST_FT = 10_000_000, 100_000, 328_083.9895
LOWEST_BPM, HIGHEST_BPM = 20, 250
HIGHEST_W = 3000

# What both a session and a lap measure. Each is a field of several schemas, null where it is not known.
DISTANCE_M = Number(0, FARTHEST_M, decimals=M_DECIMALS, allow_none=True, metadata={"example": 12_480})
DISTANCE_MI = Number(
    0,
    6213.7119224,
    decimals=MI_DECIMALS,
    allow_none=True,
    load_only=True,
    metadata={"description": "In place of distance_m."},
)
ASCENT_M = Number(0, HIGHEST_M, decimals=M_DECIMALS, allow_none=True, metadata={"example": 210})
ASCENT_FT = Number(
    0,
    HIGHEST_FT,
    decimals=FT_DECIMALS,
    allow_none=True,
    load_only=True,
    metadata={"description": "In place of ascent_m."},
)
DESCENT_M = Number(0, HIGHEST_M, decimals=M_DECIMALS, allow_none=True, metadata={"example": 205})
DESCENT_FT = Number(
    0,
    HIGHEST_FT,
    decimals=FT_DECIMALS,
    allow_none=True,
    load_only=True,
    metadata={"description": "In place of descent_m."},
)
AVERAGE_HEART_RATE_BPM = Number(LOWEST_BPM, HIGHEST_BPM, decimals=1, allow_none=True, metadata={"example": 148})
MAX_HEART_RATE_BPM = Whole(LOWEST_BPM, HIGHEST_BPM, allow_none=True, metadata={"example": 171})
AVERAGE_POWER_W = Number(0, HIGHEST_W, decimals=1, allow_none=True, metadata={"example": 214})
# What a session has besides.
SPORT = Choice(
    SPORTS, allow_none=True, metadata={"description": "null: not said. More may come.", "example": "running"}
)
MOVING_TIME_S = Whole(
    0,
    LONGEST_S,
    allow_none=True,
    metadata={"description": "Without breaks; at most 60 s more than the session lasts.", "example": 3912},
)
NORMALIZED_POWER_W = Number(
    0,
    HIGHEST_W,
    decimals=1,
    allow_none=True,
    metadata={"description": "The fourth root of the mean fourth power of 30-second means.", "example": 231},
)


class Lap(Schema):
    lap_no = Whole(
        1,
        HIGHEST_LAP_NO,
        metadata={"description": "Identifies the lap and is its place; left out, it counts on.", "example": 1},
    )
    duration_s = Number(0, LONGEST_S, decimals=1, allow_none=True, metadata={"example": 312.4})
    distance_m = DISTANCE_M
    distance_mi = DISTANCE_MI
    ascent_m = ASCENT_M
    ascent_ft = ASCENT_FT
    descent_m = DESCENT_M
    descent_ft = DESCENT_FT
    average_heart_rate_bpm = AVERAGE_HEART_RATE_BPM
    max_heart_rate_bpm = MAX_HEART_RATE_BPM
    average_power_w = AVERAGE_POWER_W


class Laps(Rows):
    """The laps of a session. Their order is that of lap_no."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Lap, number="lap_no", longest=MOST_LAPS, finish=settle_measured, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> list[Any]:
        rows: list[Row] = super()._deserialize(value, attr, data, **kwargs)
        for row in rows:
            del row["position"]
            row.pop("counts_on", None)
        return rows


def settle_measured(row: dict[str, Any]) -> None:
    """Converts miles and feet to metres.

    :raises ValidationError: when a quantity is given in both units, or the average heart rate exceeds the highest one.
    """
    average, highest = row.get("average_heart_rate_bpm"), row.get("max_heart_rate_bpm")
    if average is not None and highest is not None and average > highest:
        wrong = {"average_heart_rate_bpm": ["An average heart rate is at most the highest one."]}
        raise ValidationError({**broken_rules(row, in_metric_units), **wrong})
    in_metric_units(row)
