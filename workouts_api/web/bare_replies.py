"""Whole replies to requests that never reach the application, in the application's envelope."""

from __future__ import annotations

from functools import cache

import orjson

from workouts_api.errors import ApiError, Overloaded
from workouts_api.web.reply_headers import WITHOUT_APPLICATION, allowed_to

_REASONS = {
    400: "Bad Request", 403: "Forbidden", 408: "Request Timeout", 414: "URI Too Long", 417: "Expectation Failed",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
    503: "Service Unavailable",
}  # fmt: skip


def bare_reply(
    refusal: ApiError, request_id: str, *, with_body: bool = True, goes_on: bool = False, origin: str = ""
) -> bytes:
    """The whole reply to a request that the application does not get.

    :param goes_on: whether another request may follow on the connection.
    :param origin: of the page that may read the reply.
    """
    body = orjson.dumps(
        {"error": refusal.code, "message": refusal.message, "details": refusal.details, "request_id": request_id}
    )
    always = "".join(f"{name}: {value}\r\n" for name, value in (*refusal.headers.items(), *WITHOUT_APPLICATION))
    if origin:
        always += "".join(f"{name}: {value}\r\n" for name, value in (("Vary", "Origin"), *allowed_to(origin)))
    connection = "keep-alive" if goes_on else "close"
    head = (
        f"HTTP/1.1 {refusal.status} {_REASONS[refusal.status]}\r\nConnection: {connection}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{always}"
        f"X-Request-ID: {request_id}\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")


_PLACE = "@" * 24


@cache
def _overloaded(*, with_body: bool, goes_on: bool) -> bytes:
    return bare_reply(Overloaded(), _PLACE, with_body=with_body, goes_on=goes_on)


def overloaded(request_id: str, *, with_body: bool, goes_on: bool, origin: str = "") -> bytes:
    """The reply to a request that is refused in an overload. It is made once, but for the request's id."""
    if origin or len(request_id) != len(_PLACE):  # the body's length depends on it
        return bare_reply(Overloaded(), request_id, with_body=with_body, goes_on=goes_on, origin=origin)
    return _overloaded(with_body=with_body, goes_on=goes_on).replace(_PLACE.encode(), request_id.encode())
