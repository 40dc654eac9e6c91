"""A valid request for each route that demands one: what it takes to reach the database."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

SESSION = {"title": "Legs", "started_at": "2026-01-05T18:00:00Z", "exercises": []}
HEVY = (
    '"title","start_time","end_time","description","exercise_title","superset_id","exercise_notes","set_index",'
    '"set_type","weight_kg","reps","distance_km","duration_seconds","rpe"\n'
    '"Legs","5 Jan 2026, 18:00","5 Jan 2026, 19:00","","Squat (Barbell)",,"",0,"normal",100,5,,0,8\n'
)


def _upload() -> dict[str, Any]:
    return {"data": {"file": (io.BytesIO(HEVY.encode()), "hevy.csv")}}


NEW_USER = {"email": "new@example.com", "username": "new"}
WHOLE_USER = {**NEW_USER, "full_name": "New", "zone": "UTC", "is_active": True, "is_superuser": False}

VALID: dict[tuple[str, str], Callable[[], dict[str, Any]]] = {
    ("POST", "/api/v1/auth/password"): lambda: {
        "json": {"current_password": "correct horse battery", "new_password": "battery staple horse"}
    },
    ("PATCH", "/api/v1/users/me"): lambda: {"json": {"full_name": "Ada King"}},
    ("DELETE", "/api/v1/users/me"): lambda: {"json": {"password": "correct horse battery"}},
    ("POST", "/api/v1/sessions"): lambda: {"json": SESSION},
    ("PUT", "/api/v1/sessions/<int:session_id>"): lambda: {"json": SESSION, "headers": {"If-Match": '"1-"'}},
    ("PATCH", "/api/v1/sessions/<int:session_id>"): lambda: {"json": {"title": "Arms"}},
    ("POST", "/api/v1/users/me/api-keys"): lambda: {"json": {"name": "Backup", "scopes": ["sessions:read"]}},
    ("POST", "/api/v1/users"): lambda: {"json": NEW_USER},
    ("POST", "/api/v1/users/bulk"): lambda: {"json": {"users": [NEW_USER]}},
    ("PUT", "/api/v1/users/<int:user_id>"): lambda: {"json": WHOLE_USER, "headers": {"If-Match": '"1-"'}},
    ("PATCH", "/api/v1/users/<int:user_id>"): lambda: {"json": {"full_name": "Newer"}},
    ("POST", "/api/v1/exercises"): lambda: {"json": {"name": "Zercher squat at home"}},
    ("POST", "/api/v1/imports"): _upload,
    ("POST", "/api/v1/teams"): lambda: {"json": {"name": "Lifting Club"}},
    ("PATCH", "/api/v1/teams/<int:team_id>"): lambda: {"json": {"name": "Runners"}},
    ("PATCH", "/api/v1/teams/<int:team_id>/members/<int:user_id>"): lambda: {"json": {"role": "owner"}},
    ("POST", "/api/v1/teams/<int:team_id>/athletes"): lambda: {"json": {"athlete_id": 1}},
    ("PATCH", "/api/v1/teams/<int:team_id>/athletes/<int:athlete_id>"): lambda: {"json": {"left_on": "2026-01-05"}},
    ("POST", "/api/v1/athletes"): lambda: {"json": {"name": "Grace"}},
    ("PATCH", "/api/v1/athletes/<int:athlete_id>"): lambda: {"json": {"name": "Grace"}},
    ("POST", "/api/v1/invitations"): lambda: {"json": {"kind": "coach", "team_id": 1}},
    ("POST", "/api/v1/invitations/check"): lambda: {"json": {"code": "K7QF-2M9D-XW4T"}},
    ("POST", "/api/v1/invitations/accept"): lambda: {"json": {"code": "K7QF-2M9D-XW4T"}},
}
