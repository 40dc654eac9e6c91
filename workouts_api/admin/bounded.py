"""What one client of the admin listener may take: some bytes, until a moment; and a place, until another needs it."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class BoundedReader(io.RawIOBase):
    """A connection's bytes until a moment, however they are divided; and no more than so many.

    A limit for each wait would never end a client that sends a byte a second.

    :raises TimeoutError: when the moment has passed.
    :raises ConnectionError: when more bytes come.
    """

    def __init__(self, sock: socket.socket, lasts_s: float, most_bytes: int) -> None:
        self._sock = sock
        self._ends_at = time.monotonic() + lasts_s
        self._left = most_bytes

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # typeshed asks for any buffer
        left_s = self._ends_at - time.monotonic()
        if left_s <= 0:
            raise TimeoutError("the request did not come in time")
        self._sock.settimeout(left_s)
        count = self._sock.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise ConnectionError("the request is too large")
        return count


class Places:
    """So many connections at a time.

    When all places are taken, the connection that has waited longest for its client is closed. So a probe is answered
    whatever the others do.
    """

    def __init__(self, most: int) -> None:
        self._places = threading.BoundedSemaphore(most)
        self._waiting: dict[socket.socket, None] = {}  # in the order in which they came
        self._lock = threading.Lock()

    def take(self, within_s: float) -> bool:
        """A place, perhaps that of another one; False if all are busy with what is not their clients' fault."""
        if self._places.acquire(blocking=False):
            return True
        with self._lock:
            oldest = next(iter(self._waiting), None)
            if oldest is None:
                return False
            del self._waiting[oldest]
            with contextlib.suppress(OSError):
                oldest.shutdown(socket.SHUT_RDWR)  # wakes its thread, which gives the place back
        return self._places.acquire(timeout=within_s)

    def give_back(self) -> None:
        self._places.release()

    @contextmanager
    def waited_for(self, sock: socket.socket) -> Iterator[None]:
        """While it is the client for whom a connection waits, but for what is done inside busy()."""
        self._waits(sock)
        try:
            yield
        finally:
            self._waits_no_more(sock)

    @contextmanager
    def busy(self, sock: socket.socket) -> Iterator[None]:
        """While an answer is made: the client is not what it waits for."""
        self._waits_no_more(sock)
        try:
            yield
        finally:
            self._waits(sock)

    def _waits(self, sock: socket.socket) -> None:
        with self._lock:
            self._waiting[sock] = None

    def _waits_no_more(self, sock: socket.socket) -> None:
        with self._lock:
            self._waiting.pop(sock, None)
