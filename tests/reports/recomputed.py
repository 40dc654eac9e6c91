"""Statistics of an exercise and of muscles a third time, column by column, written from the papers alone.

Where naive_records.py walks through the sets with running bests, these are definitions: a record is a day above the
maximum of all days before, a rep maximum is the maximum of a filtered list. Epley 1985, Brzycki 1993, Tuchscherer 2008
in OpenPowerlifting's fit, Pelland et al. 2025.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

REPS = (*range(1, 13), 15, 20)
Bests = dict[dt.date, float]
Shares = Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """A line of an export: one set."""

    exercise: str
    local_on: dt.date
    session: str
    kind: str = "normal"
    weight_kg: float | None = None
    reps: int | None = None
    rpe: float | None = None
    seconds: int | None = None
    metres: float | None = None


def epley(load: float, reps: int, _: float | None) -> float | None:
    return load * (30 + reps) / 30 if reps > 1 else load


def brzycki(load: float, reps: int, _: float | None) -> float | None:
    return load * 36 / (37 - reps) if reps < 37 else None


def by_rpe(load: float, reps: int, rpe: float | None) -> float | None:
    """The percentage of the maximum at a number of repetitions that could have been done, less one."""
    if rpe is None or rpe < 1:
        return None
    x = 9 - rpe + min(reps, 24)
    curve = (0.347619 * x - 4.60714) * x + 99.9667 if x <= 2.92 else 97.0955 - 2.64249 * x
    return load / (100 if x == 0 else 50 if x >= 16 else curve) * 100


FORMULAS: dict[str, Callable[[float, int, float | None], float | None]] = {
    "epley": epley, "brzycki": brzycki, "rpe": by_rpe,
}  # fmt: skip


@dataclass(frozen=True)
class Exercise:
    """The sets of one exercise, and how they are recorded."""

    rows: Sequence[Row]
    tracking: str
    factor: float | None
    weighings: Mapping[dt.date, float]
    category: str = "strength"

    @property
    def is_assumed(self) -> bool:
        """Whether a set without a rating is taken for a hard one."""
        return self.category not in ("cardio", "mobility") or self.tracking.startswith("weight_")

    @property
    def counted(self) -> list[Row]:
        """Of an exercise that does not count repetitions, 0 of them are no failure."""
        counts_reps = self.tracking.endswith("reps")
        return [row for row in self.rows if row.kind != "warmup" and not (row.reps == 0 and counts_reps)]

    def bodyweight(self, day: dt.date) -> float | None:
        distances = {on: abs((on - day).days) for on in self.weighings}
        nearest = min(distances.values(), default=31)
        return self.weighings[min(on for on, far in distances.items() if far == nearest)] if nearest <= 30 else None

    def load(self, row: Row) -> float | None:
        """What was lifted, if it is known and more than nothing."""
        if self.tracking == "bodyweight_reps":
            weight = self.bodyweight(row.local_on)
            lifted = None if None in (weight, self.factor) else weight * self.factor + (row.weight_kg or 0)
        else:
            lifted = row.weight_kg if self.tracking.startswith("weight_") else None
        return lifted if lifted is not None and lifted > 0 else None

    def e1rm(self, row: Row, formula: str, most_reps: int) -> float | None:
        load = self.load(row)
        if load is None or row.reps is None or row.reps > most_reps or not self.tracking.endswith("_reps"):
            return None
        return FORMULAS[formula](load, row.reps, row.rpe)

    def bests(self, formula: str = "epley", most_reps: int = 10) -> dict[str, Bests]:
        """The best of each day, by kind, to two decimals."""
        tracks, weighs = self.tracking, self.tracking.startswith("weight_")

        def work(row: Row) -> float | None:
            load = self.load(row)
            return load * row.reps if load is not None and row.reps is not None and tracks.endswith("_reps") else None

        of: dict[str, Callable[[Row], float | None]] = {
            "heaviest": lambda row: row.weight_kg if weighs else self.load(row),
            "e1rm": lambda row: self.e1rm(row, formula, most_reps),
            "set_volume": work,
            "most_reps": lambda row: row.reps if tracks in ("reps", "weight_reps", "bodyweight_reps") else None,
            "longest": lambda row: row.seconds if tracks in ("time", "weight_time", "distance_time") else None,
            "farthest": lambda row: row.metres if tracks in ("distance_time", "weight_distance") else None,
        }
        bests = {kind: daily((row.local_on, value(row)) for row in self.counted) for kind, value in of.items()}
        sessions: dict[tuple[dt.date, str], list[float]] = defaultdict(list)
        for row in self.counted:
            sessions[row.local_on, row.session] += [done for done in [work(row)] if done is not None]
        bests["session_volume"] = daily((day, sum(works)) for (day, _), works in sessions.items() if works)
        return bests

    def volumes(self) -> Bests:
        """Load × reps of days on which every set has a known load."""
        days: dict[dt.date, list[float | None]] = defaultdict(list)
        for row in self.counted:
            load = self.load(row)
            days[row.local_on].append(None if load is None else load * (row.reps or 0))
        return {day: sum(of) for day, of in days.items() if None not in of}

    def rep_maxima(self) -> list[tuple[int, float | None, dt.date | None]]:
        found: list[tuple[int, float | None, dt.date | None]] = []
        for reps in REPS:
            loads = [(self.load(row), row) for row in self.counted if (row.reps or 0) >= reps]
            known = [(round(load, 2), row.local_on) for load, row in loads if load is not None]
            best = max((load for load, _ in known), default=None) if self.tracking.endswith("_reps") else None
            found.append((reps, best, min((day for load, day in known if load == best), default=None)))
        return found


def daily(values: Iterable[tuple[dt.date, float | None]]) -> Bests:
    """The largest value of each day."""
    found: dict[dt.date, list[float]] = defaultdict(list)
    for day, value in values:
        if value is not None:
            found[day].append(round(value, 2))
    return {day: max(of) for day, of in sorted(found.items())}


def records(bests: Bests) -> list[tuple[dt.date, float, float, dt.date]]:
    """Each day above all days before: the day, its value, the best before and the first day of that."""
    found = []
    for day, value in bests.items():
        before = [(on, v) for on, v in bests.items() if on < day]
        if before and value > (best := max(v for _, v in before)):
            found.append((day, value, best, min(on for on, v in before if v == best)))
    return found


def effort(row: Row) -> str:
    """hard, assumed or easy, of a set that counts."""
    if row.kind == "failure":
        return "hard"
    return "assumed" if row.rpe is None else "hard" if 10 - row.rpe <= 4 else "easy"


def by_group(shares: Shares, groups: Mapping[str, str]) -> dict[str, float]:
    """The most that a muscle of each group has."""
    return {
        group: max(s for code, s in shares.items() if groups[code] == group) for group in {groups[c] for c in shares}
    }


def muscle_weeks(
    rows: Sequence[Row], shares: Mapping[str, Shares], weeks: Sequence[dt.date]
) -> dict[str, tuple[list[float], float]]:
    """By muscle or group: the hard sets of each week, and how much of them is assumed."""
    worth: dict[str, dict[str, list[float]]] = {}
    for row in rows:
        of_week = sum(week <= row.local_on for week in weeks) - 1
        for code, share in shares[row.exercise].items():
            entry = worth.setdefault(code, {"hard": [0.0] * len(weeks), "assumed": [0.0] * len(weeks)})
            if effort(row) != "easy":
                entry[effort(row)][of_week] += 1 if share == 1 else 0.5
    return {
        code: ([h + a for h, a in zip(of["hard"], of["assumed"], strict=True)], sum(of["assumed"]))
        for code, of in worth.items()
    }
