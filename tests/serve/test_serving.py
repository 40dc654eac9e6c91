"""One command serves; it ends what it started, and says who is in its way."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.processes import Person, descendants, is_alive, myself, ordinary_person, wait_until
from tests.serve.conftest import Serve, Served
from workouts_api.host.bare_machine import served_from

pytestmark = pytest.mark.processes


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_request_in_flight_is_answered_before_it_ends(serve: Serve, number: signal.Signals) -> None:
    served = serve().until_served()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(served.get, "/slow")
        wait_until(lambda: is_connected(served.url), "the request under way")
        assert served.end(number) == 0
        assert answer.result().isdigit()


def is_connected(url: str) -> bool:
    """Whether somebody has a connection to the port: established is state 01 in the kernel's table."""
    port = f":{int(url.rpartition(':')[2]):04X}"
    table = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    return any(line.split()[1].endswith(port) and line.split()[3] == "01" for line in table)


def test_hup_replaces_the_workers_and_keeps_serving(serve: Serve) -> None:
    served = serve().until_served()
    before = served.get("/")
    served.process.send_signal(signal.SIGHUP)
    wait_until(lambda: served.get("/") != before, "a new worker")
    assert served.process.poll() is None
    assert served.end() == 0


@pytest.mark.parametrize("who", [myself, ordinary_person])
def test_nothing_outlives_a_killed_parent_and_the_next_start_works(serve: Serve, who: Callable[[], Person]) -> None:
    person = who()
    killed = serve(person=person).until_served()
    assert descendants(killed.process.pid)
    killed.end(signal.SIGKILL)
    again = serve(person=person).until_served()
    assert again.get("/").isdigit()
    assert again.said.count(f"The last server here, process {killed.process.pid}, ended without stopping") == 1
    assert again.end() == 0
    third = serve(person=person).until_served()
    assert "ended without stopping" not in third.said
    assert third.end() == 0


def test_the_line_about_a_killed_server_says_which_process_and_when(serve: Serve, data: Path) -> None:
    data.mkdir()
    (data / "served.json").write_text('{"pid": 4711, "url": "http://127.0.0.1:1"}')
    (data / "workers").mkdir()
    (data / "workers" / "0.metrics").touch()
    os.utime(data / "served.json", (1780000000, 1780000000))
    os.utime(data / "workers" / "0.metrics", (1780003600, 1780003600))
    served = serve(LOG_FORMAT="json").until("Ctrl-C ends everything")
    [line] = [json.loads(line) for line in served.said.splitlines() if "ended without stopping" in line]
    assert (line["level"], line["last_pid"]) == ("warning", 4711)
    assert [line["last_began"], line["last_seen"]] == ["2026-05-28T20:26:40Z", "2026-05-28T21:26:40Z"]
    assert served.end() == 0


@pytest.mark.parametrize("told", ["", "{}", "[]", '{"pid": null}', '{"pid": "x"}'])
def test_a_damaged_note_of_the_last_server_is_no_trouble(tmp_path: Path, told: str) -> None:
    (tmp_path / "served.json").write_text(told)
    with served_from(tmp_path) as (place, killed):
        assert (place.exists(), killed) == (False, None)


def test_a_second_one_beside_the_first_says_who_serves_and_where(serve: Serve) -> None:
    first = serve().until_served()
    log, pid = first.said, first.process.pid
    first.log = first.log.rename(first.log.with_name("log-of-first"))
    second = serve()
    assert second.wait() == 1
    assert f"process {pid} already serves {first.url} from {first.data}" in second.said
    assert "Traceback" not in second.said
    assert first.said == log
    assert first.end() == 0


def test_a_port_that_is_taken_is_named_and_nothing_is_started(serve: Serve) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        served = serve(PORT=str(port))
        assert served.wait() == 1
        assert f"cannot listen on 127.0.0.1, port {port}: another program listens there" in served.said


def test_the_worker_of_jobs_is_started_again_and_ends_with_the_rest(serve: Serve) -> None:
    served = serve(WORKER_THREADS="1").until_served()
    os.kill(_pid_of(served.process.pid, "worker"), signal.SIGKILL)
    served.until("The worker ended by SIGKILL; it is started again")
    wait_until(lambda: _pid_of(served.process.pid, "worker") > 0, "another one")
    assert served.end() == 0


def _pid_of(parent: int, command: str) -> int:
    """The child that runs this command, 0 if there is none."""
    for pid in descendants(parent):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        if words[-2:-1] == [command.encode()]:
            return pid
    return 0


def test_when_gunicorn_ends_so_does_everything(serve: Serve) -> None:
    served = serve(app="tests.serve.tiny:no_such_application")
    assert served.wait() == 1
    assert "the server (gunicorn) ended with code" in served.said


@pytest.mark.parametrize("log_file", ["", "api.log"])
def test_a_tunnel_whose_settings_are_wrong_ends_everything_at_once(
    serve: Serve, data: Path, tmp_path: Path, log_file: str
) -> None:
    """Starting it again would change nothing: its key can be read by others."""
    key = tmp_path / "key"
    key.write_text("")
    key.chmod(0o644)
    files = {"SSH_KEY_FILE": str(key), "SSH_KNOWN_HOSTS_FILE": str(key)}
    files |= {"LOG_FILE": str(data.parent / log_file)} if log_file else {}
    served = serve(DATABASE_URL="postgresql://me@db/x", SSH_HOST="bastion.invalid", SSH_USER="me", **files)
    assert served.wait() == 2
    assert "the tunnel ended with code 2" in served.said
    if log_file:
        pattern = re.search(r"the last line of today's (\S+) says why", served.said)
        assert pattern, served.said
        (errors,) = Path("/").glob(pattern[1].removeprefix("/"))
        assert str(key) in errors.read_text().splitlines()[-1]
    else:
        assert str(key) in served.said
    assert "started again" not in served.said


def master_of(served: Served, worker: int) -> int:
    (master,) = [pid for pid in descendants(served.process.pid) if worker in descendants(pid)]
    return master


def test_a_killed_gunicorn_is_replaced_while_clients_wait_and_one_killed_at_once_ends_all(serve: Serve) -> None:
    served = serve().until_served()
    worker = int(served.get("/"))
    os.kill(master_of(served, worker), signal.SIGKILL)
    wait_until(lambda: not is_alive(worker), "the end of its worker")
    another = int(served.get("/"))
    assert another != worker  # on the socket that was open throughout
    assert "The server (gunicorn) ended by SIGKILL; another one is being started." in served.said
    os.kill(master_of(served, another), signal.SIGKILL)
    assert served.wait() == 1
    assert "the server (gunicorn) ended by SIGKILL" in served.said
    wait_until(lambda: not is_alive(another), "the end of its worker")


def test_a_server_that_was_stopped_goes_on(serve: Serve) -> None:
    served = serve().until_served()
    os.kill(served.process.pid, signal.SIGSTOP)
    time.sleep(2.2)  # longer than its waits for signals
    os.kill(served.process.pid, signal.SIGCONT)
    time.sleep(0.2)
    assert served.get("/")
    assert served.end() == 0


def test_a_database_that_it_was_given_is_used_directly_and_it_says_so(serve: Serve) -> None:
    served = serve().until_served()
    assert "Database: DATABASE_URL, directly, without SSH." in served.said
    assert not (served.data / "postgres").exists()
    assert served.end() == 0


def test_a_data_folder_that_cannot_be_made_is_one_line(serve: Serve, data: Path) -> None:
    data.parent.joinpath("file").touch()
    served = serve(WORKOUTS_DATA_DIR=str(data.parent / "file" / "data"))
    assert served.wait() == 2
    assert "WORKOUTS_DATA_DIR holds" in served.said
    assert "Traceback" not in served.said
