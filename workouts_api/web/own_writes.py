"""A client reads its own writes, and nothing older than it has read, though replicas serve reads.

Each reply says how far the primary's log was behind all that the request has written and seen: its position, signed.
The client sends it back, and a replica serves it only from there on. Headers carry it for clients that know of it,
cookies for browsers, which sign in by cookies and know of nothing. A client that sends neither is served by the
primary, always: so what is older than this project needs to know nothing of replicas.

Replies to a browser overtake each other, and a cookie has one value. So each position is a cookie of its own, which
ends when no replica can be so late any more.
"""

from __future__ import annotations

import hmac
import math
import re
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from flask import Flask, Response, current_app, request

from workouts_api.database.replicas import BEYOND_ALL
from workouts_api.web.secret_keys import accepted_keys, current_key

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

    from workouts_api.config import Settings
    from workouts_api.database import Caller

HEADER = "X-Read-After"
COOKIE = "read_after_"
_ENVIRON = "HTTP_X_READ_AFTER"
_TOKEN = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{32})")
_OF_COOKIE = re.compile(rf"(?:__Host-)?{COOKIE}([0-9a-f]{{16}})=([0-9a-f]{{32}})")
_MOST = 50  # positions of a request: as many cookies as a browser must keep for a site

Asked = Callable[["WSGIEnvironment"], int | None]
Tell = Callable[[Response, "Caller"], None]


def both_ways(app: Flask, settings: Settings) -> tuple[Asked, Tell]:
    """What reads the position of a request, and what tells that of its reply."""
    lifetime = math.ceil(settings.replica_max_lag) + 1

    def asked(environ: WSGIEnvironment) -> int | None:
        """The position after which the request must be read; None: the primary has to serve it."""
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None
        given = environ.get(_ENVIRON)
        if given is not None:
            parts = [part.strip() for part in given.split(",", _MOST)]
            matches = [_TOKEN.fullmatch(part) for part in parts]
            return _greatest((m[1], m[2]) for m in matches if m) if all(matches) else None
        if _is_browser(environ):
            return _greatest(_OF_COOKIE.findall(environ["HTTP_COOKIE"]))
        return None

    def tell(response: Response, who: Caller) -> None:
        assert who.position is not None  # noqa: S101 – its caller asked
        place = f"{who.position:016x}"
        mac = _mac(place, current_key())
        if who.position != BEYOND_ALL:
            response.headers[HEADER] = f"{place}.{mac}"
        if not _is_browser(request.environ) or f"{COOKIE}{place}=" in request.environ["HTTP_COOKIE"]:
            return
        is_secure = bool(app.config["JWT_COOKIE_SECURE"])
        name = f"__Host-{COOKIE}{place}" if is_secure else f"{COOKIE}{place}"
        response.set_cookie(name, mac, max_age=lifetime, path="/", secure=is_secure, httponly=True, samesite="Strict")

    return asked, tell


def _is_browser(environ: WSGIEnvironment) -> bool:
    """Whether the sign-in came as a cookie."""
    return (
        not environ.get("HTTP_AUTHORIZATION")
        and not environ.get("HTTP_X_API_KEY")
        and current_app.config["JWT_ACCESS_COOKIE_NAME"] in environ.get("HTTP_COOKIE", "")
    )


def _greatest(given: Iterable[tuple[str, str]]) -> int | None:
    """The greatest of these positions, 0 where there are none; None where not all of them are ours."""
    greatest = 0
    for number, (place, mac) in enumerate(given):
        if number >= _MOST or not any(hmac.compare_digest(mac, _mac(place, key)) for key in accepted_keys()):
            return None
        greatest = max(greatest, int(place, 16))
    return greatest


def _mac(place: str, key: str) -> str:
    return hmac.digest(f"read after {key}".encode(), place.encode(), "sha256").hex()[:32]
