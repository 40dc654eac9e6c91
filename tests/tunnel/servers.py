"""SSH servers for tests: the project's demo server, and a real sshd as an ordinary process with fresh keys.

``ssh_server`` is what other tests use to put a tunnel in front of the application.
"""

from __future__ import annotations

import contextlib
import getpass
import os
import random
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from workouts_api.tunnel.demo_server import DemoSshServer

Kind = Literal["demo", "sshd"]
SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin:/opt/homebrew/sbin")
SESSION_COMMAND = "cat"


class Reachable(Protocol):
    """What a tunnel must know of its server."""

    @property
    def environment(self) -> dict[str, str]: ...


class SshServer(Reachable, Protocol):
    """What a test can do to an SSH server."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill_connections(self) -> None:
        """Ends what is connected, without a farewell; the server can be reached again at once."""

    def freeze(self) -> None:
        """Stops what is connected by SIGSTOP: its sockets stay open, and nothing comes through."""

    def thaw(self) -> None: ...
    def sign_ins(self) -> int:
        """How often a client went as far as asking to be signed in."""


@contextlib.contextmanager
def ssh_server(
    tmp_path: Path,
    target_host: str = "localhost",
    target_port: int = 5432,
    *,
    target_socket: Path | None = None,
    kind: Kind = "demo",
) -> Iterator[dict[str, str]]:
    """A running SSH server in front of a database; gives SSH_HOST, SSH_PORT, SSH_USER and the two files' variables.

    The client's DATABASE_URL names ``target_host`` and ``target_port``. With ``target_socket`` that name leads to the
    unix socket: the demo server sees to it by itself; for sshd, whose far end can only be TCP, something listens on
    127.0.0.1 at ``target_port``, which must then be a free port.
    """
    with contextlib.ExitStack() as stack:
        if target_socket is not None and kind == "sshd":
            stack.enter_context(tcp_to_socket(target_port, target_socket))
            target_socket = None
        server = make_server(kind, tmp_path / f"ssh-{kind}", (target_host, target_port), target_socket)
        server.start()
        stack.callback(server.stop)
        yield server.environment


def make_server(kind: Kind, folder: Path, permitted: tuple[str, int], target_socket: Path | None = None) -> SshServer:
    """A server that is not started yet."""
    if kind == "demo":
        return KillableDemoServer(folder, permitted=permitted, socket_path=target_socket)
    return Sshd(folder, permitted)


class KillableDemoServer(DemoSshServer):
    """The demo server, whose one process carries all connections."""

    def kill_connections(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.stop()
        self.start()

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def sign_ins(self) -> int:
        return self.log_file.read_text().count("auth ") if self.log_file.exists() else 0


class AbsentServer:
    """Keys and an address where nobody listens."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(mode=0o700)
        for name in ("host_key", "user_key"):
            make_key(folder / name)
        port = free_port()
        (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {(folder / 'host_key.pub').read_text()}")
        self.environment = {
            "SSH_HOST": "127.0.0.1",
            "SSH_PORT": str(port),
            "SSH_USER": "nobody",
            "SSH_KEY_FILE": str(folder / "user_key"),
            "SSH_KNOWN_HOSTS_FILE": str(folder / "known_hosts"),
        }


class Sshd:
    """OpenSSH's server with a configuration of its own, on a free port, as whoever runs the tests."""

    def __init__(
        self, folder: Path, permitted: tuple[str, int], *, command: str = SESSION_COMMAND, more: str = ""
    ) -> None:
        self.folder = folder
        self.permitted = permitted
        self.command = command
        self.more = more
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "SSH_HOST": "127.0.0.1",
            "SSH_PORT": str(self.port),
            "SSH_USER": getpass.getuser(),
            "SSH_KEY_FILE": str(self.folder / "user_key"),
            "SSH_KNOWN_HOSTS_FILE": str(self.folder / "known_hosts"),
        }

    def start(self) -> None:
        if SSHD is None:
            raise RuntimeError("there is no sshd: install openssh-server")
        self._write_files()
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd, started as root, drops its privileges
        self.process = subprocess.Popen(
            [SSHD, "-D", "-f", str(self.folder / "sshd_config"), "-E", str(self.folder / "log")],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.01)
        raise RuntimeError(f"sshd did not start: {self._log()[-500:]}")

    def stop(self) -> None:
        if self.process is None:
            return
        sessions = self._sessions()
        self.process.terminate()
        self.process.wait(5)
        self.process = None
        _signal_all(sessions, signal.SIGKILL)

    def kill_connections(self) -> None:
        _signal_all(self._sessions(), signal.SIGKILL)

    def freeze(self) -> None:
        _signal_all(self._sessions(), signal.SIGSTOP)

    def thaw(self) -> None:
        _signal_all(self._sessions(), signal.SIGCONT)

    def sign_ins(self) -> int:
        return self._log().count("userauth-request for user")

    def _log(self) -> str:
        path = self.folder / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def _sessions(self) -> list[int]:
        return _descendants(self.process.pid) if self.process is not None else []

    def _write_files(self) -> None:
        if self.folder.exists():
            return
        self.folder.mkdir(mode=0o700, parents=True)
        for name in ("host_key", "user_key"):
            make_key(self.folder / name)
        host, port = self.permitted
        # The very line that the operator's page shows.
        options = f'restrict,port-forwarding,permitopen="{host}:{port}",command="{self.command}"'
        (self.folder / "authorized_keys").write_text(f"{options} {(self.folder / 'user_key.pub').read_text()}")
        (self.folder / "known_hosts").write_text(
            f"[127.0.0.1]:{self.port} {(self.folder / 'host_key.pub').read_text()}"
        )
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {self.folder}/host_key\nPidFile none\n"
            f"AuthorizedKeysFile {self.folder}/authorized_keys\nStrictModes no\nUsePAM no\nUseDNS no\n"
            "PermitRootLogin prohibit-password\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            f"LogLevel DEBUG1\nMaxStartups 100\n{self.more}\n"
            "SetEnv SHLVL=2\n"  # bash reads no ~/.bashrc then, which is the developer's and may take seconds
        )


def make_key(path: Path, passphrase: str = "") -> None:
    """A fresh Ed25519 key pair in OpenSSH's format, of mode 0600."""
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    secret = serialization.BestAvailableEncryption(passphrase.encode()) if passphrase else serialization.NoEncryption()
    path.touch(mode=0o600)
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, secret))
    public = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    path.with_suffix(".pub").write_bytes(public + b"\n")


def free_port() -> int:
    """A port that nobody has, below those that the system gives to connections: one of them might take it meanwhile."""
    for port in random.SystemRandom().sample(range(12_000, 30_000), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("100 ports between 12000 and 30000 are taken")


@contextlib.contextmanager
def tcp_to_socket(port: int, path: Path) -> Iterator[None]:
    """Listens on 127.0.0.1 and hands every connection on to a unix socket."""
    with socket.create_server(("127.0.0.1", port)) as listener:

        def accept() -> None:
            while True:
                try:
                    near, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_join, args=(near, path), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def _join(near: socket.socket, path: Path) -> None:
    with near, socket.socket(socket.AF_UNIX) as far:
        try:
            far.connect(str(path))
        except OSError:  # the database is away: whoever asks sees an end
            return
        near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        back = threading.Thread(target=_copy, args=(far, near), daemon=True)
        back.start()
        _copy(near, far)
        back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with contextlib.suppress(OSError):
        sink.shutdown(socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        source.shutdown(socket.SHUT_RDWR)


def _descendants(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in (thread / "children").read_text().split():
                found += [int(child), *_descendants(int(child))]
    return found


def _signal_all(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
