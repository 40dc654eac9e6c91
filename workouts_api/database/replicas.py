"""Read replicas: standbys of the primary that serve reads, and how it is known that what they say is not too old.

A **position** is a place in the primary's write-ahead log: an LSN, as a number. A read may go to a replica only with
the position that it must have reached, and asks for it in its own pipeline, before the guard: ``follow_primary()``. If
the replica is not there, the pipeline fails, and the request is sent to the primary: two trips, where it is rare.

The position that a read needs is the greater one of two. One comes with the request: behind all that its client has
written and seen (workouts_api.web.own_writes). The other bounds the age of every reply: where the primary was at most
REPLICA_MAX_LAG ago. A thread of each process, the watch, asks the primary for it four times in that time. Nothing
depends on clocks of other machines, and a replica that is cut off from its primary can't think itself up to date.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import DictRow, dict_row
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from workouts_api.database.keepalives import with_keepalives
from workouts_api.database.pipeline import Command, Connection
from workouts_api.database.pool import CONNECT_TIMEOUT, SHORTEST_WAIT, Pool
from workouts_api.errors import NotFound
from workouts_api.logs import log
from workouts_api.metrics import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from workouts_api.config import Settings
    from workouts_api.database.callers import Caller
    from workouts_api.sql.files import QueryFile

BEYOND_ALL: Final = 2**63 - 1
"""A position that no replica reaches: of who has written something whose outcome is unknown."""
LOOKS = 4  # of the watch in REPLICA_MAX_LAG
KEPT_LOOKS = 240  # of the watch: so far back it can tell how late a replica is
ASK_AGAIN = 0.01  # seconds between two looks at a replica that somebody waits for

# Of what a replica serves, no chapter has to do with signing in, accounts, keys or administration.
_CHAPTERS = frozenset(("athletes", "days", "exercises", "imports", "reports", "sessions", "teams"))
_REVOKING = frozenset(
    (
        "account.erase_account",
        "administration.change_user",
        "administration.delete_user",
        "api_keys.delete_api_key",
        "athletes.delete_athlete",
        "auth.change_password",
        "auth.reset_password",
        "auth.revoke_login",
        "auth.revoke_logins",
        "auth.undo_email_change",
        "teams.change_athlete",
        "teams.change_member",
        "teams.delete_team",
        "teams.remove_member",
    )
)
"""The files that take away a right: a sign-in, a key, a role, or the sight of somebody's sessions."""


def may_be_replicated(file: QueryFile) -> bool:
    return not file.writes and file.returns not in ("stream", "copy") and file.chapter in _CHAPTERS


def revokes(file: QueryFile) -> bool:
    return file.full_name in _REVOKING


class Unfit(Exception):
    """No replica can serve this read; str() says why, in a word."""


class _Look(NamedTuple):
    """Where the primary was at a moment: no earlier than ``at``, of time.monotonic()."""

    at: float
    position: int


class Asks(NamedTuple):
    """What the watch sends, ready to be sent: tell_position.sql and identify_server.sql."""

    position: Command
    identity: Command


class Replica:
    """The connections of one process to its replicas, and what it knows of them."""

    def __init__(
        self, settings: Settings, primary: str, check: Callable[[Connection], None], asks: Asks, url: str
    ) -> None:
        conninfo = _of_standbys(url)
        self.pool = Pool(settings, conninfo, self._look_at_new, "workouts-replica")
        self._check = check
        self.max_lag = settings.replica_max_lag
        self.asks = asks
        self.state = "unknown"
        """up, behind, promoted, foreign (a copy of another database), down; unknown before the watch has looked."""
        self.lag_s = 0.0
        self._is_alone = "," not in str(conninfo_to_dict(conninfo).get("host") or "")
        self._looks: tuple[_Look, ...] = ()
        self._lent: set[Connection] = set()
        self._probes = _Probe(primary, check, asks), _Probe(conninfo, check, asks)
        self._ended = threading.Event()
        self._watch: threading.Thread | None = None

    def open(self) -> None:
        """Starts to connect and to watch. Calling it twice has no effect."""
        if self._watch is None:
            self.pool.open()
            self._watch = threading.Thread(target=self._run, name="replica", daemon=True)
            self._watch.start()

    def close(self) -> None:
        self._ended.set()
        self.pool.end()
        if self._watch is not None:
            self._watch.join(2 * self.max_lag)

    # ── reads ───────────────────────────────────────────────────────────────────────────────────────────────

    def needed(self, who: Caller) -> int:
        """The position that this caller's read needs.

        :raises Unfit: where the primary must serve it.
        """
        if self.state != "up":
            raise Unfit(self.state)
        if who.read_after is None or who.read_after == BEYOND_ALL:
            raise Unfit("in_doubt")
        # The oldest look that is young enough: the replica may be as late as that.
        oldest = time.monotonic() - self.max_lag
        for look in self._looks[-LOOKS - 1 :]:
            if look.at >= oldest:
                return max(look.position, who.read_after)
        raise Unfit("not_looked_at")

    def borrow(self, who: Caller) -> Connection:
        """A connection whose socket lives, to a copy of the primary's database. It hardly waits: the primary is there.

        :raises Unfit: when there is none at once. Of several hosts, the watch sees one, and each connection may lead to
            another one: so each is compared.
        """
        started = time.perf_counter()
        try:
            while True:
                connection = self.pool.getconn(SHORTEST_WAIT)
                if connection.is_alive():
                    break
                connection.close()
                self.pool.putconn(connection)
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise Unfit("no_connection") from error
        finally:
            who.pool_s += time.perf_counter() - started
        if connection.identity != self._probes[0].identity:
            self.pool.give_back(connection)
            raise Unfit("foreign")
        connection.deadline = who.deadline
        self._lent.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        self._lent.discard(connection)
        self.pool.give_back(connection)

    def _look_at_new(self, connection: Connection) -> None:
        self._check(connection)
        connection.deadline = time.monotonic() + CONNECT_TIMEOUT  # a frozen server must not hold the pool's thread
        (identity,) = connection.exchange(self.asks.identity)
        connection.identity = identity.get_value(0, 0)
        connection.deadline = math.inf

    # ── rights that end ─────────────────────────────────────────────────────────────────────────────────────

    def outlast(self, who: Caller) -> None:
        """Waits until no reply of a replica, of any process, is older than what the caller has just written.

        It is so when the replica has replayed it, and in any case REPLICA_MAX_LAG later. So whoever was told that a
        right has ended can rely on it: every request from then on is refused.
        """
        until = min(time.monotonic() + self.max_lag, who.deadline)
        while not self._has_reached(who) and (left := until - time.monotonic()) > 0:
            time.sleep(min(ASK_AGAIN, left))

    def _has_reached(self, who: Caller) -> bool:
        """Whether the only replica is as far as the caller. Of several, one says nothing of the others."""
        if not self._is_alone or self.state != "up" or who.position is None:
            return False
        try:
            connection = self.borrow(who)
        except Unfit:
            return False
        try:
            connection.deadline = min(who.deadline, time.monotonic() + self.max_lag)
            (result,) = connection.exchange(self.asks.position)
            found = connection.rows(result)[0]
        except psycopg.Error:
            return False
        finally:
            self.give_back(connection)
        return bool(found["is_standby"] and found["replayed"] >= who.position)

    # ── the watch ───────────────────────────────────────────────────────────────────────────────────────────

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                self.look()
            except Exception:  # a full memory, say: reads go to the primary until a look succeeds
                log.exception("replica not looked at")
            if self._ended.wait(max(0.01, self.max_lag / LOOKS - (time.monotonic() - started))):
                break
        for probe in self._probes:
            probe.close()

    def look(self) -> None:
        """Asks the primary where it is, and the replica how far it has come."""
        primary, replica = self._probes
        at = time.monotonic()
        with contextlib.suppress(psycopg.Error, OSError):  # what is known gets too old by itself
            look = _Look(at, primary.ask(self.max_lag)["position_in_log"])
            self._looks = (*self._looks[1 - KEPT_LOOKS :], look)
        try:
            found = replica.ask(self.max_lag)
        except (psycopg.Error, OSError) as error:
            self._becomes("down", cause=str(error).partition("\n")[0])
            self._end_reads()
            return
        if not found["is_standby"]:
            self._becomes("promoted")
            return
        if replica.identity != primary.identity:  # positions of another log say nothing, rows of another database less
            self._becomes("foreign")
            return
        self.lag_s = self._lateness(found["replayed"])
        self._becomes("behind" if self.lag_s > self.max_lag else "up")

    def figures(self) -> tuple[dict[str, float], dict[str, float]]:
        """For the worker's metrics: counters and gauges."""
        return {}, {"workouts_replica_up": float(self.state == "up"), "workouts_replica_lag_seconds": self.lag_s}

    def _lateness(self, position: int) -> float:
        """Seconds since the primary was at this position, as exactly as the looks tell."""
        if not self._looks or position >= self._looks[-1].position:
            return 0.0
        reached = [look.at for look in self._looks if look.position <= position]
        return time.monotonic() - (reached[-1] if reached else self._looks[0].at)

    def _becomes(self, state: str, **details: Any) -> None:
        if state != self.state:
            self.state = state
            (log.info if state == "up" else log.warning)("replica", state=state, **details)

    def _end_reads(self) -> None:
        """Ends the waits for a replica that has frozen: those requests go on with the primary."""
        for connection in tuple(self._lent):
            with contextlib.suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as same:
                same.shutdown(socket.SHUT_RDWR)


class _Probe:
    """The watch's own connection to a server: it waits for no pool."""

    def __init__(self, conninfo: str, check: Callable[[Connection], None], asks: Asks) -> None:
        self._conninfo, self._check, self._asks = with_keepalives(conninfo), check, asks
        self.identity: bytes | None = None
        """Of the database that was asked last; None before one was."""
        self._connection: Connection | None = None

    def ask(self, patience: float) -> DictRow:
        """What tell_position.sql gives of the server.

        :raises psycopg.Error: also when it does not answer within ``patience`` seconds.
        """
        connection = self._connection
        if connection is None or connection.closed:
            connection = self._connection = Connection.connect(
                self._conninfo,
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,
                connect_timeout=CONNECT_TIMEOUT,
                application_name="workouts-replica",
            )
            self._check(connection)
        connection.deadline = time.monotonic() + patience
        try:
            identity, position = connection.exchange(self._asks.identity, self._asks.position)
            self.identity = identity.get_value(0, 0)
            found = connection.rows(position)[0]
        except psycopg.Error:
            self.close()
            raise
        connection.deadline = math.inf
        return found

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def why(error: Exception) -> str:
    """In a word, why a replica's answer was not taken; for logs and metrics."""
    if isinstance(error, Unfit):
        return str(error)
    if isinstance(error, NotFound):
        return "not_found"
    code = (error.sqlstate if isinstance(error, psycopg.Error) else None) or ""
    if code == "WK503":
        return error.diag.message_primary or "behind"  # type: ignore[attr-defined]
    if code.startswith("WK4"):
        return "refused"
    return {"40": "conflict", "": "lost", "57": "lost"}.get(code[:2], "failed")


def fell_back(who: Caller, error: Exception) -> None:
    who.replica = why(error)
    note("workouts_replica_fallbacks", who.replica)


def served(who: Caller) -> None:
    who.replica = "read"
    note("workouts_replica_reads")


def _of_standbys(url: str) -> str:
    """The URL, by which only standbys are connected to. What it says of that itself stays."""
    said = conninfo_to_dict(url)
    return make_conninfo(url, **({} if said.get("target_session_attrs") else {"target_session_attrs": "standby"}))
