"""A database with two people, and a backup of it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.conftest import create_database
from workouts_api.backup.creating import create
from workouts_api.host.backups import Backup
from workouts_api.host.embedded import EmbeddedError, EmbeddedPostgres
from workouts_api.host.programs import find_binaries

PEOPLE = """
with u as (
  insert into workouts.users (email, username, full_name, password_hash)
  select n || '@example.com', n, initcap(n), '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'
  from unnest(array['ada', 'jörg']) as n
  returning id, username
)
insert into workouts.athletes (user_id, name) select id, username from u
"""


@pytest.fixture(scope="module")
def living(cluster: EmbeddedPostgres, template: str) -> Iterator[str]:
    """A database of its own, as its owner's superuser sees it."""
    try:
        find_binaries(needed=("pg_dump", "pg_restore"), least=15)
    except EmbeddedError as error:
        pytest.skip(str(error))
    name = f"backed_up_{os.getpid()}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
        with psycopg.connect(cluster.dsn(name)) as conn:
            conn.execute("set search_path = workouts, extensions, pg_temp")
            conn.execute(PEOPLE)
        yield name
        admin.execute(f"drop database {name} with (force)".encode())


@pytest.fixture(scope="module")
def as_dba(cluster: EmbeddedPostgres, living: str) -> str:
    return cluster.dsn(living, "workouts_dba")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backups")
    folder.chmod(0o711)
    return folder


@pytest.fixture(scope="module")
def made(as_dba: str, folder: Path) -> Backup:
    return create(as_dba, folder)
