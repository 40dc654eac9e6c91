"""The admin listener in this process, and who asks it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from workouts_api.admin.listener import admin_listener
from workouts_api.config import load_settings


class Said(NamedTuple):
    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _Connection(http.client.HTTPConnection):
    def __init__(self, url: str) -> None:
        super().__init__(urlsplit(url).netloc or "localhost", timeout=20)
        self._path = url.removeprefix("unix:") if url.startswith("unix:") else None

    def connect(self) -> None:
        if self._path is None:
            super().connect()
        else:
            self.sock = socket.socket(socket.AF_UNIX)
            self.sock.connect(self._path)


def ask(url: str, path: str, method: str = "GET", body: str | None = None, **headers: str) -> Said:
    connection = _Connection(url)
    try:
        connection.request(method, path, body, headers=headers)
        reply = connection.getresponse()
        return Said(reply.status, dict(reply.headers), reply.read().decode())
    finally:
        connection.close()


@pytest.fixture
def listening(environ: dict[str, str]) -> Iterator[Callable[..., str]]:
    """Starts the listener with these settings, and gives its URL."""
    with ExitStack() as stack:

        def start(**variables: str) -> str:
            settings = load_settings({**environ, "PORT": "0", **variables})
            url, _ = stack.enter_context(admin_listener(settings, lambda: settings, lambda: 0.0))
            assert url is not None
            return url

        yield start
