"""Sign-in by HTTP-only cookies, for pages of the API's own host; flask-jwt-extended compares X-CSRF-TOKEN.

The pages that this server renders (``workouts_api/pages/``) use the same access cookie, and a refresh cookie of their
own: the two kinds of pages must not refresh by one token, since the second use would end the login. A browser keeps the
one of its last sign-in: by the other, it would become whoever sat there before, as soon as the access cookie expires.

Owns the cookies' names and attributes. Outside development the tokens' names begin with ``__Host-`` and ``__Secure-``:
a browser takes such a cookie from this very host by https alone, so that no neighbour in the domain can plant one.
Over plain http, as ``make run`` serves, it would not take them at all; there the names have no prefix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, request
from flask_jwt_extended import (
    get_jwt,
    set_access_cookies,
    set_refresh_cookies,
    unset_jwt_cookies,
    unset_refresh_cookies,
    verify_jwt_in_request,
)
from flask_jwt_extended.exceptions import CSRFError

from workouts_api.api.auth.signing_in import SignedIn
from workouts_api.api.auth.tokens import ACCESS_LIFETIME, REFRESH_LIFETIME
from workouts_api.errors import CsrfFailed
from workouts_api.web.replies import reply

if TYPE_CHECKING:
    from workouts_api.config import Settings

ACCESS_COOKIE, REFRESH_COOKIE = "access_token_cookie", "refresh_token_cookie"
COOKIES = "/api/v1/auth/cookies"  # where the refresh cookie is sent, and nowhere else
PAGES = "/pages"  # where the pages' refresh cookie is sent
PAGES_COOKIE = "pages_refresh_token"
_ONCE = "/api/"  # where the access cookie was sent before: in front of a new one of the same name


def init_app(app: Flask, settings: Settings) -> None:
    is_secure = settings.app_env != "development"
    app.config |= {
        "JWT_COOKIE_CSRF_PROTECT": True,
        "JWT_COOKIE_SAMESITE": "Strict",
        "JWT_COOKIE_SECURE": is_secure,
        # __Host- asks for the path /; pages beside the API can use the cookie, too.
        "JWT_ACCESS_COOKIE_NAME": f"__Host-{ACCESS_COOKIE}" if is_secure else ACCESS_COOKIE,
        "JWT_ACCESS_COOKIE_PATH": "/",
        "JWT_REFRESH_COOKIE_NAME": f"__Secure-{REFRESH_COOKIE}" if is_secure else REFRESH_COOKIE,
        "JWT_REFRESH_COOKIE_PATH": COOKIES,
    }


def reply_to_sign_in(signed_in: SignedIn) -> Response:
    """The cookies of a sign-in by the API, which ends what a sign-in at the pages had begun in this browser."""
    return _without_pages(reply_by_cookies(signed_in))


def reply_by_cookies(signed_in: SignedIn) -> Response:
    """Tokens as cookies that no script can read, each with a second one that scripts can, for X-CSRF-TOKEN."""
    response = _without_old(reply(None))
    set_access_cookies(response, signed_in.access_token, max_age=int(ACCESS_LIFETIME.total_seconds()))
    set_refresh_cookies(response, signed_in.refresh_token, max_age=int(REFRESH_LIFETIME.total_seconds()))
    return response


def with_cookies_of_form(response: Response, signed_in: SignedIn) -> Response:
    """The cookies of a sign-in at the pages, which ends what one by the API had begun in this browser."""
    if current_app.config["JWT_REFRESH_CSRF_COOKIE_NAME"] in request.cookies:  # the refresh cookie does not come here
        unset_refresh_cookies(response)
    return with_page_cookies(response, signed_in)


def with_page_cookies(response: Response, signed_in: SignedIn) -> Response:
    """The same for the pages that this server renders. Their forms carry a token instead of X-CSRF-TOKEN."""
    set_access_cookies(_without_old(response), signed_in.access_token, max_age=int(ACCESS_LIFETIME.total_seconds()))
    response.set_cookie(
        _pages_cookie(),
        signed_in.refresh_token,
        max_age=int(REFRESH_LIFETIME.total_seconds()),
        path=PAGES,
        secure=bool(current_app.config["JWT_COOKIE_SECURE"]),
        httponly=True,
        samesite="Strict",
    )
    return response


def page_access_token() -> str:
    """The access token that came as a cookie, not verified; empty: none came."""
    return request.cookies.get(current_app.config["JWT_ACCESS_COOKIE_NAME"], "")


def page_refresh_token() -> str:
    """The refresh token of the pages' own cookie, likewise."""
    return request.cookies.get(_pages_cookie(), "")


def _pages_cookie() -> str:
    return f"__Secure-{PAGES_COOKIE}" if current_app.config["JWT_COOKIE_SECURE"] else PAGES_COOKIE


def without_cookies(response: Response) -> Response:
    """Makes a browser delete the cookies, also the pages': it is signed out of both. Other clients have none."""
    if request.cookies:
        unset_jwt_cookies(_without_pages(_without_old(response)))
    return response


def _without_pages(response: Response) -> Response:
    """Makes a browser delete the pages' refresh cookie. It takes no line for a __Secure- name that is not Secure."""
    is_secure = bool(current_app.config["JWT_COOKIE_SECURE"])
    response.delete_cookie(_pages_cookie(), path=PAGES, secure=is_secure, httponly=True, samesite="Strict")
    return response


def _without_old(response: Response) -> Response:
    """Makes a browser delete the cookies of earlier versions. They are not read: another host could have set them."""
    if ACCESS_COOKIE in request.cookies:
        response.delete_cookie(ACCESS_COOKIE, path=_ONCE)
    if REFRESH_COOKIE in request.cookies and current_app.config["JWT_REFRESH_COOKIE_NAME"] != REFRESH_COOKIE:
        response.delete_cookie(REFRESH_COOKIE, path=COOKIES)
    return response


def refresh_token_of_cookie() -> str:
    """The refresh token that came as a cookie, with its X-CSRF-TOKEN."""
    claims_of_cookie(refresh=True)
    token: str = request.cookies[current_app.config["JWT_REFRESH_COOKIE_NAME"]]
    return token


def claims_of_cookie(*, refresh: bool = False) -> dict[str, Any]:
    """What the token says that came as a cookie; what changes something needs X-CSRF-TOKEN as well.

    :raises CsrfFailed: or flask-jwt-extended's own, answered as 401.
    """
    try:
        verify_jwt_in_request(locations="cookies", refresh=refresh)
    except CSRFError as error:
        raise CsrfFailed from error
    return get_jwt()
