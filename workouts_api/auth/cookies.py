"""Sign-in by HTTP-only cookies, for pages of the API's own origin; flask-jwt-extended compares X-CSRF-TOKEN."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_jwt_extended import (
    get_jwt,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import CSRFError

from workouts_api.auth.signing_in import SignedIn
from workouts_api.auth.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME
from workouts_api.errors import CsrfFailed
from workouts_api.replies import reply

REFRESH_COOKIE = "refresh_token_cookie"


def reply_by_cookies(signed_in: SignedIn) -> Response:
    """Tokens as cookies that no script can read, each with a second one that scripts can, for X-CSRF-TOKEN."""
    response = reply(None)
    set_access_cookies(response, signed_in.access_token, max_age=int(ACCESS_LIFETIME.total_seconds()))
    set_refresh_cookies(response, signed_in.refresh_token, max_age=int(REFRESH_LIFETIME.total_seconds()))
    response.headers["Cache-Control"] = "no-store"
    return response


def without_cookies(response: Response) -> Response:
    """Has a page forget its cookies; other clients have none."""
    if request.cookies:
        unset_jwt_cookies(response)
    return response


def refresh_token_of_cookie() -> str:
    """The refresh token that came as a cookie, with its X-CSRF-TOKEN."""
    claims_of_cookie(refresh=True)
    return request.cookies[REFRESH_COOKIE]


def claims_of_cookie(*, refresh: bool = False) -> dict[str, Any]:
    """What the token says that came as a cookie; what changes something needs X-CSRF-TOKEN as well.

    :raises CsrfFailed: or flask-jwt-extended's own, answered as 401.
    """
    try:
        verify_jwt_in_request(locations="cookies", refresh=refresh)
    except CSRFError as error:
        raise CsrfFailed from error
    return get_jwt()
