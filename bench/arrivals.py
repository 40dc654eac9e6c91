"""The clients of an overload: requests that arrive at a rate, whatever becomes of the earlier ones.

Each reply is timed by the kernel: from when the request's bytes are handed over until the first of the reply have come
in. So a client that is late to look, because other work has its core, is not taken for a slow server.
"""

from __future__ import annotations

import gc
import re
import select
import socket
import struct
import time
from dataclasses import dataclass, field

MOST_LINES = 3000  # connections; a request that finds none free is counted as broken
PATIENCE = 5.0  # seconds after the end for replies that are still due
_SO_TIMESTAMPNS = 35  # the module socket does not name it; sched(7) and socket(7) of Linux
_STAMP = struct.Struct("qq")
_RETRY_AFTER = re.compile(rb"\r\nRetry-After: [1-9]\d*\r\n")
_TIMING = re.compile(rb"\r\nServer-Timing: ([^\r]*)\r\n")
_PARTS = re.compile(rb"([a-z]+);dur=([0-9.]+)")
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")


@dataclass
class Seen:
    """What the clients saw. Times are seconds."""

    seconds: float = 0.0
    sent: int = 0
    served: list[float] = field(default_factory=list)
    parts: list[dict[str, float]] = field(default_factory=list)
    """Of the same requests, in the same order: Server-Timing, milliseconds."""
    refused: list[float] = field(default_factory=list)
    without_retry_after: int = 0
    others: dict[int, int] = field(default_factory=dict)
    broken: int = 0
    at_first: int = 0
    """How many were served within the first second, when an overload is not yet known to be one."""
    late: float = 0.0
    """By how much the clients were late to send, at most."""

    def take(self, seconds: float, reply: bytes) -> None:
        status = int(reply[9:12])
        if status < 400:
            self.served.append(seconds)
            found = _TIMING.search(reply)
            self.parts.append({name.decode(): float(ms) for name, ms in _PARTS.findall(found[1] if found else b"")})
        elif status == 503:
            self.refused.append(seconds)
            self.without_retry_after += _RETRY_AFTER.search(reply) is None
        else:
            self.others[status] = self.others.get(status, 0) + 1


class Line:
    """A connection that stays open, with one request under way at most."""

    __slots__ = ("came_at", "expected", "received", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)

    def send(self, request: bytes) -> None:
        self.received, self.expected, self.came_at = b"", 0, 0
        self.sent_at = time.time_ns()
        self.socket.send(request)

    def receive(self) -> bool:
        """Whether the reply is whole now.

        :raises ConnectionError: when the server has hung up.
        """
        data, (stamp, *_), _, _ = self.socket.recvmsg(1 << 18, 64)
        if not data:
            raise ConnectionResetError
        if not self.came_at:
            seconds, nanoseconds = _STAMP.unpack(stamp[2])
            self.came_at = seconds * 10**9 + nanoseconds
        self.received = self.received + data if self.received else data
        if not self.expected:
            end = self.received.find(b"\r\n\r\n")
            length = _LENGTH.search(self.received, 0, end + 2) if end >= 0 else None
            self.expected = end + 4 + int(length[1]) if length else 0
        return 0 < self.expected <= len(self.received)


class Clients:
    """Sends the requests in turn, on as many connections as are needed."""

    def __init__(self, port: int, requests: list[bytes]) -> None:
        self._port = port
        self._requests = requests
        self._poll = select.epoll()
        self._lines: dict[int, Line] = {}
        self._free: list[Line] = []
        self._seen = Seen()

    def arrive(self, rate: float, seconds: float) -> Seen:
        """So many requests a second, each at its time."""
        for _ in range(MOST_LINES // 10):
            self._free.append(self._open())
        return self._during(seconds, rate)

    def take_turns(self, connections: int, seconds: float) -> Seen:
        """So many connections, each of which sends its next request as soon as it has its reply."""
        for _ in range(connections):
            self._free.append(self._open())
        return self._during(seconds)

    def _during(self, seconds: float, rate: float = 0.0) -> Seen:
        gc.collect()
        gc.disable()  # it would make the clients late
        try:
            began = time.perf_counter()
            while (elapsed := time.perf_counter() - began) < seconds:
                due = int(elapsed * rate) - self._seen.sent if rate else len(self._free)
                if rate and due > 0:
                    self._seen.late = max(self._seen.late, elapsed - (self._seen.sent + 1) / rate)
                for _ in range(due):
                    self._send()
                self._receive(0.0005)
                if elapsed < 1:
                    self._seen.at_first = len(self._seen.served)
            self._seen.seconds = elapsed
            end = time.perf_counter() + PATIENCE
            while len(self._free) < len(self._lines) and time.perf_counter() < end:
                self._receive(0.1)
        finally:
            gc.enable()
        self._seen.broken += len(self._lines) - len(self._free)
        for line in self._lines.values():
            line.socket.close()
        self._poll.close()
        return self._seen

    def _open(self) -> Line:
        line = Line(self._port)
        self._lines[line.socket.fileno()] = line
        self._poll.register(line.socket.fileno(), select.EPOLLIN)
        return line

    def _send(self) -> None:
        self._seen.sent += 1
        if not self._free and len(self._lines) >= MOST_LINES:
            self._seen.broken += 1
            return
        line = self._free.pop() if self._free else self._open()
        line.send(self._requests[self._seen.sent % len(self._requests)])

    def _receive(self, patience: float) -> None:
        for number, _ in self._poll.poll(patience):
            line = self._lines[number]
            try:
                if line.receive():
                    self._seen.take((line.came_at - line.sent_at) / 1e9, line.received)
                    self._free.append(line)
            except OSError:
                self._poll.unregister(number)
                del self._lines[number]
                line.socket.close()
                self._seen.broken += 1
