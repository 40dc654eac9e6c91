"""An application that verifies addresses, and the tokens that its mails hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from email.message import EmailMessage

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from workouts_api import create_app
from workouts_api.config import load_settings


@pytest.fixture(scope="session")
def verifying_app(environ: dict[str, str]) -> Iterator[Flask]:
    app = create_app(load_settings({**environ, "VERIFY_EMAIL": "true"}))
    app.extensions["database"].open()
    yield app
    app.extensions["database"].close()


@pytest.fixture
def newcomer(verifying_app: Flask, database: psycopg.Connection) -> Client:
    """Somebody without an account, where addresses are verified."""
    return Client(verifying_app.test_client())


@pytest.fixture
def mailed(outbox: Callable[[], list[EmailMessage]]) -> Callable[[], tuple[str, str, str]]:
    """The one mail that was sent since: to whom, its subject, its token ("" for none)."""

    def read() -> tuple[str, str, str]:
        (mail,) = outbox() or outbox()  # a mail may turn out to be another one, deferred as the first ended
        body = mail.get_body(("plain",))
        assert body is not None
        token = re.search(r"^    (\S{43})\s*$", body.get_content(), re.MULTILINE)
        return mail["To"], mail["Subject"], token[1] if token else ""

    return read
