"""An application that verifies addresses, and the tokens in its mails."""

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
    """A client without an account, for an application that verifies addresses."""
    return Client(verifying_app.test_client())


@pytest.fixture
def mailed(outbox: Callable[[], list[EmailMessage]]) -> Callable[[], tuple[str, str, str]]:
    """The one mail sent since the last call: its recipient, subject and token ("" for none)."""

    def read() -> tuple[str, str, str]:
        (mail,) = outbox() or outbox()  # the first job may send no mail itself, but queue another job for it
        body = mail.get_body(("plain",))
        assert body is not None
        token = re.search(r"^    (\S{43})\s*$", body.get_content(), re.MULTILINE)
        return mail["To"], mail["Subject"], token[1] if token else ""

    return read
