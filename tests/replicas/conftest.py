"""An application with a primary and a real standby."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import SECRET, Client, create_database, roomy_memory, signed_up, url, with_key
from tests.postgres import throwaway_cluster
from tests.replicas.standby import PORT, Standby, until
from tests.routes import SESSION
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.database.replicas import Replica
from workouts_api.host.embedded import TRUST_ON_SOCKET, EmbeddedPostgres
from workouts_api.migrate import migrate
from workouts_api.web.own_writes import HEADER

NAME, SESSIONS = "replicated", "/api/v1/sessions"
Wait = Callable[[], None]
MAX_LAG = 1.0  # s


@pytest.fixture(scope="session")
def primary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    folder = roomy_memory() / f"streamed-{tmp_path_factory.getbasetemp().name}"
    hba = (*TRUST_ON_SOCKET, "local replication all trust")
    with throwaway_cluster(folder, options={"wal_keep_size": "256MB"}, hba=hba) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            create_database(admin, NAME, "template0")
        migrate(server.dsn(NAME, "workouts_migrator"))
        yield server


@pytest.fixture(scope="session")
def the_standby(primary: EmbeddedPostgres) -> Iterator[Standby]:
    standby = Standby(primary)
    standby.make()
    yield standby
    standby.end()


@pytest.fixture
def standby(the_standby: Standby) -> Iterator[Standby]:
    yield the_standby
    the_standby.resume()


@pytest.fixture
def database(primary: EmbeddedPostgres) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(primary.dsn(NAME), autocommit=True) as connection:
        connection.execute("set search_path = workouts, extensions, pg_temp")
        yield connection


@pytest.fixture
def environ(primary: EmbeddedPostgres, tmp_path: Path) -> dict[str, str]:
    of_primary = url(primary, NAME, "workouts_app")
    return {
        "APP_ENV": "development",
        "DATABASE_URL": of_primary,
        "DATABASE_REPLICA_URL": of_primary.replace(f"port={primary.port}", f"port={PORT}"),
        "DB_POOL_MAX": "4",
        "JWT_SECRET_KEY": SECRET,
        "LOG_LEVEL": "WARNING",
        "RATE_LIMITS": "false",
        "REPLICA_MAX_LAG": f"{MAX_LAG}s",
        "REQUEST_TIMEOUT": "8s",
        "WORKOUTS_DATA_DIR": str(tmp_path),
    }


@pytest.fixture
def app(environ: dict[str, str], the_standby: Standby) -> Iterator[Flask]:
    application = create_app(load_settings(environ))
    application.testing = False
    application.extensions["database"].open()
    yield application
    application.extensions["database"].close()


@pytest.fixture
def replica(app: Flask) -> Replica:
    found: Replica = app.extensions["database"].replica
    return found


@pytest.fixture
def sign_up(app: Flask, database: psycopg.Connection[Any], password_hash: str) -> Callable[..., Client]:
    def make(username: str, *, is_superuser: bool = False) -> Client:
        name = f"{username}-{secrets.token_hex(4)}"  # the database lives longer than a test
        return signed_up(app, database, name, password_hash, is_superuser=is_superuser)

    return make


@pytest.fixture
def key_of(app: Flask, database: psycopg.Connection[Any]) -> Any:
    return lambda of, *scopes: with_key(app, database, of, scopes)


@pytest.fixture
def owner(sign_up: Any) -> Client:
    return sign_up("owner")


@pytest.fixture
def caught_up(replica: Replica, primary: EmbeddedPostgres, standby: Standby) -> Callable[[], None]:
    """Waits until the standby has all that was committed, and the application knows that it is well."""

    def wait() -> None:
        with psycopg.connect(primary.dsn(NAME), autocommit=True) as admin, standby.connected() as other:

            def has_all() -> bool:
                admin.execute("select txid_current()")  # a new record: a position may be the head of a page without one
                (position,) = admin.execute("select pg_current_wal_insert_lsn()").fetchone() or (None,)
                time.sleep(0.3)  # in which the primary writes what it has committed without waiting
                reached = "select pg_last_wal_replay_lsn() >= %s::pg_lsn"
                return other.execute(reached, [str(position)]).fetchone() == (True,)

            until(has_all, "the standby")
        until(lambda: replica.watch.state == "up" and len(replica.watch.looks) > 2, "the watch")

    return wait


class Reader:
    """A client that sends back what replies say, as docs/CLIENTS.md asks."""

    def __init__(self, client: Client) -> None:
        self.client, self.position = client, ""

    def __call__(self, method: str, address: str, **kwargs: Any) -> Any:
        headers = {**kwargs.pop("headers", {}), **({HEADER: self.position} if self.position else {})}
        reply = self.client.request(method, address, headers=headers, **kwargs)
        self.position = max(self.position, reply.headers.get(HEADER, ""))
        return reply


@pytest.fixture
def served_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each read that could go to a replica came to: "read", or why it went to the primary."""
    found: list[str] = []
    monkeypatch.setattr(
        "workouts_api.database.replicas.note",
        lambda name, label="", *_: found.append("read" if name == "workouts_replica_reads" else label),
    )
    return found


@pytest.fixture
def reader(owner: Client, caught_up: Wait) -> Reader:
    """Has a position already."""
    reader = Reader(owner)
    assert reader("GET", SESSIONS).status_code == 200
    caught_up()
    return reader


def made(reader: Reader) -> int:
    """The id of a new session."""
    reply = reader("POST", SESSIONS, json=SESSION)
    assert reply.status_code == 201
    return int(reply.json["id"])


def listed(reply: Any) -> set[int]:
    assert reply.status_code == 200
    return {row["id"] for row in reply.json["items"]}
