"""Records and estimated maxima once more, slow and plain: a walk through the sets, day by day.

The RPE-adjusted maximum is made from the polynomial of the rep-maximum table, written down from its coefficients.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

REPS = (*range(1, 13), 15, 20)


@dataclass(frozen=True)
class Lift:
    """A set of one exercise."""

    local_on: dt.date
    kind: str = "n"  # w: warm-up
    weight_kg: float | None = None
    reps: int | None = None
    rpe: float | None = None
    rir: int | None = None
    duration_s: int | None = None
    distance_m: float | None = None
    session: int = 0


@dataclass(frozen=True)
class Tracked:
    """How an exercise is recorded."""

    tracking: str = "weight_reps"
    factor: float | None = None


def nearest_weighing(weighings: Mapping[dt.date, float], day: dt.date) -> float | None:
    near = sorted((abs((on - day).days), on > day, on) for on in weighings if abs((on - day).days) <= 30)
    return weighings[near[0][2]] if near else None


def effective_load(exercise: Tracked, lift: Lift, bodyweight: float | None) -> float | None:
    """What is lifted; None where it is unknown or not above 0."""
    if exercise.tracking == "bodyweight_reps":
        if exercise.factor is None or bodyweight is None:
            return None
        load = exercise.factor * bodyweight + (lift.weight_kg or 0)
    elif exercise.tracking in ("weight_reps", "weight_time", "weight_distance"):
        if lift.weight_kg is None:
            return None
        load = lift.weight_kg
    else:
        return None
    return load if load > 0 else None


def share_of_maximum(reps: int, rpe: float) -> float:
    """Percent of the one-repetition maximum that a set of these repetitions and this RPE was."""
    beyond = (10 - rpe) + (min(reps, 24) - 1)
    if beyond == 0:
        return 100.0
    if beyond >= 16:
        return 50.0
    if beyond <= 2.92:
        return 0.347619 * beyond**2 - 4.60714 * beyond + 99.9667
    return 97.0955 - 2.64249 * beyond


def estimate(formula: str, load: float | None, lift: Lift, most_reps: int) -> float | None:
    if load is None or lift.reps is None or not 1 <= lift.reps <= most_reps:
        return None
    if formula == "epley":
        return load if lift.reps == 1 else load * (1 + lift.reps / 30)
    if formula == "brzycki":
        return load * 36 / (37 - lift.reps) if lift.reps < 37 else None
    rating = lift.rpe if lift.rpe is not None else None if lift.rir is None else 10 - lift.rir
    return None if rating is None or rating < 1 else load * 100 / share_of_maximum(lift.reps, rating)


def counting(exercise: Tracked, lifts: Iterable[Lift]) -> list[Lift]:
    """Warm-ups are left out, and sets of 0 reps, which failed, unless reps are not what the exercise counts."""
    fails_at = 0 if exercise.tracking in ("weight_reps", "bodyweight_reps", "reps") else None
    return [lift for lift in lifts if lift.kind != "w" and (lift.reps is None or lift.reps != fails_at)]


def values_of(
    exercise: Tracked,
    lifts: Sequence[Lift],
    weighings: Mapping[dt.date, float],
    formula: str = "epley",
    most_reps: int = 10,
) -> dict[str, dict[dt.date, float]]:
    """The best of each day, by kind of record; rounded as bests are compared."""
    bests: dict[str, dict[dt.date, float]] = {}

    def put(kind: str, day: dt.date, value: float | None) -> None:
        if value is not None:
            of_kind = bests.setdefault(kind, {})
            of_kind[day] = max(of_kind.get(day, float("-inf")), round(value, 2))

    volumes: dict[int, tuple[dt.date, float]] = {}
    for lift in counting(exercise, lifts):
        load = effective_load(exercise, lift, nearest_weighing(weighings, lift.local_on))
        by_reps = exercise.tracking in ("weight_reps", "bodyweight_reps")
        weighs = exercise.tracking in ("weight_reps", "weight_time", "weight_distance")
        if weighs or exercise.tracking == "bodyweight_reps":
            put("heaviest", lift.local_on, lift.weight_kg if weighs else load)
        if by_reps:
            put("e1rm", lift.local_on, estimate(formula, load, lift, most_reps))
            if load is not None and lift.reps is not None:
                put("set_volume", lift.local_on, load * lift.reps)
                before = volumes.get(lift.session, (lift.local_on, 0.0))[1]
                volumes[lift.session] = lift.local_on, before + load * lift.reps
        if exercise.tracking in ("weight_reps", "bodyweight_reps", "reps"):
            put("most_reps", lift.local_on, lift.reps)
        if exercise.tracking in ("time", "weight_time", "distance_time"):
            put("longest", lift.local_on, lift.duration_s)
        if exercise.tracking in ("distance_time", "weight_distance"):
            put("farthest", lift.local_on, lift.distance_m)
    for day, volume in volumes.values():
        put("session_volume", day, volume)
    return bests


def walk(of_kind: Mapping[dt.date, float]) -> list[tuple[dt.date, float, float | None]]:
    """Each day that beats all days before, with what it beats; a tie keeps the first."""
    found: list[tuple[dt.date, float, float | None]] = []
    for day, value in sorted(of_kind.items()):
        if not found or value > found[-1][1]:
            found.append((day, value, found[-1][1] if found else None))
    return found


def rep_maxima(exercise: Tracked, lifts: Sequence[Lift], weighings: Mapping[dt.date, float]) -> list[dict[str, Any]]:
    """The best load of a set of at least so many reps, and the first day on which it was lifted."""
    rows = []
    for reps in REPS:
        best: tuple[float, dt.date] | None = None
        for lift in sorted(counting(exercise, lifts), key=lambda one: one.local_on):
            load = effective_load(exercise, lift, nearest_weighing(weighings, lift.local_on))
            if load is not None and (lift.reps or 0) >= reps and (best is None or round(load, 2) > best[0]):
                best = round(load, 2), lift.local_on
        rows.append({"reps": reps, "load": best and best[0], "on": best and best[1]})
    return rows
