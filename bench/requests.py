"""The requests that are measured: one for each thing that a client does all the time."""

from __future__ import annotations

import json
from datetime import timedelta

from bench.client import SERIAL
from bench.stage import Database, Server, Stage, get, today

NAMES = ("me", "list-50", "get-one", "create", "create with a key", "search", "report")


def session_body(serial: str = "") -> bytes:
    """Twelve sets in three exercises."""
    exercises = [
        {
            "exercise_id": exercise_id,
            "notes": "",
            "sets": [{"reps": 5 + n, "weight_kg": 60 + 2.5 * n, "rpe": 7.5} for n in range(4)],
        }
        for exercise_id in (1, 2, 3)
    ]
    body = {
        "started_at": "2025-01-05T17:00:00Z",
        "ended_at": "2025-01-05T18:10:00Z",
        "zone": "Europe/Berlin",
        "title": f"Push {serial}".strip(),
        "notes": "",
        "rpe": 7.5,
        "exercises": exercises,
    }
    return json.dumps(body).encode()


def requests_of(stage: Stage, database: Database, server: Server) -> dict[str, bytes]:
    """By name. Makes the session with twelve sets that ``get-one`` reads."""
    viewer, writer = database.viewer, database.writer
    made = get("/api/v1/sessions", viewer, body=session_body())
    seen = stage.load(server.port, [made], 0, connections=1)
    assert not seen["errors"], f"making the session with twelve sets failed: {seen}"
    session_id = newest_id(database)
    since = today() - timedelta(days=1826)
    return {
        "me": get("/api/v1/users/me", viewer),
        "list-50": get("/api/v1/sessions?limit=50", viewer),
        "get-one": get(f"/api/v1/sessions/{session_id}", viewer),
        "create": get("/api/v1/sessions", writer, body=session_body()),
        "create with a key": get(
            "/api/v1/sessions", writer, body=session_body(), headers={"Idempotency-Key": f"bench-{SERIAL.decode()}"}
        ),
        "search": get("/api/v1/exercises?q=bench+press", viewer),
        "report": get(f"/api/v1/reports/training?from={since}&to={today()}&bucket=week", viewer),
    }


def newest_id(database: Database) -> int:
    import psycopg

    with psycopg.connect(database.dsn) as connection:
        row = connection.execute("select max(id) from workouts.sessions where athlete_id = 1").fetchone()
    assert row is not None
    return int(row[0])
