"""Who looks at a page: the API's cookies, their renewal, the tokens of forms, and where to go after signing in.

A form that changes something carries a token. Before the sign-in it has to equal a cookie; after it, it follows from
the login and the server's secret. The cookies are SameSite=Strict besides.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Iterable, Mapping
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from flask import Response, after_this_request, current_app, request
from flask_jwt_extended import decode_token
from flask_jwt_extended.exceptions import JWTExtendedException
from jwt import PyJWTError

from workouts_api.api.auth.access import Demands
from workouts_api.api.auth.cookies import page_access_token, page_refresh_token, with_page_cookies
from workouts_api.api.auth.signing_in import renew
from workouts_api.api.auth.tokens import LOGIN_CLAIM
from workouts_api.database import caller
from workouts_api.errors import CsrfFailed, InvalidCredentials
from workouts_api.web.bodies import refuse_twice, refuse_undecodable
from workouts_api.web.limits import spend_for, spend_for_address
from workouts_api.web.replies import Handler
from workouts_api.web.secret_keys import accepted_keys, current_key

SIGN_IN, HOME = "/pages/sign-in", "/pages/report"
FORM_COOKIE = "form_token"
SIGNING = "/pages/sign-"  # in and out: nowhere to come back to
_LONGEST_NEXT = 1000  # characters
_OWN = re.compile(r"/pages(/[a-z0-9-]+)*(\?[A-Za-z0-9._~%&=+-]*)?")
_FORGED = "This form is not of this sign-in, or too old: open the page again, and send it again."


def for_people(handler: Handler) -> Handler:
    """Demands a sign-in by cookies. Without one, the reply leads to the form; renewed cookies go out with the page."""

    @wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        who = caller()
        try:
            claims = _claims(page_access_token()) or _renewed()
        except Exception:
            spend_for_address()
            raise
        who.user_id, who.login_id = int(claims["sub"]), int(claims[LOGIN_CLAIM])
        spend_for(who)
        refuse_undecodable(request.query_string)
        refuse_twice(request.args)
        if request.method == "POST":
            _prove_form(_of_login(who.login_id, key) for key in accepted_keys())
        return handler(*args, **kwargs)

    wrapper.demands = Demands(None, False)  # type: ignore[attr-defined] # it is counted here, and asked for first
    return wrapper


def _claims(token: str) -> Mapping[str, Any] | None:
    """What an access token of ours says; None for one that is missing, none of ours, or has expired."""
    try:
        claims = decode_token(token) if token else None
    except (PyJWTError, JWTExtendedException):
        return None
    return claims if claims is not None and claims["type"] == "access" else None


def _renewed() -> Mapping[str, Any]:
    """The claims of new tokens for the refresh cookie. The new cookies go out with the reply, whatever it is, unless it
    has ended the login.

    :raises InvalidCredentials: when there is none that holds.
    """
    token = page_refresh_token()
    if not token:
        raise InvalidCredentials
    try:
        tokens = renew(token)
    except (PyJWTError, JWTExtendedException) as error:
        raise InvalidCredentials from error

    @after_this_request
    def send(response: Response) -> Response:
        return response if caller().login_id is None else with_page_cookies(response, tokens)

    claims: Mapping[str, Any] = decode_token(tokens.access_token)
    return claims


# ── forms ───────────────────────────────────────────────────────────────────────────────────────────────────


def form_token() -> str:
    """What forms carry of whoever is signed in; empty for nobody."""
    login_id = caller().login_id
    return "" if login_id is None else _masked(_of_login(login_id, current_key()))


def first_form_token() -> str:
    """What the form to sign in carries: it follows from a cookie, which goes out with the page if there is none yet."""
    held = request.cookies.get(_form_cookie(), "")
    if re.fullmatch(r"[A-Za-z0-9_-]{43}", held):
        return _masked(held)
    secret = secrets.token_urlsafe(32)
    secure = bool(current_app.config["JWT_COOKIE_SECURE"])

    @after_this_request
    def set_it(response: Response) -> Response:
        response.set_cookie(_form_cookie(), secret, path="/", secure=secure, httponly=True, samesite="Strict")
        return response

    return _masked(secret)


def prove_first_form() -> None:
    """:raises CsrfFailed: when the form to sign in is not one that this browser got."""
    held = request.cookies.get(_form_cookie(), "")
    _prove_form([held] if held else [])


def _prove_form(held: Iterable[str]) -> None:
    """:param held: the secrets from one of which the form's token must follow."""
    given = request.form.get("form_token", "")
    salt = given.partition(".")[0]
    if not any(hmac.compare_digest(_masked(secret, salt).encode(), given.encode()) for secret in held):
        raise CsrfFailed(_FORGED)


def _of_login(login_id: int, key: str) -> str:
    return f"form {login_id} {key}"


def _masked(secret: str, salt: str = "") -> str:
    """A token that follows from a secret, another one each time: a compressed page's length tells nothing of it."""
    salt = salt or secrets.token_hex(8)
    return f"{salt}.{hmac.digest(secret.encode(), salt.encode(), 'sha256').hex()}"


def _form_cookie() -> str:
    return f"__Host-{FORM_COOKIE}" if current_app.config["JWT_COOKIE_SECURE"] else FORM_COOKIE


# ── where to ────────────────────────────────────────────────────────────────────────────────────────────────


def own_path(given: str | None) -> str:
    """Where to go after signing in: a page of ours, and nothing else that an address can say."""
    if given and len(given) <= _LONGEST_NEXT and _OWN.fullmatch(given) and not given.startswith(SIGNING):
        return given
    return HOME


def to_sign_in() -> Response:
    """Leads to the form, and from there back to the page that was asked for."""
    here = request.full_path.rstrip("?")
    leads_back = request.method == "GET" and own_path(here) == here != HOME
    return to(f"{SIGN_IN}?{urlencode({'next': here})}" if leads_back else SIGN_IN)


def comes_from_another_site() -> bool:
    """Whether a link of another site led here: browsers then send no cookie that is SameSite=Strict. The same address,
    asked for by a page of ours, gets them.
    """
    return request.method == "GET" and request.headers.get("Sec-Fetch-Site") == "cross-site"


def to(path: str) -> Response:
    return Response(status=303, headers={"Location": path, "Cache-Control": "no-store"})
