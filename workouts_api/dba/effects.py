"""Whether a query file writes. Its head says ``@readonly`` or ``@writes``, and this module proves it on the server.

A statement writes if its plan changes or locks rows, or if it may call a function that does. The text of a function
does not prove what it does. So each volatile function counts as one that writes, unless HARMLESS names it with a
reason. SQL that is built at run time also counts as writing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import errors as pg

from workouts_api.dba.server import Session, first_line, nodes
from workouts_api.sql.files import QueryFile
from workouts_api.sql.lexer import tokenize

# Volatile functions that change nothing: running one twice has no effect, and a read-only server runs it. The table has
# only functions that some @readonly file needs.
HARMLESS: Mapping[str, str] = {
    "pg_catalog.set_config": "a setting is the connection's own, and of the transaction alone where it says true",
    "pg_catalog.pg_advisory_xact_lock_shared": "the lock ends with the transaction, and a read-only server gives it",
    "workouts.open_request": "sets what holds for the transaction",
    "workouts.guard": "reads the login and sets what holds for the transaction",
    "pg_catalog.pg_control_system": "reads which server this is",
    "pg_catalog.pg_current_wal_insert_lsn": "reads where the log is",
    "pg_catalog.pg_is_in_recovery": "reads whether the server is a standby",
    "pg_catalog.pg_last_wal_receive_lsn": "reads how far a standby has come",
    "pg_catalog.pg_last_wal_replay_lsn": "reads how far a standby has come",
    "workouts.position_in_log": "reads where the log is",
    "workouts.follow_primary": "raises WK503; reads how far a standby has come",
    "workouts.no_such": "raises WK404; volatile so that it is never computed ahead of time",
    "workouts.refuse": "raises WK422; volatile so that it is never computed ahead of time",
}
# A function with one of these words builds SQL at run time. Nobody can tell what that SQL calls.
_BUILDS_SQL = frozenset({"execute"})
_CHANGING_NODES = frozenset({"ModifyTable", "LockRows"})
_CHANGING_WORDS = frozenset(
    {"insert", "update", "delete", "merge", "truncate", "copy", "call", "share", "lock", "notify", *_BUILDS_SQL}
)
RUN_TIMEOUT_S = 5.0  # for a file without a time in its budget: a production table may be large
_WORD = re.compile(r"[^\W\d][\w$]*")


@dataclass(slots=True)
class _Named:
    """All functions, views and similar objects of one name: the volatile ones, and the words of their sources."""

    volatile: set[str] = field(default_factory=set)  # schema.name
    words: set[str] = field(default_factory=set)


class Effects:
    """What the functions and views of a database may do, by name. The catalogue is read once."""

    def __init__(self, session: Session) -> None:
        self._named: dict[str, _Named] = {}
        for name, full_name, is_volatile, source in session.conn.execute(_SOURCES).fetchall():
            named = self._named.setdefault(name, _Named())
            named.words |= words_of(source)
            if is_volatile:
                named.volatile.add(full_name)

    def writers(self, text: str) -> list[str]:
        """The functions that may write, among all that this SQL can reach by the names in it, as ``schema.name()``.

        It may name too many: a column with the name of a volatile function counts as a call of that function.
        """
        reached, found = set[str](), set[str]()
        waiting = set(words_of(text) & self._named.keys())
        while waiting:
            name = waiting.pop()
            reached.add(name)
            named = self._named[name]
            found |= {f"{full_name}()" for full_name in named.volatile - HARMLESS.keys()}
            if named.words & _BUILDS_SQL:
                found.add(f"{name}(), which builds SQL at run time,")
            waiting |= (named.words & self._named.keys()) - reached
        return sorted(found)

    def changing_words(self, full_name: str) -> set[str]:
        """The words in a function's sources with which it could change data."""
        return self._named[full_name.partition(".")[2]].words & _CHANGING_WORDS


def effect_problems(session: Session, file: QueryFile, effects: Effects, execute: str | None = None) -> Iterator[str]:
    """The reasons why the file's ``@readonly`` or ``@writes`` is wrong. A ``@readonly`` file is run on its samples.

    :param execute: runs the prepared statement; None for statements that cannot be prepared (copy, call).
    :raises psycopg.Error: when the statement cannot be planned.
    """
    line = file.line_of(file.effect)
    changes = _changes_rows(session, file, execute)
    writers = effects.writers(file.body)
    if file.writes:
        if not changes and not writers:
            yield file.problem(line, "@writes, but nothing in it writes: expected @readonly")
        return
    if changes:
        yield file.problem(line, "@readonly, but the statement writes or locks rows: expected @writes")
    for name in writers:
        yield file.problem(line, f"@readonly, but {name} may write: expected @writes")
    if execute and not changes and not writers and (said := _refused_in_a_readonly_transaction(session, file, execute)):
        yield file.problem(line, f"@readonly, but a read-only transaction refuses it, expected @writes: {said}")


@lru_cache(maxsize=4096)  # the catalogue's functions are read again for every text that is checked
def words_of(source: str) -> frozenset[str]:
    """Every name and keyword of the SQL, in lower case. Strings and comments are left out."""
    kinds = ("code", "identifier")
    return frozenset(
        word for t in tokenize(source) if t.kind in kinds for word in _WORD.findall(source[t.start : t.end].lower())
    )


def _changes_rows(session: Session, file: QueryFile, execute: str | None) -> bool:
    """Whether a node of its plan changes or locks rows. The generic plan has all nodes, whatever the samples are."""
    if execute:
        return _has_changing_node(session.plan(execute, "generic"))
    if file.is_copy and file.body.rstrip().lower().endswith("to stdout"):
        start, end = file.body.find("("), file.body.rfind(")")
        is_query = file.body[4:start].isspace() if start > 0 else False
        return is_query and _has_changing_node(session.plan(file.body[start + 1 : end], "generic"))
    return file.is_copy


def _has_changing_node(root: Mapping[str, Any]) -> bool:
    return any(node["Node Type"] in _CHANGING_NODES for node in nodes(root["Plan"]))


def _refused_in_a_readonly_transaction(session: Session, file: QueryFile, execute: str) -> str | None:
    """The server's message if it finds a write. Other errors, such as a guard's, are not reported here."""
    limit_ms = round((file.timeout_s or RUN_TIMEOUT_S) * 1000)
    try:
        session.conn.execute(f"begin read only; set local statement_timeout = {limit_ms}; {execute}")
    except pg.ReadOnlySqlTransaction as error:
        return first_line(error)
    except psycopg.Error:
        return None
    finally:
        session.conn.execute("rollback")
    return None


# Names and sources: functions and procedures (of the server's own, only volatile ones), aggregates with the functions
# that they call, views, row-level policies under their table's name, domains with their constraints.
_SOURCES = """
select p.proname, n.nspname || '.' || p.proname, p.provolatile = 'v', case
    when a.aggfnoid is not null then concat_ws(' ', a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggmtransfn)
    when l.lanname in ('sql', 'plpgsql') then p.prosrc || ' ' || coalesce(pg_get_function_sqlbody(p.oid), '')
    else ''
  end
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
join pg_language as l on l.oid = p.prolang
left join pg_aggregate as a on a.aggfnoid = p.oid
where p.provolatile = 'v' or n.nspname not in ('pg_catalog', 'information_schema')
union all
select c.relname, n.nspname || '.' || c.relname, false, pg_get_viewdef(c.oid)
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where c.relkind in ('v', 'm') and n.nspname not in ('pg_catalog', 'information_schema')
union all
select c.relname, c.relname, false, concat_ws(' ', pg_get_expr(o.polqual, c.oid), pg_get_expr(o.polwithcheck, c.oid))
from pg_policy as o
join pg_class as c on c.oid = o.polrelid
union all
select t.typname, t.typname, false, pg_get_constraintdef(k.oid)
from pg_constraint as k
join pg_type as t on t.oid = k.contypid
where t.typtype = 'd' and k.connamespace <> 'information_schema'::regnamespace
"""
