"""Sends replies. A client that reads slowly holds a thread for a limited time, and such clients hold a quarter of all.

The kernel's buffers take most replies at once. Only what is larger has to wait for the client.
"""

from __future__ import annotations

import select
import socket
import time
from contextlib import suppress
from typing import Any

from workouts_api.logs import log
from workouts_api.web.gunicorn_body import Crowded, SlowPlaces


class ReplySocket(socket.socket):
    """A client's socket. It takes over the descriptor of ``sock``."""

    def __init__(self, sock: socket.socket, places: SlowPlaces) -> None:
        super().__init__(sock.family, sock.type, sock.proto, fileno=sock.detach())
        self._places = places

    def sendall(self, data: Any, flags: int = 0) -> None:
        """Sends all of it.

        :raises ConnectionResetError: when the client reads too slowly, or too many read slowly at the moment.
        """
        try:
            sent = self.send(data, flags | socket.MSG_DONTWAIT)
        except BlockingIOError:
            sent = 0
        if sent < len(data):
            self._send_slowly(memoryview(data)[sent:], flags | socket.MSG_DONTWAIT)

    def _send_slowly(self, rest: memoryview, flags: int) -> None:
        deadline = time.monotonic() + self._places.longest
        try:
            with self._places.place():
                while rest and self._takes_more(deadline):
                    with suppress(BlockingIOError):
                        rest = rest[self.send(rest, flags) :]
        except Crowded:
            pass
        if rest:
            log.warning("a client reads its reply too slowly", unread_bytes=len(rest))
            raise ConnectionResetError("the client reads too slowly")

    def _takes_more(self, deadline: float) -> bool:
        """Waits until some bytes can be sent; whether they can by the deadline."""
        poll = select.poll()
        poll.register(self, select.POLLOUT)
        left = deadline - time.monotonic()
        return left > 0 and bool(poll.poll(left * 1000))
