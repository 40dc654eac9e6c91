"""How much is stored, table by table."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg


class Tables:
    """The number of rows in every table of the schema, and of the sum of all versions of what has one."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        self._names = [
            row[0]
            for row in database.execute(
                "select table_name from information_schema.tables"
                " where table_schema = 'workouts' and table_type = 'BASE TABLE' order by table_name"
            )
        ]

    def counts(self) -> dict[str, Any]:
        counting = " union all ".join(f"select '{name}', count(*) from workouts.{name}" for name in self._names)
        versions = "select 'versions of sessions', coalesce(sum(version), 0) from workouts.sessions"
        return dict(self._database.execute(f"{counting} union all {versions}").fetchall())

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Fails when what was done inside has written anything."""
        before = self.counts()
        yield
        assert self.counts() == before
