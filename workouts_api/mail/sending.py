"""Sends mails: to the configured server, or, where there is none, into a folder as .eml files."""

from __future__ import annotations

import os
import secrets
import smtplib
import ssl
import time
from collections.abc import Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from workouts_api.config import Settings
from workouts_api.config.private_files import in_place_of
from workouts_api.jobs.job import GiveUp, Job
from workouts_api.logs import log
from workouts_api.mail.kinds import KINDS
from workouts_api.mail.rendering import compose

PATIENCE = 30.0  # seconds for each answer of the mail server


class Undeliverable(GiveUp):
    """The mail server refuses this mail for good."""


def send_mail(job: Job, *, kind: str, args: Mapping[str, Any]) -> None:
    """Finds out what there is to tell, and sends it. A temporary refusal is raised, for the worker to try again.

    :raises Undeliverable: for a kind that there is not, an address that is none, or a refusal for good (5xx).
    """
    if kind not in KINDS:
        raise Undeliverable(f"there is no mail of the kind {kind}")
    mail = KINDS[kind](**args)
    if mail is None:
        log.info("mail no longer wanted", kind=kind, job_id=job.id)
        return
    try:
        message = compose(kind, mail, job.settings)
    except ValueError as error:
        raise Undeliverable(str(error)) from None
    if job.settings.smtp_host:
        _send(message, job.settings)
    else:
        write(message, job.settings.mail_folder)


def _send(message: EmailMessage, settings: Settings) -> None:
    with _connect(settings) as server:
        try:
            server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from None
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from None
        except smtplib.SMTPNotSupportedError as error:  # an address beyond ASCII
            raise Undeliverable(str(error)) from None


def _connect(settings: Settings) -> smtplib.SMTP:
    """A connection, encrypted and signed in as configured. A failure of either is not the mail's fault, so the mail is
    tried again."""
    context = ssl.create_default_context()
    host, port = settings.smtp_host or "", settings.mail_port
    if settings.smtp_tls == "tls":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, port, timeout=PATIENCE, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=PATIENCE)
    try:
        if settings.smtp_tls == "starttls":
            server.starttls(context=context)
        if settings.smtp_user and settings.smtp_password:
            server.login(settings.smtp_user, settings.smtp_password)
    except BaseException:
        server.close()
        raise
    return server


def _refusal(code: int, said: bytes | str) -> Exception:
    """RFC 5321 §4.2.1: 4xx may be tried again, 5xx not."""
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    told = f"the mail server answered {code} {' '.join(words.split())}"
    return Undeliverable(told) if code >= 500 else ConnectionError(told)


def write(message: EmailMessage, folder: Path) -> Path:
    """Puts the mail into the folder as a whole, or not at all; names sort by time."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{time.time_ns()}-{secrets.token_hex(2)}.eml"
    draft = path.with_suffix(".part")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    with in_place_of(path, draft), os.fdopen(os.open(draft, flags, 0o600), "wb") as file:
        file.write(message.as_bytes())
    return path
