"""A private SSH server for machines without sshd: ``make run`` and the tests put it in front of the database.

Owns its keys and its process. It forwards to one place and does nothing else. asyncssh comes with the extra
``embedded``; only the server's own process imports it.
"""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, cast

import click

from .engine import SESSION_COMMAND

if TYPE_CHECKING:
    import asyncssh

    _Opening = Coroutine[Any, Any, asyncssh.SSHTCPSession[bytes]]

USER = "workouts"


class DemoServerError(Exception):
    """The demo's SSH server did not start."""


class DemoSshServer:
    """An SSH server on a free loopback port, in a process that ends with this one, even if this one is killed.

    An SSH client asks for ``permitted``, by default localhost:5432, and is refused anything else. Where the database
    listens on a unix socket only, as the embedded one does, ``socket_path`` is what that name really leads to: the
    client's far end stays host and port, as it is behind a real bastion, and the server connects to the socket.

    The folder (made with mode 0700) holds ``host_key``, ``user_key``, ``known_hosts`` and ``log``. Keys are made when
    they are not there. A second ``start`` listens on the same port as the first.
    """

    user = USER
    host = "127.0.0.1"

    def __init__(
        self,
        folder: Path,
        *,
        permitted: tuple[str, int] = ("localhost", 5432),
        socket_path: Path | None = None,
        port: int = 0,
    ) -> None:
        self.folder = folder
        self.permitted = permitted
        self.socket_path = socket_path
        self.port = port
        self.process: subprocess.Popen[str] | None = None

    @property
    def key_file(self) -> Path:
        return self.folder / "user_key"

    @property
    def known_hosts_file(self) -> Path:
        return self.folder / "known_hosts"

    @property
    def log_file(self) -> Path:
        """One line for each connection, sign-in attempt, channel and command."""
        return self.folder / "log"

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a tunnel finds this server."""
        return {
            "SSH_HOST": self.host,
            "SSH_PORT": str(self.port),
            "SSH_USER": self.user,
            "SSH_KEY_FILE": str(self.key_file),
            "SSH_KNOWN_HOSTS_FILE": str(self.known_hosts_file),
        }

    def start(self) -> None:
        """Returns when the server listens. :raises DemoServerError: it does not, with what it said."""
        arguments = [str(self.folder), "--permit", f"{self.permitted[0]}:{self.permitted[1]}", "--port", str(self.port)]
        if self.socket_path is not None:
            arguments += ["--socket", str(self.socket_path)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "workouts_api.tunnel.demo_server", *arguments],
            stdin=subprocess.PIPE,  # never written to: its end tells the server that this process has gone
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C reaches this process, which ends the server in its turn
        )
        line = self.process.stdout.readline() if self.process.stdout else ""
        if not line.strip().isdecimal():
            said = self.process.communicate()[1].strip().splitlines()
            self.process = None
            raise DemoServerError(f"the demo's SSH server did not start: {said[-1] if said else 'it said nothing'}")
        self.port = int(line)

    def stop(self) -> None:
        """Ends the server and its connections; does nothing when it has ended already."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGCONT)  # a stopped process would not see SIGTERM
        self.process.terminate()
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        self.process = None

    def __enter__(self) -> DemoSshServer:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


# ── the server's own process ────────────────────────────────────────────────────────────────────────────────


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--permit", required=True, help="host:port that may be asked for")
@click.option("--socket", "socket_path", type=click.Path(path_type=Path), help="what that leads to, if not itself")
@click.option("--port", default=0)
def main(folder: Path, permit: str, socket_path: Path | None, port: int) -> None:
    """Serve until SIGTERM or the end of standard input."""
    host, _, number = permit.rpartition(":")
    try:
        asyncio.run(_serve(folder, (host, int(number)), socket_path, port))
    except ImportError:
        raise click.ClickException("asyncssh is missing: expected workouts-api[embedded] to be installed") from None
    except OSError as error:
        raise click.ClickException(str(error)) from None


async def _serve(folder: Path, permitted: tuple[str, int], socket_path: Path | None, port: int) -> None:
    import asyncssh

    _make_keys(folder)
    server = await asyncssh.listen(
        DemoSshServer.host,
        port,
        server_factory=_server_class(folder / "log", permitted, socket_path),
        process_factory=_session_handler(folder / "log"),
        server_host_keys=[str(folder / "host_key")],
        authorized_client_keys=str(folder / "user_key.pub"),
        password_auth=False,
        kbdint_auth=False,
        allow_scp=False,
        agent_forwarding=False,
        x11_forwarding=False,
        compression_algs=None,
        reuse_address=True,
    )
    port = server.get_port()
    host_key = (folder / "host_key.pub").read_text(encoding="utf-8").strip()
    (folder / "known_hosts").write_text(f"[{DemoSshServer.host}]:{port} {host_key}\n", encoding="utf-8")
    click.echo(port)
    await _until_told()
    server.close()


def _make_keys(folder: Path) -> None:
    import asyncssh

    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if stat.S_IMODE(folder.stat().st_mode) & 0o077:
        raise PermissionError(f"{folder} is open to others: expected mode 0700")
    for name in ("host_key", "user_key"):
        if not (folder / name).exists():
            key = asyncssh.generate_private_key("ssh-ed25519")
            (folder / name).touch(mode=0o600)  # asyncssh would make it readable by all
            (folder / name).write_bytes(key.export_private_key())
            key.write_public_key(str(folder / f"{name}.pub"))


async def _until_told() -> None:
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    if stat.S_ISFIFO(os.fstat(0).st_mode):
        loop.add_reader(0, told.set)
    await told.wait()


def _session_handler(log_file: Path) -> Callable[[asyncssh.SSHServerProcess[str]], Coroutine[Any, Any, None]]:
    async def hold(process: asyncssh.SSHServerProcess[str]) -> None:
        """The session that the tunnel keeps open beside its channels; there is no shell behind it."""
        _note(log_file, f"session {process.command}")
        if process.command != SESSION_COMMAND:
            process.stderr.write("This server only forwards.\n")
            process.exit(1)
            return
        await process.wait_closed()

    return hold


def _note(log_file: Path, line: str) -> None:
    with log_file.open("a", encoding="utf-8") as log:
        log.write(line + "\n")


def _server_class(log_file: Path, permitted: tuple[str, int], socket_path: Path | None) -> type[asyncssh.SSHServer]:
    import asyncssh

    class Server(asyncssh.SSHServer):
        def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
            self._connection = conn
            _note(log_file, "connection")

        def begin_auth(self, username: str) -> bool:
            _note(log_file, f"auth {username}")
            return True

        def connection_requested(
            self, dest_host: str, dest_port: int, _orig_host: str, _orig_port: int
        ) -> bool | _Opening:
            _note(log_file, f"channel {dest_host}:{dest_port}")
            if (dest_host, dest_port) != permitted:
                return False
            if socket_path is None:
                return True
            return cast("_Opening", self._connection.forward_unix_connection(str(socket_path)))

    return Server


if __name__ == "__main__":
    main()
