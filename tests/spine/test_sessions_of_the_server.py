"""What a server's, a database's or an environment's settings would make of the session: the API reads and writes the
same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from flask import Flask

from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.dba.looking import looking
from workouts_api.dba.server import session
from workouts_api.migrate.runner import status
from workouts_api.migrate.session import connect

ME = "/api/v1/users/me"


@contextmanager
def started(environ: dict[str, str]) -> Iterator[Flask]:
    app = create_app(load_settings(environ))
    yield app
    app.extensions["database"].close()


@pytest.fixture
def role(database: psycopg.Connection) -> Iterator[psycopg.Connection]:
    """A connection by which the application's role gets other settings; its own come back afterwards."""
    yield database
    for setting in ("datestyle", "intervalstyle", "client_encoding"):
        database.execute(f"alter role workouts_app reset {setting}")
    database.execute("alter role workouts_app set timezone = 'UTC'")


@pytest.mark.parametrize(
    "setting",
    ["datestyle = 'German'", "datestyle = 'SQL, DMY'", "timezone = 'Asia/Tokyo'", "client_encoding = 'LATIN1'"],
)
def test_a_roles_settings_change_neither_texts_nor_instants(role, environ, owner, setting):
    expected = owner.get(f"{ME}/logins").json
    role.execute(f"alter role workouts_app set {setting}")
    with started(environ) as app:
        owner.http = app.test_client()
        assert owner.patch(ME, json={"full_name": "Žofie Ünal"}).json["full_name"] == "Žofie Ünal"
        assert owner.get(f"{ME}/logins").json == expected
    assert role.execute("select full_name from users where id = %s", [owner.user_id]).fetchone() == ("Žofie Ünal",)


def test_intervals_are_read_whatever_their_style_is(role, environ):
    role.execute("alter role workouts_app set intervalstyle = 'iso_8601'")
    with started(environ) as app:
        pool = app.extensions["database"].pool
        pool.open()
        with pool.connection() as connection:
            row = connection.execute("select /* by hand */ interval '1 day 2 h' as pause").fetchone()
    assert row == {"pause": dt.timedelta(days=1, hours=2)}


@pytest.mark.parametrize(
    ("name", "value"), [("PGCLIENTENCODING", "LATIN1"), ("PGDATESTYLE", "German"), ("PGTZ", "Asia/Tokyo")]
)
def test_the_environment_of_libpq_changes_them_as_little(monkeypatch, database, environ, owner, name, value):
    expected = owner.get(f"{ME}/logins").json
    monkeypatch.setenv(name, value)
    with started(environ) as app:
        owner.http = app.test_client()
        assert owner.patch(ME, json={"full_name": "Žofie Ünal"}).json["full_name"] == "Žofie Ünal"
        assert owner.get(f"{ME}/logins").json == expected


def test_a_servers_usual_settings_cost_a_new_connection_no_trip(counted_app, counted, proxy, database):
    """``iso, dmy`` is what initdb writes for a European language, Etc/UTC what images of containers have."""
    counted.get(ME)
    trips = proxy.trips
    with counted_app.extensions["database"].pool.connection() as connection:
        connection.close()
    assert counted.get(ME).status_code == 200
    usual = proxy.trips - trips
    database.execute("alter role workouts_app set datestyle = 'iso, dmy'")
    database.execute("alter role workouts_app set timezone = 'Etc/UTC'")
    try:
        trips = proxy.trips
        with counted_app.extensions["database"].pool.connection() as connection:
            connection.close()
        assert counted.get(ME).status_code == 200
        assert proxy.trips - trips == usual
    finally:
        database.execute("alter role workouts_app reset datestyle")
        database.execute("alter role workouts_app set timezone = 'UTC'")


@pytest.fixture
def german(database: psycopg.Connection, database_name: str) -> Iterator[None]:
    database.execute(f"alter database {database_name} set datestyle = 'German'")
    yield
    database.execute(f"alter database {database_name} reset datestyle")


@pytest.mark.usefixtures("german")
def test_migrations_and_the_tools_for_dbas_read_instants_as_well(cluster, database_name):
    conninfo = cluster.dsn(database_name)
    assert status(conninfo).applied[0].applied_at.year >= 2026
    for opened in (connect(conninfo), looking(conninfo)):
        with opened as connection:
            assert connection.execute("select /* by hand */ timestamptz '2026-01-05 18:30Z'").fetchone()[0].year == 2026
    with session(conninfo, read_only=True) as asked:
        assert asked.conn.execute("select /* by hand */ timestamptz '2026-01-05 18:30Z'").fetchone()[0].year == 2026


def test_a_command_that_is_killed_leaves_no_statement_behind(cluster, database_name):
    """tests/migrate/test_killed.py shows what the setting does."""
    with connect(cluster.dsn(database_name)) as connection:
        assert connection.execute("show /* by hand */ client_connection_check_interval").fetchone() == ("1s",)
    with session(cluster.dsn(database_name), read_only=True) as asked:
        assert asked.conn.execute("show /* by hand */ client_connection_check_interval").fetchone() == ("1s",)


@pytest.mark.usefixtures("german")
def test_so_does_the_worker_of_a_job_that_is_tried_again(owner, anonymous, outbox, database):
    anonymous.post("/api/v1/auth/password-reset", json={"email": "owner@example.com"})
    database.execute("update jobs.procrastinate_jobs set scheduled_at = now()")
    assert len(outbox()) == 1
