"""What is in the database, so that one can say whether a request has changed anything."""

from __future__ import annotations

from typing import Any

import psycopg

# Guesses are counted whatever comes of them; staging is emptied at the end of each import.
_COUNTED_ANYWAY = frozenset({"throttles", "import_exercises"})
_VALUES = "hashtextextended((to_jsonb(t) - 'last_used_on')::text, 0)"


class Contents:
    """Digests of all tables of the application, and of its jobs, by name.

    A row that is written anew as it was counts as changed.
    """

    def __init__(self, database: psycopg.Connection[Any]) -> None:
        self._database = database
        tables = database.execute(
            "select c.oid::regclass::text, c.relname, exists ("
            "   select from pg_attribute as a where a.attrelid = c.oid and a.attname = 'last_used_on'"
            " ) from pg_class as c"
            " where c.relkind = 'r' and c.relnamespace::regnamespace::text in ('workouts', 'jobs')"
        ).fetchall()
        # The day on which a key was last used is written by the guard, whatever becomes of the request behind it.
        self._query = " union all ".join(
            f"select '{name}', count(*) || ' rows ' || coalesce(sum({row}), 0) from {table} as t"
            for table, name, is_used in tables
            # The transaction that wrote a row tells as much as its values, at a tenth of the cost.
            for row in [_VALUES if is_used else "t.xmin::text::bigint"]
            if name not in _COUNTED_ANYWAY
        )

    def __call__(self) -> dict[str, str]:
        return dict(self._database.execute(self._query).fetchall())

    def changed_since(self, before: dict[str, str]) -> list[str]:
        """The tables that differ by now."""
        now = self()
        return [name for name in before if before[name] != now[name]]
