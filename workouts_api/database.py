"""The database: the pool, the request's connection, the guard, retries. The only owner of connections.

One call of a query is one round trip: the guard and the query travel in one pipeline. What lies between two syncs is
one implicit transaction, so an error in the guard means that the query never ran, and nothing that the guard set
outlives it. Results are fetched after leaving the pipeline: fetching inside costs a second trip.
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import RawCursor, pq
from psycopg import errors as pg
from psycopg.rows import DictRow, dict_row, tuple_row
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests
from psycopg_pool.base import AttemptWithBackoff

from workouts_api.adaptation import Adaptation
from workouts_api.errors import DeadlineExceeded, NotFound, OutcomeUnknown, Unavailable

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.sql.catalogue import Catalogue
    from workouts_api.sql.files import QueryFile

POOL_TIMEOUT = 2.0  # seconds to wait for a connection: a client's retry is better than a queue
CONNECT_TIMEOUT = 3  # seconds; libpq takes whole ones
RECONNECT_TIMEOUT = 30.0  # seconds that the pool goes on trying by itself
# psycopg_pool makes its second attempt after a second and then doubles its pause, and has no setting for it: a server
# that came back 0.1 s after an attempt would wait as long again. So it is tried five times a second, and a returning
# server is used at once; an attempt on a tunnel that is down fails within microseconds.
AttemptWithBackoff.INITIAL_DELAY = 0.2
AttemptWithBackoff.DELAY_BACKOFF = 1.0
PREPARED_MAX = 1000  # above the number of files times the few shapes of their parameters

_PLAN_MODES = {"auto": "auto", "custom": "force_custom_plan", "generic": "force_generic_plan"}

# Prepared at first use: only so does psycopg look whether the server took a statement behind a front that was refused.
# From its second use on it would remember the name of what the server had skipped, and fail with 26000 ever after.
PREPARE_THRESHOLD = 0

# A statement that the server does not know any more, or whose result type a migration has changed.
_STALE_STATEMENT = (pg.InvalidSqlStatementName, pg.FeatureNotSupported)
_LOST_RACE = (pg.SerializationFailure, pg.DeadlockDetected)


Connection = psycopg.Connection[DictRow]


@dataclass(slots=True)
class Claim:
    """An Idempotency-Key whose reply is to be kept with its effect."""

    key: str
    digest: bytes
    status: int
    keep_body: bool = True


@dataclass(slots=True)
class Caller:
    """On whose behalf statements run: a request, a job or a command. Times in seconds."""

    database: Database
    request_id: str
    deadline: float
    """time.monotonic() after which nothing more is begun."""
    user_id: int | None = None
    login_id: int | None = None
    """None: nobody is signed in, and the guard is not asked."""
    claim: Claim | None = None
    connection: Connection | None = None
    """The connection of the transaction that is under way."""
    begun: bool = False
    trips: int = 0
    statements: list[str] = field(default_factory=list)
    pool_s: float = 0.0
    database_s: float = 0.0


_caller: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """Who is being served in this context.

    :raises LookupError: outside a request, a job or a command.
    """
    return _caller.get()


def set_caller(who: Caller) -> Token[Caller]:
    """Serves ``who`` from now on in this context, until reset_caller()."""
    return _caller.set(who)


def reset_caller(token: Token[Caller]) -> None:
    _caller.reset(token)


@contextmanager
def acting(who: Caller) -> Iterator[Caller]:
    """Serves ``who`` in this context."""
    token = set_caller(who)
    try:
        yield who
    finally:
        reset_caller(token)


@dataclass(frozen=True, slots=True)
class Statement:
    """A query file made ready to be sent."""

    file: QueryFile
    sent: bytes
    binders: tuple[tuple[str, Callable[[Any], Any]], ...]
    timeout_ms: int
    plan_mode: str
    names: frozenset[str]

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        """The values of $1, $2, …

        :raises TypeError: for a parameter that the file does not have, or one that is missing.
        """
        if values.keys() != self.names:
            odd = ", ".join(sorted(values.keys() ^ self.names))
            raise TypeError(f"{self.file.full_name} takes {', '.join(sorted(self.names)) or 'nothing'}; look at {odd}")
        return [bind(values[name]) for name, bind in self.binders]


class Database:
    """The pool of one process and what it takes to run query files on it."""

    def __init__(self, settings: Settings, conninfo: str, catalogue: Catalogue) -> None:
        self._default_timeout = settings.db_statement_timeout
        self._is_closed = False
        self._adaptation = Adaptation()
        self._statements = {f.full_name: self._prepare(f) for f in catalogue.files()}
        self._guard = self._statements["spine.pass_guard"]
        self._open_request = self._statements["spine.open_request"]
        self._claim = self._statements["spine.claim_key"]
        self._store_reply = self._statements["spine.store_reply"]
        self.pool: ConnectionPool[Connection] = ConnectionPool(
            conninfo,
            open=False,  # opened after the fork: a child would share its parent's sockets
            min_size=settings.db_pool_min,
            max_size=settings.pool_max,
            timeout=POOL_TIMEOUT,
            max_waiting=settings.pool_max * 4,
            reconnect_timeout=RECONNECT_TIMEOUT,
            configure=_configure,
            name="workouts",
            kwargs={
                "autocommit": True,
                "context": self._adaptation,
                "cursor_factory": RawCursor,
                "row_factory": dict_row,
                "prepare_threshold": PREPARE_THRESHOLD,
                "connect_timeout": CONNECT_TIMEOUT,
                "application_name": "workouts-api",
            },
        )

    def _prepare(self, file: QueryFile) -> Statement:
        types = {p.name: p.type for p in file.parameters}
        return Statement(
            file=file,
            sent=file.statement.encode(),
            binders=tuple((name, self._adaptation.binder(types[name])) for name in file.order),
            timeout_ms=round((file.timeout_s or self._default_timeout) * 1000),
            plan_mode=_PLAN_MODES[file.plan],
            names=frozenset(types),
        )

    def open(self) -> None:
        """Starts connecting, in the background; harmless when it is open."""
        self.pool.open()

    def close(self) -> None:
        """Ends all connections, for good."""
        self._is_closed = True
        self.pool.close()

    # ── connections ─────────────────────────────────────────────────────────────────────────────────────────

    def borrow(self, who: Caller) -> Connection:
        """A connection whose socket is alive, without a trip to find out.

        :raises Unavailable: when there is none within the pool's timeout.
        """
        started = time.perf_counter()
        patience = min(POOL_TIMEOUT, who.deadline - time.monotonic())
        if patience <= 0:
            raise DeadlineExceeded
        if self.pool.closed and not self._is_closed:
            self.open()  # the first request of a server that knows nothing of pools
        try:
            while True:
                connection = self.pool.getconn(patience)
                if _is_alive(connection):
                    return connection
                connection.close()
                self.pool.putconn(connection)
        except (PoolTimeout, TooManyRequests, PoolClosed) as error:
            raise Unavailable(retry_after=1) from error
        finally:
            who.pool_s += time.perf_counter() - started

    # ── one query, one trip ─────────────────────────────────────────────────────────────────────────────────

    def run(self, name: str, values: Mapping[str, Any]) -> Any:
        """Runs a query file for the current caller and gives what its ``@returns`` says.

        :raises NotFound: for ``@returns one`` without a row.
        :raises Unavailable: when the database cannot be reached; nothing was done.
        :raises OutcomeUnknown: when a write got no answer.
        :raises psycopg.Error: what the server says, translated by workouts_api.errors.
        """
        statement = self._statements[name]
        bound = statement.bind(values)
        who = caller()
        cursor = self._run_in_transaction(who, statement, bound) if who.connection else self._run(who, statement, bound)
        return _result(statement.file, cursor)

    def _run(self, who: Caller, statement: Statement, bound: list[Any]) -> RawCursor[DictRow]:
        """Sends the query; a read whose connection dies under way is sent once more, on another one."""
        claim = who.claim if statement.file.writes else None
        tries = 2
        while True:
            tries -= 1
            connection = self.borrow(who)
            try:
                return self._send_until_prepared(connection, who, statement, bound, claim)
            except psycopg.Error as error:
                if not _is_broken(connection, error):
                    raise
                if statement.file.writes:
                    raise OutcomeUnknown from error
                if not tries:
                    raise Unavailable(retry_after=1) from error
            finally:
                self.pool.putconn(connection)

    def _send_until_prepared(
        self,
        connection: Connection,
        who: Caller,
        statement: Statement,
        bound: list[Any],
        claim: Claim | None,
    ) -> RawCursor[DictRow]:
        """Sends the pipeline, and once more where the server rolled it back for a reason that is gone by then."""
        try:
            return self._send(connection, who, statement, bound, claim)
        except _STALE_STATEMENT:
            _forget_statements(connection)
        except _LOST_RACE:
            pass
        return self._send(connection, who, statement, bound, claim)

    def _send(
        self,
        connection: Connection,
        who: Caller,
        statement: Statement,
        bound: list[Any],
        claim: Claim | None = None,
        *,
        begin: bool = False,
    ) -> RawCursor[DictRow]:
        """Front, query and what follows it, in one pipeline."""
        front, values = self._front(who, statement)
        started = time.perf_counter()
        who.trips += 1
        who.statements.append(statement.file.full_name)
        cursor = RawCursor(connection, row_factory=dict_row)
        aside = RawCursor(connection, row_factory=tuple_row)
        try:
            with connection.pipeline():
                if begin:
                    aside.execute("begin", prepare=False)
                aside.execute(front.sent, front.bind(values))
                if claim:
                    aside.execute(self._claim.sent, self._claim.bind({"key": claim.key, "digest": claim.digest}))
                cursor.execute(statement.sent, bound)
                if claim and not begin:
                    self._store(aside, claim)
        finally:
            who.database_s += time.perf_counter() - started
        return cursor

    def _front(self, who: Caller, statement: Statement) -> tuple[Statement, dict[str, Any]]:
        """What travels before the query: the guard for who is signed in, else only the settings."""
        left_ms = int((who.deadline - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise DeadlineExceeded
        values = {
            "user_id": who.user_id,
            "request_id": who.request_id,
            "timeout_ms": min(statement.timeout_ms, left_ms),
            "plan_mode": statement.plan_mode,
        }
        if who.login_id is None:
            return self._open_request, values
        values["login_id"] = who.login_id
        return self._guard, values

    def _store(self, cursor: RawCursor[Any], claim: Claim) -> None:
        values = {"key": claim.key, "status": claim.status, "keep_body": claim.keep_body}
        cursor.execute(self._store_reply.sent, self._store_reply.bind(values))

    # ── several statements, one transaction ─────────────────────────────────────────────────────────────────

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Statements inside share one connection and one transaction: all or nothing.

        ``begin`` and the guard travel with the first statement, so a transaction of n statements costs n + 1 trips.
        """
        who = caller()
        if who.connection is not None:
            raise RuntimeError("transaction() does not nest: the outer one would promise what it cannot hold")
        connection = who.connection = self.borrow(who)
        who.begun = False
        try:
            yield
            if who.begun:
                self._commit(who, connection)
        except BaseException:
            _roll_back(connection)
            raise
        finally:
            who.connection = None
            self.pool.putconn(connection)

    def _run_in_transaction(self, who: Caller, statement: Statement, bound: list[Any]) -> RawCursor[DictRow]:
        connection = who.connection
        assert connection is not None  # noqa: S101 – run() asked
        first, who.begun = not who.begun, True
        try:
            return self._send(connection, who, statement, bound, who.claim if first else None, begin=first)
        except psycopg.Error as error:
            if isinstance(error, _STALE_STATEMENT):
                _forget_statements(connection)
            if _is_broken(connection, error) or isinstance(error, _STALE_STATEMENT):
                raise Unavailable(retry_after=1) from error  # before the commit: nothing was done
            raise

    def _commit(self, who: Caller, connection: Connection) -> None:
        aside = RawCursor(connection, row_factory=tuple_row)
        who.trips += 1
        try:
            with connection.pipeline():
                if who.claim:
                    self._store(aside, who.claim)
                aside.execute("commit", prepare=False)
        except psycopg.Error as error:
            if _is_broken(connection, error):
                raise OutcomeUnknown from error
            raise

    def stream(self, name: str, values: Mapping[str, Any]) -> Iterator[DictRow]:
        """The rows of a ``@returns stream`` file as they arrive, in constant memory, in a transaction of their own."""
        who = caller()
        statement = self._statements[name]
        bound = statement.bind(values)
        with self.transaction():
            connection = who.connection
            assert connection is not None  # noqa: S101 – transaction() borrowed it
            front, front_values = self._front(who, statement)
            aside = RawCursor(connection, row_factory=tuple_row)
            who.trips += 2
            who.begun = True
            with connection.pipeline():
                aside.execute("begin", prepare=False)
                aside.execute(front.sent, front.bind(front_values))
            yield from connection.cursor().stream(statement.sent, bound)

    @contextmanager
    def copy(self, name: str) -> Iterator[psycopg.Copy]:
        """Runs a ``copy … from stdin`` file inside a transaction() that has had its first statement."""
        who = caller()
        if who.connection is None or not who.begun:
            raise RuntimeError("copy needs a transaction() in which the guard has been asked")
        who.trips += 1
        with who.connection.cursor().copy(self._statements[name].sent) as copy:
            yield copy


def _configure(connection: Connection) -> None:
    connection.prepared_max = PREPARED_MAX


def _is_alive(connection: Connection) -> bool:
    """Whether the server has not hung up, by a look at the socket: 0.8 µs, no trip."""
    if connection.closed:
        return False
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if not poll.poll(0):
        return True
    try:  # something came unasked: a goodbye, or a notice
        connection.pgconn.consume_input()
    except psycopg.OperationalError:
        return False
    return connection.pgconn.status == pq.ConnStatus.OK and not poll.poll(0)


def _is_broken(connection: Connection, error: psycopg.Error) -> bool:
    return connection.closed or isinstance(error, pg.AdminShutdown | pg.CrashShutdown | pg.CannotConnectNow)


def _forget_statements(connection: Connection) -> None:
    """Makes psycopg and the server forget all prepared statements: only a rollback of a transaction does."""
    if not connection.closed:
        _roll_back(connection)
        connection.execute("begin", prepare=False)
        connection.rollback()


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
    except psycopg.OperationalError:
        connection.close()  # the server has rolled back, or will when it sees that nobody is there


def _result(file: QueryFile, cursor: RawCursor[DictRow]) -> Any:
    match file.returns:
        case "many":
            return cursor.fetchall()
        case "one":
            if (row := cursor.fetchone()) is None:
                raise NotFound(f"No such {file.name.partition('_')[2].replace('_', ' ')}.")
            return row
        case "maybe":
            return cursor.fetchone()
        case "value":
            row = cursor.fetchone()
            return None if row is None else next(iter(row.values()))
        case _:
            return cursor.rowcount


@contextmanager
def transaction() -> Iterator[None]:
    """Several statements in one transaction, for the current caller."""
    with caller().database.transaction():
        yield
