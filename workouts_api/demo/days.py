"""What the demo athlete measures and feels by day, and the sessions of two athletes whom the demo user keeps.

Owns the figures; the same day always gives the same ones. Days are missed and ratings are forgotten, as people do.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

WEEKS = 12
KEPT = ("Mika Demo", "Noor Demo")


class Day(NamedTuple):
    local_on: date
    values: dict[str, float]


def days_of(name: str, today: date, *, weight_kg: float = 83.0) -> Iterator[Day]:
    """The days of the last 12 weeks that somebody filled in: some three of four."""
    for ago in range(7 * WEEKS, -1, -1):
        day = today - timedelta(days=ago)
        chance = random.Random(f"{name} {day}")  # noqa: S311 – make-believe, not a secret
        tired = day.weekday() in (1, 5)
        if chance.random() < 0.25:
            continue
        values: dict[str, float] = {
            "sleep_min": 5 * round(chance.gauss(88, 7)),
            "resting_hr_bpm": round(chance.gauss(54, 1.5)) + tired,
            "hooper_sleep": chance.choice((2, 2, 3, 4)),
            "hooper_stress": chance.choice((2, 3, 3, 4)),
            "hooper_fatigue": chance.choice((2, 3)) + 2 * tired,
            "hooper_soreness": chance.choice((1, 2, 3)) + 2 * tired,
            "availability": 2,
        }
        if chance.random() < 0.7:
            values["weight_kg"] = round(weight_kg - 0.02 * (7 * WEEKS - ago) + chance.gauss(0, 0.35), 1)
        if chance.random() < 0.12:
            values |= {"pain": chance.choice((2, 3, 5)), "availability": 1}
        yield Day(day, values)


def sessions_of(name: str, today: date) -> Iterator[dict[str, Any]]:
    """Three sessions a week. Each has a client_key, so that it is recorded once however often it is sent."""
    for ago in range(7 * WEEKS, 0, -1):
        day = today - timedelta(days=ago)
        chance = random.Random(f"session of {name} {day}")  # noqa: S311 – likewise
        if day.weekday() not in (0, 2, 4) or chance.random() < 0.1:
            continue
        session: dict[str, Any] = {
            "client_key": str(uuid5(NAMESPACE_URL, f"{name} {day}")),
            "title": ("Strength", "Intervals", "Strength")[day.weekday() // 2],
            "started_at": f"{datetime.combine(day, time(17, 30)):%Y-%m-%dT%H:%M:%S}Z",
            "duration_s": 60 * chance.randrange(45, 80, 5),
        }
        yield session if chance.random() < 0.08 else {**session, "rpe": chance.choice((5, 6, 6, 7, 8))}
