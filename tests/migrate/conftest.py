"""A database of its own for each test, and small folders of migrations."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import conninfo

from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.migrate import Event, Patience

FAST = Patience(lock_timeout=0.1, attempts=3, pause=0.02, runner=10.0)
_NUMBERS = itertools.count()


@dataclass(frozen=True)
class Database:
    """An empty database that belongs to workouts_owner. The migrator uses ``url``."""

    url: str
    superuser: str
    server: str

    def connect(self, user: str = "postgres") -> psycopg.Connection[Any]:
        where = conninfo.make_conninfo(self.superuser, user=user)
        return psycopg.connect(
            where, autocommit=True, application_name="test", options="-c search_path=workouts,extensions"
        )

    def run(self, query: str) -> None:
        with self.connect() as conn:
            conn.execute(query.encode())

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.connect() as conn:
            return conn.execute(query.encode()).fetchall()

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def columns(self, table: str) -> list[str]:
        query = (
            f"select attname from pg_attribute where attrelid = to_regclass('{table}') and attnum > 0 order by attnum"
        )
        return [row[0] for row in self.rows(query)]


@dataclass(frozen=True)
class Folder:
    """A folder of migrations that a test fills."""

    path: Path

    def add(self, name: str, up: str, down: str = "", *, options: str = "", head: str = "") -> Path:
        path = self.path / f"{name}.sql"
        path.write_text(f"{head}-- migrate:up {options}\n{up}\n-- migrate:down {options}\n{down}\n", encoding="utf-8")
        return path

    def repeat(self, name: str, text: str) -> Path:
        path = self.path / "repeatable" / f"{name}.sql"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


class Told:
    """Records a runner's messages."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def __call__(self, event: Event) -> None:
        self.events.append(event)

    @property
    def text(self) -> str:
        return "\n".join(f"{event.file} {event.text}" for event in self.events)


@pytest.fixture
def database(cluster: EmbeddedPostgres) -> Iterator[Database]:
    name = f"migrate_{os.getpid()}_{next(_NUMBERS)}"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        admin.execute(
            f"create database {name} owner workouts_owner template template0 encoding 'UTF8' locale 'C.UTF-8' "
            "strategy file_copy"
        )
        try:
            yield Database(cluster.dsn(name, "workouts_migrator"), cluster.dsn(name), cluster.dsn())
        finally:
            admin.execute(f"drop database {name} with (force)")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    path = tmp_path / "migrations"
    path.mkdir()
    return Folder(path)


@pytest.fixture
def told() -> Told:
    return Told()
