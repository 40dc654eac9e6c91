"""What the threads of a worker do is read by others while they do it, and no worker takes another one's place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workouts_api import activity
from workouts_api.metrics.publishing import Publisher, read_all

_HOLD = """
import sys
from pathlib import Path
from workouts_api import activity
print(activity.join(Path(sys.argv[1]), 2), flush=True)
activity.begin("GET", "/api/v1/sessions/<int:session_id>", "of-another")
activity.query(b"sessions.get_session")
print("busy", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "workers"
    activity.leave()


def start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _HOLD, str(folder)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def only_request(folder: Path) -> activity.Request:
    [worker] = activity.read(folder)
    [request] = worker.requests
    return request


def test_a_slot_belongs_to_one_worker_and_is_free_when_that_is_killed(folder: Path) -> None:
    with start(folder) as other:
        assert other.stdout is not None
        assert [other.stdout.readline(), other.stdout.readline()] == ["0\n", "busy\n"]
        assert activity.join(folder, 2) == activity.slot() == 1
        first, second = activity.read(folder)
        assert (first.pid, first.threads, second.requests) == (other.pid, 2, ())
        [request] = first.requests
        assert (request.method, request.request_id) == ("GET", "of-another")
        assert request.query == "sessions.get_session"
        assert request.query_s is not None
        assert request.running_s >= request.query_s
        other.kill()
        other.wait()
    assert [worker.slot for worker in activity.read(folder)] == [1]
    activity.leave()
    assert activity.read(folder) == []
    assert activity.join(folder, 2) == 0
    assert only_files(folder) == ["0.map", "1.map"]


def only_files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_query_that_has_ended_is_named_without_a_time_and_an_ended_request_is_gone(folder: Path) -> None:
    activity.join(folder, 1)
    activity.begin("POST", "/api/v1/sessions", "a")
    assert only_request(folder).query is None
    activity.query(b"sessions.create_session")
    assert only_request(folder).query_s is not None
    activity.answered()
    assert (only_request(folder).query, only_request(folder).query_s) == ("sessions.create_session", None)
    activity.end()
    assert activity.read(folder)[0].requests == ()
    activity.begin("GET", "/health/live", "b")
    assert (only_request(folder).route, only_request(folder).query) == ("/health/live", None)


@pytest.mark.parametrize("route", ["/" + "a" * 5000, "/ünï/\0/☃" * 40])
def test_what_is_too_long_is_cut_and_touches_no_other_thread(folder: Path, route: str) -> None:
    activity.join(folder, 1)
    activity.begin("GET", route, "r" * 500)
    activity.query(b"q" * 500)
    neighbour = threading.Thread(target=activity.begin, args=("PUT", "/x", "n"))
    neighbour.start()
    neighbour.join()
    first, second = activity.read(folder)[0].requests
    assert route.startswith(first.route.rstrip("\N{REPLACEMENT CHARACTER}"))
    assert set(first.request_id) == {"r"}
    assert (second.method, second.route, second.request_id, second.query) == ("PUT", "/x", "n", None)
    assert first.thread != second.thread


def test_threads_beyond_the_records_work_on_and_are_not_seen(folder: Path) -> None:
    activity.join(folder, 1)
    many = 1 + activity.SPARE + 3
    everyone = threading.Barrier(many)

    def serve() -> None:
        everyone.wait()
        activity.begin("GET", "/", "x")
        activity.query(b"health.get_health")
        activity.answered()

    threads = [threading.Thread(target=serve) for _ in range(many)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(activity.read(folder)[0].requests) == 1 + activity.SPARE


def test_a_file_of_another_format_and_one_that_is_just_beginning_are_passed_over(folder: Path) -> None:
    activity.join(folder, 1)
    with start(folder) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.stdout.readline()
        mine, theirs = folder / "0.map", folder / "1.map"
        theirs.write_bytes(b"something else".ljust(64, b"\0"))
        assert [worker.slot for worker in activity.read(folder)] == [0]
        theirs.write_bytes(mine.read_bytes()[:70])
        assert [worker.slot for worker in activity.read(folder)] == [0]
        theirs.write_bytes(b"")
        assert [worker.slot for worker in activity.read(folder)] == [0]
        other.kill()
        other.wait()
    assert activity.read(folder / "no such folder") == []


def test_a_worker_whose_folder_was_removed_is_seen_again(folder: Path) -> None:
    activity.join(folder, 2)
    activity.show_mark(7)
    activity.begin("GET", "/api/v1/sessions", "before")
    [before] = activity.read(folder)
    assert not activity.is_lost()
    shutil.rmtree(folder)
    assert activity.is_lost()
    Publisher(folder, "0", {}).write()
    assert not activity.is_lost()
    activity.end()  # of a request that began before
    [again] = activity.read(folder)
    assert (again.slot, again.pid, again.started_at, again.mark) == (0, before.pid, before.started_at, 7)
    activity.begin("GET", "/api/v1/sessions", "after")
    assert only_request(folder).request_id == "after"
    assert [told.name for told in read_all(folder)] == ["0"]


def test_the_slot_of_another_is_not_taken_from_it(folder: Path) -> None:
    assert activity.join(folder, 2) == 0
    shutil.rmtree(folder)
    with start(folder) as other:
        assert other.stdout is not None
        assert [other.stdout.readline(), other.stdout.readline()] == ["0\n", "busy\n"]
        with pytest.raises(BlockingIOError):
            activity.join_again()
        assert only_request(folder).request_id == "of-another"
        other.kill()
        other.wait()
    activity.join_again()
    assert [worker.pid for worker in activity.read(folder)] == [os.getpid()]


# Run with -B: Python would keep the half of a compiled module that has room.
FULL = """
import os, pathlib, resource, sys
from workouts_api import activity
folder = pathlib.Path(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))  # as on a full disk, a part has room
for _ in range(3):
    try:
        activity.join(folder, 2)
        sys.exit("it joined")
    except OSError:
        print([worker.slot for worker in activity.read(folder)], activity.slot())
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(activity.join(folder, 2))
"""


def test_a_disk_that_is_full_takes_no_slot(folder: Path) -> None:
    command = [sys.executable, "-B", "-c", FULL, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["[] None"] * 3 + ["0"]), done.stderr


def test_metrics_that_cannot_be_written_leave_nothing_beside_the_last(folder: Path) -> None:
    publisher = Publisher(folder, "0", {})
    publisher.write()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / f"0.{os.getpid()}.new").symlink_to("/dev/full")
    publisher.write()
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
