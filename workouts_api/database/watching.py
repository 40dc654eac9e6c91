"""The watch of a replica: a thread that asks how far the log of the primary is, and how much of it the replica has.

Owns its two connections, which wait for no pool, and what it has seen. Reads look at that, and ask no server.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg.rows import DictRow, dict_row

from workouts_api.database.keepalives import with_keepalives
from workouts_api.database.pipeline import Command, Connection
from workouts_api.database.pool import CONNECT_TIMEOUT
from workouts_api.logs import log

if TYPE_CHECKING:
    from workouts_api.database.prepared import Statement

LOOKS = 4  # of the watch in REPLICA_MAX_LAG
KEPT_LOOKS = 240  # of the watch: so far back it can tell how late a replica is


class Look(NamedTuple):
    """Where the primary was at a moment: no earlier than ``at``, of time.monotonic()."""

    at: float
    position: int


class Asks(NamedTuple):
    """What servers are asked: tell_position.sql and identify_server.sql, ready to be sent, and follow_primary.sql."""

    position: Command
    identity: Command
    follow: Statement


class Watch:
    """What one process knows of its primary and its replica.

    :param max_lag: seconds that the replica may be late.
    :param end_reads: is called when the replica does not answer.
    """

    def __init__(self, primary: Probe, replica: Probe, max_lag: float, end_reads: Callable[[], None]) -> None:
        self.max_lag = max_lag
        self.state = "unknown"
        """up, behind, promoted, foreign (a copy of another database), down; unknown before the watch has looked."""
        self.lag_s = 0.0
        self.looks: tuple[Look, ...] = ()
        self._primary, self._replica = primary, replica
        self._end_reads = end_reads
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def identity(self) -> bytes | None:
        """Of the primary's database, as identify_server.sql says it; None before the first look."""
        return self._primary.identity

    def start(self) -> None:
        """Starts to look. Calling it twice has no effect."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="replica", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(2 * self.max_lag)

    def _run(self) -> None:
        while True:
            started = time.monotonic()
            try:
                self.look()
            except Exception:  # a full memory, say: reads go to the primary until a look succeeds
                log.exception("replica not looked at")
            if self._ended.wait(max(0.01, self.max_lag / LOOKS - (time.monotonic() - started))):
                break
        self._primary.close()
        self._replica.close()

    def look(self) -> None:
        """Asks the primary where it is, and the replica how far it has come."""
        primary, replica = self._primary, self._replica
        at = time.monotonic()
        with contextlib.suppress(psycopg.Error, OSError):  # what is known gets too old by itself
            look = Look(at, primary.ask(self.max_lag)["position_in_log"])
            self.looks = (*self.looks[1 - KEPT_LOOKS :], look)
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
        if not self.looks or position >= self.looks[-1].position:
            return 0.0
        reached = [look.at for look in self.looks if look.position <= position]
        return time.monotonic() - (reached[-1] if reached else self.looks[0].at)

    def _becomes(self, state: str, **details: Any) -> None:
        if state != self.state:
            self.state = state
            (log.info if state == "up" else log.warning)("replica", state=state, **details)


class Probe:
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
        try:
            connection = self._connected()
            connection.deadline = time.monotonic() + patience
            identity, position = connection.exchange(self._asks.identity, self._asks.position)
            self.identity = identity.get_value(0, 0)
            found = connection.rows(position)[0]
        except BaseException:  # also one that its check refuses: the next one is checked again
            self.close()
            raise
        connection.deadline = math.inf
        return found

    def _connected(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = Connection.connect(
                self._conninfo,
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,
                connect_timeout=CONNECT_TIMEOUT,
                application_name="workouts-replica",
            )
            self._check(self._connection)
        return self._connection

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
