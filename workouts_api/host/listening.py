"""The API's listening sockets: opened here, or passed by systemd; and how this process asks what answers there.

Owns the sockets for as long as ``workouts serve`` runs. Servers come and go on them.
"""

from __future__ import annotations

import contextlib
import errno
import http.client
import os
import socket
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

from workouts_api.host.bare_machine import BareMachineError

KNOCK_WAIT = 5.0
ASK_WAIT = 2.0
FIRST_PASSED = 3  # systemd's first descriptor; see sd_listen_fds(3)
_OWN = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 – how one's own address is written where one listens on all


class _Connection(http.client.HTTPConnection):
    """HTTP to an address of any family."""

    def __init__(self, family: int, address: Any) -> None:
        super().__init__("localhost", timeout=ASK_WAIT)
        self._family, self._address = family, address

    def connect(self) -> None:
        self.sock = socket.socket(self._family, socket.SOCK_STREAM)
        self.sock.settimeout(ASK_WAIT)
        self.sock.connect(self._address)


class Listener:
    """The sockets on which the API listens. ``is_passed`` says whether systemd owns them."""

    def __init__(self, sockets: Sequence[socket.socket], *, is_passed: bool = False) -> None:
        self.sockets = list(sockets)
        self.is_passed = is_passed

    @property
    def fds(self) -> tuple[int, ...]:
        return tuple(one.fileno() for one in self.sockets)

    @property
    def is_tcp(self) -> bool:
        return self.sockets[0].family != socket.AF_UNIX

    @property
    def url(self) -> str:
        """Where clients on this host reach the API: http://…, or unix: and a path."""
        if not self.is_tcp:
            return "unix:" + os.fsdecode(self.sockets[0].getsockname()).replace("\0", "@")
        host, port = self._reachable()[:2]
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"

    def ask(self, path: str, host: str = "") -> int | None:
        """The status with which the API answers a GET; None: it does not answer."""
        connection = _Connection(self.sockets[0].family, self._reachable())
        try:
            connection.request("GET", path, headers={"Host": host} if host else {})
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()

    def knock(self) -> None:
        """Connects once to our own socket. If this fails, clients could not connect either.

        :raises BareMachineError: when the connection is not accepted.
        """
        with socket.socket(self.sockets[0].family) as visitor:
            visitor.settimeout(KNOCK_WAIT)
            try:
                visitor.connect(self._reachable())
            except OSError as error:
                host, port = self.sockets[0].getsockname()[:2]
                raise BareMachineError(
                    f"this machine cannot reach itself at {host}, port {port} ({error.strerror or error}): "
                    "is the loopback interface up (`ip link set lo up`)?"
                ) from None

    def close(self) -> None:
        """Stops listening, as far as it is up to this process. Calling it twice has no effect."""
        for one in self.sockets:
            one.close()

    def _reachable(self) -> Any:
        address = self.sockets[0].getsockname()
        return (_OWN.get(address[0], address[0]), *address[1:]) if self.is_tcp else address


@contextmanager
def listening(host: str, port: int, environ: MutableMapping[str, str]) -> Iterator[Listener]:
    """The listener: what systemd passed, else a new one on ``host`` and ``port``.

    :raises BareMachineError: naming what cannot be listened on.
    """
    passed = _passed(environ)
    listener = Listener(passed, is_passed=True) if passed else Listener([listen(host, port)])
    with contextlib.closing(listener):
        yield listener


def listen(host: str, port: int, names: str = "HOST and PORT") -> socket.socket:
    """A listening socket. It is opened before anything is started and passed on, so no other process can take it.

    :param names: the settings to name when that is impossible.
    :raises BareMachineError: naming the address.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        listener = socket.socket(family, kind, protocol)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen(2048)
        except OSError:
            listener.close()
            raise
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror
        raise BareMachineError(f"cannot listen on {host}, port {port}: {why}; set {names}") from None
    return listener


def _passed(environ: MutableMapping[str, str]) -> list[socket.socket]:
    """The sockets that systemd passed to this process. The variables are taken out: they are not our children's."""
    count, pid = environ.pop("LISTEN_FDS", ""), environ.pop("LISTEN_PID", "")
    environ.pop("LISTEN_FDNAMES", None)
    if pid != str(os.getpid()) or not count.isdigit():
        return []
    return [_passed_socket(fd) for fd in range(FIRST_PASSED, FIRST_PASSED + int(count))]


def _passed_socket(fd: int) -> socket.socket:
    try:
        one = socket.socket(fileno=fd)
        is_listening = one.type == socket.SOCK_STREAM and one.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError:
        is_listening = 0
    if not is_listening:
        raise BareMachineError(
            f"LISTEN_FDS passes descriptor {fd}: expected a listening stream socket (ListenStream= in the .socket unit)"
        )
    one.set_inheritable(False)
    return one
