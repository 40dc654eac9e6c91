"""API keys: scripts and old clients send one instead of signing in."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, request

from workouts_api.api.api_keys.schemas import ApiKey, ApiKeyPage, ApiKeyRequest, NewApiKey
from workouts_api.api.auth import login_id, prove_password, signed_in, viewer_id
from workouts_api.api.auth.keys import digest, key_text, new_secret
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import reply, reply_page
from workouts_api.web.schemas import Page, PageQuery, Query
from workouts_api.web.scopes import FOR_SUPERUSERS

URL = "/api/v1/users/me/api-keys"
blp = Blueprint("api_keys", __name__, url_prefix=URL, description="What scripts present in place of a sign-in.")


@blp.get("")
@signed_in
@blp.arguments(PageQuery, location="query")
@blp.response(200, ApiKeyPage)
def list_api_keys(page: Page) -> Response:
    """My API keys, newest first."""
    rows = queries.api_keys.list_api_keys(
        viewer_id=viewer_id(), before_id=page.after("id", 2**63 - 1), limit=page.fetch
    )
    return reply_page(rows, page, keyset=("id",))


@blp.get("/<int:key_id>")
@signed_in
@blp.arguments(Query, location="query")
@blp.response(200, ApiKey)
def get_api_key(_: dict[str, Any], key_id: int) -> Response:
    """One of my API keys."""
    return reply(queries.api_keys.get_api_key(viewer_id=viewer_id(), key_id=key_id))


@blp.post("")
@signed_in
@blp.arguments(ApiKeyRequest)
@blp.response(201, NewApiKey)
@idempotent(status=201, location=URL + "/{id}", keep_body=False)
def create_api_key(wanted: dict[str, Any]) -> Response:
    """Make an API key. Only this reply holds the key itself. If the request is sent again with the same
    Idempotency-Key, the reply is 409 `already_done` with the key's id.

    If the sign-in is more than 15 minutes old, the request needs the password; without it the reply is 403
    `sign_in_again`. A mail tells the account's owner of the new key.

    A key cannot be changed. For other scopes or a later expiry, make a new key and delete this one.
    """
    password = wanted.pop("password", "")
    known = prove_password(viewer_id(), password, field="password") if password else None
    secret = new_secret()
    made = queries.api_keys.create_api_key(
        viewer_id=viewer_id(),
        name=wanted["name"],
        scopes=wanted["scopes"],
        superusers=not FOR_SUPERUSERS.isdisjoint(wanted["scopes"]),
        secret_start=secret[:4],
        secret_sha256=digest(secret),
        expires_at=wanted["expires_at"] or "infinity",
        login_id=login_id(),
        verified_hash=known.password_hash if known else "",
        account=known.account if known else "",
        address=request.remote_addr,
    )
    shown_once = {**orjson.loads(orjson.dumps(made["reply"])), "key": key_text(viewer_id(), made["id"], secret)}
    response = reply(shown_once, status=201, location=f"{URL}/{made['id']}")
    response.headers["Cache-Control"] = "no-store"
    return response


@blp.delete("/<int:key_id>")
@signed_in
@blp.response(204)
def delete_api_key(key_id: int) -> Response:
    """Delete an API key. The server refuses it from the next request on."""
    queries.api_keys.delete_api_key(viewer_id=viewer_id(), key_id=key_id)
    return reply(None)
