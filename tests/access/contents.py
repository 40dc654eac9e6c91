"""What is in the database, so that one can say whether a request has changed anything."""

from __future__ import annotations

from typing import Any

import psycopg

# Guesses are counted whatever comes of them; staging is emptied at the end of each import.
_COUNTED_ANYWAY = frozenset({"throttles", "import_sets"})


class Contents:
    """Digests of all tables of the application, and of its jobs, by name."""

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        tables = database.execute(
            "select c.oid::regclass::text, c.relname from pg_class as c"
            " where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('workouts', 'jobs')"
        ).fetchall()
        # The day on which a key was last used is written by the guard, whatever becomes of the request behind it.
        self._query = " union all ".join(
            f"select '{name}', md5(string_agg(row::text, ',' order by row::text))"
            f" from (select to_jsonb(t) - 'last_used_on' as row from {table} as t) as rows"
            for table, name in tables
            if name not in _COUNTED_ANYWAY
        )

    def __call__(self) -> dict[str, str | None]:
        return dict(self._database.execute(self._query).fetchall())

    def changed_since(self, before: dict[str, str | None]) -> list[str]:
        """The tables that differ by now."""
        now = self()
        return [name for name in before if before[name] != now[name]]
