"""What a start needs before anything is started: settings, folders, the listener; and checks of this machine."""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from workouts_api import logs
from workouts_api.admin.listener import admin_listener
from workouts_api.admin.probe import Probe
from workouts_api.config import Settings, load_settings
from workouts_api.demo.account import Account, kept_account
from workouts_api.host import bare_machine
from workouts_api.host.bare_machine import BareMachineError
from workouts_api.host.embedded import EmbeddedPostgres
from workouts_api.host.listening import Listener, listening
from workouts_api.host.notify import Systemd
from workouts_api.tunnel.demo_server import DemoSshServer

FAR_END = ("localhost", 5432)  # the tunnel's target; the demo's SSH server leads it to the embedded database
# Limits of the starting shell: bytes per process (each thread reserves dozens of MB), and open files.
_LEAST = ((resource.RLIMIT_AS, "-v", 1000 * 2**20), (resource.RLIMIT_NOFILE, "-n", 256))


@dataclass
class Road:
    """Values for the child processes: their settings, and the paths of files and folders."""

    settings: Settings
    environ: dict[str, str]
    data: Path
    run: Path
    listener: Listener
    systemd: Systemd
    say: Callable[[str], None]
    database: EmbeddedPostgres | None = None
    bastion: DemoSshServer | None = None
    demo: Account | None = None
    admin_url: str | None = None
    probe: Probe | None = None
    beaten_at: float = field(default_factory=time.monotonic)

    @property
    def url(self) -> str:
        return self.listener.url

    def beat(self) -> None:
        """The supervising thread does its work."""
        self.beaten_at = time.monotonic()
        self.systemd.beat()

    def silent_s(self) -> float:
        """Seconds since the supervising thread did its work."""
        return time.monotonic() - self.beaten_at

    def tell(self, told: Path) -> None:
        """Tells others where this server is."""
        where = {"pid": os.getpid(), "url": self.url, "admin": self.admin_url}
        told.write_text(json.dumps(where), encoding="utf-8")


@contextmanager
def made_ready(environ: dict[str, str], say: Callable[[str], None]) -> Iterator[Road]:
    """All that is needed to start: checked, opened and reserved.

    :param environ: a copy of the environment; what systemd meant for this process alone is taken out of it.
    :raises BareMachineError: when this machine lacks something.
    """
    systemd = Systemd(environ)
    settings, variables = bare_machine.settings_with_secret(environ)
    logs.take_over(settings)
    _tell_of_limits(say)
    data = bare_machine.data_folder(settings)
    with ExitStack() as stack:
        told, killed = stack.enter_context(bare_machine.served_from(data))
        if killed is not None:
            fields = {"last_pid": killed.pid, "last_began": killed.began_at, "last_seen": killed.last_seen_at}
            logs.warn(str(killed), **fields)
        listener = stack.enter_context(listening(settings.host, settings.port, variables))
        listener.knock()
        run = bare_machine.private_socket_folder(data)
        if not run.is_relative_to(data):
            stack.callback(shutil.rmtree, run, ignore_errors=True)  # leave nothing in /tmp
        settings = load_settings(variables, dotenv=Path(".env"))
        road = Road(settings, variables, data, run, listener, systemd, say)
        road.admin_url, road.probe = stack.enter_context(admin_listener(settings, lambda: road.settings, road.silent_s))
        road.tell(told)
        if settings.database_url is None:
            _refuse_half_a_machine()
            say("Starting the embedded database …")
            _put_database_behind(road, stack)
        yield road


def _put_database_behind(road: Road, stack: ExitStack) -> None:
    road.database = stack.enter_context(bare_machine.embedded_database(road.data))
    road.demo = kept_account(road.data)
    port = stack.enter_context(_reserve_port())
    shutil.rmtree(road.run / "ssh", ignore_errors=True)  # fresh keys
    near = road.database.socket_dir / f".s.PGSQL.{road.database.port}"
    road.bastion = DemoSshServer(road.run / "ssh", permitted=FAR_END, socket_path=near, port=port)


def _tell_of_limits(say: Callable[[str], None]) -> None:
    """Warns if a limit of this shell is too low. Later errors would not name the limit."""
    for what, option, least in _LEAST:
        allowed, _ = resource.getrlimit(what)
        if allowed != resource.RLIM_INFINITY and allowed < least:
            unit = 1024 if what == resource.RLIMIT_AS else 1
            say(
                f"Warning: `ulimit {option}` is {allowed // unit}, too little for what is started now: "
                f"expected at least {least // unit}."
            )


def _refuse_half_a_machine() -> None:
    """:raises BareMachineError: when the SSH programs in front of the embedded database are not installed."""
    if importlib.util.find_spec("asyncssh") is None:
        raise BareMachineError(
            "the demo's SSH server needs asyncssh: install workouts-api[embedded] (or requirements-run.lock); "
            "or set DATABASE_URL"
        )


@contextmanager
def _reserve_port() -> Iterator[int]:
    """Reserves a free loopback port: it is bound but not listening. With SO_REUSEADDR a child can listen on it."""
    with socket.socket() as reservation:
        reservation.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reservation.bind(("127.0.0.1", 0))
        yield reservation.getsockname()[1]
