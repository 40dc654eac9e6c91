"""Settings, health, metrics, log and doctor tell of the replica."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner
from flask import Flask

from tests.conftest import create_database, roomy_memory
from tests.postgres import throwaway_cluster
from tests.replicas.conftest import NAME, SESSIONS, Reader, Wait
from tests.replicas.standby import PORT, Standby, until
from workouts_api import create_app
from workouts_api.config import ConfigurationError, load_settings
from workouts_api.database.replicas import Replica
from workouts_api.doctor.database import judge_replica, look_at_replica
from workouts_api.host.embedded import TRUST_ON_SOCKET
from workouts_api.metrics.exposing import METRICS
from workouts_api.migrate import migrate
from workouts_api.migrate.commands import db
from workouts_api.migrate.files import MIGRATIONS, read_folder

pytestmark = pytest.mark.processes


def test_health_tells_of_the_replica(app: Flask, reader: Reader, replica: Replica) -> None:
    checks = app.test_client().get("/health").json["checks"]
    assert checks["replica"]["state"] == "up"
    assert replica.watch.figures()[1]["workouts_replica_up"] == 1.0
    assert replica.watch.figures()[1].keys() <= METRICS.keys()


def test_the_doctor_looks_at_it(environ: dict[str, str], caught_up: Wait) -> None:
    caught_up()
    (found,) = look_at_replica(load_settings(environ))
    assert found.found.startswith("follows the primary")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"is_standby": False}, "is no standby"),
        ({"identity": "2/5"}, "is a copy of another database"),
        ({"replayed": 0}, "follows the primary, 100,000,000 bytes behind"),
    ],
)
def test_the_doctor_says_what_is_wrong(changed: dict[str, Any], said: str) -> None:
    well = {"is_standby": True, "identity": "1/5", "position_in_log": 10**8, "replayed": 10**8}
    assert judge_replica(well, {**well, **changed}).found == said


def test_a_standby_of_another_server_serves_nothing(
    cluster: Any, database_name: str, environ: dict[str, str], caught_up: Wait
) -> None:
    """Its log has nothing to do with the primary's."""
    other = environ | {"DATABASE_URL": f"postgresql://workouts_app@/{database_name}?host={cluster.socket_dir}"}
    app = create_app(load_settings(other))
    app.extensions["database"].open()
    found: Replica = app.extensions["database"].replica
    until(lambda: found.watch.state == "foreign", found.watch.state)
    app.extensions["database"].close()


def test_another_database_of_the_same_server_serves_nothing(
    environ: dict[str, str], primary: Any, database: psycopg.Connection[Any], caught_up: Wait
) -> None:
    """Its positions look right; and where it was copied, people and logins too, as they once were."""
    create_database(database, "copied", "template0")
    try:
        migrate(primary.dsn("copied", "workouts_migrator"))
        caught_up()
        copied = environ["DATABASE_REPLICA_URL"].replace(f"@/{NAME}?", "@/copied?")
        assert copied != environ["DATABASE_REPLICA_URL"]
        other = environ | {"DATABASE_REPLICA_URL": copied}
        app = create_app(load_settings(other))
        app.extensions["database"].open()
        try:
            found: Replica = app.extensions["database"].replica
            until(lambda: found.watch.state in ("foreign", "up"), "the watch")
            assert found.watch.state == "foreign"
        finally:
            app.extensions["database"].close()
        (told,) = look_at_replica(load_settings(other))
        assert told.found == "is a copy of another database"
    finally:
        database.execute("drop database copied with (force)")


def test_of_several_hosts_one_of_another_server_serves_nothing(
    environ: dict[str, str], primary: Any, reader: Reader, served_by: list[str], tmp_path_factory: Any
) -> None:
    """The watch sees one host, and a request may be connected to the other one."""
    folder = roomy_memory() / f"other-{tmp_path_factory.getbasetemp().name}"
    with throwaway_cluster(folder, hba=(*TRUST_ON_SOCKET, "local replication all trust")) as other:
        with psycopg.connect(other.dsn(), autocommit=True) as admin:
            create_database(admin, NAME, "template0")
        migrate(other.dsn(NAME, "workouts_migrator"))
        stranger = Standby(other)
        stranger.make()
        stranger.kill()
        host, url = str(primary.socket_dir), environ["DATABASE_REPLICA_URL"]
        both = url.replace(f"host={host}", f"host={other.socket_dir},{host}")
        app = create_app(load_settings(environ | {"DATABASE_REPLICA_URL": both, "DB_POOL_MAX": "1"}))
        app.extensions["database"].open()
        try:
            found: Replica = app.extensions["database"].replica
            until(lambda: found.watch.state == "up" and len(found.watch.looks) > 2, "the watch")
            reader.client.http = app.test_client()
            reply = reader("GET", SESSIONS)
            assert reply.status_code == 200, reply.json
            stranger.start()
            for connection in tuple(found.pool._pool):
                connection.cut()
            served_by.clear()
            until(lambda: reader("GET", SESSIONS).status_code == 200 and served_by[-1] not in ("no_connection", "lost"))
            assert served_by[-1] == "foreign"
            assert found.watch.state == "up"
        finally:
            app.extensions["database"].close()
            stranger.end()


def test_the_doctor_looks_at_each_of_several_hosts(environ: dict[str, str], primary: Any, caught_up: Wait) -> None:
    caught_up()
    host, url = str(primary.socket_dir), environ["DATABASE_REPLICA_URL"]
    both = url.replace(f"host={host}", f"host={host},{host}").replace("port=", f"port={primary.port},")
    first, second = look_at_replica(load_settings(environ | {"DATABASE_REPLICA_URL": both}))
    assert first.found == f"{host}:{primary.port} is no standby: no read goes there"
    assert second.found.startswith(f"{host}:{PORT} follows the primary")


def test_several_hosts_are_libpqs_business(
    environ: dict[str, str], reader: Reader, served_by: list[str], primary: Any
) -> None:
    """The first of them is no standby, so it is left out."""
    url = environ["DATABASE_REPLICA_URL"]
    host = str(primary.socket_dir)
    both = url.replace(f"host={host}", f"host={host},{host}").replace("port=", f"port={primary.port},")
    app = create_app(load_settings(environ | {"DATABASE_REPLICA_URL": both}))
    app.extensions["database"].open()
    watch = app.extensions["database"].replica.watch
    until(lambda: watch.state == "up" and len(watch.looks) > 2)
    reader.client.http = app.test_client()
    assert reader("GET", SESSIONS).status_code == 200
    assert served_by == ["read"]
    app.extensions["database"].close()


@pytest.mark.parametrize(
    "hosts", ["replica1,replica2", "replica1:5432,replica2:5433", "user:pass%40word@replica1,replica2"]
)
def test_a_url_may_name_several_hosts(environ: dict[str, str], hosts: str) -> None:
    url = f"postgresql://{hosts}/workouts"
    assert load_settings(environ | {"DATABASE_REPLICA_URL": url}).database_replica_url == url


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"DATABASE_REPLICA_URL": "mysql://replica/workouts"}, "expected a URL beginning with postgresql://"),
        ({"DATABASE_REPLICA_URL": "postgresql://one:1,two:many/workouts"}, "DATABASE_REPLICA_URL"),
        ({"DATABASE_URL": ""}, "DATABASE_URL is not set: expected with DATABASE_REPLICA_URL"),
        ({"REPLICA_MAX_LAG": "0s"}, "REPLICA_MAX_LAG"),
        (
            {"SSH_HOST": "bastion", "DATABASE_REPLICA_URL": "postgresql://replica1/workouts"},
            "DATABASE_REPLICA_URL names another host, which the tunnel of SSH_HOST does not lead to",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused(environ: dict[str, str], changed: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_settings(environ | changed)
    assert any(told in problem for problem in refused.value.problems), refused.value.problems


def test_migrations_are_for_the_primary(environ: dict[str, str], the_standby: Standby, tmp_path: Path) -> None:
    standby = environ["DATABASE_REPLICA_URL"].replace("workouts_app", "workouts_migrator")
    asked = ["migrate", "--database-url", standby]
    nothing = CliRunner().invoke(db, asked)
    assert (nothing.exit_code, nothing.output) == (0, "Nothing to do.\n")
    newer = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, newer)
    (newer / f"{read_folder().newest + 1:04}_add_nothing.sql").write_text("-- migrate:up\nselect 1;\n")
    refused = CliRunner().invoke(db, [*asked, "--migrations", str(newer)])
    assert refused.exit_code == 1
    assert "it is a standby; migrate the primary" in refused.output
