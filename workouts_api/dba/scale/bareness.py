"""Drops the parts of tables that slow an insert down: keys, indexes and row triggers.

It returns the statements that restore them. The caller runs these in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from psycopg import sql

from workouts_api.migrate.session import Connection

Restore = list[tuple[sql.SQL | sql.Composed, str]]  # statements, each with a name for the progress bar


def take_away(conn: Connection, tables: Sequence[str]) -> Restore:
    """Drops keys and indexes. Returns the statements that restore them, each with a name."""
    restore: Restore = []
    foreign: set[str] = set()
    for table, constraint, definition, comment, kind in conn.execute(_CONSTRAINTS, [list(tables)]).fetchall():
        place, name = sql.Identifier("workouts", str(table)), sql.Identifier(str(constraint))
        conn.execute(sql.SQL("alter table {} drop constraint {}").format(place, name))
        suffix = " not valid" if kind == "f" else ""
        add = sql.SQL("alter table {} add constraint {} {}" + suffix).format(place, name, _as_is(definition))
        restore.append((add, str(constraint)))
        if kind == "f":
            foreign.add(str(constraint))
            validate = sql.SQL("alter table {} validate constraint {}").format(place, name)
            restore.append((validate, str(constraint)))
        if comment is not None:
            about = sql.SQL("comment on constraint {} on {} is {}").format(name, place, sql.Literal(comment))
            restore.append((about, str(constraint)))
    indexes: Restore = []
    for index, definition, comment in conn.execute(_INDEXES, [list(tables)]).fetchall():
        name = sql.Identifier("workouts", str(index))
        conn.execute(sql.SQL("drop index {}").format(name))
        indexes.append((_as_is(definition), str(index)))
        if comment is not None:
            indexes.append((sql.SQL("comment on index {} is {}").format(name, sql.Literal(comment)), str(index)))
    keys = [one for one in restore if one[1] not in foreign]
    return [*keys, *indexes, *(one for one in restore if one[1] in foreign)]


def silence(conn: Connection, tables: Sequence[str]) -> Restore:
    """Disables row triggers: made-up rows need no check, and the audit record has nobody to name as their author."""
    restore: Restore = []
    for table, trigger in conn.execute(_TRIGGERS, [list(tables)]).fetchall():
        place, name = sql.Identifier("workouts", str(table)), sql.Identifier(str(trigger))
        conn.execute(sql.SQL("alter table {} disable trigger {}").format(place, name))
        restore.append((sql.SQL("alter table {} enable trigger {}").format(place, name), str(trigger)))
    return restore


def _as_is(definition: object) -> sql.SQL:
    """SQL from the server's own catalogue, taken as it is."""
    return sql.SQL(cast("Any", definition))


_INDEXES = """
select c.relname, pg_get_indexdef(i.indexrelid), obj_description(i.indexrelid, 'pg_class')
from pg_index as i
join pg_class as c on c.oid = i.indexrelid
where i.indrelid in (select ('workouts.' || t.name)::regclass from unnest(%s::text[]) as t (name))
  and not exists (select from pg_constraint as k where k.conindid = i.indexrelid)
order by c.relname
"""

# Foreign keys come first, because they depend on other keys. Keys on which other tables depend are not dropped.
_CONSTRAINTS = """
select t.relname, k.conname, pg_get_constraintdef(k.oid), obj_description(k.oid, 'pg_constraint'), k.contype::text
from pg_constraint as k
join pg_class as t on t.oid = k.conrelid
where k.conrelid in (select ('workouts.' || n.name)::regclass from unnest(%s::text[]) as n (name))
  and (k.contype = 'f' and k.convalidated or k.contype in ('p', 'u', 'x'))
  and not (k.contype in ('p', 'u') and t.relname in ('sessions', 'exercises', 'laps'))
order by k.contype = 'f' desc, t.relname, k.conname
"""

_TRIGGERS = """
select c.relname, t.tgname
from pg_trigger as t
join pg_class as c on c.oid = t.tgrelid
where t.tgrelid in (select ('workouts.' || n.name)::regclass from unnest(%s::text[]) as n (name))
  and not t.tgisinternal
  and t.tgtype & 1 = 1
  and t.tgenabled = 'O'
order by c.relname, t.tgname
"""
