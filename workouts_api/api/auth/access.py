"""The decorator that demands a sign-in or an API key, and who it is."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, NamedTuple, overload

import psycopg
from flask import Response, current_app, request
from flask_jwt_extended import get_jwt, verify_jwt_in_request

from workouts_api.api.auth.cookies import claims_of_cookie
from workouts_api.api.auth.keys import read_key
from workouts_api.api.auth.tokens import LEEWAY_S, LOGIN_CLAIM, VERIFIED
from workouts_api.database import ApiKey, Caller, caller
from workouts_api.errors import Forbidden, InvalidCredentials
from workouts_api.sql import queries
from workouts_api.web.arguments import Blueprint
from workouts_api.web.bodies import refuse_twice, refuse_undecodable, refuse_unknown
from workouts_api.web.limits import is_address_spent, spend_for, spend_for_address
from workouts_api.web.replies import Handler
from workouts_api.web.scopes import SCOPES

_BEARER_KEY = "Bearer wk_"
_SMALL_BODY = 4096  # bytes; reading it costs less than the trip that would ask first
_USUAL_BODY = 32_768  # bytes, of some 300 sets; validating more takes longer than a trip
_LET_IN = "API keys that were let in"
_USUAL = re.compile(r"Bearer \S+\Z")
_BEARER = re.compile(r"\s*bearer\s+(\S+)\s*", re.IGNORECASE)  # RFC 9110 §11.1: a scheme in any capitals


@overload
def signed_in(handler: Handler) -> Handler: ...
@overload
def signed_in(*, scope: str | None = None, superuser: bool = False) -> Callable[[Handler], Handler]: ...
def signed_in(
    handler: Handler | None = None, *, scope: str | None = None, superuser: bool = False
) -> Handler | Callable[[Handler], Handler]:
    """Demands an access token, or an API key with the scope. The token's signature and expiry, or the key's form, are
    checked here. The guard checks the rest: that the login or the key still holds, the key's scopes, and whether the
    user is a superuser.

    :param scope: which API keys are let in, one of SCOPES; None: no key is.
    :param superuser: whether only superusers are.
    """
    if scope is not None and scope not in SCOPES:
        raise ValueError(f"{scope} is none of the scopes in workouts_api/web/scopes.py")

    def decorate(handler: Handler) -> Handler:
        @wraps(handler)
        def wrapper(*args: Any, **kwargs: Any) -> Response:
            who = caller()
            who.superuser = superuser
            try:
                _sign_in(who, scope)
            except Exception:
                spend_for_address()
                raise
            spend_for(who)
            if request.query_string:
                refuse_undecodable(request.query_string)
                refuse_twice(request.args)
                if not reads_query:
                    refuse_unknown(request.args)
            if who.may_be_long and _is_longer_than(_USUAL_BODY):
                queries.spine.ask_guard()  # a login that was ended must not cause that much work
            return handler(*args, **kwargs) if who.key is None else _by_key(who.key, handler, args, kwargs)

        documented = getattr(handler, "_apidoc", {}).get("arguments", {}).get("parameters", ())
        reads_query = any(p.get("in") == "query" for p in documented)
        wrapper.demands = Demands(scope, superuser)  # type: ignore[attr-defined] # for the API's page and its tests
        by_key = [] if scope is None else ["api_key"]
        ways = [{way: list[str]()} for way in ("bearer", "password", "cookie", *by_key)]
        documented_wrapper: Handler = Blueprint.doc(security=ways)(wrapper)
        return documented_wrapper

    return decorate if handler is None else decorate(handler)


def guard_first(handler: Handler) -> Handler:
    """Asks the guard before a large body is read. This costs one more trip. Validating a thousand users takes 0.4 s; a
    caller without the right must not cause that.
    """

    @wraps(handler)
    def wrapper(*args: Any, **kwargs: Any) -> Response:
        if _is_longer_than(_SMALL_BODY) and not caller().statements:  # else signed_in() has asked
            queries.spine.ask_guard()
        return handler(*args, **kwargs)

    return wrapper


def _is_longer_than(size: int) -> bool:
    """Whether the request's body has more bytes, or nobody knows how many: it comes in chunks, or compressed."""
    return request.content_length is None or request.content_length > size


class Demands(NamedTuple):
    """What a route asks of its caller, as signed_in() was told."""

    scope: str | None
    superuser: bool


def _sign_in(who: Caller, scope: str | None) -> None:
    """Says on whose behalf statements run, by the token or the key of the request.

    :raises Forbidden: for a key where none is let in.
    """
    header = request.environ.get("HTTP_AUTHORIZATION", "")
    if header and not _USUAL.match(header) and (match := _BEARER.fullmatch(header)):
        header = request.environ["HTTP_AUTHORIZATION"] = f"Bearer {match[1]}"  # as flask-jwt-extended expects it
    if header[: len(_BEARER_KEY)] == _BEARER_KEY:
        key = header[len("Bearer ") :]
    elif header or not (key := request.environ.get("HTTP_X_API_KEY", "")):
        who.user_id, who.login_id = _whose(header)
        return
    if scope is None:
        raise Forbidden("API keys are not let in here: sign in.")
    who.user_id, who.key = read_key(key, scope)


def _by_key(key: ApiKey, handler: Handler, args: Any, kwargs: Any) -> Response:
    """Serves whoever presents an API key. One that the guard refuses counts against the address, as a junk token does;
    once that is used up, only keys that were let in before get as far as the guard.

    :raises TooManyRequests: likewise.
    """
    known: set[ApiKey] = current_app.extensions.setdefault(_LET_IN, set())
    if key not in known and is_address_spent():
        spend_for_address()
    try:
        response = handler(*args, **kwargs)
    except psycopg.Error as error:
        if error.sqlstate == "WK401":
            known.discard(key)
            spend_for_address()
        raise
    if len(known) >= _MOST_VERIFIED:
        known.clear()
    known.add(key)
    return response


class _Verified(NamedTuple):
    """The content of an access token whose signature was verified."""

    user_id: int
    login_id: int
    expires_at: float


# Verified tokens, by the header's text. Without this, a third of a small request's time would go into verifying the
# same tokens again. The guard checks on every request that the login has not ended. So does this code for the expiry.
_MOST_VERIFIED = 4096


def _whose(header: str) -> tuple[int, int]:
    """The user and the login of the access token in this header.

    :raises InvalidCredentials, TokenExpired: or flask-jwt-extended's own errors, which get the same reply.
    """
    if not header and "HTTP_COOKIE" in request.environ:
        return _of_claims(claims_of_cookie())[:2]
    verified: dict[str, _Verified] = current_app.extensions[VERIFIED]
    known = verified.get(header)
    if known is None or known.expires_at + LEEWAY_S <= time.time():
        known = _verify()
        if len(verified) >= _MOST_VERIFIED:
            verified.clear()
        verified[header] = known
    return known.user_id, known.login_id


def _verify() -> _Verified:
    verify_jwt_in_request(locations="headers")
    return _of_claims(get_jwt())


def _of_claims(payload: Mapping[str, Any]) -> _Verified:
    try:
        return _Verified(int(payload["sub"]), int(payload[LOGIN_CLAIM]), float(payload["exp"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidCredentials("This is not a token of ours.") from error


def viewer_id() -> int:
    """The id of the user who is signed in, or whose key it is."""
    return _of_sign_in(caller().user_id)


def login_id() -> int:
    """The id of the login that the request uses."""
    return _of_sign_in(caller().login_id)


def _of_sign_in(found: int | None) -> int:
    if found is None:
        raise RuntimeError(f"{request.endpoint} asks who is signed in, and is not @signed_in")
    return found
