"""More requests than threads, and clients that send slowly: the project's worker with a tiny application."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import SECRET
from tests.road.processes import process, short_folder, wait_until

pytestmark = pytest.mark.processes
ROOT = Path(__file__).parents[2]
THREADS = 4
MAX_WAIT = 0.6
ORIGIN = "https://app.example.com"

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    environ = {
        "APP_ENV": "development", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "JWT_SECRET_KEY": SECRET,
        "WEB_THREADS": str(THREADS), "WEB_WORKERS": "1", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    with short_folder() as folder, socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        command = (
            "gunicorn", "--config", "python:workouts_api.web.gunicorn_config", "--bind", f"fd://{listener.fileno()}",
            "--control-socket", str(folder / "c"), "tests.road.test_overload:application()",
        )  # fmt: skip
        environ["WORKOUTS_DATA_DIR"] = str(folder)
        with process(*command, environ=environ, folder=folder, log="log", pass_fds=(listener.fileno(),)):
            number = listener.getsockname()[1]
            wait_until(lambda: ask(number, "/")[0] == 200, folder / "log")
            yield number


def application() -> Any:
    """The application with the settings that the worker looks for."""
    from tests.road.slow_app import app
    from workouts_api.config import load_settings

    environ = {
        "JWT_SECRET_KEY": os.environ["JWT_SECRET_KEY"], "MAX_WAIT": str(MAX_WAIT), "REQUEST_TIMEOUT": "3s",
        "CORS_ORIGINS": ORIGIN,
    }  # fmt: skip

    class Served:
        extensions = {"settings": load_settings(environ)}  # noqa: RUF012 – as Flask has it

        def __call__(self, *args: Any) -> Any:
            return app(*args)

    return Served()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def ask(port: int, path: str, method: str = "GET", *lines: str) -> Reply:
    with connect(port) as line:
        return ask_again(line, path, method, *lines)


def ask_again(line: socket.socket, path: str, method: str = "GET", *lines: str) -> Reply:
    line.sendall("\r\n".join([f"{method} {path} HTTP/1.1", "Host: x", *lines, "", ""]).encode())
    return reply_on(line)


def reply_on(line: socket.socket) -> Reply:
    with line.makefile("rb") as file:
        status = int(file.readline().split()[1])
        headers = {}
        while text := file.readline().strip().decode():
            name, _, value = text.partition(": ")
            headers[name.lower()] = value
        return status, headers, file.read(int(headers.get("content-length", 0)))


def settle(port: int, path: str) -> None:
    """Waits until what an earlier test has left behind is over."""
    deadline = time.monotonic() + 20
    while ask(port, path)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.1)


def all_at_once(port: int, paths: list[str]) -> list[tuple[Reply, float]]:
    def timed(path: str) -> tuple[Reply, float]:
        began = time.monotonic()
        return ask(port, path), time.monotonic() - began

    with ThreadPoolExecutor(len(paths)) as pool:
        return list(pool.map(timed, paths))


def test_a_request_that_waits_too_long_for_a_thread_is_503_with_retry_after(port: int) -> None:
    answers = all_at_once(port, ["/api/v1/sessions?0.5"] * 24)
    served = [seconds for (status, _, _), seconds in answers if status == 200]
    refused = [(reply, seconds) for reply, seconds in answers if reply[0] == 503]
    assert len(served) + len(refused) == 24
    assert len(served) >= 2  # as many as the lane has threads
    for (_, headers, body), seconds in refused:
        assert seconds < MAX_WAIT + 3
        assert int(headers["retry-after"]) >= 1
        assert json.loads(body)["error"] == "overloaded"
        assert json.loads(body)["request_id"] == headers["x-request-id"]


def test_the_connection_of_a_refused_request_serves_the_next_one(port: int) -> None:
    with connect(port) as line, contextlib.ExitStack() as stack:
        for _ in range(3):
            busy = stack.enter_context(connect(port))
            busy.sendall(b"GET /api/v1/sessions?1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert ask(port, "/health/live")[0] == 200  # accepted after them
        status, headers, _ = ask_again(line, "/api/v1/sessions", "GET", "X-Request-ID: mine")
        assert (status, headers["x-request-id"], headers["connection"]) == (503, "mine", "keep-alive")
        assert ask_again(line, "/health/live")[0] == 200


@pytest.mark.parametrize(
    ("taken", "free"),
    [
        ("GET /api/v1/reports/training", "/api/v1/sessions"),
        ("POST /api/v1/sessions", "/api/v1/sessions"),
        ("GET /api/v1/sessions", "/api/v1/auth/login"),
        ("POST /api/v1/auth/login", "/health/live"),
    ],
)
def test_what_takes_long_leaves_threads_for_other_requests(port: int, taken: str, free: str) -> None:
    settle(port, free)
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(3 * THREADS)]
        for line in lines:
            line.sendall(f"{taken}?1 HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
        assert ask(port, free)[0] == 200
        already = [one for one in lines if select.select([one], [], [], 0)[0]]
        assert all(reply_on(line)[0] == 503 for line in already)  # none of those that take long has ended
        for line in lines:
            if line not in already:
                reply_on(line)


SLOW = {
    "nothing": b"",
    "a head that stops": b"GET / HTTP/1.1\r\nHost: x\r\n",
    "a small body that stops": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx",
    "a large body that stops": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nx",
    "a body in chunks that stops": b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx",
}


@pytest.mark.parametrize("what", SLOW)
def test_clients_that_send_slowly_hold_up_nobody(port: int, what: str) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(3 * THREADS)]
        for line in lines:
            line.sendall(SLOW[what])
        for _ in range(5):
            assert ask(port, "/health/live")[0] == 200
        assert select.select(lines, [], [], 0)[0] == []  # the server still waits for all of them


@pytest.mark.parametrize("what", ["a head that stops", "a small body that stops"])
def test_a_request_that_does_not_come_in_time_is_408(port: int, what: str) -> None:
    with connect(port) as line:
        line.sendall(SLOW[what])
        status, headers, body = reply_on(line)
        assert (status, headers["connection"]) == (408, "close")
        assert json.loads(body)["error"] == "request_too_slow"
        assert line.recv(1) == b""


def test_a_request_in_pieces_is_served_and_so_is_one_sent_along(port: int) -> None:
    whole = b"POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabcGET /b HTTP/1.1\r\nHost: x\r\n\r\n"
    with connect(port) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for place in range(0, len(whole), 7):
            line.sendall(whole[place : place + 7])
        assert reply_on(line)[0] == 200
    with connect(port) as line:
        line.sendall(whole)
        received = b""
        while received.count(b"done") < 2:
            received += line.recv(4096)


def test_a_page_of_an_allowed_origin_can_read_each_refusal(port: int) -> None:
    def asked(path: str, origin: str) -> Reply:
        return ask(port, path, "GET", f"Origin: {origin}")

    with ThreadPoolExecutor(24) as pool:
        origins = [ORIGIN, "https://evil.example.com"] * 12
        answers = list(pool.map(asked, ["/api/v1/sessions?0.5"] * 24, origins))
    refused = [(reply, origin) for reply, origin in zip(answers, origins, strict=True) if reply[0] == 503]
    with connect(port) as line:
        line.sendall(f"GET / HTTP/1.1\r\nHost: x\r\nOrigin: {ORIGIN}\r\n".encode())
        late = reply_on(line), ORIGIN
    assert late[0][0] == 408
    assert {origin for _, origin in refused} == set(origins)
    for (_, headers, _), origin in (*refused, late):
        assert headers.get("access-control-allow-origin") == (ORIGIN if origin == ORIGIN else None)
        assert ("Retry-After" in headers.get("access-control-expose-headers", "")) is (origin == ORIGIN)


def test_clients_that_read_slowly_hold_few_threads_and_not_for_long(port: int) -> None:
    with contextlib.ExitStack() as stack:
        lines = [stack.enter_context(connect(port)) for _ in range(2 * THREADS)]
        for line in lines:
            line.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        time.sleep(1)  # those who find no place have been cut off
        for _ in range(5):
            assert ask(port, "/a")[0] == 200
        began = time.monotonic()
        while time.monotonic() - began < 4:  # a byte now and then keeps nobody
            for line in lines:
                with contextlib.suppress(OSError):
                    line.recv(1, socket.MSG_DONTWAIT)
            time.sleep(0.1)
        assert sum(is_ended(line) for line in lines) == len(lines)


def is_ended(line: socket.socket) -> bool:
    """Whether less comes than was promised."""
    received = 0
    with contextlib.suppress(ConnectionError):
        while piece := line.recv(1 << 20):
            received += len(piece)
    return received < 16_000_000


def test_a_large_reply_comes_whole_to_who_reads_it(port: int) -> None:
    status, _, body = ask(port, "/large")
    assert (status, len(body)) == (200, 16_000_000)
