"""Registering, signing in, refreshing, signing out; passwords and addresses that are replaced and confirmed by mail."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Response, current_app, request

from workouts_api.api.auth.access import login_id, signed_in, viewer_id
from workouts_api.api.auth.cookies import refresh_token_of_cookie, reply_by_cookies, reply_to_sign_in, without_cookies
from workouts_api.api.auth.passwords import hash_password, hashing
from workouts_api.api.auth.rules import Person, password_problems
from workouts_api.api.auth.schemas import (
    Credentials,
    EverywhereQuery,
    MailedToken,
    MailRequest,
    Notice,
    PasswordChange,
    PasswordReset,
    RefreshRequest,
    Registration,
    TokenForm,
    Tokens,
)
from workouts_api.api.auth.signing_in import SignedIn, prove_password, renew, sign_in
from workouts_api.api.auth.tokens import ACCESS_LIFETIME
from workouts_api.api.users.schemas import User
from workouts_api.config import Settings
from workouts_api.database import caller
from workouts_api.errors import Conflict, Invalid
from workouts_api.sql import queries
from workouts_api.web.addresses import forms_of
from workouts_api.web.arguments import Blueprint
from workouts_api.web.idempotency import idempotent
from workouts_api.web.limits import limited
from workouts_api.web.replies import may_answer, reply

blp = Blueprint("auth", __name__, url_prefix="/api/v1/auth", description="Registering, signing in and out.")

REGISTRATION_LIFETIME_S = 24 * 3600  # a day: who registers in the evening finds the mail in the morning
_CREDENTIALS = {"username": "ada", "password": "correct horse battery"}


LONGEST_BODY = 16 * 1024  # bytes: who has not signed in sends names, a password or a token, and nothing larger


@blp.before_request
def take_small_bodies() -> None:
    request.max_content_length = LONGEST_BODY


# ── registering ─────────────────────────────────────────────────────────────────────────────────────────────


@blp.post("/register")
@blp.arguments(Registration)
@blp.response(201, User)
@blp.alt_response(202, schema=Notice, description="Addresses are verified here: a mail is on its way.")
@limited(60)
@idempotent(status=201, location="/api/v1/users/me")
def register(body: dict[str, Any]) -> Response:
    """Make an account, with an athlete to train as.

    Where addresses are verified, the answer is 202 whether or not the address has an account already; the mail says.
    """
    person = Person(body["email"], body["username"], body["full_name"])
    body["password_hash"] = _new_hash(body.pop("password"), "password", person)
    settings: Settings = current_app.extensions["settings"]
    if settings.verify_email:
        return _await_confirmation(body)
    row = queries.auth.register_user(**body)
    return reply(row["reply"], status=201, etag=row["version"], location="/api/v1/users/me")


def _new_hash(password: str, field: str, person: Person) -> str:
    """The hash of a password that passes the rules."""
    problems = password_problems(password, person)
    if problems:
        raise Invalid(details={field: problems})
    with hashing():
        return hash_password(password)


def _await_confirmation(registration: dict[str, Any]) -> Response:
    claim = caller().claim
    if claim is not None:
        claim.status = 202
    waiting = queries.auth.request_registration(
        lifetime_s=REGISTRATION_LIFETIME_S, address=request.remote_addr, **registration
    )
    if waiting is None:
        sentence = "This username is taken."
        raise Conflict(sentence, details={"username": [sentence]})
    return reply(waiting["reply"], status=202)


@blp.post("/verify-email")
@blp.arguments(MailRequest)
@blp.response(202, Notice)
def request_verification(body: dict[str, str]) -> Response:
    """Have the mail sent again that confirms an address. The answer never says whether anybody has it."""
    _request_mail("verify_email", body["email"])
    return _mail_may_come()


@blp.post("/email-change/undo")
@blp.arguments(MailedToken)
@blp.response(204)
@may_answer(409)
def undo_email_change(body: dict[str, str]) -> Response:
    """Take an account back whose address somebody changed, by the token that was mailed to the old one, within a week.

    That is the account's address again. All logins and API keys end, and the password is void: a mail to set a new one
    is on its way.
    """
    if queries.auth.undo_email_change(token_sha256=_digest(body["token"])) is None:
        raise _useless_token()
    return reply(None)


@blp.post("/verify-email/confirm")
@blp.arguments(MailedToken)
@blp.response(204)
@may_answer(409)
def confirm_email(body: dict[str, str]) -> Response:
    """Confirm an address by the token that was mailed there: the account is made, or its new address counts."""
    confirmed = queries.auth.confirm_email(token_sha256=_digest(body["token"]))
    if confirmed is None:
        raise _useless_token()
    return reply(None)


def _request_mail(kind: str, email: str) -> None:
    _, mailbox, _ = forms_of(email)
    queries.auth.request_mail(kind=kind, email=email, mailbox=mailbox, address=request.remote_addr)


def _mail_may_come() -> Response:
    return reply({"message": "If this address waits for a mail, it is on its way."}, status=202)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _useless_token() -> Invalid:
    return Invalid(details={"token": ["It was used, has expired, or is none of ours: ask for another mail."]})


# ── signing in ──────────────────────────────────────────────────────────────────────────────────────────────


@blp.post("/login")
@blp.arguments(Credentials, example=_CREDENTIALS)
@blp.response(200, Tokens)
@limited(60)
@may_answer(401)
def login(body: dict[str, str]) -> Response:
    """Sign in by e-mail or username; one login per device."""
    return _tokens(sign_in(**body))


@blp.post("/token")
@blp.arguments(TokenForm, location="form")
@blp.response(200, Tokens)
@limited(60)
@may_answer(401)
def issue_token(form: dict[str, str]) -> Response:
    """Sign in or refresh by an OAuth 2 form, for clients that know only that: grant types password, refresh_token."""
    if form["grant_type"] == "refresh_token":
        return _tokens(renew(form["refresh_token"]))
    return _tokens(sign_in(form["username"], form["password"]))


@blp.post("/refresh")
@blp.arguments(RefreshRequest)
@blp.response(200, Tokens)
@may_answer(401)
def refresh(body: dict[str, str]) -> Response:
    """Exchange a refresh token for new tokens. It works once: a second use ends the login.

    For 60 seconds, while the new refresh token is unused, it answers again with the same: a reply may have been lost.
    """
    return _tokens(renew(body["refresh_token"]))


def _tokens(signed_in: SignedIn) -> Response:
    return reply(
        {
            "access_token": signed_in.access_token,
            "refresh_token": signed_in.refresh_token,
            "token_type": "Bearer",
            "expires_in": int(ACCESS_LIFETIME.total_seconds()),
        }
    )


@blp.post("/cookies")
@blp.arguments(Credentials, example=_CREDENTIALS)
@blp.response(204)
@limited(60)
@may_answer(401)
def login_by_cookies(body: dict[str, str]) -> Response:
    """Sign a page in: the tokens come as cookies that no script can read.

    Requests that change something then need the cookie `csrf_access_token` as the header `X-CSRF-TOKEN`.
    """
    return reply_to_sign_in(sign_in(**body))


@blp.post("/cookies/refresh")
@blp.response(204)
@may_answer(401, 403, 422)
def refresh_cookies() -> Response:
    """Exchange a page's cookies for new ones; needs the cookie `csrf_refresh_token` as `X-CSRF-TOKEN`."""
    return reply_by_cookies(renew(refresh_token_of_cookie()))


# ── signing out ─────────────────────────────────────────────────────────────────────────────────────────────


@blp.post("/logout")
@signed_in
@blp.response(204)
def logout() -> Response:
    """End this login: its tokens are refused from the next request on."""
    queries.auth.revoke_login(user_id=viewer_id(), login_id=login_id(), why="logout")
    return without_cookies(reply(None))


@blp.post("/logout-all")
@signed_in
@blp.arguments(EverywhereQuery, location="query")
@blp.response(204)
def logout_everywhere(query: dict[str, Any]) -> Response:
    """End all of my logins, this one too; with `end_api_keys=true` my API keys as well."""
    queries.auth.revoke_logins(user_id=viewer_id(), end_api_keys=query["end_api_keys"])
    return without_cookies(reply(None))


# ── passwords ───────────────────────────────────────────────────────────────────────────────────────────────


@blp.post("/password")
@signed_in
@blp.arguments(
    PasswordChange, example={"current_password": "correct horse battery", "new_password": "battery staple horse"}
)
@blp.response(204)
@may_answer(409)
def change_password(body: dict[str, Any]) -> Response:
    """Change my password. This login stays, all others end."""
    known = prove_password(viewer_id(), body["current_password"], field="current_password")
    changed = queries.auth.change_password(
        user_id=viewer_id(),
        login_id=login_id(),
        verified_hash=known.password_hash,
        password_hash=_new_hash(body["new_password"], "new_password", known.person),
        account=known.account,
        address=request.remote_addr,
        end_api_keys=body["end_api_keys"],
    )
    if changed is None:
        raise Conflict("The password was changed at the same moment.")
    return reply(None)


@blp.post("/password-reset")
@blp.arguments(MailRequest)
@blp.response(202, Notice)
def request_password_reset(body: dict[str, str]) -> Response:
    """Have a mail sent by which a forgotten password can be replaced. The answer never says whether anybody has it."""
    _request_mail("reset_password", body["email"])
    return _mail_may_come()


@blp.post("/password-reset/confirm")
@blp.arguments(PasswordReset)
@blp.response(204)
@may_answer(409)
def reset_password(body: dict[str, Any]) -> Response:
    """Replace a forgotten password by the token that was mailed, within 30 minutes and once. All logins end."""
    token_sha256 = _digest(body["token"])
    found = queries.auth.find_user_of_reset_token(token_sha256=token_sha256)
    if found is None:
        raise _useless_token()
    password_hash = _new_hash(body["password"], "password", Person(**found))
    done = queries.auth.reset_password(
        token_sha256=token_sha256, password_hash=password_hash, end_api_keys=body["end_api_keys"]
    )
    if done is None:
        raise _useless_token()
    return reply(None)
