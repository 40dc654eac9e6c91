"""One turn of the wire: prepared statements sent all at once, and their results. Owns what a connection has prepared,
and how long it waits for the server.

psycopg's ``with connection.pipeline()`` serves any program; here it is always a handful of known statements, all sent
before the first answer is looked at. So they go out at libpq's level, which takes half of the processor's time, and
a statement counts as prepared when the server has said so: one that it skipped, behind a guard that refused, does not.

The server ends a statement at the request's deadline by itself. A server that is frozen, or one behind a path that
swallows bytes, does not; so every wait has the deadline as well, and a connection whose answer is overdue is cut.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import time
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import orjson
import psycopg
from psycopg import errors as pg
from psycopg import generators, pq
from psycopg.abc import RV, PQGen
from psycopg.adapt import Buffer, Loader, Transformer
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow

STREAM_ROWS = 200  # that arrive together when a result is streamed
CANCEL_TIMEOUT = 5.0  # seconds, or what is left until the deadline
# Seconds after the deadline in which the server's own answer may come: that its timeout has ended the statement, which
# says that nothing was done. A client that stops waiting does not know that.
GRACE = 0.5

# A statement that the server does not know any more, or whose result type a migration has changed.
STALE_STATEMENT = (pg.InvalidSqlStatementName, pg.FeatureNotSupported)
_FAILED = (pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.PIPELINE_ABORTED)


class Unanswered(psycopg.OperationalError):
    """The server has not answered by the deadline. The connection is closed."""


class Prepared(NamedTuple):
    """A statement as it is prepared: its name on every connection, its text, the OIDs of its parameters' types."""

    name: bytes
    text: bytes
    types: Sequence[int] = ()


Parameters = Sequence[bytes | None]
Command = tuple[Prepared, Parameters]


class JsonAsReceived(Loader):
    """json leaves the API as the bytes that PostgreSQL sent."""

    def load(self, data: Buffer) -> orjson.Fragment:
        return orjson.Fragment(bytes(data))


class Connection(psycopg.Connection[DictRow]):
    """A connection that knows what it has prepared and how long it may wait. One thread at a time uses it."""

    deadline = math.inf
    """time.monotonic() after which whoever has borrowed it waits no longer, but for GRACE."""
    prepares = True
    """Whether the server keeps statements; not behind a pooler that changes servers between transactions."""
    is_in_doubt = False
    """Whether what was sent may have been done: from when all of it has left until the server has answered all. What is
    asked behind it does not count."""
    is_outdated = False
    """Whether the server has refused a prepared statement, so that all are to be prepared anew."""
    identity: bytes | None = None
    """Which database it leads to, as identify_server.sql says; known of connections to a replica alone."""
    told: PGresult | None = None
    """The answer to what the last exchange asked behind itself. None: it asked nothing, or got no answer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.adapters.register_loader("json", JsonAsReceived)
        self._known: set[bytes] = set()
        self._transformer = Transformer(self)
        self._socket = os.fstat(self.fileno()).st_ino

    def wait(self, gen: PQGen[RV], interval: float = 0.1, timeout: float | None = None) -> RV:
        """What psycopg does wherever it waits, until the deadline.

        :raises Unanswered: when the server has not answered by the deadline. The connection is closed then.
        """
        patience = self.deadline + GRACE - time.monotonic()
        if timeout is not None and timeout < patience:
            return super().wait(gen, interval, timeout)  # psycopg's own error, which does not end the connection
        try:
            return super().wait(gen, interval, None if patience == math.inf else max(0.0, patience))
        except pg._WaitTimeout as error:
            self.cut()
            raise Unanswered("the server has not answered by the deadline") from error

    def cut(self) -> None:
        """Closes the connection at once: nothing that still waits to be sent leaves it."""
        self.hang_up()
        self.close()

    def hang_up(self) -> None:
        """Ends the conversation under way, also that of another thread, which is then told that it was lost."""
        with contextlib.suppress(OSError, psycopg.Error):
            number = os.dup(self.fileno())
            if os.fstat(number).st_ino != self._socket:  # its thread has closed it, and something else has its number
                os.close(number)
                return
            with socket.socket(fileno=number) as same:
                same.shutdown(socket.SHUT_RDWR)

    def exchange(self, *commands: Command, behind: Command | None = None) -> list[PGresult]:
        """Runs all in one pipeline, and so in one implicit transaction; gives the result of each.

        :param behind: what is asked in the same trip once that transaction has ended; the answer is ``told``.
        :raises psycopg.Error: what the server says of the first that fails; then none has taken effect.
        """
        pgconn = self.pgconn
        prepares: list[bytes | None] = []  # of each result to come: the statement that it makes known
        self.is_in_doubt, self.told = False, None
        try:
            pgconn.enter_pipeline_mode()
            for statement, parameters in commands:
                if not self.prepares:
                    pgconn.send_query_params(statement.text, parameters, statement.types)
                    prepares.append(None)
                    continue
                if statement.name not in self._known and statement.name not in prepares:
                    pgconn.send_prepare(statement.name, statement.text, statement.types)
                    prepares.append(statement.name)
                pgconn.send_query_prepared(statement.name, parameters)
                prepares.append(None)
            pgconn.pipeline_sync()
            self._send_all()
            self.is_in_doubt = True  # before anything is asked behind it: should that fail, this may have been done
            asked = None if behind is None else self._ask(behind)
            results = self.wait(self._collect(len(prepares)))
            self.is_in_doubt = False
            if asked is not None:
                self._hear(asked)
            else:
                pgconn.exit_pipeline_mode()
        except BaseException:
            self.cut()  # an answer that is still to come must not be taken for another's
            raise
        return self._sorted_out(prepares, results)

    def _ask(self, statement: Command) -> list[bytes | None]:
        """Queues a statement behind a sync: it runs whatever came of what stands before it."""
        (name, text, types), parameters = statement
        prepares: list[bytes | None] = [None]
        if not self.prepares:
            self.pgconn.send_query_params(text, parameters, types)
        else:
            if name not in self._known:
                self.pgconn.send_prepare(name, text, types)
                prepares.insert(0, name)
            self.pgconn.send_query_prepared(name, parameters)
        self.pgconn.pipeline_sync()
        self._send_all()
        return prepares

    def _hear(self, asked: list[bytes | None]) -> None:
        """Takes the answer. What stood before it has ended, so nothing that fails here may say otherwise."""
        try:
            results = self.wait(self._collect(len(asked)))
            self.pgconn.exit_pipeline_mode()
            (self.told,) = self._sorted_out(asked, results)
        except psycopg.Error:
            self.cut()

    def _send_all(self) -> None:
        """Sends what is queued, to its last byte."""
        if self.pgconn.flush():
            self.wait(generators.send(self.pgconn))

    def _collect(self, count: int) -> PQGen[list[PGresult]]:
        """The results, each the last of its command; at the end those of the sync."""
        results: list[PGresult] = []
        # To the sync's own: a constraint may fail as late as there.
        while len(results) < count or results[-1].status != pq.ExecStatus.PIPELINE_SYNC:
            several = yield from generators.fetch_many(self.pgconn)
            if not several:
                raise psycopg.OperationalError("the connection ended before the last answer")
            results.append(several[-1])
        return results

    def _sorted_out(self, prepares: list[bytes | None], results: list[PGresult]) -> list[PGresult]:
        given = []
        for name, result in zip(prepares, results, strict=False):
            if result.status in _FAILED:
                raise pg.error_from_result(result)
            if name is None:
                given.append(result)
            else:
                self._known.add(name)
        if len(results) > len(prepares) + 1:  # the sync's own: the error, and the sync
            raise pg.error_from_result(results[len(prepares)])
        return given

    def rows(self, result: PGresult, most: int | None = None) -> list[DictRow]:
        """The rows of a result, or the first ``most`` of them."""
        self._transformer.set_pgresult(result)
        names = [cast(bytes, result.fname(i)).decode() for i in range(result.nfields)]
        count = result.ntuples if most is None else min(most, result.ntuples)
        try:
            return self._transformer.load_rows(0, count, lambda values: dict(zip(names, values, strict=True)))
        finally:
            self._transformer.set_pgresult(None)  # else it keeps the result's memory until the connection's next one

    def stream_rows(self, statement: Prepared, parameters: Parameters) -> Iterator[DictRow]:
        """The rows as they arrive, in constant memory; inside a transaction that is open already."""
        self.pgconn.send_query_params(statement.text, parameters, statement.types)
        self.pgconn.set_chunked_rows_mode(STREAM_ROWS)
        try:
            self._send_all()
            while (result := self.wait(generators.fetch(self.pgconn))) is not None:
                if result.status in _FAILED:
                    raise pg.error_from_result(result)
                yield from self.rows(result)
        finally:
            if self.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:  # the caller stopped reading
                self._cancel()

    def _cancel(self) -> None:
        """Ends the statement under way, or else the connection."""
        left = self.deadline + GRACE - time.monotonic()
        try:
            if left <= 0:
                raise Unanswered
            self.cancel_safe(timeout=min(CANCEL_TIMEOUT, left))
            while self.wait(generators.fetch(self.pgconn)) is not None:
                pass
        except psycopg.OperationalError:
            self.cut()

    def forget_prepared(self) -> None:
        """Has the server forget all statements; they are prepared anew at their next use. A round trip."""
        if not self.prepares:
            return
        self._known.clear()
        self.is_outdated = False
        self.execute("deallocate all", prepare=False)

    def is_alive(self) -> bool:
        """Whether the server has not hung up, by a look at the socket: under a microsecond, no trip."""
        if self.closed:
            return False
        try:
            self.pgconn.consume_input()  # what the server sent by itself: a notice, or its last message …
            self.pgconn.consume_input()  # … and the end of the connection behind it
        except psycopg.OperationalError:
            return False
        return self.pgconn.status == pq.ConnStatus.OK


class UnpreparedConnection(Connection):
    """One on which each statement is parsed and planned anew: its server may be another one in the next transaction."""

    prepares = False
