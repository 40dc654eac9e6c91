"""Query files in separate folders, and servers of the oldest and the newest supported version."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.postgres import throwaway_cluster
from workouts_api.dba.server import Session, session
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.sql.catalogue import Catalogue, load_catalogue
from workouts_api.sql.files import QueryFile

OLDEST = Path("/usr/lib/postgresql/15/bin")

SCHEMA = """
create schema workouts;
create schema extensions;
create extension pg_stat_statements with schema extensions;
set search_path = workouts;
create table athletes (
  id bigint generated always as identity primary key,
  name text not null,
  born_on date
);
create table sets (
  athlete_id bigint not null references athletes,
  set_no integer not null,
  reps smallint,
  weight_kg double precision,
  tags text[],
  fact json,
  primary key (athlete_id, set_no)
);
create function workouts.log_set(note text) returns void language plpgsql volatile
as $$ begin insert into workouts.athletes (name) values (note); end $$;
create function workouts.log_twice(note text) returns void language sql volatile
as $$ select workouts.log_set(note); select workouts.log_set(note) $$;
create function workouts.set_columns(entry workouts.sets) returns table (number integer, reps smallint)
language sql stable as $$ select entry.set_no, entry.reps $$;
create function workouts.set_note(note text) returns void language plpgsql volatile
as $$ begin perform set_config('app.note', 'insert', true); end $$;
insert into athletes (name) select 'athlete ' || n from generate_series(1, 50) as n;
insert into sets (athlete_id, set_no, reps, weight_kg)
select a.id, n, 5, 100 from athletes as a, generate_series(1, 400) as n;
grant usage on schema workouts to workouts_app;
grant select, insert, update, delete on all tables in schema workouts to workouts_app;
"""


def create_database(server: EmbeddedPostgres, name: str, *, owner: str = "postgres") -> None:
    with psycopg.connect(server.dsn(), autocommit=True) as admin:
        admin.execute(
            f"create database {name} owner {owner} template template0 encoding 'UTF8' locale 'C.UTF-8'",
        )


def _database(server: EmbeddedPostgres, name: str) -> str:
    create_database(server, name)
    with psycopg.connect(server.dsn(name), autocommit=True) as conn:
        conn.execute(SCHEMA)
        conn.execute("vacuum (analyze) workouts.athletes, workouts.sets")
    return server.dsn(name)


@pytest.fixture(scope="session")
def worker(request: pytest.FixtureRequest) -> str:
    """The worker's name, so that parallel test processes use different databases."""
    return str(getattr(request.config, "workerinput", {}).get("workerid", "alone"))


@pytest.fixture(scope="session")
def newest_dsn(cluster: EmbeddedPostgres, worker: str) -> str:
    return _database(cluster, f"sql_{worker}")


@pytest.fixture(scope="session")
def oldest_dsn(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Iterator[str]:
    if not OLDEST.is_dir():
        pytest.skip("there is no PostgreSQL 15 on this machine")
    folder = tmp_path_factory.getbasetemp().parent / "sql-oldest"
    with throwaway_cluster(folder, bin_dir=OLDEST) as server:
        yield _database(server, f"sql_{worker}")


@pytest.fixture(params=["oldest", "newest"])
def any_dsn(request: pytest.FixtureRequest) -> str:
    """The same database on PostgreSQL 15 and on the embedded one."""
    return str(request.getfixturevalue(f"{request.param}_dsn"))


@pytest.fixture
def server(newest_dsn: str) -> Iterator[Session]:
    with session(newest_dsn, read_only=True) as opened:
        yield opened


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "queries"
    folder.mkdir()
    return folder


Write = Callable[..., Path]


@pytest.fixture
def write(root: Path) -> Write:
    """Writes a query file. Its name is training.get_set unless another one is given."""

    def write(text: str | bytes, name: str = "training/get_set") -> Path:
        path = root / f"{name}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture
def read(write: Write, root: Path) -> Callable[..., QueryFile]:
    """Writes a query file and returns what the catalogue reads from it."""

    def read(text: str, name: str = "training/get_set") -> QueryFile:
        write(text, name)
        return load_catalogue(root).find(name)

    return read


@pytest.fixture
def load(root: Path) -> Callable[[], Catalogue]:
    return lambda: load_catalogue(root)
