"""The pool of one process: how its connections are made, and how callers borrow them.

A borrowed connection knows its caller's deadline. Whether it lives is seen at its socket, without a trip.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from psycopg_pool.base import AttemptWithBackoff

from workouts_api.database.keepalives import with_keepalives
from workouts_api.database.pipeline import Connection, UnpreparedConnection
from workouts_api.errors import DeadlineExceeded, Unavailable

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.database.callers import Caller

SHORTEST_WAIT = 0.05  # seconds for a connection, for a request that has waited long for a thread
CONNECT_TIMEOUT = 3  # seconds; libpq takes whole ones
RECONNECT_TIMEOUT = 30.0  # seconds that the pool goes on trying by itself
# psycopg_pool makes its second attempt after a second and then doubles its pause, and has no setting for it: a server
# that came back 0.1 s after an attempt would wait as long again. So it is tried five times a second, and a returning
# server is used at once; an attempt on a tunnel that is down fails within microseconds.
AttemptWithBackoff.INITIAL_DELAY = 0.2
AttemptWithBackoff.DELAY_BACKOFF = 1.0

IDLE = TransactionStatus.IDLE

# What values are read by, of what the server tells at the start of a session, and the names under which it may do so.
_RELIED_ON = {
    "DateStyle": ("ISO", "ISO, MDY", "ISO, DMY", "ISO, YMD"),
    "IntervalStyle": ("postgres",),
    "TimeZone": ("UTC", "Etc/UTC"),
}


class Pool(ConnectionPool[Connection]):
    """The connections of one process.

    :param check: looks at each new connection, and raises where it must not be used.
    """

    def __init__(
        self, settings: Settings, conninfo: str, check: Callable[[Connection], None], name: str = "workouts"
    ) -> None:
        self._max_wait = settings.longest_wait
        self._has_ended = False
        self._check_new = check
        super().__init__(
            with_keepalives(conninfo),
            connection_class=Connection if settings.db_prepare else UnpreparedConnection,
            open=False,  # opened after the fork: a child would share its parent's sockets
            min_size=settings.db_pool_min,
            max_size=settings.pool_max,
            timeout=settings.longest_wait,
            max_waiting=settings.pool_max * 4,
            reconnect_timeout=RECONNECT_TIMEOUT,
            name=name,
            configure=self._make_ready,
            kwargs={
                "autocommit": True,
                "row_factory": dict_row,
                "prepare_threshold": None,  # see workouts_api.database.pipeline
                "connect_timeout": CONNECT_TIMEOUT,
                "application_name": "workouts-api",
                "client_encoding": "utf-8",  # as parameters are sent, whatever PGCLIENTENCODING says
            },
        )

    def _make_ready(self, connection: Connection) -> None:
        """Checks a new connection, and sets what the server has set otherwise; a trip only where there is such.

        A pooler in between may keep some of it to itself; that is left as it is.
        """
        self._check_new(connection)
        for name, usual in _RELIED_ON.items():
            told = connection.info.parameter_status(name)
            if told and told not in usual:
                connection.execute(f"set {name} = '{usual[0]}'".encode())

    def end(self) -> None:
        """Closes all connections, for good."""
        self._has_ended = True
        self.close()

    def borrow(self, who: Caller) -> Connection:
        """A connection whose socket is alive, without a trip to find out. It waits no longer than the caller may.

        :raises Unavailable: when there is none within MAX_WAIT, less what the caller has waited already.
        :raises DeadlineExceeded: when the caller's time is over.
        """
        started = time.perf_counter()
        patience = max(SHORTEST_WAIT, self._max_wait - who.waited_s)
        until = min(time.monotonic() + patience, who.deadline)
        if self.closed and not self._has_ended:
            self.open()  # the first request of a server whose start did not open the pool
        try:
            while (patience := until - time.monotonic()) > 0:
                connection = self.getconn(patience)
                if connection.is_alive():
                    connection.deadline = who.deadline
                    return connection
                connection.close()
                self.putconn(connection)
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise Unavailable(retry_after=1) from error
        finally:
            who.pool_s += time.perf_counter() - started
        if who.deadline <= until:
            raise DeadlineExceeded
        raise Unavailable(retry_after=1)

    def give_back(self, connection: Connection) -> None:
        """Returns a borrowed connection. Its deadline is removed, unless the pool must roll it back."""
        if connection.pgconn.transaction_status == IDLE:
            connection.deadline = math.inf
        self.putconn(connection)
