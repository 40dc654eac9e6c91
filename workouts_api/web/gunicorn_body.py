"""Reads a request's body for gunicorn. An error in the body is the client's, and is answered in the envelope."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gunicorn.http import errors as wire
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.unreader import SocketUnreader

from workouts_api.errors import BadRequest, Overloaded, RequestTooSlow
from workouts_api.web.arriving import time_allowed

# As much is read on in order to keep a connection that somebody may use again; gunicorn has the same bound.
WORTH_READING = 64 * 1024

MOMENT = 0.2  # seconds to wait for a place; bytes that are only a round trip away come within it

_BAD_CHUNKS = (wire.InvalidChunkSize, wire.ChunkMissingTerminator, wire.InvalidChunkExtension)


class Silent(Exception):
    """The client has sent nothing for too long, or too little."""


class Crowded(Exception):
    """Too many threads are waiting for clients that send slowly."""


class SlowPlaces:
    """Limits how many threads of a worker wait for the bytes of clients, and for how long."""

    def __init__(self, most: int, longest: float) -> None:
        """:param longest: seconds that a thread waits for one request's bytes in all."""
        self.longest = longest
        self._places = threading.BoundedSemaphore(most)

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place to wait in.

        :raises Crowded: when there is none for a moment.
        """
        if not self._places.acquire(timeout=MOMENT):
            raise Crowded
        try:
            yield
        finally:
            self._places.release()


class Unreader(SocketUnreader):
    """A socket with a receive timeout (SO_RCVTIMEO). The timeout is not a failure of the socket."""

    def __init__(self, sock: socket.socket, places: SlowPlaces) -> None:
        super().__init__(sock)
        self._places = places
        self.begin()

    def begin(self) -> None:
        """From now on the bytes of a new request are counted, and the seconds of waiting for them."""
        self._waited = 0.0
        self._received = 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        wanted = min(size_hint, self.max_body_chunk) if size_hint else 0
        try:
            data = self.sock.recv(max(wanted, self.mxchunk), socket.MSG_DONTWAIT)
        except BlockingIOError:
            data = self._wait(size_hint)
        self._received += len(data)
        return data

    def _wait(self, size_hint: int | None) -> bytes:
        began = time.monotonic()
        try:
            with self._places.place():
                data = super().chunk(size_hint)
        except BlockingIOError as error:
            raise Silent from error
        self._waited += time.monotonic() - began
        if self._waited > min(time_allowed(self._received), self._places.longest):
            raise Silent
        return data


class BodyReader:
    """gunicorn's reader of one body. It asks for the body where the client waits to be asked (Expect: 100-continue)."""

    def __init__(self, reader: Any, sock: socket.socket, *, is_awaited: bool, waited: float = 0.0) -> None:
        """:param waited: seconds for which the request has waited for a thread.

        The application sets ``in_database``, the seconds that it has waited for the database.
        """
        self.waited = waited
        self.in_database = 0.0
        self._reader = reader
        self._sock = sock
        self._is_awaited = is_awaited

    def read(self, size: int) -> bytes:
        """The next bytes.

        :raises BadRequest: for malformed chunks, and for a body that ends too early.
        :raises RequestTooSlow: when the client has sent nothing for too long, or too slowly.
        :raises Overloaded: when too many threads are waiting for slow clients already.
        """
        if self._is_awaited:
            self._is_awaited = False
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            data: bytes = self._reader.read(size)
        except Silent as error:
            raise RequestTooSlow from error
        except Crowded as error:
            raise Overloaded from error
        except _BAD_CHUNKS as error:
            raise BadRequest("The chunks of the body cannot be read.") from error
        except (wire.InvalidHeader, wire.InvalidHeaderName, wire.LimitRequestHeaders, wire.ObsoleteFolding) as error:
            raise BadRequest("The trailer of the body cannot be read.") from error
        except (wire.NoMoreData, ConnectionError) as error:
            raise BadRequest("The body ended before its end.") from error
        if not data and isinstance(self._reader, LengthReader) and size and self._reader.length:
            raise BadRequest("The body ended before its end.")
        return data

    def keeps(self) -> bool:
        """Whether the unread rest is small enough to keep the connection."""
        if self._is_awaited:
            return False  # the client may send it, or not
        if isinstance(self._reader, LengthReader):
            return self._reader.length <= WORTH_READING
        return not isinstance(self._reader, ChunkedReader) or self._reader.parser is None
