"""A worker's main loop in an overload: its real sockets and poller, without its process."""

from __future__ import annotations

import os
import select
import selectors
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger

from tests.limits.overload import READ, Overloaded
from workouts_api.web.gunicorn_connection import Connection
from workouts_api.web.gunicorn_worker import ACCEPTED_AT_ONCE, Worker
from workouts_api.web.waiting import Waiting

MANY = 100
REQUEST = READ + b"Host: x\r\n\r\n"


@pytest.fixture
def worker() -> Iterator[Worker]:
    config = Config()
    with socket.create_server(("127.0.0.1", 0), backlog=2 * MANY) as listener:
        listener.setblocking(False)
        made = Worker(1, os.getpid(), [listener], None, 30, config, Logger(config))
        made.poller = selectors.DefaultSelector()
        made.waiting = Waiting(8, 10.0)
        yield made
        for conn in made.pending_conns:
            conn.close()
        made.poller.close()
        made.tmp.close()


def overload(waiting: Waiting[Any]) -> None:
    """Leaves as many requests running as may, and none that waits. The overload does not end while a test runs."""
    load = Overloaded(waiting, took=1.0, used=0.75, in_database=0.25)  # so that a slow test is no long wait
    load.now = time.monotonic() + 1000
    load.go(20.0, every=0.01)
    waiting.late(load.now + 10)
    assert (len(load.ends), waiting.count) == (4, 0)


def clients(stack: ExitStack, worker: Worker) -> list[socket.socket]:
    address = worker.sockets[0].getsockname()
    return [stack.enter_context(socket.create_connection(address)) for _ in range(MANY)]


def test_in_an_overload_all_who_wait_are_accepted_at_once(worker: Worker) -> None:
    worker.poller.register(worker.sockets[0], selectors.EVENT_READ, worker.accept)
    with ExitStack() as stack:
        clients(stack, worker)
        worker.wait_for_and_dispatch_events(0)
        assert worker.nr_conns == ACCEPTED_AT_ONCE
        overload(worker.waiting)
        worker.wait_for_and_dispatch_events(0)
        assert worker.nr_conns == MANY


def test_in_an_overload_the_newest_requests_are_taken_and_the_oldest_refused(worker: Worker) -> None:
    overload(worker.waiting)
    with ExitStack() as stack:
        lines = clients(stack, worker)
        for _ in lines:
            accepted, address = worker.sockets[0].accept()
            conn = Connection(worker.cfg, accepted, address, None)
            stack.callback(conn.close)
            worker.keepalived_conns.append(conn)
            worker.poller.register(conn.sock, selectors.EVENT_READ, partial(worker.on_client_socket_readable, conn))
        for line in lines:
            line.sendall(REQUEST)
        worker.wait_for_and_dispatch_events(0)
        taken = worker.waiting.count
        assert 0 < taken < MANY // 2
        refused = [bool(select.select([line], [], [], 0)[0]) for line in lines]
        assert refused == [True] * (MANY - taken) + [False] * taken
        assert lines[0].recv(4096).startswith(b"HTTP/1.1 503 ")
