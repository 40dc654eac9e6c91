"""Training load once more, slow and plain: sums over days as the papers write them, no running state, no SQL.

Each average is REDI's sum (Moussa 2019) over the days whose load is known, with the weights of the chosen decay.
"""

from __future__ import annotations

import datetime as dt
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

DAY = dt.timedelta(days=1)
NEEDED = Fraction(4, 5)
WARM_AFTER = 126
RATES = {
    "exponential": lambda n: 1 - math.exp(-1 / n),
    "reciprocal": lambda n: 1 / n,
    "span": lambda n: 2 / (n + 1),
}


@dataclass(frozen=True)
class Trained:
    """A finished session, with what other athletes of the team said of the same one."""

    local_on: dt.date
    minutes: Fraction | None = None
    rpe: Fraction | None = None
    title: str = ""
    set_ratings: Sequence[Fraction] = ()
    team_ratings: Sequence[Fraction] = ()


@dataclass
class Day:
    load: Fraction = Fraction()
    sessions: int = 0
    estimated: int = 0
    unknown: int = 0
    bases: list[str] = field(default_factory=list)

    @property
    def known(self) -> Fraction | None:
        return None if self.unknown else self.load


def median(values: Sequence[Fraction]) -> Fraction:
    return Fraction(statistics.median(values))


def rating_of(session: Trained, history: Sequence[Trained]) -> tuple[Fraction | None, str]:
    """The session's own rating, or the first estimate that there is material for."""
    if session.rpe is not None:
        return session.rpe, "rated"
    if len(session.team_ratings) >= 3:
        return sum(session.team_ratings, Fraction()) / len(session.team_ratings), "team_mean"
    namesakes = [s.rpe for s in history if s.rpe is not None and s.title and s.title.lower() == session.title.lower()]
    if len(namesakes) >= 3:
        return median(namesakes), "title_median"
    rated = [s.rpe for s in history if s.rpe is not None]
    if len(rated) >= 3:
        return median(rated), "own_median"
    if session.set_ratings:
        return sum(session.set_ratings, Fraction()) / len(session.set_ratings), "set_ratings"
    return None, "unknown_rating"


def days_of(history: Sequence[Trained], to_on: dt.date, *, estimates: bool) -> dict[dt.date, Day]:
    past = [s for s in history if s.local_on <= to_on]
    if not past:
        return {}
    first = min(s.local_on for s in past)
    days = {first + n * DAY: Day() for n in range((to_on - first).days + 1)}
    for session in past:
        day = days[session.local_on]
        day.sessions += 1
        rating, basis = rating_of(session, history)
        if not session.minutes:
            rating, basis = None, "unknown_duration"
        if rating is None or not session.minutes or (basis != "rated" and not estimates):
            day.unknown += 1
            day.bases.append("unknown_rating" if session.minutes else basis)
            continue
        day.load += rating * session.minutes
        day.estimated += basis != "rated"
        day.bases.append(basis)
    return days


def average(days: Mapping[dt.date, Day], on: dt.date, n: int, decay: str, seen: range | None) -> tuple[Any, Any]:
    """The weighted mean of the known days up to ``on``, and the share of the weights that they have.

    ``seen`` holds the ordinals of the days that a viewer sees; all before its start counts as unknown then.
    """
    rate = RATES[decay](n)
    known = weights = everything = 0.0
    for day, entry in days.items():
        if day > on:
            continue
        weight = (1 - rate) ** (on - day).days
        everything += weight
        if entry.known is not None:
            weights += weight
            known += weight * float(entry.known)
    if not weights:
        return None, 0.0 if days and min(days) <= on else None
    coverage = weights / everything
    if seen is not None:
        rest = sum((1 - rate) ** (on.toordinal() - o) for o in range(seen.start, min(days).toordinal()))
        coverage = (weights + rest) * rate
    return (known / weights if coverage >= NEEDED else None), coverage


def last_days(days: Mapping[dt.date, Day], on: dt.date, count: int, ending_before: int = 0) -> list[Day]:
    wanted = [on - (ending_before + n) * DAY for n in range(count)]
    return [days[day] for day in wanted if day in days]


def block_load(days: Mapping[dt.date, Day], on: dt.date, ending_before: int = 0) -> float | None:
    """The load of 7 days: 7 times the mean of the known ones, of which one may lack."""
    block = last_days(days, on, 7, ending_before)
    known = [float(d.known) for d in block if d.known is not None]
    return sum(known) / len(known) * 7 if len(block) == 7 and len(known) >= 6 else None


def monotony(days: Mapping[dt.date, Day], on: dt.date) -> tuple[float | None, str | None]:
    block = last_days(days, on, 7)
    if len(block) < 7:
        return None, "too_short"
    known = [d.known for d in block if d.known is not None]
    if len(known) < 6:
        return None, "unknown_load"
    if not any(known):
        return None, "no_training"
    mean = sum(known, Fraction()) / len(known)
    squares = sum((load - mean) ** 2 for load in known)
    if squares == 0:
        return None, "no_variation"
    return float(mean) / math.sqrt(squares / (len(known) - 1)), None


def change(days: Mapping[dt.date, Day], on: dt.date) -> dict[str, Any]:
    week = block_load(days, on)
    before = [block_load(days, on, 7 * n) for n in range(1, 9)]
    known = [load for load in before if load is not None]
    previous = before[0]
    difference = None if week is None or previous is None else week - previous
    ratio = None
    if week is not None and previous is not None and previous > 0 and previous >= 0.5 * statistics.median(known):
        ratio = (week - previous) / previous * 100
    z = None
    if week is not None and len(known) >= 6 and sum(known) > 0:
        mean = sum(known) / len(known)
        z = (week - mean) / max(statistics.stdev(known), mean / 10)
    return {"week_load": week, "change": difference, "change_pct": ratio, "z_score": z, "z_weeks": len(known)}


def acwr(days: Mapping[dt.date, Day], on: dt.date) -> dict[str, float | None]:
    month, week, before = last_days(days, on, 28), last_days(days, on, 7), last_days(days, on, 21, 7)
    figures: dict[str, float | None] = {"acwr_coupled": None, "acwr_uncoupled": None}
    if len(month) < 28:
        return figures

    def mean(block: Sequence[Day]) -> float | None:
        known = [float(d.known) for d in block if d.known is not None]
        return sum(known) / len(known) if Fraction(len(known), len(block)) >= NEEDED else None

    acute, chronic, earlier = mean(week), mean(month), mean(before)
    figures["acwr_coupled"] = acute / chronic if acute is not None and chronic else None
    figures["acwr_uncoupled"] = acute / earlier if acute is not None and earlier else None
    return figures


def figures_on(days: Mapping[dt.date, Day], on: dt.date, decay: str, seen: range | None = None) -> dict[str, Any]:
    """Every figure of one day."""
    fitness, fitness_coverage = average(days, on, 42, decay, seen)
    fatigue, fatigue_coverage = average(days, on, 7, decay, seen)
    yesterday = on - DAY
    before = average(days, yesterday, 42, decay, seen)[0], average(days, yesterday, 7, decay, seen)[0]
    ratio, reason = monotony(days, on)
    changes = change(days, on)
    return {
        "fitness": fitness,
        "fitness_coverage": fitness_coverage,
        "fatigue": fatigue,
        "fatigue_coverage": fatigue_coverage,
        "form": None if None in before else before[0] - before[1],
        "warming_up": not days or (on - min(days)).days + 1 < WARM_AFTER,
        "monotony": ratio,
        "monotony_reason": reason,
        "strain": None if ratio is None or changes["week_load"] is None else ratio * changes["week_load"],
        **changes,
        **acwr(days, on),
    }
