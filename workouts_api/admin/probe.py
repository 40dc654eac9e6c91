"""Asks the database how it is, on one small connection with hard deadlines.

One thread asks, at most once in ``FRESH`` seconds if somebody wants to know, else every ``EVERY`` seconds. Whoever asks
waits ``PATIENCE`` seconds at most, and then gets the last answer with its age. So a frozen database holds nobody, many
who ask at once cost one question, and who asks seldom of a far database gets an answer too.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import dict_row

from workouts_api.config import Settings
from workouts_api.config.production import TOO_STRONG
from workouts_api.database.pipeline import Connection
from workouts_api.database.schema_version import needed_version
from workouts_api.sql.catalogue import QUERIES
from workouts_api.sql.files import read_query_file
from workouts_api.tunnel import TunnelError, connection_info

FRESH = 1.0  # s for which an answer is given again
PATIENCE = 0.06  # s that a caller waits for a new answer
EVERY = 4.0  # s; so that with two DEADLINEs no answer is STALE
STALE = 10.0  # s after which an old answer says nothing any more
DEADLINE = 2.0  # s for connecting, and for one answer
_WITHOUT_SCHEMA = (
    psycopg.errors.InvalidSchemaName,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InsufficientPrivilege,
)


@dataclass(frozen=True)
class Answer:
    """What the database said."""

    database: dict[str, Any]
    schema: dict[str, Any]
    at: float = field(default_factory=time.monotonic)

    @property
    def is_good(self) -> bool:
        return (self.database["state"], self.schema["state"]) == ("up", "current")


class Probe:
    """The one who asks, between start() and stop().

    :param settings: gives the settings in force: the way to the database is known only when the tunnel is.
    """

    def __init__(self, settings: Callable[[], Settings]) -> None:
        self._settings = settings
        self._wanted = threading.Event()
        self._changed = threading.Condition()
        self._answer: Answer | None = None
        self._connection: Connection | None = None
        self._is_over = False

    def start(self) -> None:
        threading.Thread(target=self._run, name="probe", daemon=True).start()

    def stop(self) -> None:
        """Its thread ends behind the question that it may be asking, and hangs up."""
        self._is_over = True
        self._wanted.set()

    def renew(self) -> None:
        """A new release may need a newer schema, and its query may have changed."""
        needed_version.cache_clear()
        self._wanted.set()

    def ask(self) -> Answer:
        """The newest answer; after PATIENCE the last one, or that there is none."""
        answer = self._answer
        if answer is not None and time.monotonic() - answer.at < FRESH:
            return answer
        with self._changed:
            self._wanted.set()
            self._changed.wait_for(lambda: self._answer is not answer, PATIENCE)
        newest = self._answer
        if newest is None or time.monotonic() - newest.at > STALE:
            return Answer({"state": "down", "reason": "it does not answer"}, self._unknown())
        return newest

    def _run(self) -> None:
        while not self._is_over:
            self._wanted.clear()
            answer = self._asked()
            with self._changed:
                self._answer = answer
                self._changed.notify_all()
            if not self._is_over:
                self._wanted.wait(EVERY)
        self._hang_up()

    def _asked(self) -> Answer:
        started = time.perf_counter()
        try:
            found = self._found()
        except _WITHOUT_SCHEMA:
            return Answer({"state": "up"}, {"state": "behind", "version": None, "needed": needed_version()})
        except (psycopg.Error, TunnelError, OSError) as error:
            self._hang_up()
            reason = str(error).strip().splitlines()
            return Answer({"state": "down", "reason": reason[0] if reason else type(error).__name__}, self._unknown())
        ms = round((time.perf_counter() - started) * 1000, 2)
        return self._judged(found, ms)

    def _judged(self, found: dict[str, Any], ms: float) -> Answer:
        settings, needed, version = self._settings(), needed_version(), found["schema_version"]
        state = "current" if version is not None and version >= needed else "behind"
        schema = {"state": state, "version": version, "needed": needed}
        if settings.is_production and not settings.allow_superuser_role and found["is_too_strong"]:
            return Answer({"state": "refused", "reason": TOO_STRONG}, schema)
        database = {"state": "up", "round_trip_ms": ms, "server_version": found["server_version"]}
        if found["is_read_only"]:
            database["trouble"] = "read_only"
        return Answer(database, schema)

    def _found(self) -> dict[str, Any]:
        """A connection that was cut since the last question says nothing of the database now: another one is asked."""
        before = self._connection
        try:
            return self._query()
        except psycopg.OperationalError:
            if before is None or time.monotonic() >= before.deadline:  # frozen: another one would take as long
                raise
            self._hang_up()
            return self._query()

    def _query(self) -> dict[str, Any]:
        file, _ = read_query_file(QUERIES / "health" / "get_health.sql")
        if file is None:
            raise psycopg.InterfaceError("its query file cannot be read")
        if self._connection is None:
            self._connection = Connection.connect(
                conninfo_of(self._settings()),
                autocommit=True,
                row_factory=dict_row,
                prepare_threshold=None,
                connect_timeout=int(DEADLINE),
                application_name="workouts-admin",
            )
        self._connection.deadline = time.monotonic() + DEADLINE
        row = self._connection.execute(file.statement.encode()).fetchone()
        if row is None:
            raise psycopg.InterfaceError("it said nothing of its state")
        return row

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.cut()
            self._connection = None

    @staticmethod
    def _unknown() -> dict[str, Any]:
        return {"state": "unknown", "version": None, "needed": needed_version()}


def conninfo_of(settings: Settings) -> str:
    """The way to the database, through the tunnel where there is one.

    :raises psycopg.OperationalError: while the embedded database is being started.
    :raises TunnelError: while the tunnel is down.
    """
    if settings.ssh_host:
        return connection_info(settings)
    if settings.database_url is None:
        raise psycopg.OperationalError("the embedded database is being started")
    return settings.database_url
