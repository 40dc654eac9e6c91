"""What clients do: too much at once, too slowly, too large, twice."""

from __future__ import annotations

import contextlib
import gzip
import os
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

from tests.faults.fault import REFUSED, Fault
from tests.faults.load import SESSIONS, body
from tests.faults.stage import Stage
from tests.road.http_servers import nginx
from tests.road.processes import short_folder
from tests.road.served import BOUNDARY, Answer

THREADS = 8  # of both workers together
OVERLOAD = 64 * THREADS
SLOW_CLIENTS = 64
DRIP = 0.5  # s between two bytes
DUPLICATES = 20
LARGE = 65 * 2**20  # bytes: a little more than MAX_UPLOAD_MB


@contextmanager
def overload(stage: Stage) -> Iterator[None]:
    """As many connections as 64 times the threads, each with the next request as soon as it has its answer."""
    over, token = threading.Event(), stage.newcomer().token
    seen: Counter[int] = Counter()
    request = f"GET {SESSIONS}?limit=50 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    with ThreadPoolExecutor(16) as pool:
        some = [pool.submit(_ask_all, stage.place, request, OVERLOAD // 16, over, seen) for _ in range(16)]
        try:
            yield
        finally:
            over.set()
            stage.found += [f"a client failed: {one.exception()!r}" for one in some if one.exception()]
    stage.told.append(f"the {OVERLOAD} connections were answered {dict(seen)}")
    stage.found += [f"an overload was answered by {status}" for status in seen if status not in (200, 503)]


def _ask_all(place: str, request: bytes, count: int, over: threading.Event, seen: Counter[int]) -> None:
    host, port = place.split(":")
    with ExitStack() as stack:
        lines = [stack.enter_context(socket.create_connection((host, int(port)), timeout=30)) for _ in range(count)]
        files = [stack.enter_context(line.makefile("rb")) for line in lines]
        while not over.is_set():
            for line in lines:
                line.sendall(request)
            for file in files:
                seen[_status(file)] += 1


def _status(file: object) -> int:
    """Of a reply, which is read to its end."""
    readline: Callable[[], bytes] = file.readline
    status, length = int(readline().split()[1]), 0
    while line := readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    file.read(length)
    return status


@contextmanager
def slow_clients(stage: Stage) -> Iterator[None]:
    with _dripping(stage.place):
        yield


@contextmanager
def slow_clients_of_nginx(stage: Stage) -> Iterator[None]:
    with short_folder() as folder, nginx(stage.place, folder, buffering="on") as front, _dripping(front.place):
        yield


@contextmanager
def _dripping(place: str) -> Iterator[None]:
    """Clients that send a byte every half second: of a head, and of a body."""
    host, port = place.split(":")
    head = b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: " + b"x" * 1000
    posted = (
        b"POST /api/v1/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n"
    )
    over = threading.Event()

    def drip(lines: list[tuple[socket.socket, bytes]]) -> None:
        at = 0
        while not over.wait(DRIP):
            for line, text in lines:
                with contextlib.suppress(OSError):
                    line.sendall(text[at : at + 1])
            at += 1

    with ExitStack() as stack:
        lines = []
        for number in range(SLOW_CLIENTS):
            line = stack.enter_context(socket.create_connection((host, int(port)), timeout=5))
            first, rest = (head[:20], head[20:]) if number % 2 else (posted, b"x" * 1000)
            line.sendall(first)
            lines.append((line, rest))
        thread = threading.Thread(target=drip, args=(lines,), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(5)


@contextmanager
def duplicates(stage: Stage) -> Iterator[None]:
    """The same write twenty times at once, again and again."""
    api = stage.newcomer()
    rounds = 10
    with ThreadPoolExecutor(DUPLICATES) as pool:
        for number in range(rounds):
            key = {"Idempotency-Key": f"the-same-{number}"}
            replies = list(pool.map(lambda _, key=key: api.post(SESSIONS, body("twice"), key), range(DUPLICATES)))
            made = {reply.json["id"] for reply in replies if reply.status == 201}
            odd = {reply.status for reply in replies} - {201, 503}
            if len(made) != 1 or odd:
                stage.found.append(f"{DUPLICATES} equal writes made {len(made)} sessions, and were answered {odd}")
    stored = len(api.get(f"{SESSIONS}?limit=100").json["items"])
    if stored != rounds:
        stage.found.append(f"{rounds} keys made {stored} sessions")
    stage.told.append(f"{rounds * DUPLICATES} writes under {rounds} keys made {stored} sessions")
    yield


@contextmanager
def too_large(stage: Stage) -> Iterator[None]:
    """Uploads larger than MAX_UPLOAD_MB."""
    api, path = stage.newcomer(), stage.folder / "large"
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'
    path.write_text(head)
    os.truncate(path, LARGE)
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Content-Length": str(LARGE)}
    for _ in range(3):
        with path.open("rb") as file:
            _expect(stage, api.request("POST", "/api/v1/imports", file, headers), {413})
    yield


@contextmanager
def bombs(stage: Stage) -> Iterator[None]:
    """A megabyte of gzip that would become a gigabyte, as JSON and as an upload."""
    api = stage.newcomer()
    inner = gzip.compress(b"\0" * 2**20, 9)
    bomb = inner * 1000
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    for path in (SESSIONS, "/api/v1/imports"):
        began = time.monotonic()
        _expect(stage, api.request("POST", path, bomb, headers), {400, 413, 415, 422})
        if time.monotonic() - began > 2:
            stage.found.append(f"a bomb took {time.monotonic() - began:.1f} s")
    yield


def _expect(stage: Stage, reply: Answer, statuses: set[int]) -> None:
    if reply.status not in statuses:
        stage.found.append(f"expected {statuses}, got {reply.status}: {reply.raw[:200]!r}")


FAULTS = (
    Fault("64 times as many requests as threads", overload, REFUSED, idle=False),
    Fault("Clients that send a byte every half second", slow_clients, idle=False),
    Fault("The same, with nginx in front", slow_clients_of_nginx, idle=False),
    Fault("The same write twenty times at once", duplicates, REFUSED, idle=False, seconds=0),
    Fault("Uploads that are too large", too_large, REFUSED, idle=False, seconds=0),
    Fault("Bodies that grow a thousandfold", bombs, REFUSED, idle=False, seconds=0),
)
