"""Invitations: to join a team as owner, coach or athlete, and to claim an athlete whom somebody kept."""

from __future__ import annotations

from typing import Any

import orjson
from flask import Response, current_app

from workouts_api.api.auth import signed_in, viewer_id
from workouts_api.api.invitations.schemas import (
    EXAMPLE,
    Acceptance,
    Accepted,
    CodeInput,
    InvitationPage,
    NewInvitation,
    Offer,
)
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.codes import digest_of, new_code
from workouts_api.web.idempotency import idempotent
from workouts_api.web.replies import may_answer, reply, reply_page
from workouts_api.web.schemas import Page, PageQuery

URL = "/api/v1/invitations"
blp = Blueprint(
    "invitations",
    __name__,
    url_prefix=URL,
    description="Into a team, or to claim an athlete; by mail or by a code that one hands on.",
)


@blp.get("")
@signed_in(scope="teams:read")
@blp.arguments(PageQuery, location="query")
@blp.response(200, InvitationPage)
def list_invitations(page: Page) -> Response:
    """My open invitations, and the open invitations to teams that I own, newest first."""
    rows = queries.invitations.list_invitations(
        viewer_id=viewer_id(), before_id=page.after("id", 2**63 - 1), limit=page.fetch
    )
    return reply_page(rows, page, keyset=("id",))


@blp.post("")
@signed_in(scope="teams:write")
@blp.arguments(NewInvitation, example=EXAMPLE)
@blp.response(201, NewInvitation)
@idempotent(status=201, location=URL, keep_body=False)
def create_invitation(invitation: dict[str, Any]) -> Response:
    """Invite somebody. With `email` the code is sent by mail; without, only this reply shows it.

    Owners of a team may invite owners, coaches and athletes; its coaches may invite athletes. The keeper of an athlete
    may invite a user to claim them: the athlete becomes that user's own, with the whole history.
    """
    # A mailed code proves that its user reads that mailbox. So nobody else may see it: it is made with the mail.
    code = None if invitation["email"] else new_code()
    made = queries.invitations.create_invitation(
        viewer_id=viewer_id(),
        invitation=invitation,
        code_sha256=digest_of(code) if code else None,
        most=current_app.extensions["settings"].max_invitations,
    )
    return reply({**orjson.loads(orjson.dumps(made["reply"])), "code": code}, status=201, location=URL)


@blp.post("/check")
@signed_in(scope="teams:read")
@blp.arguments(CodeInput)
@blp.response(200, Offer)
@may_answer(404)
def check_invitation(body: dict[str, str]) -> Response:
    """Say what a code is for, before it is accepted."""
    return reply(queries.invitations.find_invitation(code_sha256=digest_of(body["code"])))


@blp.post("/accept")
@signed_in
@blp.arguments(Acceptance)
@blp.response(200, Accepted)
@idempotent(status=200)
@may_answer(404)
def accept_invitation(body: dict[str, Any]) -> Response:
    """Use a code: join the team, or claim the athlete.

    Coaches of a team see an athlete's training from `joined_on` until the athlete leaves. A user who claims an athlete
    gets the whole history, and keeps their own training as well.
    """
    joined_on = body.get("joined_on")
    accepted = queries.invitations.accept_invitation(
        viewer_id=viewer_id(),
        code_sha256=digest_of(body["code"]),
        joined_on=joined_on.isoformat() if joined_on else "",
    )
    return reply(accepted["reply"])


@blp.delete("/<int:invitation_id>")
@signed_in(scope="teams:write")
@blp.response(204)
def revoke_invitation(invitation_id: int) -> Response:
    """Revoke an invitation. Its code no longer works."""
    queries.invitations.revoke_invitation(viewer_id=viewer_id(), invitation_id=invitation_id)
    return reply(None)
