"""A little training with all that a page must show honestly: unrated sessions, sessions without an end, a gap."""

from __future__ import annotations

import datetime as dt
from typing import Any

from tests.conftest import Client

TODAY = dt.datetime.now(dt.UTC).date()
SQUAT, BENCH = 1, 2


def back(days: int) -> dt.date:
    return TODAY - dt.timedelta(days=days)


def record(
    athlete: Client, days_ago: int, weight_kg: float, *, reps: int = 5, title: str = "Legs", **more: object
) -> int:
    """A session of an hour with two exercises; its id. ``rpe=None`` and ``duration_s=None`` leave them unknown."""
    body = {
        "title": title,
        "started_at": f"{back(days_ago)}T12:00:00Z",
        "duration_s": 3600,
        "rpe": 7,
        "exercises": [
            {
                "exercise_id": SQUAT,
                "sets": [{"reps": reps, "weight_kg": weight_kg, "rpe": 8}, {"reps": 5, "weight_kg": 60}],
            },
            {"exercise_id": BENCH, "sets": [{"reps": 8, "weight_kg": weight_kg / 2}]},
        ],
        **more,
    }
    made = athlete.post("/api/v1/sessions", json={name: value for name, value in body.items() if value is not None})
    assert made.status_code == 201, made.text
    return made.json["id"]


def train(athlete: Client) -> None:
    """Eight sessions of five weeks, of which one has no rating and one no end."""
    for days_ago, weight in ((40, 100), (37, 102.5), (33, 105), (30, 105), (12, 107.5), (9, 110)):
        record(athlete, days_ago, weight)
    record(athlete, 5, 110, rpe=None)
    record(athlete, 2, 112.5, duration_s=None)


def replied(who: Client, path: str, **query: Any) -> Any:
    """What the API replies; ``from_`` is sent as from."""
    reply = who.get(f"/api/v1/{path}", query_string={name.rstrip("_"): value for name, value in query.items()})
    assert reply.status_code == 200, reply.text
    return reply.json
