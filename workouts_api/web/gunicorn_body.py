"""Reads a request's body for gunicorn. An error in the body is the client's, and is answered in the envelope."""

from __future__ import annotations

import socket
from typing import Any

from gunicorn.http import errors as wire
from gunicorn.http.body import ChunkedReader, LengthReader
from gunicorn.http.unreader import SocketUnreader

from workouts_api.errors import BadRequest, RequestTooSlow

# As much is read on in order to keep a connection that somebody may use again; gunicorn has the same bound.
WORTH_READING = 64 * 1024

_BAD_CHUNKS = (wire.InvalidChunkSize, wire.ChunkMissingTerminator, wire.InvalidChunkExtension)


class Silent(Exception):
    """The client has sent nothing for too long."""


class Unreader(SocketUnreader):
    """A socket with a receive timeout (SO_RCVTIMEO). The timeout is not a failure of the socket."""

    def chunk(self, size_hint: int | None = None) -> bytes:
        try:
            return super().chunk(size_hint)
        except BlockingIOError as error:
            raise Silent from error


class BodyReader:
    """gunicorn's reader of one body. It asks for the body where the client waits to be asked (Expect: 100-continue)."""

    def __init__(self, reader: Any, sock: socket.socket, *, is_awaited: bool) -> None:
        self._reader = reader
        self._sock = sock
        self._is_awaited = is_awaited

    def read(self, size: int) -> bytes:
        """The next bytes.

        :raises BadRequest: for malformed chunks, and for a body that ends too early.
        :raises RequestTooSlow: when the client has sent nothing for too long.
        """
        if self._is_awaited:
            self._is_awaited = False
            self._sock.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        try:
            data: bytes = self._reader.read(size)
        except Silent as error:
            raise RequestTooSlow from error
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
