"""What a lost connection may send again, for every query file: what says @readonly, once; what says @writes, never."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.spine.proxy import CountingProxy
from workouts_api.config import load_settings
from workouts_api.database import Caller, Database, acting
from workouts_api.dba.server import sample_as_sql
from workouts_api.errors import OutcomeUnknown, Unavailable
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

FILES = [file for file in CATALOGUE.files() if file.returns not in ("copy", "stream")]  # these need a transaction


@pytest.fixture
def pool(proxy: CountingProxy, environ: dict[str, str], database_name: str) -> Iterator[Database]:
    url = f"postgresql://workouts_app@/{database_name}?host={proxy.folder}&port={proxy.port}"
    pool = Database(load_settings({**environ, "DATABASE_URL": url, "DB_POOL_MAX": "1"}), url, CATALOGUE)
    pool.open()
    yield pool
    pool.close()


_OF_PYTHON = ("bigint", "double precision", "boolean", "bytea", "json", "jsonb")


def samples(database: psycopg.Connection[Any], file: QueryFile) -> dict[str, Any]:
    """The parameters' values: what Python has no type of, or a smaller one (infinity), as text."""
    if not file.parameters:
        return {}
    plain = [p.sent_type.endswith("[]") or p.sent_type in _OF_PYTHON for p in file.parameters]
    values = [f"{sample_as_sql(p)}{'' if as_is else '::text'}" for p, as_is in zip(file.parameters, plain, strict=True)]
    row = database.execute(f"select {', '.join(values)}".encode()).fetchone()
    return dict(zip((p.name for p in file.parameters), row or (), strict=True))


def test_a_lost_connection_repeats_what_is_readonly_and_nothing_else(database, proxy, pool):
    proxy.delay = 0
    wrong = []
    for file in FILES:
        proxy.hangs_up_at, proxy.hung_up = file.full_name.encode(), 0
        expected = (OutcomeUnknown, 1) if file.writes else (Unavailable, 2)
        pool.retries.refill()  # one connection after the other is lost here: more than a budget allows
        with acting(Caller(pool, "test", time.monotonic() + 30)), pytest.raises(Unavailable) as caught:
            pool.run(file.full_name, samples(database, file))
        if (type(caught.value), proxy.hung_up) != expected:
            wrong.append(f"{file.place}: {caught.value!r} after it was sent {proxy.hung_up} times")
    assert not wrong, "\n".join(wrong)
