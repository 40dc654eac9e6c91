"""The decorator that demands a sign-in, and who it is."""

from __future__ import annotations

import time
from functools import wraps
from typing import Any, NamedTuple

from flask import Response, current_app, request
from flask_jwt_extended import verify_jwt_in_request

from workouts_api.arguments import Blueprint
from workouts_api.auth.tokens import LOGIN_CLAIM, VERIFIED
from workouts_api.database import caller
from workouts_api.errors import Invalid, InvalidCredentials
from workouts_api.replies import Handler

_ALWAYS_UNDERSTOOD = frozenset({"fields", "units", "_"})


def signed_in(handler: Handler) -> Handler:
    """Demands an access token. Its signature and expiry are checked here; that the login still stands, by the guard."""

    @wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        who = caller()
        who.user_id, who.login_id = _whose()
        if request.args and not reads_query:
            _refuse_unknown_query()
        return handler(*args, **kwargs)

    documented = getattr(handler, "_apidoc", {}).get("arguments", {}).get("parameters", ())
    reads_query = any(p.get("in") == "query" for p in documented)
    documented_wrapper: Handler = Blueprint.doc(security=[{"bearer": []}])(wrapper)
    return documented_wrapper


class _Verified(NamedTuple):
    """What an access token says whose signature was found good."""

    user_id: int
    login_id: int
    expires_at: float


# By the header's text. A third of a small request's time would go into verifying the same few tokens again and again;
# what can change meanwhile – the login's end – is the guard's to see, and expiry is looked at every time.
_MOST_VERIFIED = 4096


def _whose() -> tuple[int, int]:
    """The user and the login of the request's access token.

    :raises InvalidCredentials, TokenExpired: or flask-jwt-extended's own, answered alike.
    """
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    verified: dict[str, _Verified] = current_app.extensions[VERIFIED]
    known = verified.get(header)
    if known is None or known.expires_at <= time.time():
        known = _verify()
        if len(verified) >= _MOST_VERIFIED:
            verified.clear()
        verified[header] = known
    return known.user_id, known.login_id


def _verify() -> _Verified:
    verified = verify_jwt_in_request()
    if verified is None:
        raise InvalidCredentials
    payload = verified[1]
    try:
        return _Verified(int(payload["sub"]), int(payload[LOGIN_CLAIM]), float(payload["exp"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidCredentials("This is not a token of ours.") from error


def _refuse_unknown_query() -> None:
    unknown = request.args.keys() - _ALWAYS_UNDERSTOOD
    if unknown:
        raise Invalid(details={name: ["Unknown field."] for name in sorted(unknown)})


def viewer_id() -> int:
    """The id of the user who is signed in."""
    return _of_sign_in(caller().user_id)


def login_id() -> int:
    """The id of the login by which they are."""
    return _of_sign_in(caller().login_id)


def _of_sign_in(found: int | None) -> int:
    if found is None:
        raise RuntimeError(f"{request.endpoint} asks who is signed in, and is not @signed_in")
    return found
