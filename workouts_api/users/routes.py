"""Users: one's own account."""

from __future__ import annotations

from flask import Response

from workouts_api.arguments import Blueprint
from workouts_api.auth import signed_in, viewer_id
from workouts_api.replies import reply
from workouts_api.sql import queries
from workouts_api.users.schemas import User

blp = Blueprint("users", __name__, url_prefix="/api/v1/users", description="Accounts.")


@blp.get("/me")
@signed_in(scope="account:read")
@blp.response(200, User)
def get_me() -> Response:
    """My account."""
    user = queries.users.get_user(user_id=viewer_id())
    return reply(user, etag=user["version"])
