"""Administration: all users, for superusers."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import orjson
from flask import Response, current_app

from workouts_api.api.administration.schemas import (
    BULK_EXAMPLE,
    EXAMPLE,
    PATCH_EXAMPLE,
    BulkReport,
    NewUser,
    Stats,
    UserListQuery,
    UserPage,
    UserPatch,
    UserReplacement,
    Users,
)
from workouts_api.api.auth import guard_first, signed_in
from workouts_api.api.auth.passwords import hash_password, hashing
from workouts_api.api.users.schemas import User
from workouts_api.database import caller
from workouts_api.sql import queries
from workouts_api.web.addresses import other_form_of
from workouts_api.web.arguments import Blueprint
from workouts_api.web.cache import EXTENSION, Cache
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import dump, if_match, may_answer, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, Query

URL = "/api/v1/users"
blp = Blueprint("administration", __name__, url_prefix=URL, description="All users, for superusers.")

STATS_LIFETIME = 60.0  # seconds

_FIRST, _LAST = "", "\U0010ffff" * 255  # every name sorts between these two


@blp.get("")
@signed_in(scope="users:read", superuser=True)
@blp.arguments(UserListQuery, location="query")
@blp.response(200, UserPage)
def list_users(page: Page) -> Response:
    """List users. The newest is first, unless `sort` says otherwise. With filters, those that match all of them."""
    asked = page.filters
    found: dict[str, Any] = {
        "is_active": asked["is_active"],
        "is_superuser": asked["is_superuser"],
        "search": asked["search"],
        "other_form": other_form_of(asked["search"] or ""),
        "limit": page.fetch,
    }
    if asked["sort_by"] == "created_at":
        return _by_time(page, found)
    return _by_name(page, found, asked["sort_by"])


def _by_time(page: Page, found: dict[str, Any]) -> Response:
    if page.filters["sort_order"] == "asc":
        rows = queries.administration.list_oldest_users(
            after_at=page.after("created_at", "-infinity"), after_id=page.after("id", 0), **found
        )
        return reply_page(rows, page, keyset=("created_at", "id"))
    newest = queries.administration.list_newest_users(
        before_at=page.after("created_at", "infinity"), before_id=page.after("id", 2**63 - 1), **found
    )
    return reply_page(newest, page, keyset=("created_at", "id"))


def _by_name(page: Page, found: dict[str, Any], name: str) -> Response:
    descending = page.filters["sort_order"] == "desc"
    place = {"before": page.after(name, _LAST)} if descending else {"after": page.after(name, _FIRST)}
    lists: dict[tuple[str, bool], Callable[..., Any]] = {
        ("username", False): queries.administration.list_users_by_username,
        ("username", True): queries.administration.list_users_by_username_down,
        ("email", False): queries.administration.list_users_by_email,
        ("email", True): queries.administration.list_users_by_email_down,
    }
    return reply_page(lists[name, descending](**place, **found), page, keyset=(name,))


@blp.get("/<int:user_id>")
@signed_in(scope="users:read", superuser=True)
@blp.arguments(Query, location="query")
@blp.response(200, User)
def get_user(_: dict[str, Any], user_id: int) -> Response:
    """One user."""
    user = queries.users.get_user(user_id=user_id)
    return reply(user["reply"], etag=user["version"])


@blp.post("")
@signed_in(scope="users:write", superuser=True)
@blp.arguments(NewUser, example=EXAMPLE)
@blp.response(201, User)
@idempotent(status=201, location=URL + "/{id}")
def create_user(user: dict[str, Any]) -> Response:
    """Make a user, with an athlete to train as."""
    made = queries.administration.create_user(**_with_hash(user))
    return reply(made["reply"], status=201, etag=made["version"], location=f"{URL}/{made['id']}")


@blp.post("/bulk")
@signed_in(scope="users:write", superuser=True)
@guard_first
@blp.arguments(Users, example=BULK_EXAMPLE)
@blp.response(201, BulkReport)
@idempotent(status=201)
def create_users(body: dict[str, Any]) -> Response:
    """Make up to 1,000 users, all of them or none.

    If one of them cannot be made, none is made. `details` names each by its place in the request: `users.17.email`.
    """
    if any("password" in user for user in body["users"]):
        queries.spine.ask_guard()  # fifty hashes take a second of CPU: only superusers may cause that
    made = queries.administration.create_users(users=[_with_hash(user) for user in body["users"]])
    return reply(made["reply"], status=201)


@blp.put("/<int:user_id>")
@signed_in(scope="users:write", superuser=True)
@blp.arguments(UserReplacement, example={**EXAMPLE, "is_active": True, "is_superuser": False})
@blp.response(200, User)
@idempotent(status=200)
@takes_if_match("required")
def replace_user(user: dict[str, Any], user_id: int) -> Response:
    """Replace all writable fields of a user except the password. Needs If-Match.

    A user who is deactivated is signed out everywhere. The last superuser cannot lose that right.
    """
    return _change(user_id, user, if_match(required=True))


@blp.patch("/<int:user_id>")
@signed_in(scope="users:write", superuser=True)
@blp.arguments(UserPatch, example=PATCH_EXAMPLE)
@blp.response(200, User)
@idempotent(status=200)
@takes_if_match("optional")
def patch_user(patch: dict[str, Any], user_id: int) -> Response:
    """Change some fields of a user, including the password. Takes If-Match.

    A user who is deactivated or gets another password is signed out everywhere. The last superuser cannot lose that
    right.
    """
    return _change(user_id, _hashed(patch), if_match())


@blp.post("/<int:user_id>/deactivate")
@signed_in(scope="users:write", superuser=True)
@blp.response(200, User)
@idempotent(status=200)
@takes_if_match("optional")
def deactivate_user(user_id: int) -> Response:
    """Stop a user from signing in, and sign them out everywhere. Their training stays. Takes If-Match."""
    return _change(user_id, {"is_active": False}, if_match())


@blp.delete("/<int:user_id>")
@signed_in(scope="users:write", superuser=True)
@blp.response(204)
@takes_if_match("optional")
@may_answer(409)
def delete_user(user_id: int) -> Response:
    """Delete a user with all their training. Takes If-Match. The last superuser cannot be deleted."""
    gone = queries.administration.delete_user(user_id=user_id, versions=if_match())
    return reply_changed(gone, status=204)


@blp.get("/stats")
@signed_in(scope="users:read", superuser=True)
@blp.arguments(Query, location="query")
@blp.response(200, Stats)
def get_stats(_: dict[str, Any]) -> Response:
    """Count the users, by kind, and the new ones. The numbers may be up to a minute old."""
    cache: Cache = current_app.extensions[EXTENSION]
    patience = caller().deadline - time.monotonic()
    found = cache.get("user stats", STATS_LIFETIME, _count, patience=patience)
    if not found.is_fresh:
        queries.spine.ask_guard()  # the cached reply, too, is only for superusers
    age = max(0, int(time.time() - found.found_at))
    return reply({**found.value, "age_s": age, "cache": {"hits": found.hits, "misses": found.misses}})


def _count() -> Any:
    return orjson.loads(dump(queries.administration.get_stats()))


def _with_hash(user: dict[str, Any]) -> dict[str, Any]:
    """A new user in the form that the statements take."""
    return {"password_hash": None, **_hashed(user)}


def _hashed(user: dict[str, Any]) -> dict[str, Any]:
    """The user with a hash in place of the password. Each hash waits for its turn, so others can sign in between."""
    if "password" in user:
        with hashing():
            user["password_hash"] = hash_password(user.pop("password"))
    return user


def _change(user_id: int, patch: dict[str, Any], versions: list[int]) -> Response:
    return reply_changed(queries.administration.change_user(user_id=user_id, versions=versions, patch=patch))
