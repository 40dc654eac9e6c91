"""A browser at the pages: it has cookies and no header."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.conftest import Client
from tests.pages.reading import Element, read


@dataclass
class Browser:
    http: FlaskClient
    trips: int = 0
    """Of the last request."""

    def get(self, address: str, /, **query: Any) -> TestResponse:
        with self.http:
            asked = {name.rstrip("_"): value for name, value in query.items()}
            reply = self.http.get(address, query_string=asked or None)
            self.trips = g.caller.trips
        return reply

    def page(self, address: str, *, status: int = 200, **query: Any) -> Element:
        reply = self.get(address, **query)
        assert reply.status_code == status, reply.text
        assert reply.content_type == "text/html; charset=utf-8"
        return read(reply.text)

    def submit(self, address: str, **fields: str) -> TestResponse:
        return self.http.post(address, data=fields)


@pytest.fixture
def browser(app: Flask, database: Any) -> Browser:
    """A browser of nobody."""
    return Browser(app.test_client())


@pytest.fixture
def browser_of(app: Flask) -> Callable[[Client], Browser]:
    """A browser whose access cookie is a member's of the cast."""

    def make(who: Client) -> Browser:
        http = app.test_client()
        http.set_cookie("access_token_cookie", who.token, path="/")
        return Browser(http)

    return make
