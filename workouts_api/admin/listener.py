"""The admin listener's HTTP, in threads of its own that take no signals.

Plain and bounded: GET, and POST for the console's forms; one request a connection, a few seconds for it, a few
connections at a time. A slow client holds one of those, until another one needs its place.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

from workouts_api.admin.bounded import BoundedReader, Places
from workouts_api.admin.pages import Page, Pages
from workouts_api.admin.probe import Probe, conninfo_of
from workouts_api.config import Settings
from workouts_api.host.bare_machine import BareMachineError
from workouts_api.host.listening import listen

OFF = "off"
CONSOLE = "/console"
LONGEST_FORM = 4096  # bytes
MOST_AT_ONCE = 32  # connections
SLOWEST = 3.0  # s for a request to come as a whole, and for its answer to leave
MOST_BYTES = 64 * 1024  # of a request; browsers send the cookies of all of a developer's servers
MAKES_ROOM = 0.5  # s within which a place is free whose connection was closed
LOOPBACK = "127.0.0.1"


class _Handler(BaseHTTPRequestHandler):
    timeout = SLOWEST
    server_version = "workouts-admin"
    sys_version = ""
    server: Listener

    def setup(self) -> None:
        super().setup()
        self.rfile = io.BufferedReader(BoundedReader(self.connection, SLOWEST, MOST_BYTES))

    def handle(self) -> None:
        with self.server.places.waited_for(self.connection):
            super().handle()

    def do_GET(self) -> None:
        self._answer(with_body=True)

    def do_HEAD(self) -> None:
        self._answer(with_body=False)

    def do_POST(self) -> None:
        if self.path.startswith(CONSOLE):
            self._answer(with_body=True)
        else:
            self.send_error(HTTPStatus.NOT_IMPLEMENTED)

    def _answer(self, *, with_body: bool) -> None:
        page = self._page()
        self.connection.settimeout(SLOWEST)
        self.send_response(page.status)
        self.send_header("Content-Type", page.kind)
        self.send_header("Content-Length", str(len(page.body)))
        self.send_header("Cache-Control", "no-store")
        for name, value in page.headers:
            self.send_header(name, value)
        if page.status == HTTPStatus.SERVICE_UNAVAILABLE:
            self.send_header("Retry-After", "1")
        self.end_headers()
        if with_body:
            self.wfile.write(page.body)

    def _page(self) -> Page:
        if self.server.is_loopback and not _is_own(self.headers.get("Host", "")):
            return _refusal(HTTPStatus.BAD_REQUEST, "the Host header names another host: expected an address")
        path = self.path.partition("?")[0]
        page = self.server.pages.by_path.get(path)
        if page is not None:
            with self.server.places.busy(self.connection):
                return page()
        if path == CONSOLE or path.startswith(f"{CONSOLE}/"):
            return self._console(path)
        return _refusal(HTTPStatus.NOT_FOUND, f"there is no such page: expected {', '.join(self.server.known)}")

    def _console(self, path: str) -> Page:
        if not self.server.is_private:
            return _refusal(HTTPStatus.FORBIDDEN, "the console takes passwords: expected ADMIN_LISTEN on the loopback")
        length = _length(self.headers)
        if length is None:
            return _refusal(HTTPStatus.LENGTH_REQUIRED, "expected one Content-Length, and no Transfer-Encoding")
        if length > LONGEST_FORM:
            return _refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a form has at most {LONGEST_FORM} bytes")
        form = self.rfile.read(length) if self.command == "POST" else b""
        with self.server.places.busy(self.connection):
            return self.server.console(self.command, path, self.path.partition("?")[2], form, self.headers)

    def log_message(self, *_: Any) -> None:
        """Probes come every second: they are not logged."""


class Listener(ThreadingMixIn, TCPServer):
    """Answers on a socket that listens already."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, sock: socket.socket, pages: Pages, current: Callable[[], Settings]) -> None:
        super().__init__(sock.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = sock
        self.pages = pages
        self.known = sorted(pages.by_path)
        self._current = current
        self._console: Any = None
        self._making = threading.Lock()
        self.is_private = sock.family == socket.AF_UNIX or ip_address(sock.getsockname()[0]).is_loopback
        self.is_loopback = sock.family != socket.AF_UNIX and ip_address(sock.getsockname()[0]).is_loopback
        self.places = Places(MOST_AT_ONCE)

    def console(self, method: str, path: str, query: str, form: bytes, headers: Message) -> Page:
        """A page of the console, whose code is imported when somebody asks for it."""
        from workouts_api.admin.console import Console
        from workouts_api.admin.console.asking import read_request

        with self._making:
            self._console = self._console or Console(self._current, conninfo_of)
        page: Page = self._console.answer(read_request(method, path, query, form, headers))
        return page

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.places.take(MAKES_ROOM):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.places.give_back()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up or is too slow is nobody's concern."""


def _length(headers: Message) -> int | None:
    """The length of the body as the headers tell it; None if they don't, or not in one way."""
    told = headers.get_all("Content-Length", ["0"])
    if len(told) > 1 or "Transfer-Encoding" in headers or not (told[0].isascii() and told[0].isdigit()):
        return None
    return int(told[0]) if len(told[0]) < 100 else LONGEST_FORM + 1  # int() takes long for very many digits


def _is_own(host: str) -> bool:
    """Whether a Host header has an address or localhost. A page in a browser on this host could name any other one."""
    name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
    try:
        ip_address(name.strip("[]"))
    except ValueError:
        return name in ("", "localhost")
    return True


def _refusal(status: HTTPStatus, sentence: str) -> Page:
    return Page(status, sentence.encode() + b"\n", "text/plain; charset=utf-8")


@contextmanager
def admin_listener(
    settings: Settings, current: Callable[[], Settings], silent_s: Callable[[], float]
) -> Iterator[tuple[str | None, Probe]]:
    """Answers until it is left. Gives the listener's URL, None where it is off; and its probe.

    :param current: gives the settings in force later.
    :raises BareMachineError: when it cannot listen.
    """
    probe = Probe(current)
    if settings.admin_listen == OFF:
        yield None, probe
        return
    with _socket(settings) as sock:
        listener = Listener(sock, Pages(current, probe, silent_s), current)
        with _without_signals():
            probe.start()
            threading.Thread(target=listener.serve_forever, args=(0.2,), name="admin", daemon=True).start()
        try:
            yield _url(sock), probe
        finally:
            listener.shutdown()
            probe.stop()


@contextmanager
def _without_signals() -> Iterator[None]:
    """Threads that begin here take no signals: they are the main thread's."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _socket(settings: Settings) -> Iterator[socket.socket]:
    place = settings.admin_listen
    if place is not None and place.startswith("/"):
        path = Path(place)
        with _unix_socket(path) as sock:
            yield sock
        path.unlink(missing_ok=True)
        return
    with contextlib.closing(_tcp_socket(settings)) as sock:
        yield sock


def _tcp_socket(settings: Settings) -> socket.socket:
    if settings.admin_listen is not None:
        host, _, port = settings.admin_listen.rpartition(":")
        return listen(host.strip("[]"), int(port), "ADMIN_LISTEN")
    port_beside = settings.port + 1 if 0 < settings.port < 65535 else 0
    try:
        return listen(LOOPBACK, port_beside, "ADMIN_LISTEN")
    except BareMachineError:
        if settings.app_env != "development":
            raise
        return listen(LOOPBACK, 0, "ADMIN_LISTEN")  # a developer has several servers; the start says where it is


def _unix_socket(path: Path) -> socket.socket:
    sock = socket.socket(socket.AF_UNIX)
    try:
        if path.exists() and stat.S_ISSOCK(path.stat().st_mode) and not _answers(path):
            path.unlink()  # of a process that was killed
        sock.bind(str(path))
        path.chmod(0o660)
        sock.listen(MOST_AT_ONCE)
    except OSError as error:
        sock.close()
        raise BareMachineError(f"cannot listen on {path}: {error.strerror}; set ADMIN_LISTEN") from None
    return sock


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as visitor:
        return visitor.connect_ex(str(path)) == 0


def _url(sock: socket.socket) -> str:
    if sock.family == socket.AF_UNIX:
        return "unix:" + os.fsdecode(sock.getsockname())
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
