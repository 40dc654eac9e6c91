"""A stop: new clients are refused at once, children end side by side, what others need ends last."""

from __future__ import annotations

import os
import socket
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.processes import wait_until
from tests.serve.conftest import Serve
from tests.serve.test_serving import is_connected
from workouts_api.host.supervisor import Child, Ended, Supervisor

pytestmark = pytest.mark.processes

# Says when it is told to end, and ends when all of its level have been told.
_CHILD = """
import signal, sys, time
from pathlib import Path
folder, name, others = Path(sys.argv[1]), sys.argv[2], sys.argv[3].split(",")
def note(what):
    with (folder / "log").open("a") as log:
        log.write(f"{name} {what}\\n")
def end(*_):
    note("told")
    while not all(f"{one} told" in (folder / "log").read_text() for one in others):
        time.sleep(0.01)
    note("ends")
    sys.exit()
signal.signal(signal.SIGTERM, end)
note("runs")
while True:
    signal.pause()
"""


def child(folder: Path, name: str, others: str, level: int) -> Child:
    command = [sys.executable, "-c", _CHILD, str(folder), name, others]
    return Child(name, command, dict(os.environ), level=level, grace=60)


def test_children_of_a_level_end_side_by_side_and_before_those_they_need(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.touch()
    said: list[str] = []
    with pytest.raises(Ended), Supervisor(said.append) as supervisor:
        supervisor.on_end = lambda: log.write_text(log.read_text() + "the end\n")
        for name, others, level in (("tunnel", "tunnel", 1), ("server", "server,worker", 2), ("worker", "server", 2)):
            supervisor.start(child(tmp_path, name, others, level))
        assert supervisor.wait_until(lambda: log.read_text().count("runs") == 3, 60)
        raise Ended(0)
    lines = log.read_text().splitlines()[3:]
    assert lines[0] == "the end"
    assert sorted(lines[1:5]) == ["server ends", "server told", "worker ends", "worker told"]
    assert lines[5:] == ["tunnel told", "tunnel ends"]
    assert said == []


def test_new_clients_are_refused_while_a_request_in_flight_is_still_answered(serve: Serve) -> None:
    served = serve().until_served()
    url = urlsplit(served.url)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.get, "/slower")
        wait_until(lambda: is_connected(served.url), "the request under way")
        served.process.terminate()
        wait_until(lambda: refuses(str(url.hostname), url.port or 0), "a refusal")
        assert not answer.done()
        assert answer.result().isdigit()
    assert served.wait() == 0


def refuses(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False  # reset: it was in the queue when that was closed
    return False


def test_a_client_that_has_asked_for_nothing_does_not_hold_a_stop(serve: Serve) -> None:
    """A browser connects ahead of its request. The server's patience with those is longer than this test's."""
    served = serve(REQUEST_TIMEOUT="300s").until_served()
    url = urlsplit(served.url)
    with socket.create_connection((str(url.hostname), url.port or 0)):
        assert served.get("/").isdigit()
        assert served.end() == 0
    assert "Not waiting" not in served.said
