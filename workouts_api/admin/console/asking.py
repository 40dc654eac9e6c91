"""A request to the console, read from what the listener got."""

from __future__ import annotations

from collections.abc import Mapping
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

MOST_FIELDS = 20


class Asked(NamedTuple):
    """A request, as far as the console needs it."""

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    cookies: Mapping[str, str]
    port: str
    """That of the address which the browser shows: empty where it shows none."""
    is_of_another_site: bool


def read_request(method: str, path: str, query: str, form: bytes, headers: Message) -> Asked:
    """What cannot be read is left out: the page then misses it."""
    return Asked(
        method,
        path,
        _fields(query),
        _fields(form.decode("utf-8", "replace")),
        _cookies(headers.get("Cookie", "")),
        _port(headers.get("Host", "")),
        _is_of_another_site(headers),
    )


def _fields(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def _cookies(text: str) -> dict[str, str]:
    try:
        return {name: one.value for name, one in SimpleCookie(text).items()}
    except CookieError:
        return {}


def _port(host: str) -> str:
    port = host.rpartition("]")[2].rpartition(":")[2] if ":" in host else ""
    return port if port.isascii() and port.isdigit() and len(port) <= 5 else ""


def _is_of_another_site(headers: Message) -> bool:
    """Whether a form was sent by a page of another site. Browsers name the page's origin with every POST."""
    origin = headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("Host", "")
