"""Settings that contradict each other: one is missing that another needs, two exclude each other, or one is weak."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from workouts_api.config.private_files import is_file
from workouts_api.config.production import MIN_SECRET_BYTES, is_on_this_host, is_placeholder, weaknesses

if TYPE_CHECKING:
    from workouts_api.config import Settings


def contradictions(settings: Settings, environ: Mapping[str, str]) -> list[str]:
    """A sentence for each contradiction. It names the variable and what was expected."""
    problems = _key_problems(settings)
    problems += _order_problems(settings)
    problems += _address_problems(settings)
    if settings.ssh_host:
        problems += _tunnel_problems(settings)
    problems += _replica_problems(settings)
    problems += _mail_problems(settings)
    if settings.is_production:
        if settings.debug:
            problems.append("DEBUG holds true: expected false in production")
        if not settings.database_url:
            problems.append("DATABASE_URL is not set: expected a PostgreSQL URL in production")
        if not settings.allowed_hosts:
            problems.append("ALLOWED_HOSTS is not set: expected the API's host names in production")
        problems += weaknesses(settings, environ)
    return problems


def _order_problems(settings: Settings) -> Iterator[str]:
    """One that must not be above another, and is. Defaults that were left alone give way to what is set."""
    if settings.db_pool_min > settings.pool_max:
        name = "DB_POOL_MAX" if settings.db_pool_max else "WEB_THREADS, which DB_POOL_MAX is where it is not set"
        yield f"DB_POOL_MIN holds {settings.db_pool_min}: expected at most {settings.pool_max}, {name}"
    longest = f"{settings.request_timeout:g}s, REQUEST_TIMEOUT"
    if settings.max_wait > settings.request_timeout and settings.sources.get("MAX_WAIT") != "default":
        yield f"MAX_WAIT holds {settings.max_wait:g}s: expected at most {longest}, within which a request ends"
    # A right that ends waits so long for the replicas, and its request ends before.
    if settings.database_replica_url and settings.replica_max_lag > settings.request_timeout:
        yield f"REPLICA_MAX_LAG holds {settings.replica_max_lag:g}s: expected at most {longest}, for writes wait for it"


def _address_problems(settings: Settings) -> Iterator[str]:
    """Addresses that need another one, or that cannot both be used."""
    for name in ("database_direct_url", "console_database_url"):
        if getattr(settings, name) and not settings.database_url:
            yield f"DATABASE_URL is not set: expected with {name.upper()}"
    if settings.ssh_host and settings.database_url and settings.console_database_url:
        served, looked_at = map(_place, (settings.database_url, settings.console_database_url))
        if served != looked_at:
            yield (
                f"CONSOLE_DATABASE_URL leads to {looked_at} and DATABASE_URL to {served}: expected one address with "
                "SSH_HOST, to which the tunnel leads"
            )
    host, _, port = (settings.admin_listen or "").rpartition(":")
    if host.strip("[]") == settings.host.strip("[]") and port == str(settings.port) != "0":
        yield f"ADMIN_LISTEN holds '{settings.admin_listen}': expected another address than HOST and PORT"


def _place(url: str) -> str:
    """Where the bastion is asked to lead to; empty: libpq or the tunnel says what is wrong."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    try:
        said = conninfo_to_dict(url)
    except ProgrammingError:
        return ""
    return f"{said.get('hostaddr') or said.get('host')}:{said.get('port') or 5432}"


def secret_keys(settings: Settings) -> list[tuple[str, str]]:
    """All keys that are accepted, each with its variable."""
    further = [("JWT_NEXT_SECRET_KEY", settings.jwt_next_secret_key)] if settings.jwt_next_secret_key else []
    old = [("JWT_OLD_SECRET_KEYS", key) for key in settings.jwt_old_secret_keys]
    return [("JWT_SECRET_KEY", settings.jwt_secret_key), *further, *old]


def _key_problems(settings: Settings) -> list[str]:
    if not settings.jwt_secret_key:
        return ["JWT_SECRET_KEY is not set: expected at least 32 random bytes, as `openssl rand -base64 48` makes them"]
    problems = []
    expected = "expected what `openssl rand -base64 48` makes"
    keys = secret_keys(settings)
    for name, key in keys:
        if len(key.encode()) < MIN_SECRET_BYTES:
            what = "holds a key that is" if name == "JWT_OLD_SECRET_KEYS" else "is"
            problems.append(f"{name} {what} shorter than {MIN_SECRET_BYTES} bytes: {expected}")
        elif settings.app_env != "development" and is_placeholder(key):
            problems.append(f"{name} looks like a placeholder: {expected}")
    if len({key for _, key in keys}) < len(keys):
        problems.append(f"{' and '.join(dict.fromkeys(name for name, _ in keys))} hold the same key twice")
    return problems


def _mail_problems(settings: Settings) -> list[str]:
    problems = []
    if settings.smtp_host and settings.mail_dir:
        problems.append("SMTP_HOST and MAIL_DIR are both set: expected one of them")
    if settings.smtp_host and not settings.mail_from:
        problems.append("MAIL_FROM is not set: expected with SMTP_HOST")
    if bool(settings.smtp_user) != bool(settings.smtp_password):
        problems.append("SMTP_USER and SMTP_PASSWORD: expected both, or neither")
    if settings.smtp_user and settings.smtp_tls == "none":
        problems.append(
            "SMTP_TLS holds none: expected starttls or tls with SMTP_USER, whose password anyone could read"
        )
    if settings.is_production and not (settings.smtp_host or settings.mail_dir):
        problems.append("SMTP_HOST is not set: expected a mail server in production, or MAIL_DIR")
    return problems


def _replica_problems(settings: Settings) -> list[str]:
    """A tunnel leads to one server, so a replica behind a bastion has a tunnel of its own, whose near end is here."""
    url = settings.database_replica_url
    if not url:
        return []
    if not settings.database_url:
        return ["DATABASE_URL is not set: expected with DATABASE_REPLICA_URL"]
    if settings.ssh_host and not is_on_this_host(url):
        return [
            "DATABASE_REPLICA_URL names another host, which the tunnel of SSH_HOST does not lead to: expected the "
            "folder or the port of a second tunnel on this host, see docs/TUNNEL.md, or no replica"
        ]
    return []


def _tunnel_problems(settings: Settings) -> list[str]:
    needed = {
        "DATABASE_URL": settings.database_url,
        "SSH_USER": settings.ssh_user,
        "SSH_KEY_FILE": settings.ssh_key_file,
        "SSH_KNOWN_HOSTS_FILE": settings.ssh_known_hosts_file,
    }
    problems = [f"{name} is not set: expected with SSH_HOST" for name, value in needed.items() if not value]
    if settings.database_direct_url:
        problems.append(
            "DATABASE_DIRECT_URL is set with SSH_HOST: expected no pooler there, for a tunnel leads to one address"
        )
    for name in ("ssh_key_file", "ssh_known_hosts_file", "ssh_key_passphrase_file"):
        path: Path | None = getattr(settings, name)
        if path is not None and not is_file(path):
            problems.append(f"{name.upper()} holds '{path}': expected a file that exists and that we may reach")
    return problems
