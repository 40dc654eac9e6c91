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

import math
import time
from typing import TYPE_CHECKING, Any, Final, Protocol

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import PoolClosed, PoolTimeout, TooManyRequests

from workouts_api.database.pipeline import STALE_STATEMENT, Command, Connection
from workouts_api.database.pool import CONNECT_TIMEOUT, SHORTEST_WAIT, Pool
from workouts_api.database.watching import LOOKS, Asks, Probe, Watch
from workouts_api.errors import NotFound, OutcomeUnknown
from workouts_api.metrics import note

if TYPE_CHECKING:
    from collections.abc import Callable

    from workouts_api.config import Settings
    from workouts_api.database.callers import Caller
    from workouts_api.database.prepared import Statement
    from workouts_api.sql.files import QueryFile

BEYOND_ALL: Final = 2**63 - 1
"""A position that no replica reaches: of who has written something whose outcome is unknown."""
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
        "invitations.accept_invitation",
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


class Primary(Protocol):
    """What a replica needs of the database that it belongs to: the way to the primary, and how a query is sent."""

    def run_on_primary(self, who: Caller, statement: Statement, query: Command) -> Any: ...
    def send(
        self, connection: Connection, who: Caller, statement: Statement, query: Command, *, ahead: Command
    ) -> Any: ...


class Replica:
    """The connections of one process to its replicas, and what is run on them."""

    def __init__(
        self, settings: Settings, primary: str, check: Callable[[Connection], None], asks: Asks, url: str
    ) -> None:
        conninfo = _of_standbys(url)
        self.pool = Pool(settings, conninfo, self._look_at_new, "workouts-replica")
        self._check = check
        self.asks = asks
        probes = Probe(primary, check, asks), Probe(conninfo, check, asks)
        self.watch = Watch(*probes, settings.replica_max_lag, self._end_reads)
        self._is_alone = "," not in str(conninfo_to_dict(conninfo).get("host") or "")
        self._lent: set[Connection] = set()

    def open(self) -> None:
        """Starts to connect and to watch. Calling it twice has no effect."""
        self.pool.open()
        self.watch.start()

    def close(self) -> None:
        self.pool.end()
        self.watch.stop()

    # ── reads ───────────────────────────────────────────────────────────────────────────────────────────────

    def run(self, primary: Primary, who: Caller, statement: Statement, query: Command) -> Any:
        """Runs a read here, if it may and can, and all else on the primary.

        What a replica refuses, does not find or does not answer, the primary is asked for.
        """
        if statement.may_be_replicated and who.read_after is not None and not who.superuser:
            try:
                value = self._read(primary, who, statement, query)
            except pg.QueryCanceled:
                raise  # it takes too long, and would on the primary
            except (psycopg.Error, NotFound, Unfit) as error:
                fell_back(who, error)
            else:
                served(who)
                return value
        value = primary.run_on_primary(who, statement, query)
        if statement.revokes:
            self.outlast(who)
        return value

    def _read(self, primary: Primary, who: Caller, statement: Statement, query: Command) -> Any:
        position = self.needed(who)
        key_id = who.key.id if who.key is not None else None
        follow = self.asks.follow.command({"position": position, "key_id": key_id})
        connection = self.borrow(who)
        try:
            return primary.send(connection, who, statement, query, ahead=follow)
        except STALE_STATEMENT:
            connection.close()
            raise
        finally:
            self.give_back(connection)

    def needed(self, who: Caller) -> int:
        """The position that this caller's read needs.

        :raises Unfit: where the primary must serve it.
        """
        watch = self.watch
        if watch.state != "up":
            raise Unfit(watch.state)
        if who.read_after is None or who.read_after == BEYOND_ALL:
            raise Unfit("in_doubt")
        # The oldest look that is young enough: the replica may be as late as that.
        oldest = time.monotonic() - watch.max_lag
        for look in watch.looks[-LOOKS - 1 :]:
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
        if connection.identity != self.watch.identity:
            self.pool.give_back(connection)
            raise Unfit("foreign")
        connection.deadline = who.deadline
        self._lent.add(connection)
        return connection

    def give_back(self, connection: Connection) -> None:
        self._lent.discard(connection)
        self.pool.give_back(connection)

    def _end_reads(self) -> None:
        """Ends the waits for a replica that has frozen: those requests go on with the primary."""
        for connection in tuple(self._lent):
            connection.hang_up()

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

        :raises OutcomeUnknown: when the caller may not wait so long.
        """
        until = time.monotonic() + self.watch.max_lag
        while not self._has_reached(who) and (left := until - time.monotonic()) > 0:
            if (allowed := who.deadline - time.monotonic()) <= 0:
                raise OutcomeUnknown("It was done, but a read replica may not know of it yet.")
            time.sleep(min(ASK_AGAIN, left, allowed))

    def _has_reached(self, who: Caller) -> bool:
        """Whether the only replica is as far as the caller. Of several, one says nothing of the others."""
        if not self._is_alone or self.watch.state != "up" or who.position is None:
            return False
        try:
            connection = self.borrow(who)
        except Unfit:
            return False
        try:
            connection.deadline = min(who.deadline, time.monotonic() + self.watch.max_lag)
            (result,) = connection.exchange(self.asks.position)
            found = connection.rows(result)[0]
        except psycopg.Error:
            return False
        finally:
            self.give_back(connection)
        return bool(found["is_standby"] and found["replayed"] >= who.position)


def why(error: psycopg.Error | NotFound | Unfit) -> str:
    """In a word, why a replica's answer was not taken; for logs and metrics."""
    if isinstance(error, Unfit):
        return str(error)
    if isinstance(error, NotFound):
        return "not_found"
    code = error.sqlstate or ""
    if code == "WK503":
        return error.diag.message_primary or "behind"
    if code.startswith("WK4"):
        return "refused"
    return {"40": "conflict", "": "lost", "57": "lost"}.get(code[:2], "failed")


def fell_back(who: Caller, error: psycopg.Error | NotFound | Unfit) -> None:
    who.replica = why(error)
    note("workouts_replica_fallbacks", who.replica)


def served(who: Caller) -> None:
    who.replica = "read"
    note("workouts_replica_reads")


def note_position(who: Caller, connection: Connection) -> None:
    """What tell_position.sql said behind a transaction, in its first column."""
    position = None if connection.told is None else connection.told.get_value(0, 0)
    who.stands_at(BEYOND_ALL if position is None else int(position))


def _of_standbys(url: str) -> str:
    """The URL, by which only standbys are connected to. What it says of that itself stays."""
    said = conninfo_to_dict(url)
    return make_conninfo(url, **({} if said.get("target_session_attrs") else {"target_session_attrs": "standby"}))
