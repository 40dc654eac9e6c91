"""Parsers of settings: each takes a text and returns a value, or raises ValueError that says what was expected."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

_DURATION = re.compile(r"(?P<number>[0-9]+(\.[0-9]+)?)(?P<unit>ms|s|min)?$")
_DURATION_FACTOR = {None: 1.0, "ms": 0.001, "s": 1.0, "min": 60.0}


def text(value: str) -> str:
    return value


def path(value: str) -> Path:
    return Path(value).expanduser()


def words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def origins(value: str) -> tuple[str, ...]:
    origins = words(value)
    if not all(re.fullmatch(r"https?://[^/?#@*\s]+", origin) for origin in origins):
        raise ValueError("expected origins such as https://app.example.com, without a path, and no *")
    return origins


def hosts(value: str) -> tuple[str, ...]:
    hosts = words(value)
    if not all(
        re.fullmatch(r"(\.?[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?", host) for host in hosts
    ):
        raise ValueError("expected host names such as api.example.com, without a scheme, and no *")
    return hosts


def flag(value: str) -> bool:
    match value.strip().lower():
        case "1" | "true" | "yes" | "on":
            return True
        case "0" | "false" | "no" | "off":
            return False
    raise ValueError("expected true or false")


def whole(low: int, high: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,18}", value.strip()) or not low <= int(value) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}")
        return int(value)

    return parse


def seconds(low: float, high: float) -> Callable[[str], float]:
    def parse(value: str) -> float:
        match = _DURATION.match(value.strip())
        seconds = float(match["number"]) * _DURATION_FACTOR[match["unit"]] if match else -1.0
        if not low <= seconds <= high:
            raise ValueError(f"expected a duration from {low:g}s to {high:g}s, such as 500ms, 5s or 1min")
        return seconds

    return parse


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in choices:
            raise ValueError(f"expected one of {', '.join(choices)}")
        return value

    return parse


def url(*schemes: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in schemes:
            raise ValueError(f"expected a URL beginning with {' or '.join(s + '://' for s in schemes)}")
        _ = parts.port  # raises ValueError for an invalid port
        return value

    return parse


def postgres_url(value: str) -> str:
    """A URL of PostgreSQL that may name several hosts, as libpq understands it: postgresql://user@one:5432,two/name."""
    head, slashes, rest = value.partition("://")
    if head not in ("postgresql", "postgres") or not slashes:
        raise ValueError("expected a URL beginning with postgresql:// or postgres://")
    hosts = re.split("[/?]", rest, maxsplit=1)[0].rpartition("@")[2]
    for host in hosts.split(","):
        _ = urlsplit(f"postgresql://{host}").port  # raises ValueError for an invalid port
    return value


def listen(value: str) -> str:
    """A place to listen on: ``host:port``, the absolute path of a unix socket, or ``off``."""
    match = re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):([0-9]{1,5})", value)
    if value != "off" and not value.startswith("/") and not (match and int(match[2]) <= 65535):
        raise ValueError("expected host:port such as 127.0.0.1:8001, the path of a unix socket, or off")
    return value


def sender(value: str) -> str:
    address = parseaddr(value)[1]
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or "\n" in value:
        raise ValueError("expected an address, such as Workouts <workouts@example.com>")
    return value


def share(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise ValueError("expected a number from 0 to 1")
    return value
