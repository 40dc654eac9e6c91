"""A client for one API: JSON over http or https, each request with a bound in time."""

from __future__ import annotations

import http.client
import json
import secrets
import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

LONGEST_REPLY = 1_000_000  # bytes; what the walk reads has some thousands
LONGEST_WORDS = 500  # bytes of a reply that are shown


class SmokeError(Exception):
    """A request was not answered as it should be. The message says which, and how."""


@dataclass
class Client:
    """Where the API is, and as whom requests are sent.

    :raises SmokeError: when the URL is no address by http or https.
    """

    url: str
    timeout: float
    token: str = ""
    _prefix: str = field(init=False, default="")

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:  # a port that is none
            is_valid = False
        if not is_valid or parts.query or parts.fragment:
            raise SmokeError(f"{self.url!r} is no address of an API: expected one like https://api.example.com")
        self._prefix = parts.path.rstrip("/")

    def ask(self, method: str, path: str, body: Any = None, *, expected: tuple[int, ...] = (200,)) -> dict[str, Any]:
        """A request with a JSON body, if there is one; the reply's JSON.

        :raises SmokeError: when it is not answered, or with another status.
        """
        content = b"" if body is None else json.dumps(body).encode()
        return self._send(method, path, content, "application/json", expected)

    def upload(self, path: str, name: str, text: str, *, expected: tuple[int, ...]) -> dict[str, Any]:
        """A request with a file, as a form has it."""
        boundary = secrets.token_hex(16)
        head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: text/csv\r\n\r\n{text}\r\n--{boundary}--\r\n".encode()
        return self._send("POST", path, body, f"multipart/form-data; boundary={boundary}", expected)

    def _send(self, method: str, path: str, body: bytes, kind: str, expected: tuple[int, ...]) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body:
            headers["Content-Type"] = kind
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body or None, headers)
            reply = connection.getresponse()
            content = reply.read(LONGEST_REPLY)
        except (OSError, http.client.HTTPException) as error:
            raise SmokeError(f"{method} {path}: {error or type(error).__name__}") from None
        finally:
            connection.close()
        found = _parsed(content)
        if reply.status not in expected:
            wanted = " or ".join(map(str, expected))
            told = f"{method} {path} answered {reply.status}, expected {wanted}: {_said(content, found)}"
            raise SmokeError(f"{told} (request {reply.headers.get('X-Request-ID', 'without id')})")
        if found is None:
            raise SmokeError(f"{method} {path} answered no JSON: {content[:200]!r}")
        return found

    def _connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        host, port = parts.hostname or "", parts.port
        if parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=self.timeout, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=self.timeout)


def _said(content: bytes, found: dict[str, Any] | None) -> str:
    """What the reply says of itself: the envelope's message and details, or its beginning."""
    if found is None or "message" not in found:
        return content[:LONGEST_WORDS].decode("utf-8", "replace").strip()
    return f"{found['message']} {found.get('details') or ''}".strip()


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(content or b"{}")
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
