"""Bytes between one local connection and one SSH channel, and the socket under the SSH connection.

Owns the two cures of the sshtunnel engine that lie in sockets and threads: no delayed ACK, and no deadlock.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from .engine import Traffic

_CHUNK = 65536
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)  # Linux only


class QuickAckSocket(socket.socket):
    """A TCP socket that sends at once and acknowledges at once.

    The kernel falls back to delayed ACKs by itself, so TCP_QUICKACK is set again at each receive: without it, a reply
    that PostgreSQL writes in two pieces waits 44 ms where the bastion's Nagle waits for our ACK. Receiving in large
    pieces spares paramiko, which asks for each packet's head and body apart, most of the system calls.
    """

    _buffer = b""
    _read = 0

    @classmethod
    def connected(cls, host: str, port: int, timeout: float) -> QuickAckSocket:
        """:raises OSError: after ``timeout`` seconds at the latest for each of the host's addresses."""
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return cls(fileno=sock.detach())

    def recv(self, size: int, flags: int = 0, /) -> bytes:
        if self._read == len(self._buffer):
            self._buffer, self._read = super().recv(max(size, _CHUNK), flags), 0
            if _QUICKACK is not None:
                self.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        piece = self._buffer[self._read : self._read + size]
        self._read += len(piece)
        return piece


class TrafficCounter:
    """Bytes in both directions, counted by many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in = 0
        self._out = 0

    def count_in(self, size: int) -> None:
        with self._lock:
            self._in += size

    def count_out(self, size: int) -> None:
        with self._lock:
            self._out += size

    def read(self) -> Traffic:
        with self._lock:
            return Traffic(self._in, self._out)


class Relay:
    """Carries one connection with a thread for each direction.

    With one thread for both, a pipeline with 8 MB each way deadlocks: it waits to write where the other side waits to
    write. Nothing here needs a descriptor but the local socket, and nothing waits with select(), whose limit is 1024.
    """

    def __init__(self, local: socket.socket, channel: Any, counter: TrafficCounter) -> None:
        self._local = local
        self._channel = channel
        self._counter = counter

    def run(self) -> None:
        """Returns when both directions have ended."""
        download = threading.Thread(target=self._download, name="tunnel-download", daemon=True)
        download.start()
        self._upload()
        download.join()
        self.abort()

    def abort(self) -> None:
        """Ends both directions, also for a thread that waits in one of them."""
        with contextlib.suppress(OSError):
            self._local.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError, EOFError):
            self._channel.close()

    def _upload(self) -> None:
        try:
            while data := self._local.recv(_CHUNK):
                self._channel.sendall(data)
                self._counter.count_out(len(data))
            self._channel.shutdown_write()
        except (OSError, EOFError):
            self.abort()

    def _download(self) -> None:
        try:
            while data := self._channel.recv(_CHUNK):
                self._local.sendall(data)
                self._counter.count_in(len(data))
            if not self._channel.closed:
                self._local.shutdown(socket.SHUT_WR)
                return
        except (OSError, EOFError):
            pass  # whichever side has gone, the other is ended below
        self.abort()
