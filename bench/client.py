"""A load generator that costs little: raw sockets, epoll, requests made beforehand. A process of its own.

``python -m bench.client`` reads jobs from its standard input, a line of JSON each, and answers each with a line.
"""

from __future__ import annotations

import base64
import json
import select
import socket
import sys
import time
from array import array
from dataclasses import dataclass
from typing import Any

SERIAL = b"@@@@@@@@@@@@"  # in a request: replaced by a number that no other request has
PATIENCE = 4.0  # s after the end for what is still under way; what is not answered by then counts as an error
_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"\r\ncontent-length: "


@dataclass
class Job:
    """What to send, to where, by how many connections, for how long."""

    port: int
    requests: list[bytes]
    connections: int
    seconds: float
    idle: int = 0

    @classmethod
    def from_json(cls, line: str) -> Job:
        given = json.loads(line)
        given["requests"] = [base64.b64decode(text) for text in given["requests"]]
        return cls(**given)

    def to_json(self) -> str:
        requests = [base64.b64encode(request).decode() for request in self.requests]
        return json.dumps({**self.__dict__, "requests": requests})


class Line:
    """One keep-alive connection: at most one request under way."""

    __slots__ = ("expected", "received", "sent_at", "socket")

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""
        self.expected = 0
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        self.received, self.expected = b"", 0
        self.sent_at = time.perf_counter()
        self.socket.sendall(request)

    def receive(self) -> int | None:
        """The status once the reply is whole.

        :raises ConnectionError: when the server has hung up.
        """
        data = self.socket.recv(1 << 18)
        if not data:
            raise ConnectionError
        self.received = self.received + data if self.received else data
        if not self.expected:
            self.expected = _whole_length(self.received)
        if not self.expected or len(self.received) < self.expected:
            return None
        return int(self.received[9:12])


def _whole_length(received: bytes) -> int:
    """How long the reply will be with its head; 0 while that is not known."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return 0
    head = received[: end + 2].lower()
    at = head.find(_LENGTH)
    if at < 0:
        return end + 4
    begin = at + len(_LENGTH)
    return end + 4 + int(head[begin : head.index(b"\r\n", begin)])


class Run:
    """One job under way."""

    def __init__(self, job: Job) -> None:
        self.job = job
        self.serial = time.time_ns() // 1000 % 10**12
        self.latencies = array("d")
        self.statuses: dict[int, int] = {}
        self.broken = 0
        self.bytes = 0
        self.sent = 0

    def next_request(self) -> bytes:
        request = self.job.requests[self.sent % len(self.job.requests)]
        self.sent += 1
        if SERIAL in request:
            self.serial += 1
            request = request.replace(SERIAL, b"%012d" % self.serial)
        return request

    def go(self) -> dict[str, Any]:
        idle = [self._kept_alive() for _ in range(self.job.idle)]
        poll = select.epoll()
        lines: dict[int, Line] = {}
        for _ in range(self.job.connections):
            self._open(poll, lines)
        began = time.perf_counter()
        end = began + self.job.seconds
        while lines and (now := time.perf_counter()) < end + PATIENCE:
            for number, _ in poll.poll(1.0):
                self._serve(poll, lines, number, goes_on=now < end)
        took = max(self.last, began + 1e-9) - began if self.latencies else self.job.seconds
        for line in (*idle, *lines.values()):
            line.socket.close()
        poll.close()
        return self._result(took, unanswered=len(lines))

    last = 0.0

    def _kept_alive(self) -> Line:
        """A connection that had its reply and stays open: what a server sees of a client between two requests."""
        line = Line(self.job.port)
        line.send(self.job.requests[0])
        while line.receive() is None:
            pass
        return line

    def _open(self, poll: select.epoll, lines: dict[int, Line]) -> None:
        line = Line(self.job.port)
        number = line.socket.fileno()
        lines[number] = line
        poll.register(number, select.EPOLLIN)
        line.send(self.next_request())

    def _serve(self, poll: select.epoll, lines: dict[int, Line], number: int, *, goes_on: bool) -> None:
        line = lines[number]
        try:
            status = line.receive()
        except OSError:
            self.broken += 1
            self._drop(poll, lines, number)
            if goes_on:
                self._open(poll, lines)
            return
        if status is None:
            return
        self.last = time.perf_counter()
        self.latencies.append(self.last - line.sent_at)
        self.statuses[status] = self.statuses.get(status, 0) + 1
        self.bytes += line.expected
        if goes_on:
            line.send(self.next_request())
        else:
            self._drop(poll, lines, number)

    @staticmethod
    def _drop(poll: select.epoll, lines: dict[int, Line], number: int) -> None:
        poll.unregister(number)
        lines.pop(number).socket.close()

    def _result(self, took: float, unanswered: int) -> dict[str, Any]:
        ordered = sorted(self.latencies)
        good = sum(count for status, count in self.statuses.items() if status < 400)
        at = len(ordered)
        return {
            "requests": at,
            "errors": at - good + self.broken + unanswered,
            "statuses": self.statuses,
            "seconds": took,
            "p50_ms": ordered[at // 2] * 1000 if at else None,
            "p99_ms": ordered[min(at - 1, at * 99 // 100)] * 1000 if at else None,
            "bytes": self.bytes // at if at else 0,
        }


def main() -> None:
    for text in sys.stdin:
        sys.stdout.write(json.dumps(Run(Job.from_json(text)).go()) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
