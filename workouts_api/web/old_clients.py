"""What old clients need: methods that their libraries or proxies cannot send, and notice of what will go.

Java's HttpURLConnection sends no PATCH, and some proxies let only GET and POST through. Such clients send POST with
``X-HTTP-Method-Override``. From here on the request has the method that is meant, so its rights, its CSRF check, its
deadline and its line in the log are those of that method.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, request

from workouts_api.database import Caller, found_caller
from workouts_api.errors import BadRequest
from workouts_api.logs import log
from workouts_api.logs.deprecations import EVENT

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

OVERRIDE = "HTTP_X_HTTP_METHOD_OVERRIDE"
_MEANT = frozenset({"PUT", "PATCH", "DELETE"})
_LONGEST_AGENT = 200  # characters of a user agent that tell which program it is


@dataclass(frozen=True)
class Deprecation:
    """An operation that will go.

    :param since: the day from which clients should use something else.
    :param sunset: the day from which it may be gone; a year later at least.
    :param instead: what clients use in its place, in a sentence.
    """

    since: dt.date
    sunset: dt.date
    instead: str

    @property
    def headers(self) -> list[tuple[str, str]]:
        """RFC 9745 and RFC 8594; the page that says more is the list of operations."""
        since, sunset = (dt.datetime.combine(day, dt.time(), dt.UTC) for day in (self.since, self.sunset))
        return [
            ("Deprecation", f"@{int(since.timestamp())}"),
            ("Sunset", format_datetime(sunset, usegmt=True)),
            ("Link", '</docs>; rel="deprecation"; type="text/html"'),
        ]


DEPRECATED: dict[tuple[str, str], Deprecation] = {}
"""By method and rule, such as ``("GET", "/api/v1/sessions/<int:session_id>")``. Empty: nothing of v1 will go yet."""


class MethodOverride:
    """Gives a request the method that it means."""

    def __init__(self, application: WSGIApplication) -> None:
        self._application = application

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if OVERRIDE in environ and environ["REQUEST_METHOD"] == "POST" and environ[OVERRIDE].upper() in _MEANT:
            environ["REQUEST_METHOD"] = environ.pop(OVERRIDE).upper()
        return self._application(environ, start_response)


def refuse_override(environ: WSGIEnvironment) -> None:
    """:raises BadRequest: when the header is still there: the request cannot mean what it says."""
    if OVERRIDE in environ:
        raise BadRequest("X-HTTP-Method-Override is read with POST alone, and means PUT, PATCH or DELETE.")


def init_app(app: Flask) -> None:
    app.wsgi_app = MethodOverride(app.wsgi_app)  # type: ignore[method-assign] # Flask's way

    @app.after_request
    def tell(response: Response) -> Response:
        who = found_caller() if DEPRECATED else None
        found = DEPRECATED.get((who.method, who.route or "")) if who is not None else None
        if who is not None and found is not None:
            response.headers.extend(found.headers)
            log.info(EVENT, **_who_calls(who))
        return response


def _who_calls(who: Caller) -> dict[str, Any]:
    return {
        "method": who.method,
        "route": who.route,
        "user_id": who.user_id,
        "key_id": who.key.id if who.key is not None else None,
        "user_agent": request.headers.get("User-Agent", "")[:_LONGEST_AGENT],
        "request_id": who.request_id,
    }
