"""One server for all processes that name the same folder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from tests.embedded.conftest import Held
from tests.processes import Person, is_alive, myself, ordinary_person, wait_until
from workouts_api.host.embedded import Binaries, EmbeddedPostgres

pytestmark = pytest.mark.processes


@pytest.fixture(params=[myself, ordinary_person], ids=["me", "ordinary"])
def person(request: pytest.FixtureRequest) -> Person:
    if request.param is ordinary_person and os.geteuid() != 0:
        pytest.skip("the tests are run by an ordinary user already")
    found: Person = request.param()
    return found


def postmaster(folder: Path) -> int:
    return int((folder / "server" / "data" / "postmaster.pid").read_text(encoding="utf-8").splitlines()[0])


def test_the_last_one_out_stops_the_server(folder: Path, person: Person) -> None:
    first = Held(person, folder)
    second = Held(person, folder)
    pid = postmaster(folder)
    assert first.leave() == 0
    assert is_alive(pid)
    assert second.leave() == 0
    assert not is_alive(pid)


def test_after_a_sigkill_the_next_clean_exit_stops_the_server(folder: Path, person: Person) -> None:
    killed = Held(person, folder)
    pid = postmaster(folder)
    killed.receive(signal.SIGKILL)
    assert is_alive(pid)
    Held(person, folder).leave()
    assert not is_alive(pid)


def test_sigterm_is_a_normal_exit_that_stops_the_server(folder: Path) -> None:
    held = Held(myself(), folder)
    pid = postmaster(folder)
    assert held.receive(signal.SIGTERM) == 128 + signal.SIGTERM
    assert not is_alive(pid)


def test_a_keeper_that_is_told_to_end_several_times_stops_the_server_when_the_last_user_is_gone(folder: Path) -> None:
    """As the kernel tells it when a parent with threads is killed: before all of them have ended, and for each."""
    user = Held(myself(), folder)
    pid = postmaster(folder)
    keeper = subprocess.Popen([sys.executable, "-m", "workouts_api.host.embedded", str(folder)])
    wait_until(lambda: _waits_for_signals(keeper.pid), "a keeper that waits")
    for _ in range(3):
        keeper.send_signal(signal.SIGTERM)
        time.sleep(0.05)
    user.receive(signal.SIGKILL)
    assert keeper.wait(60) == 0
    assert not is_alive(pid)


def _waits_for_signals(pid: int) -> bool:
    """Where the kernel holds the process: in sigwait()."""
    return "sigtimedwait" in Path(f"/proc/{pid}/wchan").read_text(encoding="ascii")


def test_a_forked_child_that_ends_leaves_the_server_to_its_parent(folder: Path, binaries: Binaries) -> None:
    with EmbeddedPostgres(folder, binaries=binaries, durable=False) as server:
        child = os.fork()
        if child == 0:
            server.stop()
            os._exit(0)
        os.waitpid(child, 0)
        assert server.is_running()


def test_who_joins_after_the_last_one_has_deleted_everything_gets_a_new_server(
    folder: Path, binaries: Binaries
) -> None:
    late = EmbeddedPostgres(folder, binaries=binaries, durable=False)
    with EmbeddedPostgres(folder, binaries=binaries, durable=False) as early:
        assert not early.delete(), "it is in use"
    assert early.delete()
    assert not folder.exists()
    with late, psycopg.connect(late.dsn()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)
