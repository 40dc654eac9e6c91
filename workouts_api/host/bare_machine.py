"""What stands in for a deployment where there is none: the data folder, its secrets, the embedded database.

Owns the data folder's layout. Used on a developer's machine alone: with DATABASE_URL set, none of it happens.
"""

from __future__ import annotations

import atexit
import fcntl
import json
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from workouts_api.config import ConfigurationError, Settings, dotenv_variables, load_settings
from workouts_api.config.places import socket_folder
from workouts_api.host.accounts import make_passable
from workouts_api.host.embedded import EmbeddedPostgres

DATABASE = "workouts"
MIGRATOR, APPLICATION, DBA = "workouts_migrator", "workouts_app", "workouts_dba"
_WRITES = "set default_transaction_read_only = off"  # roles are made also where somebody has let others only read


class BareMachineError(Exception):
    """The machine does not let us have what we need; the message says what."""


def settings_with_secret(environ: Mapping[str, str]) -> tuple[Settings, dict[str, str]]:
    """The settings, and the variables that child processes need to read the same ones.

    In development, a JWT secret that is not set is generated once and kept in the data folder.

    :raises ConfigurationError: as load_settings.
    """
    dotenv = Path(".env")
    variables = dict(environ)
    if environ.get("APP_ENV", "development") == "development":
        known = {**dotenv_variables(environ, dotenv), **environ}
        if not known.get("JWT_SECRET_KEY") and not known.get("JWT_SECRET_KEY_FILE"):
            # The data folder is itself a setting: read them once with a secret for this moment to know it.
            draft = load_settings({**environ, "JWT_SECRET_KEY": secrets.token_urlsafe(48)}, dotenv=dotenv)
            variables["JWT_SECRET_KEY_FILE"] = str(kept_secret(data_folder(draft) / "jwt_secret"))
    return load_settings(variables, dotenv=dotenv), variables


def data_folder(settings: Settings) -> Path:
    """The data folder, made if it does not exist.

    :raises ConfigurationError: when that is impossible.
    """
    folder = settings.workouts_data_dir.absolute()
    try:
        make_passable(folder)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "not writable")
    except OSError as error:
        raise ConfigurationError(
            [f"WORKOUTS_DATA_DIR holds '{folder}': expected a folder that can be written ({error.strerror})"]
        ) from None
    return folder


def kept_secret(path: Path, *, length: int = 48) -> Path:
    """A file (0600) with a random secret, made at the first call. ``length`` in bytes of randomness."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    if not path.exists():
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
                file.write(secrets.token_urlsafe(length) + "\n")
            os.link(draft, path)  # never over what another process has made meanwhile
        except FileExistsError:
            pass
        finally:
            draft.unlink(missing_ok=True)
    return path


def private_socket_folder(folder: Path) -> Path:
    """The folder of unix sockets, made if it does not exist, and ours alone."""
    inside = socket_folder(folder)
    inside.mkdir(mode=0o700, exist_ok=True)
    found = inside.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise BareMachineError(f"{inside} exists already: expected a folder (0700) of our own")
    return inside


@dataclass(frozen=True)
class Killed:
    """A server that has ended without stopping."""

    pid: int
    began_at: datetime
    last_seen_at: datetime
    """When it, or one of its processes, last wrote to the data folder."""

    def __str__(self) -> str:
        return (
            f"The last server here, process {self.pid}, ended without stopping: it was killed, or the host went down. "
            f"It began at {self.began_at:%Y-%m-%d %H:%M:%S} UTC; its last sign of life was at "
            f"{self.last_seen_at:%Y-%m-%d %H:%M:%S} UTC."
        )


@contextmanager
def served_from(folder: Path) -> Iterator[tuple[Path, Killed | None]]:
    """Takes the data folder for one server; gives the file in which it tells others where it is.

    Gives the server before as well, if that was killed: one that stops takes the file away.

    :raises BareMachineError: when another one serves from it.
    """
    told = folder / "served.json"
    with (folder / "serve.lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BareMachineError(f"{_who(told)} from {folder}: stop it, or set WORKOUTS_DATA_DIR and PORT") from None
        killed = _killed(told)
        told.unlink(missing_ok=True)
        try:
            yield told, killed
        finally:
            told.unlink(missing_ok=True)


def _killed(told: Path) -> Killed | None:
    try:
        pid = int(json.loads(told.read_text(encoding="utf-8"))["pid"])
        began = told.stat().st_mtime
        signs = [path.stat().st_mtime for path in told.parent.glob("workers/*.metrics")]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return Killed(pid, _instant(began), _instant(max([began, *signs])))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _who(told: Path) -> str:
    try:
        other = json.loads(told.read_text(encoding="utf-8"))
        return f"process {other['pid']} already serves {other['url']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "another process already serves"


@contextmanager
def embedded_database(folder: Path) -> Iterator[EmbeddedPostgres]:
    """The embedded server of a data folder, with the project's roles and its database ``workouts``.

    :raises EmbeddedError: when PostgreSQL cannot be had.
    """
    with EmbeddedPostgres(folder / "postgres") as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            admin.execute(_WRITES)
            # Two processes that both join a new server would collide in pg_authid.
            admin.execute("select pg_advisory_lock(hashtext('roles.sql'))")
            admin.execute(roles_file().read_bytes())
            found = admin.execute("select from pg_database where datname = %s", [DATABASE]).fetchone()
            if found is None:
                admin.execute(
                    f"create database {DATABASE} owner workouts_owner template template0 "
                    "encoding 'UTF8' locale 'C.UTF-8'"
                )
            with psycopg.connect(server.dsn(DATABASE), autocommit=True) as database:
                database.execute(_WRITES)
                database.execute(roles_file().read_bytes())  # the statistics of statements belong to a database
        yield server


def application_conninfo(settings: Settings) -> str:
    """The way to the embedded database for a process that ``workouts serve`` did not start (``flask run``, a test).

    The server runs at least as long as this process.

    :raises EmbeddedError: when PostgreSQL cannot be had.
    """
    stay = ExitStack()
    server = stay.enter_context(embedded_database(data_folder(settings)))
    atexit.register(stay.close)
    return server.dsn(DATABASE, APPLICATION)


def roles_file() -> Path:
    """deploy/roles.sql, by the link in a checkout, as package data in a wheel."""
    package = Path(__file__).resolve().parent.parent
    return package / "deploy" / "roles.sql"
