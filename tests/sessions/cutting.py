"""A TCP proxy in front of the API that ends connections where a test wants it."""

from __future__ import annotations

import contextlib
import re
import socket
import struct
import threading
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

REQUEST_PLACES = ("before the request", "in its head", "before its body", "in its body", "behind the request")
REPLY_PLACES = ("before the reply", "in the reply's head", "in the reply's body", "behind the reply")
PLACES = REQUEST_PLACES + REPLY_PLACES
_RESET = struct.pack("ii", 1, 0)


@dataclass(frozen=True)
class Cut:
    """Where a connection ends. The share is of the head or the body in which it does."""

    place: str
    share: float = 0.5
    is_reset: bool = False
    """Both sides get a reset; otherwise an orderly end."""

    def passed(self, head: bytes, body: bytes, places: tuple[str, ...]) -> bytes:
        """What still comes through of a message whose places are these: before, head, body's start, body, behind."""
        within = places.index(self.place)
        if within == 0:
            return b""
        if within == 1:
            return head[: 1 + int(self.share * (len(head) - 2))]
        if within == len(places) - 1:
            return head + body
        return head + (b"" if self.place == "before its body" else body[: 1 + int(self.share * (len(body) - 2))])


class CuttingProxy:
    """One device's way to the API: connections that stay open, until one is cut.

    The device says by ``cut`` how its next request ends; it sends one request at a time.
    """

    def __init__(self, host: str, port: int) -> None:
        self.cut: Cut | None = None
        self.made: Counter[str] = Counter()
        """The cuts so far, by their places."""
        self._server = host, port
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: set[socket.socket] = set()
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> CuttingProxy:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        # A socket in accept() is woken by a shutdown, not by being closed.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in list(self._open):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(near,), daemon=True).start()

    def _carry(self, near: socket.socket) -> None:
        with near, socket.create_connection(self._server) as far, contextlib.suppress(OSError):
            self._open |= {near, far}
            while request := _message(near):
                cut, self.cut = self.cut, None
                if cut is not None:
                    self._end(cut, request, near, far)
                    break
                far.sendall(b"".join(request))
                near.sendall(b"".join(_message(far) or ()))
            self._open -= {near, far}

    def _end(self, cut: Cut, request: tuple[bytes, bytes], near: socket.socket, far: socket.socket) -> None:
        if cut.place in REQUEST_PLACES:
            far.sendall(cut.passed(*request, REQUEST_PLACES))
        else:
            far.sendall(b"".join(request))
            reply = _message(far)
            assert reply is not None
            near.sendall(cut.passed(*reply, REPLY_PLACES))
        self.made[cut.place] += 1
        if cut.is_reset:
            for one in (near, far):
                one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


def _message(source: socket.socket) -> tuple[bytes, bytes] | None:
    """Head and body of the next message; None at the end of the connection."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = source.recv(1 << 16)
        if not more:
            return None
        data += more
    head, end, body = data.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    while length is not None and len(body) < int(length[1]):
        more = source.recv(1 << 16)
        if not more:
            return None
        body += more
    return head + end, body
