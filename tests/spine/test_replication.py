"""The database can be replicated logically: by a publication of all tables, to a server that may take over."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.access.cast import World
from tests.conftest import SECRET, create_database, emptied, roomy_memory, url
from tests.postgres import throwaway_cluster
from tests.routes import SESSION, SIGNED_IN, filled, options
from workouts_api import create_app
from workouts_api.config import load_settings
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import migrate

pytestmark = pytest.mark.sweep

OPERATIONS = Path(__file__).parents[2] / "docs" / "OPERATIONS.md"
EMPTY_IN_THE_WORLD = {
    "registrations",
    "erasures",
    "schema_unfinished",
    "jobs.procrastinate_workers",
    "jobs.procrastinate_periodic_defers",
}
PERMANENT = """
select c.oid::regclass::text
from pg_class as c
where c.relkind in ('r', 'p')
  and c.relpersistence = 'p'
  and c.relnamespace in ('workouts'::regnamespace, 'jobs'::regnamespace)
order by 1
"""


def test_every_table_has_a_primary_key(database: psycopg.Connection[Any]) -> None:
    """Without one a published table refuses updates and deletes; unlogged ones are not published, but may become so."""
    without = database.execute(
        """
        select c.oid::regclass::text
        from pg_class as c
        where c.relkind in ('r', 'p')
          and c.relnamespace in ('workouts'::regnamespace, 'jobs'::regnamespace)
          and (c.relreplident <> 'd' or not exists (
            select from pg_index as i where i.indrelid = c.oid and i.indisprimary and i.indisvalid
          ))
        """
    ).fetchall()
    assert without == []


def test_the_suite_runs_under_a_publication_of_all_tables(database: psycopg.Connection[Any]) -> None:
    """Every write that any test makes is one that such a publication lets through."""
    published = database.execute(
        "select distinct format('%I.%I', p.schemaname, p.tablename)::regclass::text"
        " from pg_publication_tables as p order by 1"
    ).fetchall()
    assert published == database.execute(PERMANENT).fetchall()


@pytest.fixture(scope="module")
def two_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A migrated one that publishes, and its clone, on a server that writes what decoding needs."""
    options = {"wal_level": "logical", "wal_receiver_status_interval": "1"}
    folder = roomy_memory() / f"replicated-{tmp_path_factory.getbasetemp().name}"
    with throwaway_cluster(folder, options=options) as server:
        with psycopg.connect(server.dsn(), autocommit=True) as admin:
            create_database(admin, "published", "template0")
            migrate(server.dsn("published", "workouts_migrator"))
            create_database(admin, "replica", "published")
        yield server


def rows(database: psycopg.Connection[Any]) -> dict[str, list[tuple[Any, ...]]]:
    """What is in every permanent table."""
    tables = [name for (name,) in database.execute(PERMANENT)]
    return {name: database.execute(f"select t::text from {name} as t order by 1").fetchall() for name in tables}


@pytest.fixture
def published(two_databases: EmbeddedPostgres) -> Iterator[psycopg.Connection[Any]]:
    """Publishes all tables; what it commits, the replica has applied."""
    with closing(psycopg.connect(two_databases.dsn("published"), autocommit=True)) as connection:
        connection.execute("create publication everything for all tables")
        connection.execute("select pg_create_logical_replication_slot('replica', 'pgoutput')")
        with psycopg.connect(two_databases.dsn("replica"), autocommit=True) as replica:
            replica.execute(
                f"create subscription replica connection '{two_databases.dsn('published')}' publication everything"
                " with (create_slot = false, copy_data = false)"
            )
        connection.execute("alter system set synchronous_standby_names = 'replica'")
        connection.execute("select pg_reload_conf()")
        connection.execute("set synchronous_commit = remote_apply")
        connection.execute("set search_path = workouts, extensions, pg_temp")
        yield connection
        # A connection that ends drops its temporary tables. It would wait for ever for a replica that is none by then.
        connection.execute("set synchronous_commit = local")


@pytest.fixture
def replica(two_databases: EmbeddedPostgres, published: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    with closing(psycopg.connect(two_databases.dsn("replica"), autocommit=True)) as connection:
        connection.execute("set search_path = workouts, extensions, pg_temp")
        yield connection


@pytest.fixture
def world(
    two_databases: EmbeddedPostgres, published: psycopg.Connection[Any], tmp_path: Path, password_hash: str
) -> Iterator[World]:
    """Makes one of everything, through the API."""
    environ = {
        "APP_ENV": "development",
        "DATABASE_URL": url(two_databases, "published", "workouts_app"),
        "JWT_SECRET_KEY": SECRET,
        "LOG_LEVEL": "WARNING",
        "RATE_LIMITS": "false",
        "WORKOUTS_DATA_DIR": str(tmp_path),
    }
    app = create_app(load_settings(environ))
    app.extensions["database"].open()
    yield World(app, published, password_hash)
    app.extensions["database"].close()


def touch(database: psycopg.Connection[Any], table: str) -> None:
    """Writes each row again as it is."""
    found = database.execute(
        "select a.attname from pg_attribute as a where a.attrelid = %s::regclass and a.attnum > 0"
        " and a.attidentity = '' and a.attgenerated = '' and not a.attisdropped order by a.attnum limit 1",
        [table],
    ).fetchone()
    assert found is not None
    database.execute(f"update {table} set {found[0]} = {found[0]}".encode())


def test_all_tables_arrive_with_updates_and_deletes_and_the_replica_can_take_over(
    world: World, published: psycopg.Connection[Any], replica: psycopg.Connection[Any]
) -> None:
    world.make()
    empty = {name for name, found in rows(published).items() if not found}
    for method, rule in SIGNED_IN:
        if method == "POST" and rule.rpartition("/")[2].replace("-", "_") in empty:
            filled(world.cast["owner"], rule, world.things)
    owner = world.cast["owner"]
    merged = owner.post("/api/v1/exercises", json={"name": "Axle press"}).json["id"]
    assert owner.post(f"/api/v1/exercises/{merged}/merge", json={"into": 1}).status_code == 200
    body = {**SESSION, "client_key": str(uuid.uuid4())}
    kept = owner.post("/api/v1/sessions", json=body, headers={"Idempotency-Key": "k"})
    assert (kept.status_code, owner.delete(kept.headers["Location"]).status_code) == (201, 204)
    assert owner.post("/api/v1/days", **options(("POST", "/api/v1/days"))).status_code == 201
    assert owner.post("/api/v1/imports", **options(("POST", "/api/v1/imports"))).status_code == 201
    assert owner.post("/api/v1/sessions", json={**SESSION, "laps": [{"duration_s": 300}]}).status_code == 201
    a_set = f"/api/v1/sessions/{world.things['session_id']}/exercises/1/sets/1"
    assert owner.post("/api/v1/sessions/doubts/check").status_code == 200
    assert owner.put(a_set, json={"reps": 5}).status_code == 200
    touch(published, "muscles")  # waits until the replica has all that was committed before
    arrived = rows(replica)
    assert arrived == rows(published)
    assert {name for name in arrived if not arrived[name]} <= EMPTY_IN_THE_WORLD
    for table in arrived:
        touch(published, table)
    assert rows(replica) == rows(published)
    emptied(published)
    touch(published, "muscles")
    left = rows(replica)
    assert left == rows(published)
    assert not any(left[name] for name in ("users", "sessions", "sets", "idempotency_keys"))
    (take_over,) = re.findall(r"```sql\n(do [$]sequences[$].*?)```", OPERATIONS.read_text(encoding="utf-8"), re.DOTALL)
    replica.execute("alter subscription replica disable")
    replica.execute(take_over)
    replica.execute("insert into exercises (athlete_id, name) values (null, 'Made by the new primary')")
