"""Bodies of sessions."""

from __future__ import annotations

from typing import Any

from workouts_api.api.sessions.schemas import Session

Body = dict[str, Any]

URL = "/api/v1/sessions"
FIELDS = [name for name, field in Session().fields.items() if not field.load_only]
EXERCISE_FIELDS = ["exercise_no", "position", "exercise_id", "name", "superset", "notes", "sets"]
SET_FIELDS = [
    "set_no", "position", "kind", "reps", "weight_kg", "distance_m", "duration_s", "rpe", "rir", "notes",
    "side", "tempo", "drop_of", "is_done", "done_at",
]  # fmt: skip


def session_body(first: int, second: int, **more: Any) -> Body:
    """Squats of two sets and bench press of one."""
    return {
        "started_at": "2026-01-05T17:00:00Z",
        "ended_at": "2026-01-05T18:10:00Z",
        "zone": "Europe/Berlin",
        "title": "Legs",
        "rpe": 7.5,
        "exercises": [
            {
                "exercise_id": first,
                "notes": "belt",
                "sets": [
                    {"kind": "warmup", "reps": 5, "weight_kg": 60},
                    {"reps": 5, "weight_kg": 100.5, "rpe": 8.5, "rir": 1, "notes": "deep"},
                ],
            },
            {"exercise_id": second, "superset": 1, "sets": [{"reps": 8, "weight_kg": 80}]},
        ],
        **more,
    }
