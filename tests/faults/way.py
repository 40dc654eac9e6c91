"""The way to the database: swallowed, refused, led to another server, used up."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import cast

import psycopg

from tests.faults.fault import LATE, REFUSED, Fault
from tests.faults.stage import NAME, Stage
from tests.processes import signalled
from tests.tunnel.servers import Sshd, make_key


def sshd(stage: Stage) -> Sshd:
    return cast("Sshd", stage.bastion)


@contextmanager
def swallowed(stage: Stage) -> Iterator[None]:
    """Connections stay open or are accepted, and nothing comes through: the listener and its sessions are stopped."""
    server = sshd(stage)
    assert server.process is not None
    with signalled([server.process.pid]):
        server.freeze()
        try:
            yield
        finally:
            server.thaw()


@contextmanager
def restarted_with(server: Sshd, path: Path, text: bytes) -> Iterator[None]:
    """The SSH server is started anew with another content of one of its files, and at the end with the one before."""
    before = path.read_bytes()
    server.stop()
    path.write_bytes(text)
    server.start()
    try:
        yield
    finally:
        server.stop()
        path.write_bytes(before)
        server.start()


@contextmanager
def host_key_changed(stage: Stage) -> Iterator[None]:
    server = sshd(stage)
    other = server.folder / f"other_key_{time.monotonic_ns()}"
    make_key(other)
    with restarted_with(server, server.folder / "host_key", other.read_bytes()):
        yield


@contextmanager
def key_refused(stage: Stage) -> Iterator[None]:
    server = sshd(stage)
    with restarted_with(server, server.folder / "authorized_keys", b""):
        yield


@contextmanager
def connections_used_up(stage: Stage) -> Iterator[None]:
    """Others have all connections that the server allows; those of the API were ended."""
    with ExitStack() as stack, stage.superuser() as admin:
        for _ in range(2):
            with contextlib.suppress(psycopg.OperationalError):
                while True:
                    stack.enter_context(psycopg.connect(stage.cluster.dsn(NAME, "workouts_app"), autocommit=True))
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'workouts-%'"
            )
        yield


FAULTS = (
    Fault("The way to the SSH server swallows everything", swallowed, LATE),
    Fault("The SSH server has another host key", host_key_changed, REFUSED),
    Fault("The SSH server refuses the key", key_refused, REFUSED),
    Fault("The server allows no further connection", connections_used_up, LATE),
)
