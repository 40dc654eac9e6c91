"""A real mail server on a local port."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from typing import Any

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from flask import Flask

from workouts_api.config import Settings
from workouts_api.jobs.worker import run_worker
from workouts_api.tasks import TASKS

USER, PASSWORD = "workouts", "a password of the mail server"


@dataclass
class MailServer:
    """Accepts mails. If :attr:`refusal` is set, it gives this answer to the recipient instead.

    :param delay: seconds before it answers.
    """

    port: int = 0
    refusal: str | None = None
    delay: float = 0.0
    asked: int = 0
    taken: list[EmailMessage] = field(default_factory=list)
    users: list[str | None] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 – aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.asked += 1
        await asyncio.sleep(self.delay)
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 – likewise
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.taken.append(email.message_from_bytes(content, policy=email.policy.default))
        self.users.append(session.auth_data and session.auth_data.login.decode())
        return "250 OK"


def _knows(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: Any) -> AuthResult:
    known = isinstance(given, LoginPassword) and (given.login, given.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=known, handled=True, auth_data=given)


class _AnyPort(Controller):
    """Listens on a port that the system chooses. aiosmtpd itself would check the port number that it was given."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


StartServer = Callable[..., MailServer]


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts mail servers. Keywords such as ``tls_context`` go to aiosmtpd's SMTP."""
    with ExitStack() as stack:

        def start(**options: Any) -> MailServer:
            server = MailServer()
            controller = _AnyPort(server, hostname="127.0.0.1", port=0, authenticator=_knows, **options)
            controller.start()
            stack.callback(controller.stop)
            server.port = controller.port
            return server

        yield start


Send = Callable[..., list[tuple[str, int]]]


@pytest.fixture
def send(app: Flask, settings: Settings, database: psycopg.Connection[Any]) -> Send:
    """Queues a mail to a user and lets the worker send it. Returns the job's status and attempts."""

    def work(kind: str = "email_taken", *, address: str = "ada@example.com", **changed: Any) -> list[tuple[str, int]]:
        row = database.execute(
            "insert into users (email, username, full_name) values (%(email)s, %(name)s, 'Ada <Lovelace>') "
            "on conflict (lower(email)) do update set full_name = excluded.full_name returning id",
            {"email": address, "name": address.replace("@", " at ")},
        ).fetchone()
        assert row is not None
        database.execute("select defer_mail(%s, json_build_object('user_id', %s::bigint))", [kind, row[0]])
        mine = replace(settings, **changed)
        run_worker(mine, settings.database_url or "", app.extensions["database"], TASKS, wait=False)
        return database.execute(
            "select status::text, attempts from jobs.procrastinate_jobs where task_name = 'send_mail'"
        ).fetchall()

    return work
