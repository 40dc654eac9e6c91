"""A second connection, which holds a lock until a request waits for it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
import pytest

from workouts_api.host.embedded import EmbeddedPostgres

Reply = TypeVar("Reply")
WAITS = "select from pg_stat_activity where pg_backend_pid() = any(pg_blocking_pids(pid))"


@dataclass(frozen=True)
class Other:
    """A transaction beside the API's."""

    connection: psycopg.Connection[Any]

    def does(self, *statements: str, **values: Any) -> None:
        for statement in statements:
            self.connection.execute(statement.encode(), values)

    def is_waited_for(self, times: int = 1, unless: Future[Any] | None = None) -> None:
        """Returns as soon as so many requests wait for this connection's locks. Fails if ``unless`` has its reply."""
        deadline = time.monotonic() + 20
        while len(self.connection.execute(WAITS).fetchall()) < times:
            assert time.monotonic() < deadline, "nothing waited"
            assert unless is None or not unless.done(), f"it did not wait: {unless.result()}"
            time.sleep(0.005)

    def commits_once_it_is_waited_for_by(self, ask: Callable[[], Reply]) -> Reply:
        with ThreadPoolExecutor(1) as thread:
            asked = thread.submit(ask)
            try:
                self.is_waited_for(unless=asked)
            finally:
                self.connection.commit()
            return asked.result()


@pytest.fixture
def other(cluster: EmbeddedPostgres, database_name: str, database: object) -> Iterator[Other]:
    options = "-c search_path=workouts,extensions,pg_temp"
    with psycopg.connect(cluster.dsn(database_name), options=options) as connection:
        yield Other(connection)
