"""Settings that weaken production. Each is refused there, unless a setting made for it allows it.

Owns only the judgement. workouts_api.config reads the settings and names all problems in one message.
"""

from __future__ import annotations

import ipaddress
import itertools
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    import psycopg

    from workouts_api.config import Settings

MIN_SECRET_BYTES = 32  # RFC 7518 §3.2: an HS256 key is at least as long as the hash
_PLACEHOLDER = re.compile(r"(?i)change.?me|secret.?key|example|password|^(.)\1*$")
_ENCRYPTED = frozenset({"require", "verify-ca", "verify-full"})
_WORD = re.compile(r"[a-z]{4,}|[A-Z]{4,}|[A-Z][a-z]{3,}")
_COMMON_LETTERS = frozenset("etaoinshrdlu")  # 80 % of the letters of English prose, less than half of random ones

Weakness = tuple[str, str]
"""The setting that allows the weakness, and a description of the weakness."""


def weaknesses(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """A sentence for each weakness that is not allowed. It names the setting that would allow it."""
    found = [
        *_weak_secrets(settings),
        *_no_limits(settings),
        *_plain_addresses(settings),
        *_plain_database(settings, environ),
        *_plain_servers(settings),
    ]
    return [
        f"{weakness} in production; {name.upper()}=true allows it"
        for name, weakness in found
        if not getattr(settings, name)
    ]


# ── secrets ─────────────────────────────────────────────────────────────────────────────────────────────────


def is_placeholder(secret: str) -> bool:
    """Whether a secret looks like a placeholder of an example."""
    return _PLACEHOLDER.search(secret) is not None


def is_guessable(secret: str) -> bool:
    """Whether a secret is easy to guess although it is long: few different characters, repeats, runs or words."""
    triples = [secret[at : at + 3] for at in range(len(secret) - 2)]
    steps = [abs(ord(a) - ord(b)) for a, b in itertools.pairwise(secret)]
    return (
        len(set(secret)) < 8  # 32 random hexadecimal digits have 14 different ones, 40 decimal digits have nine or ten
        or len(set(triples)) < 0.75 * len(triples)
        or sum(step == 1 for step in steps) > 0.5 * len(steps)
        or _is_prose(secret)
    )


def _is_prose(text: str) -> bool:
    """Whether most of the text is words: separated by spaces, or runs of mostly common letters of one case."""
    if text.count(" ") > 1:
        return True
    letters = "".join(_WORD.findall(text)).lower()
    return len(letters) > 0.6 * len(text) and sum(c in _COMMON_LETTERS for c in letters) > 0.65 * len(letters)


def _weak_secrets(settings: Settings) -> Iterator[Weakness]:
    allowed_by = "allow_weak_secrets"
    keys = {"JWT_SECRET_KEY": [settings.jwt_secret_key], "JWT_NEXT_SECRET_KEY": [settings.jwt_next_secret_key],
            "JWT_OLD_SECRET_KEYS": settings.jwt_old_secret_keys}  # fmt: skip
    for name, some in keys.items():
        # What is short or a placeholder is named as that, everywhere: two sentences would look like two mistakes.
        if any(is_guessable(key) for key in some if len(key.encode()) >= MIN_SECRET_BYTES and not is_placeholder(key)):
            expected = "expected what `openssl rand -base64 48` makes"
            yield allowed_by, f"{name} is long, but can be guessed: {expected}"
    for name in ("database_url", "database_direct_url", "database_replica_url", "console_database_url", "redis_url"):
        parts = urlsplit(getattr(settings, name) or "")
        if parts.password is not None and _is_weak_password(unquote(parts.password), parts.username):
            yield allowed_by, f"{name.upper()} holds a password that can be guessed: expected a random one"
    if settings.smtp_password and _is_weak_password(settings.smtp_password, settings.smtp_user):
        yield allowed_by, "SMTP_PASSWORD can be guessed: expected a random one"


def _is_weak_password(password: str, user: str | None) -> bool:
    return len(password) < 8 or password == unquote(user or "") or is_placeholder(password)


# ── limits and ways ─────────────────────────────────────────────────────────────────────────────────────────


def _no_limits(settings: Settings) -> Iterator[Weakness]:
    if not settings.rate_limits:
        yield "allow_no_rate_limits", "RATE_LIMITS holds false: expected true"


def _plain_addresses(settings: Settings) -> Iterator[Weakness]:
    if not settings.public_url:
        yield "allow_plain_public_url", "PUBLIC_URL is not set: expected the API's https:// address, which mails name"
    for name in ("public_url", "app_url"):
        url = getattr(settings, name)
        if url and urlsplit(url).scheme != "https":
            yield "allow_plain_public_url", f"{name.upper()} holds '{url}': expected an https:// address"
    for origin in settings.cors_origins:
        if urlsplit(origin).scheme != "https":
            yield "allow_plain_origins", f"CORS_ORIGINS holds '{origin}': expected https:// origins"


def _plain_database(settings: Settings, environ: Mapping[str, str]) -> Iterator[Weakness]:
    """A connection without encryption. The SSH tunnel or TLS encrypts; loopback and unix sockets need neither."""
    for name in ("database_url", "database_direct_url", "database_replica_url", "console_database_url"):
        url = getattr(settings, name)
        if url and not settings.ssh_host and _is_plain(url, environ):
            yield (
                "allow_plain_database",
                f"{name.upper()} leads over the network without encryption: expected sslmode=verify-full, or SSH_HOST,",
            )


def _is_plain(url: str, environ: Mapping[str, str]) -> bool:
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        given: dict[str, Any] = conninfo_to_dict(url)
    except ProgrammingError:
        return False  # libpq reports the mistake when it connects
    mode = given.get("sslmode") or environ.get("PGSSLMODE")
    if mode in _ENCRYPTED or (given.get("gssencmode") or environ.get("PGGSSENCMODE")) == "require":
        return False
    return not _are_here(given, environ)


def is_on_this_host(url: str) -> bool:
    """Whether all servers that the URL names are on this host, by a socket or by loopback."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        return _are_here(conninfo_to_dict(url), {})
    except ProgrammingError:
        return False


def _are_here(given: Mapping[str, Any], environ: Mapping[str, str]) -> bool:
    hosts = given.get("hostaddr") or given.get("host") or environ.get("PGHOSTADDR") or environ.get("PGHOST") or ""
    return all(_is_here(host) for host in str(hosts).split(","))


def _plain_servers(settings: Settings) -> Iterator[Weakness]:
    if settings.smtp_host and settings.smtp_tls == "none" and not _is_here(settings.smtp_host):
        yield "allow_plain_mail", "SMTP_TLS holds none, and mails hold tokens: expected starttls or tls"
    redis = urlsplit(settings.redis_url or "")
    if redis.scheme == "redis" and not _is_here(redis.hostname or ""):
        yield "allow_plain_redis", "REDIS_URL leads over the network without encryption: expected rediss://"


def _is_here(host: str) -> bool:
    """Whether a host is this machine: the folder of a unix socket, or a loopback address."""
    host = host.strip("[] ")
    if not host or host[0] in "/@" or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


# ── the database's role ─────────────────────────────────────────────────────────────────────────────────────


TOO_STRONG = (
    "DATABASE_URL signs in as a superuser or as the schema's owner, whom nothing in the database holds back:"
    " expected workouts_app in production; ALLOW_SUPERUSER_ROLE=true allows it"
)


class RoleRefused(Exception):
    """The database's role may do too much; str() says what was expected."""


class RoleCheck:
    """Checks the role of every new connection. It reads parameters that the server sends anyway, so it costs no trip.

    These show only whether the role is a superuser. Readiness checks more, see queries/health/get_health.sql.
    """

    def __init__(self, settings: Settings) -> None:
        self.is_strict = settings.is_production and not settings.allow_superuser_role
        self.has_refused = False

    def __call__(self, connection: psycopg.Connection[Any]) -> None:
        """:raises RoleRefused: when the role is a superuser."""
        if self.is_strict and connection.info.parameter_status("is_superuser") == "on":
            self.has_refused = True
            raise RoleRefused(TOO_STRONG)
        self.has_refused = False
