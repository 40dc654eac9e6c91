"""Who runs what on the server at this moment, by query file, and who waits for whom.

Owns the reading of pg_stat_activity and pg_locks, and the order in which sessions are told: those that hold others up
first, each followed by those that wait for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from workouts_api.dba.statements import TAG

# The guard names the request in application_name while a transaction lasts.
_OF_REQUEST = re.compile(r"workouts-api (?P<request>\S+)(?: user=(?P<user>\d+))?")
_READ = """
select
  a.pid,
  coalesce(a.usename, a.backend_type)::text as role,
  a.application_name as application,
  coalesce(a.state, '') as state,
  coalesce(a.query, '') as text,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as transaction_s,
  extract(
    epoch from clock_timestamp() - case when a.state = 'active' then a.query_start else a.state_change end
  )::float8 as state_s,
  a.wait_event_type as wait_type,
  a.wait_event as wait,
  case when a.wait_event_type = 'Lock' then pg_blocking_pids(a.pid) else '{}' end as blockers,
  (
    select case l.locktype
        when 'relation' then l.mode || ' on ' || l.relation::regclass::text
        when 'tuple' then 'its turn at a row of ' || l.relation::regclass::text
        when 'transactionid' then 'the end of a transaction'
        else l.locktype || ' lock'
      end
    from pg_locks as l
    where l.pid = a.pid
      and not l.granted
    limit 1
  ) as lock
from pg_stat_activity as a
where a.pid <> pg_backend_pid()
  and (a.datname = current_database() or (a.datname is null and a.backend_type = 'autovacuum worker'))
order by a.xact_start nulls last, a.pid
"""


@dataclass(frozen=True, slots=True)
class Running:
    """A session of the server: its role, what it runs, since when, and what it waits for."""

    pid: int
    role: str
    application: str
    state: str
    text: str
    transaction_s: float | None
    state_s: float | None
    wait_type: str | None
    wait: str | None
    blockers: Sequence[int]
    lock: str | None

    @property
    def is_idle(self) -> bool:
        return self.state in ("idle", "") and not self.text.startswith("autovacuum:")

    @property
    def query(self) -> str:
        """The query file with its digest; for other statements the beginning of their text."""
        found = TAG.search(self.text)
        if found:
            return f"{found['file']}@{found['digest']}"
        return " ".join(self.text.split())[:80]

    @property
    def who(self) -> str:
        """The user and the request on whose behalf it runs, or the program."""
        found = _OF_REQUEST.match(self.application)
        if found is None:
            return self.application or self.role
        user = f"user {found['user']}, " if found["user"] else ""
        return f"{user}request {found['request']}"

    @property
    def waits_for(self) -> str:
        """What it waits for: a lock with its mode and table, the client, a disk; nothing while it computes."""
        if self.wait_type == "Lock":
            return f"{self.lock or self.wait}, held by {', '.join(map(str, self.blockers)) or 'nobody any more'}"
        if self.state == "active" and self.wait_type not in (None, "Client"):
            return f"{self.wait_type}: {self.wait}"
        return ""


def read_live(conn: psycopg.Connection[Any]) -> list[Running]:
    """Every session of this database except one's own. The oldest transaction comes first."""
    with conn.cursor(row_factory=class_row(Running)) as cursor:
        return cursor.execute(_READ).fetchall()


def sees_others(conn: psycopg.Connection[Any]) -> bool:
    """Whether the role may see what other roles do. To one that may not, they seem to do nothing."""
    row = conn.execute("select pg_has_role('pg_read_all_stats', 'usage')").fetchone()
    return row == (True,)


def shown(sessions: Sequence[Running], *, idle: bool) -> list[Running]:
    """Those at work; and those at rest, if asked for or if somebody waits for them."""
    blocking = {pid for one in sessions for pid in one.blockers}
    return [one for one in sessions if idle or not one.is_idle or one.pid in blocking]


def tree(sessions: Sequence[Running]) -> Iterator[tuple[int, Running]]:
    """Each session once, with its depth: who waits stands under the first one that it waits for."""
    known = {one.pid: one for one in sessions}
    waiting: dict[int, list[Running]] = {}
    for one in sessions:
        blocker = next((pid for pid in one.blockers if pid in known), None)
        if blocker is not None:
            waiting.setdefault(blocker, []).append(one)
    below = {one.pid for found in waiting.values() for one in found}
    seen: set[int] = set()
    # The server resolves a deadlock after a second; until then nobody in it is a root.
    for root in [*(one for one in sessions if one.pid not in below), *sessions]:
        yield from _with_waiters(root, waiting, seen, 0)


def _with_waiters(
    one: Running, waiting: Mapping[int, list[Running]], seen: set[int], depth: int
) -> Iterator[tuple[int, Running]]:
    if one.pid in seen:
        return
    seen.add(one.pid)
    yield depth, one
    for waiter in waiting.get(one.pid, ()):
        yield from _with_waiters(waiter, waiting, seen, depth + 1)
