"""gunicorn's threaded worker. Owns how requests come to threads, the answers to requests that never reach the
application, and how connections end: every answer arrives, even at a client that is still sending a refused body.
"""

from __future__ import annotations

import errno
import random
import re
import secrets
import selectors
import socket
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from gunicorn.http import errors as wire
from gunicorn.workers import gthread
from gunicorn.workers.gthread import ThreadWorker

from workouts_api import activity
from workouts_api.errors import (
    ApiError,
    BadRequest,
    ExpectationFailed,
    Forbidden,
    HeadersTooLarge,
    InternalError,
    Overloaded,
    RequestTooSlow,
    UnknownTransferCoding,
    UriTooLong,
)
from workouts_api.logs import log
from workouts_api.metrics import note
from workouts_api.web import standing_by
from workouts_api.web.arriving import can_go_on, origin_in, request_id_in
from workouts_api.web.bare_replies import bare_reply, overloaded
from workouts_api.web.frame import CALLER, WAITED
from workouts_api.web.gunicorn_body import BodyReader, Crowded, Silent, SlowPlaces
from workouts_api.web.gunicorn_connection import Arrival, Connection
from workouts_api.web.lanes import lane_of
from workouts_api.web.lingering import Lingering
from workouts_api.web.quick_calls import send_now
from workouts_api.web.waiting import Verdict, Waiting

ACCEPTED_AT_ONCE = 16  # connections; other workers want some too
ACCEPTED_IN_OVERLOAD = 512  # what waits to be accepted cannot be refused, and its time is not seen
MOST_ARRIVING = 1_000  # connections of a worker whose request is not there yet; the oldest makes room
LAST_SILENCE = 1.0  # seconds that a worker which ends waits for a client that has not begun a request
_MOST_WAIT = 2.0  # seconds for a thread, where no application says its own
_LOOK_EVERY = 0.25  # seconds between two looks for connections whose request does not come
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(:[0-9]*)?")  # RFC 9110 §7.2; it may be empty


class NotOneHost(Exception):
    """A request of HTTP/1.1 names no host, several, or what can be none: RFC 9112 §3.2 demands 400."""


# From the special to the general: the first that fits.
_REFUSALS: tuple[tuple[type[Exception], Callable[[], ApiError]], ...] = (
    (wire.InvalidResponseHeader, InternalError),  # the application's mistake, and a kind of InvalidHeader
    (wire.InvalidResponseHeaderName, InternalError),
    (wire.ConfigurationProblem, InternalError),
    (NotOneHost, lambda: BadRequest("Expected one Host header, with a host's name or address.")),
    (Silent, RequestTooSlow),
    (Crowded, Overloaded),
    (wire.LimitRequestLine, UriTooLong),
    (wire.LimitRequestHeaders, HeadersTooLarge),
    (wire.UnsupportedTransferCoding, UnknownTransferCoding),
    (wire.ExpectationFailed, ExpectationFailed),
    (wire.ForbiddenProxyRequest, Forbidden),
    (wire.InvalidRequestLine, lambda: BadRequest("The request line cannot be read.")),
    (wire.InvalidRequestMethod, lambda: BadRequest("The request's method cannot be read.")),
    (wire.InvalidHTTPVersion, lambda: BadRequest("The request's version of HTTP is not understood.")),
    (wire.InvalidSchemeHeaders, lambda: BadRequest("The headers that tell the scheme contradict each other.")),
    (wire.InvalidHeader, lambda: BadRequest("A header cannot be read.")),
    (wire.InvalidHeaderName, lambda: BadRequest("A header's name cannot be read.")),
    (wire.ObsoleteFolding, lambda: BadRequest("A header that is folded over several lines is not understood.")),
    (wire.ParseException, BadRequest),
)


gthread.TConn = Connection  # type: ignore[misc,assignment] # what it makes of each connection that it accepts


class _HandedOver:
    """Takes the place of the socket of a connection that another thread is ending."""

    def setblocking(self, _: bool) -> None:
        pass

    def shutdown(self, _: int) -> None:
        raise OSError(errno.ENOTCONN, "handed over")

    def close(self) -> None:
        pass


class _Ending:
    """Wraps the application. An answer says `Connection: close` when the body was left unread."""

    def __init__(self, application: Any) -> None:
        self._application = application
        self.extensions = getattr(application, "extensions", {})  # where gunicorn_config finds the pool

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        reader = environ["wsgi.input"].reader  # now: the application puts one of its own there for what is compressed

        def start(*args: Any) -> Any:
            if not reader.keeps():
                start_response.__self__.force_close()
            return start_response(*args)

        environ[WAITED] = reader.waited
        reply = self._application(environ, start)
        if CALLER in environ:
            reader.in_database = environ[CALLER].database_s
        return reply


class _Done(NamedTuple):
    """What gunicorn asks of a request that has been served: whether its connection is kept."""

    kept: object

    def result(self) -> object:
        return self.kept

    def cancelled(self) -> bool:
        return False


class Worker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering = Lingering()
        self.waiting: Waiting[Connection] = Waiting(self.cfg.threads, _MOST_WAIT)
        self._origins: frozenset[str] = frozenset()
        self._look_again = 0.0
        self._tell_again = 0.0
        self._overloaded = False
        self._reads_first = not self.cfg.is_ssl  # gunicorn's settings take a microsecond to tell

    def load_wsgi(self) -> None:
        try:
            super().load_wsgi()
        except Exception as error:
            standing_by.tell_failure(error)
            raise
        application = self.wsgi
        settings = getattr(application, "extensions", {}).get("settings")
        if settings is not None:
            Connection.silence = settings.request_timeout
            self.waiting = Waiting(self.cfg.threads, settings.longest_wait)
            self._origins = frozenset(settings.cors_origins)
        Connection.places = SlowPlaces(max(1, self.cfg.threads // 2), Connection.silence)
        # Fewer than any lane has: a lane whose replies are read slowly goes on.
        Connection.readers = SlowPlaces(max(1, self.cfg.threads // 4), Connection.silence)
        self.wsgi = _Ending(application)

    # ── from a connection to a thread ───────────────────────────────────────────────────────────────────────

    def accept(self, listener: Any) -> None:
        """Accepts several connections at a time: in an overload, many of them wait."""
        for _ in range(ACCEPTED_IN_OVERLOAD if self._overloaded else ACCEPTED_AT_ONCE):
            before = self.nr_conns
            super().accept(listener)
            if self.nr_conns == before:
                return

    def on_client_socket_readable(self, conn: Connection, client: Any) -> None:
        """A request comes on a connection that has had one. A refusal leaves the connection where it is."""
        if self._reads_first and conn.gather(time.monotonic()) is Arrival.WHOLE:
            conn.lane = lane_of(conn.arrived)
            if self.waiting.is_full(conn.lane, time.monotonic()) and can_go_on(conn.arrived) and self.alive:
                self._say_overloaded(conn, goes_on=True)
                return
        super().on_client_socket_readable(conn, client)

    def enqueue_req(self, conn: Connection) -> None:
        """Reads what has come of a request; gunicorn calls it for a connection that may have one."""
        arrival = conn.gather(time.monotonic()) if self._reads_first else Arrival.WHOLE
        if arrival is Arrival.MORE:
            self._wait_for_more(conn)
        elif arrival is Arrival.NONE:
            self._close(conn)
        else:
            conn.lane = lane_of(conn.arrived)
            self._offer(conn)

    def _offer(self, conn: Connection) -> None:
        verdict = self.waiting.offer(conn, time.monotonic())
        if verdict is Verdict.START:
            self.tpool.submit(self._serve, conn)
        elif verdict is Verdict.REFUSE:
            self._refuse(conn)

    def _serve(self, conn: Connection) -> None:
        """A thread's work: one request after another, as long as any waits."""
        following: Connection | None = conn
        while following is not None:
            conn, began, used = following, time.monotonic(), time.thread_time()
            kept: object = False
            conn.in_database = 0.0
            try:
                kept = self.handle(conn)
            except Exception:
                self.log.exception("a request failed in the worker")
            finally:
                now = time.monotonic()
                used = time.thread_time() - used
                following = self.waiting.done(conn, now - began, now, used=used, in_database=conn.in_database)
                self.method_queue.defer(self.finish_request, conn, _Done(kept))

    def _wait_for_more(self, conn: Connection) -> None:
        conn.sock.setblocking(False)
        conn.timeout = conn.must_arrive_by(time.monotonic())
        if not self.alive:
            self._limit_silence(conn)
        if len(self.pending_conns) >= MOST_ARRIVING:
            oldest = self.pending_conns.popleft()
            self.poller.unregister(oldest.sock)
            self._close(oldest)
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def _close(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    # ── the end ─────────────────────────────────────────────────────────────────────────────────────────────

    def set_accept_enabled(self, enabled: bool) -> None:
        """Also closes the listening sockets when the worker ends, so that new clients are refused at once."""
        if not enabled and not self.alive:
            self._accept_the_last()
        super().set_accept_enabled(enabled)
        if not enabled and not self.alive:
            for listener in self.sockets:
                listener.close()
            for conn in self.pending_conns:
                self._limit_silence(conn)

    def _accept_the_last(self) -> None:
        """Accepts who waits in the kernel's queue already: closing the socket would break their connections."""
        for listener in self.sockets:
            before = -1
            while before < self.nr_conns < self.worker_connections:
                before = self.nr_conns
                self.accept(listener)

    @staticmethod
    def _limit_silence(conn: Connection) -> None:
        """A client that has asked for nothing yet does not keep a worker that ends."""
        if not conn.arrived:
            conn.timeout = min(conn.timeout, time.monotonic() + LAST_SILENCE)

    # ── what waits too long ─────────────────────────────────────────────────────────────────────────────────

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        if self.pending_conns:
            timeout = min(timeout, _LOOK_EVERY)
        now = time.monotonic()
        self._overloaded = self.waiting.is_overloaded(now)
        events = self.poller.select(min(timeout, self.waiting.until(now)))
        # In an overload the newest first: what came long ago has waited for this turn already, and is refused.
        for key, _ in reversed(events) if self._overloaded else events:
            key.data(key.fileobj)
        for conn in self.waiting.late(time.monotonic()):
            self._refuse(conn)
        while (following := self.waiting.next(time.monotonic())) is not None:
            self.tpool.submit(self._serve, following)

    def murder_pending(self) -> None:
        """Ends the connections whose request has not come in time."""
        now = time.monotonic()
        if now < self._look_again:
            return
        self._look_again = now + _LOOK_EVERY
        for conn in [one for one in self.pending_conns if one.timeout <= now]:
            self.pending_conns.remove(conn)
            self.poller.unregister(conn.sock)
            if conn.arrived:
                origin = self._allowed(origin_in(conn.arrived))
                send_now(conn.sock, bare_reply(RequestTooSlow(), secrets.token_hex(12), origin=origin))
                self._end(conn)
            self._close(conn)

    def _refuse(self, conn: Connection) -> None:
        """Answers 503 in the main loop: a thread is what is missing."""
        goes_on = can_go_on(conn.arrived) and self.alive
        self._say_overloaded(conn, goes_on=goes_on)
        if goes_on:
            conn.sock.setblocking(False)
            conn.set_timeout()
            self.keepalived_conns.append(conn)
            self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_client_socket_readable, conn))
        else:
            self._end(conn)
            self._close(conn)

    def _say_overloaded(self, conn: Connection, *, goes_on: bool) -> None:
        asked = conn.forget()
        note("workouts_requests_refused", conn.lane.name)
        now = time.monotonic()
        if now >= self._tell_again:  # a line for each would be work of the wrong kind
            self._tell_again = now + 1.0
            log.warning("overloaded", lane=conn.lane.name)
        request_id = request_id_in(asked) or f"{random.getrandbits(96):024x}"
        with_body = not asked.startswith(b"HEAD ")
        origin = self._allowed(origin_in(asked)) if self._origins else ""
        # It fits into the socket's buffer, or the client does not read.
        send_now(conn.sock, overloaded(request_id, with_body=with_body, goes_on=goes_on, origin=origin))

    def _allowed(self, origin: str) -> str:
        return origin if origin in self._origins else ""

    # ── one request ─────────────────────────────────────────────────────────────────────────────────────────

    def handle(self, conn: Connection) -> object:
        kept = super().handle(conn)
        if not kept:
            self._end(conn)
        return kept

    def handle_request(self, req: Any, conn: Connection) -> bool:
        if req.must_close:  # gunicorn's parser says so of gzip, deflate and compress, which it takes and doesn't undo
            raise wire.UnsupportedTransferCoding("only chunked is undone")
        _demand_one_host(req)
        conn.parser.unreader.begin()
        waited = time.monotonic() - conn.queued_at
        req.body.reader = BodyReader(req.body.reader, conn.sock, is_awaited=req._expected_100_continue, waited=waited)
        req._expected_100_continue = False  # the body's to ask for, when somebody wants it
        try:
            return super().handle_request(req, conn)
        finally:
            conn.in_database = req.body.reader.in_database
            activity.end()  # here, not in the application: until the answer has been sent, the thread is busy

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answers a request that never reached the application, in the envelope."""
        if getattr(exc, "hdr", None) == "TRANSFER-ENCODING":  # to gunicorn, gzip without chunks is a bad header
            exc = wire.UnsupportedTransferCoding("only chunked is undone")
        refusal = next((make() for kind, make in _REFUSALS if isinstance(exc, kind)), InternalError())
        request_id = secrets.token_hex(12)
        if refusal.status >= 500 and not isinstance(refusal, UnknownTransferCoding | Overloaded):
            self.log.error("request %s failed before the application", request_id, exc_info=exc)
        else:
            self.log.warning("request %s from %s is refused: %s", request_id, (addr or ("-",))[0], type(exc).__name__)
        with_body = getattr(req, "method", None) != "HEAD"
        try:
            client.sendall(bare_reply(refusal, request_id, with_body=with_body))
        except OSError:
            self.log.debug("the client has not waited for the refusal")

    def _end(self, conn: Connection) -> None:
        if isinstance(conn.sock, socket.socket) and conn.sock.fileno() >= 0 and not self.cfg.is_ssl:
            self._lingering.take(conn.sock)
            conn.sock = _HandedOver()


def _demand_one_host(req: Any) -> None:
    """Before anything is done for it: what stands between client and server may have read another host in it."""
    hosts = [value for name, value in req.headers if name == "HOST"]
    if len(hosts) > 1 or not (_HOST.fullmatch(hosts[0]) if hosts else req.version < (1, 1)):
        raise NotOneHost
