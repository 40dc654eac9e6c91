"""A client's connection to a worker: what has come of its next request, and when its silence ends it."""

from __future__ import annotations

import enum
import socket
import struct
from typing import Any

from gunicorn.workers.gthread import TConn

from workouts_api.web.arriving import is_whole, time_allowed
from workouts_api.web.gunicorn_body import SlowPlaces, Unreader
from workouts_api.web.lanes import Lane
from workouts_api.web.quick_calls import receive_now
from workouts_api.web.sending import ReplySocket

_SILENCE = 30.0  # seconds without a byte in the middle of a request, where no application says its own


class Arrival(enum.Enum):
    WHOLE = "a thread can take it"
    MORE = "more must come"
    NONE = "the client has hung up"


class Connection(TConn):
    silence = _SILENCE
    places = SlowPlaces(1, _SILENCE)
    readers = SlowPlaces(1, _SILENCE)
    """They are set once the settings are known: where threads wait for what clients send, and for clients that read."""
    lane: Lane
    queued_at = 0.0
    in_database = 0.0
    """Seconds that its last request has waited for the database."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if not self.cfg.is_ssl:
            self.sock = ReplySocket(self.sock, self.readers)
            self.sock.setblocking(False)
        self.data_ready = True  # the main loop waits for a request's bytes, no thread does
        self.arrived = b""
        """What has come of the next request."""
        self._since = 0.0

    def init(self) -> None:
        is_new = not self.initialized
        super().init()
        if is_new and not self.is_http2:
            self.parser.unreader = Unreader(self.sock, self.places)
            # The kernel's own, once a connection: Python's timeout costs system calls at each read and write.
            seconds = struct.pack("ll", int(self.silence), int(self.silence % 1 * 1e6))
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, seconds)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, seconds)
        if self.arrived:
            self.parser.unreader.unread(self.arrived)
            self.arrived = b""
            self._since = 0.0

    def gather(self, now: float) -> Arrival:
        """Reads what has come, without waiting."""
        if self.initialized and not self.arrived:
            self.arrived = self.parser.unreader.take_buffered()  # sent along with the body of the request before
        if not self.arrived or not is_whole(self.arrived):
            try:
                piece = receive_now(self.sock)
            except OSError:
                piece = b""
            if piece is None:
                return Arrival.MORE
            if not piece:  # the parser says what is missing
                return Arrival.WHOLE if self.arrived else Arrival.NONE
            self.arrived += piece
        self._since = self._since or now
        return Arrival.WHOLE if is_whole(self.arrived) else Arrival.MORE

    def forget(self) -> bytes:
        """Gives what has come, and begins anew: it was refused."""
        asked, self.arrived, self._since = self.arrived, b"", 0.0
        return asked

    def must_arrive_by(self, now: float) -> float:
        """When the request must have come."""
        if not self.arrived:
            return now + float(self.cfg.keepalive)
        return (self._since or now) + time_allowed(len(self.arrived), self.silence)
