"""Closes connections in order: a client that is still sending gets its answer.

Closing a socket into which the other side still writes makes the kernel say so at once, and what it was sent before is
thrown away: a client that uploads 10 MB and is refused at the first byte sees a broken connection, and nginx makes 502
of it. So our side says that nothing more comes, and reads on for a while. One thread does that for all connections, and
none that answers requests waits for it.
"""

from __future__ import annotations

import contextlib
import queue
import selectors
import socket
import threading
import time
from dataclasses import dataclass, field

LONGEST = 30.0  # seconds for a whole body to come in
SILENCE = 3.0  # seconds without a byte: nobody is sending any more
MOST_BYTES = 256 * 1024 * 1024  # more than any body that is accepted; a client that sends more may lose its answer
MOST_CONNECTIONS = 1_000  # further connections are closed at once: descriptors are finite
_PIECE = 256 * 1024


@dataclass(slots=True)
class _Ending:
    """A connection that is being read to its end."""

    sock: socket.socket
    last: float = field(default_factory=lambda: time.monotonic() + LONGEST)
    heard: float = field(default_factory=time.monotonic)
    left: int = MOST_BYTES

    def is_over(self, now: float) -> bool:
        return now >= self.last or now - self.heard >= SILENCE or self.left <= 0

    def read(self, now: float) -> bool:
        """Discards what has come. Returns whether more may come."""
        try:
            read = len(self.sock.recv(_PIECE))
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.heard = now
        self.left -= read
        return read > 0


class Lingering:
    """Ends connections in the background. Begins its thread at the first one: never before a fork."""

    def __init__(self) -> None:
        self._new: queue.SimpleQueue[socket.socket] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def take(self, sock: socket.socket) -> None:
        """Takes over a socket: nothing more is sent on it, and it is closed in time."""
        try:
            sock.shutdown(socket.SHUT_WR)
            sock.setblocking(False)
        except OSError:
            sock.close()
            return
        with self._lock:
            if self._thread is None:
                self._near, self._far = socket.socketpair()
                self._near.setblocking(False)
                self._far.setblocking(False)
                self._thread = threading.Thread(target=self._run, name="lingering", daemon=True)
                self._thread.start()
        self._new.put(sock)
        with contextlib.suppress(OSError):  # full: it has been woken already
            self._near.send(b"\0")

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._far, selectors.EVENT_READ)
            endings: dict[int, _Ending] = {}
            while True:
                events = selector.select(1.0 if endings else None)
                now = time.monotonic()
                for key, _ in events:
                    if key.data is None:
                        self._greet(selector, endings)
                    elif not key.data.read(now):
                        self._close(selector, endings, key.data)
                for one in [one for one in endings.values() if one.is_over(now)]:
                    self._close(selector, endings, one)

    def _greet(self, selector: selectors.BaseSelector, endings: dict[int, _Ending]) -> None:
        with contextlib.suppress(BlockingIOError):
            self._far.recv(4096)
        with contextlib.suppress(queue.Empty):
            while True:
                sock = self._new.get_nowait()
                if len(endings) >= MOST_CONNECTIONS:
                    sock.close()
                    continue
                one = endings[sock.fileno()] = _Ending(sock)
                selector.register(sock, selectors.EVENT_READ, one)

    @staticmethod
    def _close(selector: selectors.BaseSelector, endings: dict[int, _Ending], one: _Ending) -> None:
        if endings.pop(one.sock.fileno(), None) is not None:
            selector.unregister(one.sock)
            one.sock.close()
