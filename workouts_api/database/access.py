"""The database: query files run on the pool's connections, behind the guard, with retries and in transactions.

One call of a query is one round trip: the guard and the query travel in one pipeline. What lies between two syncs is
one implicit transaction, so an error in the guard means that the query never ran, and nothing that the guard set
outlives it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import errors as pg
from psycopg.rows import DictRow

from workouts_api import activity, metrics
from workouts_api.config.production import RoleCheck
from workouts_api.database import captures, replicas
from workouts_api.database.adaptation import dump_of, type_oid
from workouts_api.database.callers import Caller, Claim, caller
from workouts_api.database.pipeline import STALE_STATEMENT, Command, Connection, Prepared, Unanswered
from workouts_api.database.pool import IDLE, Pool
from workouts_api.database.prepared import Statement, value_of
from workouts_api.database.retries import RetryBudget
from workouts_api.database.swapping import Swaps, in_force
from workouts_api.database.watching import Asks
from workouts_api.errors import ApiError, DeadlineExceeded, OutcomeUnknown, Unavailable

if TYPE_CHECKING:
    from workouts_api.config import Settings
    from workouts_api.sql.catalogue import Catalogue
    from workouts_api.sql.files import QueryFile

_PLAN_MODES = {"auto": "auto", "custom": "force_custom_plan", "generic": "force_generic_plan"}

_LOST_RACE = (pg.SerializationFailure, pg.DeadlockDetected)


_BEGIN: Command = (Prepared(b"begin", b"begin"), ())
_COMMIT: Command = (Prepared(b"commit", b"commit"), ())


class Database:
    """The pool of one process and what it takes to run query files on it."""

    def __init__(self, settings: Settings, conninfo: str, catalogue: Catalogue) -> None:
        self._default_timeout = settings.db_statement_timeout
        self.retries = RetryBudget()
        self.trouble: tuple[str, float] | None = None
        """The last lasting state in which the server refused a statement, and time.monotonic() then."""
        self._released = {f.full_name: self._prepare(f) for f in catalogue.files()}
        self._statements = self._released
        self.swaps = Swaps(settings.swaps_folder, catalogue)
        self.follow_swaps()
        self._guard = self._statements["spine.pass_guard"]
        self._key_guard = self._statements["spine.pass_key_guard"]
        self._open_request = self._statements["spine.open_request"]
        self._claim = self._statements["spine.claim_key"]
        self._store_reply = self._statements["spine.store_reply"]
        self.role = RoleCheck(settings)
        self.pool = Pool(settings, conninfo, self.role)
        self.replica: replicas.Replica | None = None
        self._tell: Command | None = None
        """What is asked behind each transaction of the primary, where there are replicas: its position."""
        if settings.database_replica_url:
            self._tell = self._statements["spine.tell_position"].command({})
            identity = self._statements["spine.identify_server"].command({})
            asks = Asks(self._tell, identity, self._statements["spine.follow_primary"])
            self.replica = replicas.Replica(settings, conninfo, self.role, asks, settings.database_replica_url)

    def _prepare(self, file: QueryFile, *, is_swapped: bool = False) -> Statement:
        types = {p.name: p.sent_type for p in file.parameters}
        name = file.version if is_swapped else file.full_name
        return Statement(
            file=file,
            prepared=Prepared(name.encode(), file.statement.encode(), [type_oid(types[name]) for name in file.order]),
            dumps=tuple((name, dump_of(types[name])) for name in file.order),
            timeout_ms=round((file.timeout_s or self._default_timeout) * 1000),
            plan_mode=_PLAN_MODES[file.plan],
            names=frozenset(types),
            name=name,
            key=(file.full_name, file.digest if is_swapped else ""),
            may_be_replicated=replicas.may_be_replicated(file),
            revokes=replicas.revokes(file),
        )

    def follow_swaps(self) -> None:
        """Runs what is swapped on this host, and again the release's text where that has ended.

        Requests that have begun go on with what they began with. A connection prepares a new text under a name of its
        own, so it needs no trip of its own and disturbs no statement under way.
        """
        if self.swaps.look():
            swapped = in_force(self.swaps.found)
            try:
                prepared = {name: self._prepare(file, is_swapped=True) for name, file in swapped.items()}
            except BaseException:
                self.swaps.forget()
                raise
            self._statements = self._released | prepared

    def open(self) -> None:
        """Starts connecting in the background. Calling it twice has no effect."""
        self.pool.open()
        if self.replica is not None:
            self.replica.open()

    def close(self) -> None:
        """Ends all connections, for good."""
        self.pool.end()
        if self.replica is not None:
            self.replica.close()

    # ── one query, one trip ─────────────────────────────────────────────────────────────────────────────────

    def run(self, name: str, values: Mapping[str, Any]) -> Any:
        """Runs a query file for the current caller and gives what its ``@returns`` says.

        :raises NotFound: for ``@returns one`` without a row.
        :raises Unavailable: when the database cannot be reached; nothing was done.
        :raises OutcomeUnknown: when a write got no answer.
        :raises psycopg.Error: what the server says, translated by workouts_api.errors.
        """
        statement = self._statements[name]
        query = statement.command(values)
        who = caller()
        if who.check_reply:
            who.check_reply()
        if who.connection:
            return self._run_in_transaction(who, statement, query)
        if self.replica is not None:
            return self.replica.run(self, who, statement, query)
        return self.run_on_primary(who, statement, query)

    # ── one query, on one connection ────────────────────────────────────────────────────────────────────────

    def run_on_primary(self, who: Caller, statement: Statement, query: Command) -> Any:
        """Sends the query; a read whose connection dies under way is sent once more, on another one."""
        claim = who.claim if statement.file.writes else None
        tries = 2
        while True:
            tries -= 1
            connection = self.pool.borrow(who)
            try:
                return self._send_until_prepared(connection, who, statement, query, claim)
            except psycopg.Error as error:
                if not _is_broken(connection, error):
                    raise
                if statement.file.writes and connection.is_in_doubt:
                    if self.replica is not None:
                        who.stands_at(replicas.BEYOND_ALL)
                    raise OutcomeUnknown from error
                if isinstance(error, Unanswered) and not statement.file.writes:
                    raise DeadlineExceeded from error
                if statement.file.writes or not tries or not self.retries.spend():
                    raise Unavailable(retry_after=1) from error
            finally:
                self.pool.give_back(connection)

    def _send_until_prepared(
        self, connection: Connection, who: Caller, statement: Statement, query: Command, claim: Claim | None
    ) -> Any:
        """Sends the pipeline, and once more where the server rolled it back for a reason that is gone by then."""
        try:
            return self.send(connection, who, statement, query, claim)
        except STALE_STATEMENT:
            connection.forget_prepared()
        except _LOST_RACE:
            if not self.retries.spend():
                raise
        return self.send(connection, who, statement, query, claim)

    def send(
        self,
        connection: Connection,
        who: Caller,
        statement: Statement,
        query: Command,
        claim: Claim | None = None,
        *,
        begin: bool = False,
        ahead: Command | None = None,
    ) -> Any:
        """Front, query and what follows it, in one pipeline; gives what the query's ``@returns`` says.

        :param ahead: what a replica is asked before all else.
        """
        commands = [_BEGIN] if begin else []
        if ahead is not None:
            commands.append(ahead)
        commands.append(self._front(who, statement))
        if claim:
            commands.append(self._claim.command({"key": claim.key, "digest": claim.digest}))
        place = len(commands)
        commands.append(query)
        if claim and not begin:
            commands.append(self._store(claim))
        started = time.perf_counter()
        self.retries.earn()
        who.trips += 1
        who.statements.append(statement.name)
        who.sent = statement
        activity.query(statement.prepared.name)
        rows = 0
        tell = None if who.connection else self._tell
        try:
            results = connection.exchange(*commands, behind=tell)
            rows = results[place].ntuples
        finally:
            activity.answered()
            took = time.perf_counter() - started
            who.took.append(took)
            who.database_s += took
            metrics.note_query(statement.key, took, rows)
            if (recorder := captures.recorder) is not None:
                recorder.note(statement, query[1], took, rows, who.request_id)
        if tell is not None:
            replicas.note_position(who, connection)
        return value_of(statement.file, connection, results[place])

    def _front(self, who: Caller, statement: Statement) -> Command:
        """What travels before the query: the guard for who is signed in or has a key, else only the settings."""
        left_ms = int((who.deadline - time.monotonic()) * 1000)
        if left_ms <= 0:
            raise DeadlineExceeded
        values: dict[str, Any] = {
            "user_id": who.user_id,
            "request_id": who.request_id,
            "timeout_ms": min(statement.timeout_ms, left_ms),
            "plan_mode": statement.plan_mode,
        }
        writes = statement.file.writes
        if who.login_id is not None:
            values["login_id"] = who.login_id
            values["superuser"] = who.superuser
            values["writes"] = writes
            return self._guard.command(values)
        if who.key is None:
            return self._open_request.command(values)
        key_id, secret_sha256, scope = who.key
        of_key = {
            "key_id": key_id,
            "secret_sha256": secret_sha256,
            "scope": scope,
            "superuser": who.superuser,
            "writes": writes,
        }
        return self._key_guard.command(values | of_key)

    def _store(self, claim: Claim) -> Command:
        return self._store_reply.command({"key": claim.key, "status": claim.status, "keep_body": claim.keep_body})

    # ── several statements, one transaction ─────────────────────────────────────────────────────────────────

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Statements inside share one connection and one transaction: all or nothing.

        ``begin`` and the guard travel with the first statement, so a transaction of n statements costs n + 1 trips.
        """
        who = caller()
        if who.connection is not None:
            raise RuntimeError("transaction() does not nest: the outer one would promise what it cannot hold")
        connection = who.connection = self.pool.borrow(who)
        try:
            yield
            if _has_begun(connection):
                self._commit(who, connection)
        except BaseException:
            _roll_back(connection)
            raise
        finally:
            who.connection = None
            self.pool.give_back(connection)

    def _run_in_transaction(self, who: Caller, statement: Statement, query: Command) -> Any:
        connection = who.connection
        assert connection is not None  # noqa: S101 – run() asked
        first = not _has_begun(connection)
        try:
            return self.send(connection, who, statement, query, who.claim if first else None, begin=first)
        except STALE_STATEMENT as error:
            raise _outdated(connection) from error
        except psycopg.Error as error:
            if (lost := _lost(connection, error)) is not None:
                raise lost from error
            raise

    def _commit(self, who: Caller, connection: Connection) -> None:
        who.trips += 1
        try:
            last = [self._store(who.claim), _COMMIT] if who.claim else [_COMMIT]
            committed = connection.exchange(*last, behind=self._tell)[-1]
        except STALE_STATEMENT as error:
            raise _outdated(connection) from error
        except psycopg.Error as error:
            if _is_broken(connection, error):
                if self.replica is not None and connection.is_in_doubt:
                    who.stands_at(replicas.BEYOND_ALL)
                raise (OutcomeUnknown if connection.is_in_doubt else Unavailable) from error
            raise
        if self._tell is not None:
            replicas.note_position(who, connection)
        if committed.command_status != b"COMMIT":  # the server's way to say that it has rolled back
            raise pg.InFailedSqlTransaction("a statement failed, and whoever ran it went on to the commit")

    def stream(self, name: str, values: Mapping[str, Any]) -> Iterator[DictRow]:
        """The rows of a ``@returns stream`` file as they arrive, in constant memory, in a transaction of their own."""
        who = caller()
        statement = self._statements[name]
        query = statement.command(values)
        with self.transaction():
            connection = who.connection
            assert connection is not None  # noqa: S101 – transaction() borrowed it
            who.trips += 2
            who.sent = statement
            activity.query(statement.prepared.name)
            try:
                connection.exchange(_BEGIN, self._front(who, statement))
                yield from connection.stream_rows(*query)
            except STALE_STATEMENT as error:
                raise _outdated(connection) from error
            finally:
                activity.answered()

    @contextmanager
    def copy(self, name: str) -> Iterator[psycopg.Copy]:
        """Runs a ``copy … from stdin`` file inside a transaction() that has had its first statement."""
        who = caller()
        if who.connection is None or not _has_begun(who.connection):
            raise RuntimeError("copy needs a transaction() in which the guard has been asked")
        who.trips += 1
        statement = who.sent = self._statements[name]
        activity.query(statement.prepared.name)
        try:
            with who.connection.cursor().copy(statement.prepared.text) as copy:
                yield copy
        except psycopg.Error as error:
            if (lost := _lost(who.connection, error)) is not None:
                raise lost from error
            raise
        finally:
            activity.answered()


def _is_broken(connection: Connection, error: psycopg.Error) -> bool:
    if type(error) is psycopg.DatabaseError and error.sqlstate is None:  # libpq's own, of a connection that it gave up
        connection.cut()
    return connection.closed or isinstance(error, pg.AdminShutdown | pg.CrashShutdown | pg.CannotConnectNow)


def _lost(connection: Connection, error: psycopg.Error) -> ApiError | None:
    """What to say of a connection that was lost before the commit: nothing was done. None: it is not lost."""
    if isinstance(error, Unanswered):
        return DeadlineExceeded()
    return Unavailable(retry_after=1) if _is_broken(connection, error) else None


def _has_begun(connection: Connection) -> bool:
    """Whether its transaction has begun, as the server has it. So has one that failed, or whose connection is lost."""
    return connection.pgconn.transaction_status != IDLE


def _outdated(connection: Connection) -> ApiError:
    """What to say where a statement went stale inside a transaction; the next one prepares all statements anew."""
    if _has_begun(connection):
        connection.is_outdated = True  # it has failed: until it ends, the server refuses whatever is sent
    else:
        connection.forget_prepared()
    return Unavailable(retry_after=1)


def _roll_back(connection: Connection) -> None:
    try:
        connection.rollback()
        if connection.is_outdated:
            connection.forget_prepared()
    except psycopg.Error:  # also one of class 25: the server has ended a transaction that stood still
        connection.close()  # the server has rolled back, or will when it notices that the connection is gone


@contextmanager
def transaction() -> Iterator[None]:
    """Several statements in one transaction, for the current caller."""
    with caller().database.transaction():
        yield
