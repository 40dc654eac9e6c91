"""The blueprint of this chapter: routes.py has its sessions, sets.py their single sets."""

from __future__ import annotations

from workouts_api.web.arguments import Blueprint

blp = Blueprint("sessions", __name__, url_prefix="/api/v1/sessions", description="What an athlete did, set by set.")
