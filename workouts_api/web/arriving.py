"""The bytes of a request before a thread takes it. A worker's main loop reads them as they come.

A thread is given a request whose head is there, and its body too where it is small. So a client that sends a byte a
second holds a connection, and no thread.
"""

from __future__ import annotations

import re

SLOWEST = 1024  # bytes a second that a client must send; slower is a stalled network or an attack
HEAD_WITHIN = 10.0  # seconds from a request's first byte for its head, which is one packet or two
SMALL_BODY = 64 * 1024
MOST_HEAD = 64 * 1024  # of a larger head a thread reads the rest, at SLOWEST or faster
_LONGEST_LINE = 8192  # gunicorn refuses a longer one without waiting for its end

_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,9})[ \t]*\r\n", re.IGNORECASE)
_EXPECTS = re.compile(rb"\r\nexpect:", re.IGNORECASE)
_CLOSES = re.compile(rb"\r\nconnection:[^\r]*close")
_REQUEST_ID = re.compile(rb"\r\nx-request-id:[ \t]*([A-Za-z0-9._:/+=@-]{1,128})[ \t]*\r\n", re.IGNORECASE)
_ORIGIN = re.compile(rb"\r\norigin:[ \t]*([\x21-\x7e]{1,300})[ \t]*\r\n", re.IGNORECASE)
_LINE = re.compile(rb"([A-Z]{1,10}) ([^ ?\r\n]{1,200})")


def is_whole(data: bytes) -> bool:
    """Whether a thread can take the request now, without waiting for a slow client."""
    end = data.find(_END)
    if end < 0:
        return len(data) >= MOST_HEAD or (len(data) > _LONGEST_LINE and data.find(b"\r\n", 0, _LONGEST_LINE) < 0)
    if data.startswith(b"GET "):
        return True
    length = _body_length(data, end)
    return length > SMALL_BODY or len(data) >= end + 4 + length or _EXPECTS.search(data, 0, end + 2) is not None


def time_allowed(received: int, at_first: float = HEAD_WITHIN) -> float:
    """Seconds from a request's first byte within which so many bytes of it must have come."""
    return min(HEAD_WITHIN, at_first) + received / SLOWEST


def can_go_on(data: bytes) -> bool:
    """Whether another request can follow on the connection if this one is refused without being parsed."""
    end = data.find(_END)
    if end < 0 or data.find(b" HTTP/1.1\r\n", 0, _LONGEST_LINE) < 0:
        return False
    if len(data) != end + 4 and len(data) != end + 4 + _body_length(data, end):
        return False
    head = data[: end + 2].lower()  # searches for plain bytes are ten times as fast as those that ignore case
    if b"content-length:" in head and len(data) != end + 4 + _body_length(data, end):
        return False
    if b"\r\ntransfer-encoding:" in head or b"\r\nexpect:" in head:
        return False
    return b"close" not in head or _CLOSES.search(head) is None


def request_id_in(data: bytes) -> str | None:
    """The id that the client has given its request."""
    end = data.find(_END) + 2
    if b"x-request-id" not in data[:end].lower():
        return None
    found = _REQUEST_ID.search(data, 0, end)
    return found[1].decode() if found else None


def origin_in(data: bytes) -> str:
    """The origin of the page that asks, though its head may not be complete; empty: it says none."""
    end = data.find(_END)
    found = _ORIGIN.search(data, 0, end + 2 if end >= 0 else len(data))
    return found[1].decode() if found else ""


def method_and_path_in(data: bytes) -> tuple[str, str]:
    """Of the request's first line, for the log."""
    found = _LINE.match(data)
    return (found[1].decode("latin-1"), found[2].decode("latin-1")) if found else ("", "")


def _body_length(data: bytes, end: int) -> int:
    """0 where two lengths are named, too: the parser refuses that head, and waits for no body."""
    found = _LENGTH.search(data, 0, end + 2)
    if found is None or _LENGTH.search(data, found.end() - 2, end + 2):
        return 0
    return int(found[1])
