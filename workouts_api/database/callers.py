"""On whose behalf statements run: a request, a job or a command, each in a context of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from workouts_api.database.pipeline import Connection
from workouts_api.sql.running import run_by

if TYPE_CHECKING:
    from workouts_api.database.access import Database
    from workouts_api.database.prepared import Statement


@dataclass(slots=True)
class Claim:
    """An Idempotency-Key whose reply is to be kept with its effect."""

    key: str
    digest: bytes
    status: int
    keep_body: bool = True


class ApiKey(NamedTuple):
    """An API key that was presented, and the scope that it needs. The guard decides whether it is valid."""

    id: int
    secret_sha256: bytes
    scope: str


@dataclass(slots=True)
class Caller:
    """On whose behalf statements run: a request, a job or a command. Times in seconds."""

    database: Database
    request_id: str
    deadline: float
    """time.monotonic() after which nothing more is begun."""
    user_id: int | None = None
    login_id: int | None = None
    """None, and no key either: nobody is signed in, and the guard is not asked."""
    key: ApiKey | None = None
    """By which they came in place of a login."""
    superuser: bool = False
    """Whether only a superuser may do what is asked for."""
    claim: Claim | None = None
    check_reply: Callable[[], None] | None = None
    """Raises where the reply could not be given as it is asked for; looked at before anything is written."""
    connection: Connection | None = None
    """The connection of the transaction that is under way."""
    trips: int = 0
    statements: list[str] = field(default_factory=list)
    sent: Statement | None = None
    """The statement that was sent last."""
    started: float = 0.0
    """time.perf_counter() when the request began."""
    method: str = ""
    path: str = ""
    address: str | None = None
    """The client's."""
    route: str | None = None
    """The rule of the URL that the request has matched, such as /api/v1/users/<int:user_id>."""
    may_be_long: bool = False
    """Whether the request's body may be so long that the guard is asked before it is read."""
    waited_s: float = 0.0
    """Seconds for which the request has waited for a thread. A wait for a connection is shorter by them."""
    took: list[float] = field(default_factory=list)
    """Seconds of each statement, in their order."""
    account_id: int | None = None
    """Whose sign-in was tried; for the log."""
    pool_s: float = 0.0
    database_s: float = 0.0
    read_after: int | None = None
    """The position in the primary's log that a replica must have reached to serve it. None: the primary serves it."""
    position: int | None = None
    """The position in that log behind all that it has written and seen; told where there are replicas."""
    replica: str | None = None
    """For the log: ``read`` when a replica has served it, else why none did."""

    def stands_at(self, position: int) -> None:
        """Notes a position. What is read from now on, also by this request, is not older."""
        if self.position is None or position > self.position:
            self.position = position
        if self.read_after is not None and position > self.read_after:
            self.read_after = position


_caller: ContextVar[Caller] = ContextVar("caller")


def caller() -> Caller:
    """Who is being served in this context.

    :raises LookupError: outside a request, a job or a command.
    """
    return _caller.get()


def found_caller() -> Caller | None:
    """Who is being served in this context, if anybody is."""
    return _caller.get(None)


run_by(lambda: caller().database)


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
