"""The headers that every reply has, whatever answers it: who may keep it, what it depends on, what a browser may do.

A layer around the application, so that it holds for each route and each error alike. What a handler has set itself
stays. It runs for every request, hence plain lists in place of werkzeug's Headers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

    from workouts_api.config import Settings

Headers = list[tuple[str, str]]

NO_STORE = "no-store"  # where secrets are: signing in, and what goes wrong, whose cause may be gone in a moment
PERSONAL = "private, no-cache"  # what is kept belongs to one person, and is asked for again by its ETag
_NEVER_KEPT = ("/api/v1/auth/", "/health")

# What a reply depends on besides its address; nginx compresses it.
VARY = "Accept-Encoding, Authorization, Cookie, X-API-Key"
# JSON loads nothing, stands in no frame and sends no form.
NOTHING_ALLOWED = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
HSTS = "max-age=31536000"  # a year, RFC 6797 §6.1; other hosts of the domain are not the API's to decide about

WITHOUT_APPLICATION: Headers = [
    ("Cache-Control", NO_STORE),
    ("Vary", VARY),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", NOTHING_ALLOWED),
]
"""Of a reply that the server gives by itself, to what is no request."""


# What pages of allowed origins may read, besides what any page may.
_READABLE = (
    "Deprecation, ETag, Idempotent-Replayed, Link, Location, Retry-After, Server-Timing, Sunset, WWW-Authenticate, "
    "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Read-After, X-Request-ID"
)


def allowed_to(origin: str) -> Headers:
    """What lets a page of this origin read a reply."""
    return [("Access-Control-Allow-Origin", origin), ("Access-Control-Expose-Headers", _READABLE)]


class ReplyHeaders:
    """Gives every reply of a WSGI application its headers."""

    def __init__(self, application: WSGIApplication, settings: Settings) -> None:
        self._application = application
        self._vary = f"{VARY}, Origin" if settings.cors_origins else VARY
        self._always_https = (settings.public_url or "").startswith("https:")

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        def start(status: str, headers: Headers, exc_info: Any = None) -> Any:
            self._complete(status, headers, environ)
            return start_response(status, headers, exc_info)

        return self._application(environ, start)

    def _complete(self, status: str, headers: Headers, environ: WSGIEnvironment) -> None:
        there = {name.lower(): value for name, value in headers}
        if status[:3] in ("204", "304") or there.get("content-length") == "0":
            headers[:] = [header for header in headers if header[0].lower() != "content-type"]  # of no body
        if "cache-control" not in there:
            is_kept = status[0] < "4" and not environ["PATH_INFO"].startswith(_NEVER_KEPT)
            headers.append(("Cache-Control", PERSONAL if is_kept else NO_STORE))
        if "vary" in there:
            headers[:] = [header for header in headers if header[0].lower() != "vary"]
        headers += (
            ("Vary", f"{there['vary']}, {self._vary}" if "vary" in there else self._vary),
            ("X-Content-Type-Options", "nosniff"),
            ("Referrer-Policy", "no-referrer"),
        )
        if "content-security-policy" not in there:
            headers.append(("Content-Security-Policy", NOTHING_ALLOWED))
        if self._always_https or environ["wsgi.url_scheme"] == "https":
            headers.append(("Strict-Transport-Security", HSTS))
