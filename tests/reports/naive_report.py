"""The training report once more, slow and plain: loops over sets, exact fractions, the formulas as they are written.

Nothing here is taken from the SQL: averages are sums over all days before and not a running state, records are found
by walking through the days, buckets by stepping back to their first day. What is compared is unrounded.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Set:
    exercise_id: int
    kind: str  # normal, warmup, dropset or failure
    weight_kg: float | None
    reps: int | None

    @property
    def is_working(self) -> bool:
        return self.kind != "warmup"

    @property
    def volume_kg(self) -> float:
        lifts = self.is_working and self.weight_kg is not None and self.weight_kg > 0 and self.reps is not None
        return self.weight_kg * self.reps if lifts else 0.0

    def e1rm_kg(self, formula: str) -> float | None:
        if not self.is_working or not self.weight_kg or self.weight_kg < 0 or not self.reps:
            return None
        if formula == "brzycki":
            return self.weight_kg * 36 / (37 - self.reps) if self.reps <= 10 else None
        return self.weight_kg if self.reps == 1 else self.weight_kg * (1 + self.reps / 30)


@dataclass(frozen=True)
class Session:
    local_on: dt.date
    minutes: Fraction | None
    rpe: Fraction | None
    sets: Sequence[Set] = field(default_factory=tuple)
    status: str = "done"
    starts_at: dt.time = dt.time(17, 30)  # on the athlete's clock

    @property
    def load(self) -> Fraction | None:
        return None if self.rpe is None or self.minutes is None else self.rpe * self.minutes


Muscles = Mapping[int, Mapping[str, float]]  # exercise → muscle → share


def bucket_start(day: dt.date, bucket: str, week_start: int) -> dt.date:
    if bucket == "month":
        return day.replace(day=1)
    while bucket == "week" and day.isoweekday() != week_start:
        day -= DAY
    return day


def days_between(first: dt.date, last: dt.date) -> list[dt.date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def naive_report(
    history: Iterable[Session],
    muscles: Muscles,
    *,
    from_on: dt.date,
    to_on: dt.date,
    bucket: str = "week",
    week_start: int = 1,
    e1rm: str = "epley",
) -> dict[str, Any]:
    done = [s for s in history if s.status == "done" and s.local_on <= to_on]
    in_buckets: dict[dt.date, list[Session]] = {}
    last_days: dict[dt.date, dt.date] = {}
    for day in days_between(from_on, to_on):
        start = bucket_start(day, bucket, week_start)
        in_buckets.setdefault(start, []).extend(s for s in done if s.local_on == day)
        last_days[start] = day
    records = [r for r in find_records(done, e1rm) if r["local_on"] >= from_on]
    loads = daily_loads(done, to_on)
    columns: dict[str, list[Any]] = defaultdict(list)
    for start, sessions in in_buckets.items():
        row = {
            "starts_on": start,
            **totals_of(sessions, muscles),
            "new_records": sum(bucket_start(r["local_on"], bucket, week_start) == start for r in records),
            **load_figures(loads, last_days[start]),
        }
        for name, value in row.items():
            columns[name].append(value)
    everything = [s for sessions in in_buckets.values() for s in sessions]
    return {
        "totals": {**totals_of(everything, muscles), "new_records": len(records)},
        "buckets": dict(columns),
        "muscle_volume_kg": volume_by_muscle(in_buckets, muscles),
        "main_lifts": trend_of_main_lifts(in_buckets, e1rm),
        "records": records,
    }


def totals_of(sessions: Sequence[Session], muscles: Muscles) -> dict[str, Any]:
    sets = [t for s in sessions for t in s.sets]
    return {
        "sessions": len(sessions),
        "sets": len(sets),
        "working_sets": sum(t.is_working for t in sets),
        "volume_kg": math.fsum(t.volume_kg for t in sets),
        "no_muscle_volume_kg": math.fsum(t.volume_kg for t in sets if not muscles.get(t.exercise_id)),
        "duration_min": sum((s.minutes for s in sessions if s.minutes is not None), Fraction()),
        "session_load": sum((s.load for s in sessions if s.load is not None), Fraction()),
        "sessions_without_rpe": sum(s.rpe is None for s in sessions),
        "sessions_without_duration": sum(s.minutes is None for s in sessions),
    }


def volume_by_muscle(in_buckets: Mapping[dt.date, Sequence[Session]], muscles: Muscles) -> dict[str, list[float]]:
    volumes: dict[str, list[float]] = {}
    for number, sessions in enumerate(in_buckets.values()):
        for working in (t for s in sessions for t in s.sets if t.is_working):
            for muscle, share in muscles.get(working.exercise_id, {}).items():
                volumes.setdefault(muscle, [0.0] * len(in_buckets))[number] += working.volume_kg * share
    return volumes


def trend_of_main_lifts(in_buckets: Mapping[dt.date, Sequence[Session]], formula: str) -> list[dict[str, Any]]:
    working_sets: Counter[int] = Counter()
    trends: dict[int, list[float | None]] = {}
    for number, sessions in enumerate(in_buckets.values()):
        for working in (t for s in sessions for t in s.sets if t.is_working):
            working_sets[working.exercise_id] += 1
            estimate = working.e1rm_kg(formula)
            if estimate is not None:
                trend = trends.setdefault(working.exercise_id, [None] * len(in_buckets))
                trend[number] = max(trend[number] or 0, estimate)
    order = sorted(trends, key=lambda exercise_id: (-working_sets[exercise_id], exercise_id))
    return [{"exercise_id": i, "working_sets": working_sets[i], "e1rm_kg": trends[i]} for i in order[:5]]


def find_records(sessions: Iterable[Session], formula: str) -> list[dict[str, Any]]:
    """Walks through the days; the first value of an exercise is where records begin, and none itself."""
    bests: dict[tuple[int, str], tuple[float, dt.date]] = {}
    records = []
    for day, of_day in sorted(best_of_days(sessions, formula).items()):
        for (exercise_id, kind), value in of_day.items():
            best = bests.get((exercise_id, kind))
            if best is not None and value > best[0]:
                found = {"local_on": day, "exercise_id": exercise_id, "kind": kind, "value_kg": value}
                records.append({**found, "beats_kg": best[0], "beats_on": best[1], "gain_kg": value - best[0]})
            if best is None or value > best[0]:
                bests[exercise_id, kind] = value, day
    return records


def best_of_days(sessions: Iterable[Session], formula: str) -> dict[dt.date, dict[tuple[int, str], float]]:
    """The day's best of each exercise, rounded to 0.01 kg, as bests are compared."""
    days: dict[dt.date, dict[tuple[int, str], float]] = defaultdict(dict)
    for session in sessions:
        for working in (t for t in session.sets if t.is_working):
            lifted = working.weight_kg if working.reps != 0 else None
            for kind, value in (("heaviest_weight", lifted), ("e1rm", working.e1rm_kg(formula))):
                if value is not None:
                    key = working.exercise_id, kind
                    days[session.local_on][key] = max(days[session.local_on].get(key, -math.inf), round(value, 2))
    return days


# ── training load ───────────────────────────────────────────────────────────────────────────────────────────


def daily_loads(sessions: Iterable[Session], to_on: dt.date) -> dict[dt.date, Fraction]:
    """Every day from the first with a known load to the last, rest days with 0."""
    known: dict[dt.date, Fraction] = defaultdict(Fraction)
    for session in sessions:
        if session.load is not None:
            known[session.local_on] += session.load
    return {day: known.get(day, Fraction()) for day in days_between(min(known), to_on)} if known else {}


def load_figures(loads: Mapping[dt.date, Fraction], day: dt.date) -> dict[str, Any]:
    past = [load for on, load in loads.items() if on <= day]
    monotony = monotony_of(past[-7:])
    ctl, atl = exponential_average(past, 42), exponential_average(past, 7)
    yesterday = past[:-1]
    return {
        "monotony": monotony,
        "strain": None if monotony is None else float(sum(past[-7:])) * monotony,
        **acwr_of(past),
        "ctl": ctl,
        "atl": atl,
        "tsb": exponential_average(yesterday, 42) - exponential_average(yesterday, 7),
    }


def monotony_of(week: Sequence[Fraction]) -> float | None:
    if len(week) < 7 or len(set(week)) == 1:
        return None
    mean = sum(week) / 7
    return float(mean) / math.sqrt(sum((load - mean) ** 2 for load in week) / 6)


def acwr_of(past: Sequence[Fraction]) -> dict[str, float | None]:
    if len(past) < 28:
        return {"acwr": None, "acwr_uncoupled": None, "acwr_ewma": None}
    acute, chronic, before = sum(past[-7:]) / 7, sum(past[-28:]) / 28, sum(past[-28:-7]) / 21
    chronic_ewma = seeded_average(past, 28)
    return {
        "acwr": float(acute / chronic) if chronic else None,
        "acwr_uncoupled": float(acute / before) if before else None,
        "acwr_ewma": seeded_average(past, 7) / chronic_ewma if chronic_ewma > 1e-30 else None,
    }


def exponential_average(past: Sequence[Fraction], days: int) -> float:
    """CTL (42 days) and ATL (7): the sum of (1 - e^(-1/τ)) · e^(-age/τ) · load."""
    weight = 1 - math.exp(-1 / days)
    return math.fsum(weight * math.exp(-age / days) * float(load) for age, load in enumerate(reversed(past)))


def seeded_average(past: Sequence[Fraction], days: int) -> float:
    """λ = 2 / (N + 1); what the weights lack to 1 is the first day's."""
    rate = 2 / (days + 1)
    first, later = float(past[0]), past[1:]
    parts = [rate * (1 - rate) ** age * float(load) for age, load in enumerate(reversed(later))]
    return math.fsum([*parts, first * (1 - rate) ** len(later)])
