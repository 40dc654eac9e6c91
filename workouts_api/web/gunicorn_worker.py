"""gunicorn's threaded worker. Owns the answers to requests that never reach the application, and how connections end:
every answer arrives, even at a client that is still sending a refused body.
"""

from __future__ import annotations

import errno
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

import orjson
from gunicorn.http import errors as wire
from gunicorn.workers import gthread
from gunicorn.workers.gthread import TConn, ThreadWorker

from workouts_api import activity
from workouts_api.errors import (
    ApiError,
    BadRequest,
    ExpectationFailed,
    Forbidden,
    HeadersTooLarge,
    InternalError,
    RequestTooSlow,
    UnknownTransferCoding,
    UriTooLong,
)
from workouts_api.web.gunicorn_body import BodyReader, Silent, Unreader
from workouts_api.web.lingering import Lingering
from workouts_api.web.reply_headers import WITHOUT_APPLICATION

_SILENCE = 30.0  # seconds without a byte in the middle of a request, where no application says its own
_REASONS = {
    400: "Bad Request", 403: "Forbidden", 408: "Request Timeout", 414: "URI Too Long", 417: "Expectation Failed",
    431: "Request Header Fields Too Large", 500: "Internal Server Error", 501: "Not Implemented",
}  # fmt: skip

# From the special to the general: the first that fits.
_REFUSALS: tuple[tuple[type[Exception], Callable[[], ApiError]], ...] = (
    (wire.InvalidResponseHeader, InternalError),  # the application's mistake, and a kind of InvalidHeader
    (wire.InvalidResponseHeaderName, InternalError),
    (wire.ConfigurationProblem, InternalError),
    (Silent, RequestTooSlow),
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


class _Connection(TConn):
    """A client's connection, on which silence in the middle of a request or an answer ends."""

    silence = _SILENCE

    def init(self) -> None:
        is_new = not self.initialized
        super().init()
        if is_new and not self.is_http2:
            self.parser.unreader = Unreader(self.sock)
            # The kernel's own, once a connection: Python's timeout costs system calls at each read and write.
            seconds = struct.pack("ll", int(self.silence), int(self.silence % 1 * 1e6))
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)


gthread.TConn = _Connection  # type: ignore[misc] # what it makes of each connection that it accepts


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

        return self._application(environ, start)


class Worker(ThreadWorker):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering = Lingering()

    def load_wsgi(self) -> None:
        super().load_wsgi()
        application = self.wsgi
        settings = getattr(application, "extensions", {}).get("settings")
        if settings is not None:
            _Connection.silence = settings.request_timeout
        self.wsgi = _Ending(application)

    def handle(self, conn: TConn) -> object:
        kept = super().handle(conn)
        if not kept:
            self._end(conn)
        return kept

    def handle_request(self, req: Any, conn: TConn) -> bool:
        if req.must_close:  # gunicorn's parser says so of gzip, deflate and compress, which it takes and doesn't undo
            raise wire.UnsupportedTransferCoding("only chunked is undone")
        req.body.reader = BodyReader(req.body.reader, conn.sock, is_awaited=req._expected_100_continue)
        req._expected_100_continue = False  # the body's to ask for, when somebody wants it
        try:
            return super().handle_request(req, conn)
        finally:
            activity.end()  # here, not in the application: until the answer has been sent, the thread is busy

    def handle_error(self, req: Any, client: socket.socket, addr: Any, exc: Exception) -> None:
        """Answers a request that never reached the application, in the envelope."""
        refusal = next((make() for kind, make in _REFUSALS if isinstance(exc, kind)), InternalError())
        request_id = secrets.token_hex(12)
        if refusal.status >= 500 and not isinstance(refusal, UnknownTransferCoding):
            self.log.error("request %s failed before the application", request_id, exc_info=exc)
        else:
            self.log.warning("request %s from %s is refused: %s", request_id, (addr or ("-",))[0], type(exc).__name__)
        with_body = getattr(req, "method", None) != "HEAD"
        try:
            client.sendall(envelope(refusal, request_id, with_body=with_body))
        except OSError:
            self.log.debug("the client has not waited for the refusal")

    def _end(self, conn: TConn) -> None:
        if isinstance(conn.sock, socket.socket) and conn.sock.fileno() >= 0 and not self.cfg.is_ssl:
            self._lingering.take(conn.sock)
            conn.sock = _HandedOver()


def envelope(refusal: ApiError, request_id: str, *, with_body: bool = True) -> bytes:
    """The whole reply to a request that cannot be read, after which the connection ends."""
    body = orjson.dumps(
        {"error": refusal.code, "message": refusal.message, "details": refusal.details, "request_id": request_id}
    )
    always = "".join(f"{name}: {value}\r\n" for name, value in WITHOUT_APPLICATION)
    head = (
        f"HTTP/1.1 {refusal.status} {_REASONS[refusal.status]}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{always}"
        f"X-Request-ID: {request_id}\r\n\r\n"
    )
    return head.encode() + (body if with_body else b"")
