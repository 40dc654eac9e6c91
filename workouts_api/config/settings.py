"""All settings, typed and frozen: their names, types, defaults, and what each is for. Reads nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from workouts_api.config import parse
from workouts_api.config.places import socket_folder

AppEnv = Literal["development", "staging", "production"]
SshEngine = Literal["sshtunnel", "openssh"]
SmtpTls = Literal["starttls", "tls", "none"]


def _setting(parse: Callable[[str], Any], default: Any, about: str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"parse": parse, "about": about, "secret": secret})


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All settings. A field's environment variable is its name in capitals."""

    app_env: AppEnv = _setting(
        parse.one_of("development", "staging", "production"),
        "development",
        "Which rules apply: staging and production refuse weak secrets",
    )
    debug: bool = _setting(parse.flag, False, "Tracebacks on the terminal; refused in production")

    database_url: str | None = _setting(
        parse.url("postgresql", "postgres"),
        None,
        "PostgreSQL to use; without it an embedded one is started. Behind a bastion: as the bastion sees it",
        secret=True,
    )
    database_direct_url: str | None = _setting(
        parse.url("postgresql", "postgres"),
        None,
        "The server's own address, for background jobs and `workouts db`, where DATABASE_URL leads to a pooler in "
        "transaction mode; default: DATABASE_URL",
        secret=True,
    )
    console_database_url: str | None = _setting(
        parse.url("postgresql", "postgres"),
        None,
        "The DBA's console reaches the database by it, as workouts_dba, who sees all; default: DATABASE_URL",
        secret=True,
    )
    database_replica_url: str | None = _setting(
        parse.postgres_url,
        None,
        "Standbys that serve reads, as one URL, with several hosts if there are; without it the primary serves all",
        secret=True,
    )
    replica_max_lag: float = _setting(
        parse.seconds(0.1, 60), 1.0, "How old a replica's replies may be at most; if it is later, the primary serves"
    )
    db_pool_min: int = _setting(parse.whole(0, 1000), 1, "Connections that each worker keeps open")
    db_pool_max: int | None = _setting(
        parse.whole(1, 1000),
        None,
        "Connections that each worker may open, a host WEB_WORKERS times as many; default WEB_THREADS: one a thread",
    )
    db_statement_timeout: float = _setting(
        parse.seconds(0.01, 3600), 10.0, "The longest that a statement may run whose file does not say @timeout"
    )

    db_prepare: bool = _setting(
        parse.flag, True, "Whether statements are prepared; off behind a pooler in transaction mode that keeps none"
    )

    ssh_host: str | None = _setting(
        parse.text, None, "Bastion to reach the database through; without it the connection is direct"
    )
    ssh_port: int = _setting(parse.whole(1, 65535), 22, "The bastion's SSH port")
    ssh_user: str | None = _setting(parse.text, None, "User on the bastion")
    ssh_key_file: Path | None = _setting(parse.path, None, "Private key, mode 0600; passwords are not supported")
    ssh_key_passphrase_file: Path | None = _setting(parse.path, None, "File that holds the key's passphrase")
    ssh_known_hosts_file: Path | None = _setting(parse.path, None, "Host keys to accept; nothing else is ever accepted")
    ssh_engine: SshEngine = _setting(
        parse.one_of("sshtunnel", "openssh"),
        "sshtunnel",
        "sshtunnel (in Python) or openssh (the system's ssh, more throughput)",
    )
    ssh_keepalive: float = _setting(
        parse.seconds(0.1, 3600), 5.0, "How often the path to the database is probed, end to end"
    )
    tunnel_dir: Path | None = _setting(
        parse.path,
        None,
        "Folder (0700) of the tunnel's socket and status; default: tunnel in the data folder, if a socket fits there",
    )

    jwt_secret_key: str = _setting(
        parse.text, "", "Signs tokens and cursors; at least 32 bytes. Make one: openssl rand -base64 48", secret=True
    )
    jwt_next_secret_key: str = _setting(
        parse.text, "", "Accepted and not yet used: the key that all hosts will sign with next", secret=True
    )
    jwt_old_secret_keys: tuple[str, ...] = _setting(
        parse.words, (), "Keys that signed before, the newest first, comma-separated; still accepted", secret=True
    )
    verify_email: bool = _setting(
        parse.flag,
        False,
        "Whether who registers must follow a mail first; then nobody can find out who has an account",
    )
    redis_url: str | None = _setting(
        parse.url("redis", "rediss", "unix"),
        None,
        "Redis shared by the workers; without it each keeps its own counts",
        secret=True,
    )

    rate_limits: bool = _setting(parse.flag, True, "Whether requests are limited at all; false for load tests")
    rate_limit_user: int = _setting(
        parse.whole(1, 10**9), 3000, "Requests a minute of a user; without REDIS_URL each worker allows its share"
    )
    rate_limit_address: int = _setting(parse.whole(1, 10**9), 600, "Requests a minute of an address without a sign-in")

    login_lifetime_days: int = _setting(
        parse.whole(1, 366), 90, "Days after which a device has to sign in again, however often it refreshed"
    )

    # Limits for one user; see migrations/repeatable/quotas.sql.
    max_logins: int = _setting(
        parse.whole(1, 10**6), 50, "Devices signed in at a time; one more ends the one unused longest"
    )
    max_teams: int = _setting(parse.whole(1, 10**6), 50, "Teams that a user owns")
    max_kept_athletes: int = _setting(parse.whole(1, 10**6), 500, "Athletes without an account whom a user keeps")
    max_exercises: int = _setting(parse.whole(1, 10**6), 2000, "Exercises of an athlete's own")
    max_invitations: int = _setting(parse.whole(1, 10**6), 200, "Invitations of a user that still hold")
    max_imports_a_day: int = _setting(parse.whole(1, 10**6), 100, "Imports of an athlete in 24 hours")

    log_level: str = _setting(parse.one_of("DEBUG", "INFO", "WARNING", "ERROR"), "INFO", "The least that is logged")
    log_format: str | None = _setting(
        parse.one_of("console", "json"), None, "console or json; default: console in development, else json"
    )
    log_file: Path | None = _setting(
        parse.path,
        None,
        "File for the log, such as /var/log/workouts/api.log: a day's file is api-2026-01-31.log; default: stderr",
    )
    log_days: int = _setting(parse.whole(1, 3650), 30, "Days for which files of the log are kept")
    log_error_days: int = _setting(parse.whole(1, 3650), 90, "Days for which files with errors alone are kept")
    slow_request: float = _setting(
        parse.seconds(0.001, 3600), 1.0, "From when a request's line is a warning that tells where its time went"
    )
    sentry_dsn: str | None = _setting(
        parse.url("http", "https"),
        None,
        "Sentry project that errors of the server (500) are sent to; needs the extra sentry",
        secret=True,
    )
    traces_url: str | None = _setting(
        parse.url("http", "https"),
        None,
        "OTLP collector that traces are sent to, such as http://localhost:4318/v1/traces; needs the extra traces",
    )
    traces_share: float = _setting(
        parse.share, 0.0, "Share of the requests that are traced, 0 to 1, besides those whose client asks for it"
    )
    request_timeout: float = _setting(parse.seconds(0.1, 3600), 30.0, "The longest that a request may take")
    max_wait: float = _setting(
        parse.seconds(0.05, 60),
        2.0,
        "The longest that a request waits for a thread and a database connection together; then it is refused (503)",
    )
    max_upload_mb: int = _setting(parse.whole(1, 4096), 64, "The largest file that an import takes, in MiB")
    allowed_hosts: tuple[str, ...] = _setting(
        parse.hosts, (), "Host names to answer to, comma-separated; empty: any (refused in production)"
    )
    cors_origins: tuple[str, ...] = _setting(
        parse.origins, (), "Origins whose pages may call the API, such as https://app.example.com, comma-separated"
    )
    trusted_proxies: int = _setting(
        parse.whole(0, 10), 0, "Reverse proxies in front, whose X-Forwarded-For and -Proto are believed"
    )
    compress_replies: bool = _setting(
        parse.flag, False, "Whether the API compresses replies by itself: where no nginx in front does"
    )
    public_url: str | None = _setting(
        parse.url("http", "https"), None, "Where clients reach the API; used in documents and mails"
    )

    app_url: str | None = _setting(
        parse.url("http", "https"), None, "Where people's own pages are, if there are any: mails link to them"
    )

    mail_from: str | None = _setting(parse.sender, None, "Who mails come from, such as Workouts <workouts@example.com>")
    smtp_host: str | None = _setting(parse.text, None, "Mail server; without it mails become files in MAIL_DIR")
    smtp_port: int | None = _setting(
        parse.whole(1, 65535), None, "The mail server's port; default: 587 with starttls, 465 with tls, else 25"
    )
    smtp_user: str | None = _setting(parse.text, None, "User on the mail server, if it asks for one")
    smtp_password: str | None = _setting(parse.text, None, "The user's password", secret=True)
    smtp_tls: SmtpTls = _setting(
        parse.one_of("starttls", "tls", "none"), "starttls", "starttls, tls (from the first byte), or none"
    )
    mail_dir: Path | None = _setting(
        parse.path, None, "Folder of mails (.eml) where no server is set; default: mails in the data folder"
    )
    worker_threads: int = _setting(
        parse.whole(0, 64), 4, "Background jobs that run at once; 0: `workouts serve` starts no worker"
    )

    backup_dir: Path | None = _setting(
        parse.path, None, "Folder (0700) of what `workouts backup` makes; default: backups in the data folder"
    )
    backup_days: int = _setting(
        parse.whole(1, 3650), 14, "Days for which backups are kept; the newest and the newest proved one always are"
    )

    host: str = _setting(parse.text, "127.0.0.1", "Address to listen on")
    port: int = _setting(parse.whole(0, 65535), 8000, "Port to listen on")
    web_workers: int = _setting(parse.whole(1, 256), 2, "gunicorn's worker processes")
    web_threads: int = _setting(parse.whole(1, 256), 8, "Threads of each worker")
    admin_listen: str | None = _setting(
        parse.listen,
        None,
        "Where health, metrics and threads are shown: host:port, a unix socket's path, or off; default: the loopback, "
        "PORT + 1",
    )
    reload_timeout: float = _setting(
        parse.seconds(1, 600), 30.0, "The longest that a new release may take to become ready at a reload"
    )
    workouts_data_dir: Path = _setting(
        parse.path,
        None,
        "Where the embedded database and the development secrets live; default: the user's data folder",
    )

    # Each of these allows one thing that weakens production; see workouts_api.config.production.
    allow_weak_secrets: bool = _setting(parse.flag, False, "Production with secrets that can be guessed")
    allow_no_rate_limits: bool = _setting(parse.flag, False, "Production with RATE_LIMITS=false")
    allow_plain_public_url: bool = _setting(parse.flag, False, "Production without https in PUBLIC_URL and APP_URL")
    allow_plain_origins: bool = _setting(parse.flag, False, "Production without https in CORS_ORIGINS")
    allow_plain_database: bool = _setting(
        parse.flag, False, "Production with a network to the database that all can read"
    )
    allow_superuser_role: bool = _setting(parse.flag, False, "Production as a superuser of the database")
    allow_plain_mail: bool = _setting(parse.flag, False, "Production with SMTP_TLS=none to another host")
    allow_plain_redis: bool = _setting(parse.flag, False, "Production with redis:// to another host")

    sources: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """Where each value came from: environment, file …, .env or default; by variable name."""

    @property
    def pool_max(self) -> int:
        return self.db_pool_max or self.web_threads

    @property
    def longest_wait(self) -> float:
        """MAX_WAIT. Its default gives way to a short REQUEST_TIMEOUT."""
        return min(self.max_wait, self.request_timeout)

    @property
    def is_production(self) -> bool:
        return self.app_env == "production"

    def direct(self) -> Settings:
        """As for what listens or holds locks over transactions, which no pooler may stand before."""
        return replace(self, database_url=self.database_direct_url or self.database_url)

    def of_console(self) -> Settings:
        """As for the DBA's console: as the DBA's role where its address is set, else as the application."""
        return replace(self, database_url=self.console_database_url or self.database_url)

    @property
    def tunnel_folder(self) -> Path:
        """The same for each process that is told no other, so that commands find the tunnel of a server."""
        data = self.workouts_data_dir.absolute()
        sockets = socket_folder(data)
        return self.tunnel_dir or (data if sockets.parent == data else sockets) / "tunnel"

    @property
    def activity_folder(self) -> Path:
        """Where each worker's file tells what its threads do."""
        return self.workouts_data_dir / "workers"

    @property
    def captures_folder(self) -> Path:
        """Where real parameters are kept while a DBA asked for them."""
        return self.workouts_data_dir / "captures"

    @property
    def swaps_folder(self) -> Path:
        """Where texts are kept that take the place of the release's query files on this host."""
        return self.workouts_data_dir / "swaps"

    @property
    def site_url(self) -> str:
        """The address at which clients reach the API, as far as it is known without a request."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def sender(self) -> str:
        return self.mail_from or "Workouts <workouts@localhost>"

    @property
    def mail_port(self) -> int:
        return self.smtp_port or {"starttls": 587, "tls": 465, "none": 25}[self.smtp_tls]

    @property
    def mail_folder(self) -> Path:
        return self.mail_dir or self.workouts_data_dir / "mails"

    @property
    def backup_folder(self) -> Path:
        return self.backup_dir or self.workouts_data_dir / "backups"

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1024 * 1024


SETTINGS: tuple[Field[Any], ...] = tuple(f for f in fields(Settings) if "parse" in f.metadata)


def default_of(setting: Field[Any]) -> Any:
    """A setting's default, None if it has none."""
    return None if setting.default is MISSING else setting.default
