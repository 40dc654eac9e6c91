"""The runner's connection: who it works as, what it waits for, and the lock that lets one runner in at a time."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
from psycopg import sql

from workouts_api.database.keepalives import end_with_client, with_keepalives

from .errors import BusyError, MigrationError, UnreachableError, advice_for, server_words

Connection: TypeAlias = psycopg.Connection[tuple[object, ...]]

OWNER, APPLICATION, DBA = "workouts_owner", "workouts_app", "workouts_dba"
SEARCH_PATH = "workouts, extensions, pg_temp"
ADVISORY_LOCK = 0x776F726B6F757473  # 'workouts' in ASCII: a number that nobody else picks by chance
_POLL_SECONDS = 0.2


@dataclass(frozen=True)
class Patience:
    """How long a runner waits, all in seconds.

    ``lock_timeout`` is what the application may be held up at most: who waits for a lock on a table makes everyone
    behind it wait as well. So it gives up soon, pauses – a random part of ``pause``, doubled each time – and tries
    again, ``attempts`` times in all. ``runner`` is how long another runner is waited for: it may be in a backfill.
    """

    lock_timeout: float = 1.5
    attempts: int = 6
    pause: float = 0.5
    runner: float = 600.0

    def pause_after(self, attempt: int) -> float:
        return min(self.pause * 2.0**attempt, 10.0) * secrets.SystemRandom().uniform(0.5, 1.0)


PATIENCE = Patience()


@contextmanager
def connect(conninfo: str, *, notice: Callable[[str], None] | None = None) -> Iterator[Connection]:
    """A connection in autocommit, as the owner of the schema where that role exists and may be taken.

    :raises UnreachableError: when there is none, or it breaks under way.
    :raises MigrationError: for what the server refuses inside, outside of files: a missing privilege, say.
    """
    try:
        conn = psycopg.connect(
            with_keepalives(conninfo),
            autocommit=True,
            prepare_threshold=None,
            client_encoding="utf-8",
            fallback_application_name="workouts db",
        )
    except psycopg.Error as error:
        raise UnreachableError(f"no connection to the database: {' '.join(str(error).split())}") from error
    if notice is not None:
        conn.add_notice_handler(lambda diagnostic: notice(diagnostic.message_primary or ""))
    with conn:
        try:
            become_owner(conn)
            yield conn
        except psycopg.Error as error:
            if conn.broken:
                raise UnreachableError(f"the connection was lost: {server_words(error)}") from error
            raise _on_one_line(error) from error


def become_owner(conn: Connection) -> None:
    """Takes the owner's role, if there is one and it may be taken, and the search path of the application. Nearly all
    other settings are those with which the session began.

    Said again before every file, so that a ``set`` in one doesn't reach the next.
    """
    conn.execute("reset all")
    may = conn.execute(
        """
        select r.rolname <> current_user
        from pg_roles as r
        where r.rolname = %s
          and pg_has_role(session_user, r.oid,
            case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end)
        """,
        [OWNER],
    ).fetchone()
    if may and may[0]:
        conn.execute(sql.SQL("set role {}").format(sql.Identifier(OWNER)))
    conn.execute(f"set search_path = {SEARCH_PATH}".encode())
    conn.execute("set check_function_bodies = on")
    conn.execute("set datestyle = 'ISO'")  # psycopg reads instants of no other form
    end_with_client(conn)


@contextmanager
def one_at_a_time(conn: Connection, patience: Patience, waiting: Callable[[str], None]) -> Iterator[None]:
    """Holds the runners' lock.

    It is polled for: a session that sits in a blocking ``pg_advisory_lock`` holds a snapshot, for which the other
    runner's ``create index concurrently`` would wait for ever.

    :raises BusyError: when it isn't free within ``patience.runner`` seconds.
    """
    deadline = time.monotonic() + patience.runner
    told = False
    while not _try_lock(conn):
        if time.monotonic() >= deadline:
            raise BusyError(f"another runner is at work{_who_holds_it(conn)}; gave up after {patience.runner:g} s")
        if not told:
            waiting(f"waiting for another runner{_who_holds_it(conn)}")
            told = True
        time.sleep(_POLL_SECONDS)
    try:
        yield
    finally:
        if not conn.closed:
            conn.execute("select pg_advisory_unlock(%s)", [ADVISORY_LOCK])


def _try_lock(conn: Connection) -> bool:
    row = conn.execute("select pg_try_advisory_lock(%s)", [ADVISORY_LOCK]).fetchone()
    return bool(row and row[0])


def _who_holds_it(conn: Connection) -> str:
    row = conn.execute(
        """
        select format(' (pid %%s, %%s%%s)', a.pid, a.usename, ' from ' || host(a.client_addr))
        from pg_locks as l
        join pg_stat_activity as a using (pid)
        where l.locktype = 'advisory'
          and l.granted
          and l.objsubid = 1
          and l.database = (select d.oid from pg_database as d where d.datname = current_database())
          and (l.classid::bigint << 32) | l.objid::bigint = %s
        """,
        [ADVISORY_LOCK],
    ).fetchone()
    return str(row[0]) if row and row[0] else ""


def oldest_lock_holders(conn: Connection) -> str:
    """Who else holds locks on tables of the schema, oldest transaction first: whom a migration waited for."""
    rows = conn.execute(
        """
        select concat_ws(', ', 'pid ' || a.pid, coalesce(nullif(a.application_name, ''), a.usename),
          -- null unless this role is a member of that one, or of pg_read_all_stats
          a.state || ' for ' || date_trunc('second', clock_timestamp() - a.xact_start))
        from pg_locks as l
        join pg_stat_activity as a using (pid)
        join pg_class as c on c.oid = l.relation
        where l.granted
          and l.locktype = 'relation'
          and l.database = (select d.oid from pg_database as d where d.datname = current_database())
          and c.relnamespace = to_regnamespace('workouts')
          and l.pid <> pg_backend_pid()
        group by a.pid, a.application_name, a.usename, a.state, a.xact_start
        order by a.xact_start
        limit 3
        """
    ).fetchall()
    return "; ".join(str(row[0]) for row in rows)


def _on_one_line(error: psycopg.Error) -> MigrationError:
    advice = advice_for(error)
    return MigrationError(f"{error.sqlstate or 'no answer'}: {server_words(error)}{advice and f' ({advice})'}")
