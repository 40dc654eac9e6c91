"""The caller's own account: reading it, changing it, its logins, and deleting it."""

from __future__ import annotations

from typing import Any

from flask import Response, current_app, request

from workouts_api.api.account.schemas import AccountPatch, Deletion, Erasure, LoginPage
from workouts_api.api.auth import Known, login_id, prove_password, signed_in, viewer_id, without_cookies
from workouts_api.api.users.schemas import User
from workouts_api.config import Settings
from workouts_api.errors import Conflict, NotFound
from workouts_api.sql import queries
from workouts_api.web.addresses import forms_of
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import if_match, may_answer, reply, reply_changed, reply_page, takes_if_match
from workouts_api.web.schemas import Page, PageQuery

blp = Blueprint("account", __name__, url_prefix="/api/v1/users/me", description="One's own account.")


@blp.get("")
@signed_in(scope="account:read")
@blp.response(200, User)
def get_me() -> Response:
    """My account."""
    user = queries.users.get_user(user_id=viewer_id())
    return reply(user["reply"], etag=user["version"])


@blp.patch("")
@signed_in
@blp.arguments(AccountPatch, example={"full_name": "Ada King", "zone": "Europe/London"})
@blp.response(200, User)
@idempotent(status=200)
@takes_if_match("optional")
def patch_account(patch: dict[str, Any]) -> Response:
    """Change some fields of my account. Takes If-Match.

    A new e-mail address needs the password. Where the server verifies addresses, it sends a mail to the new address.
    The old address stays valid until the new one is confirmed by that mail.
    """
    versions = if_match()
    new_email, must_verify, known = _new_email(patch)
    changed = queries.account.patch_account(
        user_id=viewer_id(),
        versions=versions,
        patch=patch,
        new_email=new_email,
        verify=must_verify,
        verified_hash=known.password_hash if known else "",
        account=known.account if known else "",
        address=request.remote_addr,
    )
    return reply_changed(changed)


def _new_email(patch: dict[str, Any]) -> tuple[str, bool, Known | None]:
    """The new address, or an empty text; whether it must be verified first; the user, if the password proved it."""
    new, password = patch.pop("email", ""), patch.pop("password", "")
    if not new:
        return "", False, None
    known = prove_password(viewer_id(), password, field="password")
    settings: Settings = current_app.extensions["settings"]
    is_another = forms_of(new)[2].lower() != forms_of(known.person.email)[2].lower()
    return new, settings.verify_email and is_another, known


@blp.delete("")
@signed_in
@blp.arguments(Deletion)
@blp.response(200, Erasure)
@may_answer(409)
def erase_account(body: dict[str, str]) -> Response:
    """Delete my account and everything that is mine. This cannot be undone. Needs the password.

    The reply says how many rows of each table were deleted, and how many stay without a name. The server keeps a copy
    of this reply as proof.
    """
    known = prove_password(viewer_id(), body["password"], field="password")
    proof = queries.account.erase_account(
        user_id=viewer_id(),
        verified_hash=known.password_hash,
        account=known.account,
        address=request.remote_addr,
    )
    if proof is None:
        raise Conflict("The password was changed at the same moment.")
    return without_cookies(reply(proof))


@blp.get("/logins")
@signed_in
@blp.arguments(PageQuery, location="query")
@blp.response(200, LoginPage)
def list_logins(page: Page) -> Response:
    """Where I am signed in, the newest login first."""
    rows = queries.account.list_logins(
        user_id=viewer_id(), login_id=login_id(), before_id=page.after("id", 2**63 - 1), limit=page.fetch
    )
    return reply_page(rows, page, keyset=("id",))


@blp.delete("/logins/<int:login_id>")
@signed_in
@blp.response(204)
def revoke_login(login_id: int) -> Response:
    """End one of my logins: its tokens are refused from the next request on."""
    ended = queries.auth.revoke_login(user_id=viewer_id(), login_id=login_id, why="logout")
    if not ended:
        raise NotFound("No such login.")
    return reply(None)
