"""Registering, signing in, refreshing, signing out."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from workouts_api.arguments import Blueprint
from workouts_api.auth.access import login_id, signed_in, viewer_id
from workouts_api.auth.passwords import hash_password, is_password
from workouts_api.auth.schemas import Credentials, RefreshRequest, Registration, Tokens
from workouts_api.auth.tokens import (
    ACCESS_LIFETIME,
    REFRESH_LIFETIME,
    new_access_token,
    new_refresh_token,
    read_refresh_token,
)
from workouts_api.errors import InvalidCredentials, TokenRevoked
from workouts_api.idempotency import idempotent
from workouts_api.replies import reply
from workouts_api.sql import queries
from workouts_api.users.schemas import User

blp = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Registering, signing in and out.")


@blp.post("/register")
@blp.arguments(Registration)
@blp.response(201, User)
@idempotent(status=201, location="/api/v1/users/me")
def register(body: dict[str, Any]) -> Response:
    """Make an account, with an athlete to train as."""
    password_hash = hash_password(body.pop("password"))
    row = queries.auth.register_user(password_hash=password_hash, **body)
    return reply(row["reply"], status=201, etag=row["version"], location="/api/v1/users/me")


@blp.post("/login")
@blp.arguments(Credentials, example={"username": "ada", "password": "correct horse battery"})
@blp.response(200, Tokens)
def login(body: dict[str, str]) -> Response:
    """Sign in by e-mail or username; one login per device."""
    user = queries.auth.find_user_for_login(name=body["name"])
    if not is_password(user["password_hash"] if user else None, body["password"]) or user is None:
        raise InvalidCredentials("The name or the password is wrong.")
    refresh = new_refresh_token(user["id"], user["login_id"])
    created = queries.auth.create_login(
        login_id=user["login_id"],
        user_id=user["id"],
        refresh_hash=refresh.sha256,
        device=request.user_agent.string[:300],
        address=request.remote_addr,
        lifetime_s=int(REFRESH_LIFETIME.total_seconds()),
    )
    if not created:
        raise InvalidCredentials("The name or the password is wrong.")
    return _tokens(user["id"], user["login_id"], refresh.text)


@blp.post("/refresh")
@blp.arguments(RefreshRequest)
@blp.response(200, Tokens)
def refresh(body: dict[str, str]) -> Response:
    """Exchange a refresh token for new tokens. It works once: a second use ends the login."""
    user_id, login = read_refresh_token(body["refresh_token"])
    new = new_refresh_token(user_id, login)
    outcome = queries.auth.rotate_refresh(
        login_id=login,
        user_id=user_id,
        token=body["refresh_token"],
        new_hash=new.sha256,
        lifetime_s=int(REFRESH_LIFETIME.total_seconds()),
    )
    if outcome != "rotated":
        raise TokenRevoked
    return _tokens(user_id, login, new.text)


@blp.post("/logout")
@signed_in
@blp.response(204)
def logout() -> Response:
    """End this login: its tokens are refused from the next request on."""
    queries.auth.revoke_login(user_id=viewer_id(), login_id=login_id(), why="logout")
    return reply(None)


def _tokens(user_id: int, login_id: int, refresh_token: str) -> Response:
    response = reply(
        {
            "access_token": new_access_token(user_id, login_id),
            "refresh_token": refresh_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        }
    )
    response.headers["Cache-Control"] = "no-store"  # RFC 6749 §5.1
    return response
