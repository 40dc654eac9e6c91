"""A world that was made once, put back as often as it is wanted: an eighth of what making it anew takes."""

from __future__ import annotations

from typing import Any

import psycopg

_TABLES = """
select
  c.oid::regclass::text,
  'kept_' || c.relname,
  (
    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
    from pg_attribute as a
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
  )
from pg_class as c
where c.relkind = 'r'
  and c.relnamespace::regnamespace::text in ('workouts', 'jobs')
  and c.relname !~ '^schema_'  -- what migrations write, and no request can
"""
_COUNTS = """
select
  (select count(*) from {table}),
  (select count(*) from (select k::text from pg_temp.{kept} as k except all select t::text from {table} as t) as lost)
"""
_ADDED = """
create temporary table added as
  select t.* from {table} as t where t::text not in (select k::text from pg_temp.{kept} as k);
drop table pg_temp.{kept};
alter table pg_temp.added rename to {kept}
"""
MANY = 500  # the catalogue's


class Kept:
    """The rows of an emptied database and, after ``keep``, of the world that was made in it.

    They stand in temporary tables of the connection, so that nothing but the rows themselves is anybody else's.
    """

    def __init__(self, emptied: psycopg.Connection[Any]) -> None:
        self._database = emptied
        self._tables = emptied.execute(_TABLES).fetchall()
        self._back = ""
        for table, kept, _ in self._tables:
            emptied.execute(f"drop table if exists pg_temp.{kept}".encode())
            emptied.execute(f"create temporary table {kept} as table {table}".encode())

    def keep(self) -> None:
        """Remembers what there is now: all of a table, but of the catalogue's what the world has added."""
        steps = []
        for table, kept, columns in self._tables:
            rows, lost = self._database.execute(_COUNTS.format(table=table, kept=kept).encode()).fetchone() or (0, 0)
            if rows <= MANY or lost:
                steps.append(f"delete from {table}")
                self._database.execute(f"truncate pg_temp.{kept}".encode())
                self._database.execute(f"insert into pg_temp.{kept} table {table}".encode())
            else:
                self._database.execute(_ADDED.format(table=table, kept=kept).encode())
            steps.append(
                f"insert into {table} ({columns}) overriding system value select {columns} from pg_temp.{kept}"
            )
        # Triggers stay silent: what they wrote is among the rows.
        self._back = "; ".join(["set local session_replication_role = replica", *steps])

    def put_back(self) -> None:
        """Into the database, which was emptied again."""
        with self._database.transaction():
            self._database.execute(self._back.encode())
