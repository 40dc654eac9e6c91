"""Looks at the certificates that clients of this host, and this host as a client, meet."""

from __future__ import annotations

import contextlib
import datetime as dt
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from cryptography import x509
from psycopg.conninfo import conninfo_to_dict

from workouts_api.config import Settings
from workouts_api.doctor.finding import Finding, fine, warning, wrong

PATIENCE = 3.0  # s for a server's answer
SOON_DAYS = 14  # ACME renews 30 days before the end: when two weeks are left, it has failed for a fortnight
SSL_REQUEST = struct.pack("!ii", 8, 80877103)  # PostgreSQL's SSLRequest


@dataclass(frozen=True)
class Place:
    """A server that shows a certificate.

    :param is_verified: whether the host's authorities must vouch for it. libpq has its own rules.
    :param prepare: what comes on the connection before TLS does.
    """

    name: str
    host: str
    port: int
    is_verified: bool = True
    prepare: Callable[[socket.socket], None] = lambda _: None


def look_at_certificates(settings: Settings) -> Iterator[Finding]:
    for place in places(settings):
        yield look_at(place)


def places(settings: Settings) -> Iterator[Place]:
    for name, url, port in (("PUBLIC_URL", settings.public_url, 443), ("REDIS_URL", settings.redis_url, 6379)):
        parts = urlsplit(url or "")
        if parts.scheme in ("https", "rediss") and parts.hostname:
            yield Place(name, parts.hostname, parts.port or port)
    if settings.smtp_host and settings.smtp_tls != "none":
        prepare = _start_tls if settings.smtp_tls == "starttls" else lambda _: None
        yield Place("SMTP_HOST", settings.smtp_host, settings.mail_port, prepare=prepare)
    if settings.database_url and not settings.ssh_host:
        fields = conninfo_to_dict(settings.database_url)
        host = str(fields.get("hostaddr") or fields.get("host") or "")
        if fields.get("sslmode") in ("require", "verify-ca", "verify-full") and host and host[0] not in "/@":
            yield Place("DATABASE_URL", host, int(fields.get("port") or 5432), is_verified=False, prepare=_ask_for_tls)


def look_at(place: Place) -> Finding:
    part = f"certificate of {place.host}:{place.port}"
    try:
        return judge(place, part, _end_of(place) - dt.datetime.now(dt.UTC))
    except ssl.SSLCertVerificationError as error:
        return wrong(part, f"is refused: {error.verify_message}", f"renew it, or mend {place.name} or SSL_CERT_FILE")
    except (OSError, ValueError) as error:
        todo = f"find out whether this host may reach {place.name}"
        return warning(part, f"could not be seen: {error}", todo)


def judge(place: Place, part: str, left: dt.timedelta) -> Finding:
    said = f"{place.name}: valid for {left.days} more days"
    if left.total_seconds() <= 0:
        return wrong(part, f"{place.name}: has expired", "renew it, then reload what shows it")
    if left.days < SOON_DAYS:
        return warning(part, said, "renew it: what should renew it seems to have failed")
    return fine(part, said)


def _end_of(place: Place) -> dt.datetime:
    """When the certificate of a server ends. :raises OSError: as sockets and ssl do."""
    context = ssl.create_default_context()
    if not place.is_verified:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    with contextlib.closing(socket.create_connection((place.host, place.port), PATIENCE)) as bare:
        place.prepare(bare)
        with context.wrap_socket(bare, server_hostname=place.host) as wrapped:
            shown = wrapped.getpeercert(binary_form=True)
    if shown is None:
        raise ValueError("it shows no certificate")
    return x509.load_der_x509_certificate(shown).not_valid_after_utc


def _ask_for_tls(bare: socket.socket) -> None:
    bare.sendall(SSL_REQUEST)
    if bare.recv(1) != b"S":
        raise ValueError("the server offers no TLS")


def _start_tls(bare: socket.socket) -> None:
    """SMTP's STARTTLS, without a client that would want the connection for itself."""
    with bare.makefile("rb") as replies:
        for command in ("", "EHLO localhost\r\n", "STARTTLS\r\n"):
            bare.sendall(command.encode())
            line = replies.readline(1000)
            while line[3:4] == b"-":
                line = replies.readline(1000)
            if not line.startswith(b"2"):
                raise ValueError(f"it answered {line.decode('utf-8', 'replace').strip()!r} before TLS")
