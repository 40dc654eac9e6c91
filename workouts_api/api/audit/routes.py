"""The audit record: who changed which people, teams and keys, and what."""

from __future__ import annotations

from flask import Response

from workouts_api.api.audit.schemas import AuditPage, AuditQuery
from workouts_api.api.auth import signed_in
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.replies import reply_page
from workouts_api.web.schemas import Page

blp = Blueprint("audit", __name__, url_prefix="/api/v1/audit", description="Who changed what, and when.")


@blp.get("")
@signed_in(superuser=True)
@blp.arguments(AuditQuery, location="query")
@blp.response(200, AuditPage)
def list_events(page: Page) -> Response:
    """Changes of users, teams, their members and athletes, invitations and API keys, newest first."""
    asked = page.filters
    rows = queries.audit.list_events(
        actor_id=asked["actor_id"],
        table=asked["table"],
        row=asked["row"],
        action=asked["action"],
        from_at=asked["from_"] or "-infinity",
        to_at=asked["to"] or "infinity",
        before_at=page.after("at", "infinity"),
        before_id=page.after("id", 2**63 - 1),
        limit=page.fetch,
    )
    return reply_page(rows, page, keyset=("at", "id"))
