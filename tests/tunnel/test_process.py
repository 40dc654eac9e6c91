"""`workouts tunnel run` and `status` as processes: how they start, end, and share a folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tunnel.road import PATIENCE, Road, wait_until
from workouts_api.tunnel import read_status

pytestmark = pytest.mark.processes

COMMAND = [sys.executable, "-c", "from workouts_api.tunnel.commands import tunnel; tunnel()"]


@contextlib.contextmanager
def running(road: Road) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, "run"], env={**os.environ, **road.environment}, stderr=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _is_up(road: Road) -> bool:
    status = read_status(road.folder)
    return status is not None and status.is_up


def _status(road: Road, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "status", *options],
        env={**os.environ, **road.environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_runs_until_sigterm_and_leaves_no_socket(steady_demo_road: Road) -> None:
    with running(steady_demo_road) as process:
        wait_until(lambda: _is_up(steady_demo_road))
        socket_file = steady_demo_road.folder / ".s.PGSQL.5432"
        assert stat.S_IMODE(steady_demo_road.folder.stat().st_mode) == 0o700
        assert socket_file.is_socket()
        with steady_demo_road.connect() as connection:
            assert connection.execute("select 1").fetchone() == (1,)
        up = _status(steady_demo_road, "--json")
        assert (up.returncode, json.loads(up.stdout)["state"]) == (0, "up")
        assert json.loads(up.stdout)["pid"] == process.pid
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=PATIENCE)
        assert process.returncode == 0
        assert not socket_file.exists()
        assert "Traceback" not in said
    down = _status(steady_demo_road)
    assert down.returncode == 1
    assert down.stdout.startswith("down for ")
    assert "the tunnel was stopped" in down.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_other_signals_to_end_are_as_clean(lonely_road: Road, number: signal.Signals) -> None:
    with running(lonely_road) as process:
        wait_until(lambda: read_status(lonely_road.folder) is not None)
        process.send_signal(number)
        process.communicate(timeout=PATIENCE)
        assert process.returncode == 0


def test_it_ends_at_once_while_a_silent_bastion_is_being_asked(demo_road: Road) -> None:
    demo_road.server.freeze()
    try:
        with running(demo_road) as process:
            wait_until(lambda: read_status(demo_road.folder) is not None)
            time.sleep(0.3)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=4)  # OpenSSH would ask for 5 s, sshtunnel for 10
            assert process.returncode == 0
    finally:
        demo_road.server.thaw()


def test_a_parent_that_blocks_signals_does_not_make_it_deaf(lonely_road: Road) -> None:
    """A supervisor that waits by sigtimedwait has them blocked, and children inherit that."""
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    try:
        with running(lonely_road) as process:
            wait_until(lambda: read_status(lonely_road.folder) is not None)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=PATIENCE)
            assert process.returncode == 0
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGTERM])


def test_what_a_killed_tunnel_left_behind_does_not_stop_the_next_one(steady_demo_road: Road) -> None:
    """The socket is stale, the status lies; and with openssh an ssh must not go on holding the socket."""
    with running(steady_demo_road) as process:
        wait_until(lambda: _is_up(steady_demo_road))
        children = Path(f"/proc/{process.pid}/task").glob("*/children")
        ssh = [int(pid) for path in children for pid in path.read_text().split()]
        assert len(ssh) == (1 if steady_demo_road.engine == "openssh" else 0)
        process.kill()
        process.wait()
        assert (steady_demo_road.folder / ".s.PGSQL.5432").exists()
        status = read_status(steady_demo_road.folder)
        assert status is not None
        assert (status.state, status.last_error) == ("down", f"the tunnel's process {process.pid} is gone")
        wait_until(lambda: not any(_is_running(pid) for pid in ssh))
    with steady_demo_road.tunnel(), steady_demo_road.connect() as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def _is_running(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    return False


def test_a_second_tunnel_in_the_same_folder_is_refused(lonely_road: Road) -> None:
    with lonely_road.tunnel() as first, running(lonely_road) as second:
        _, said = second.communicate(timeout=PATIENCE)
        assert second.returncode == 2
        assert f"another tunnel (process {first.status.pid}) uses TUNNEL_DIR" in said
        assert len(said.splitlines()) == 1


def test_without_ssh_host_there_is_nothing_to_run(folder: Path) -> None:
    environment = {**os.environ, "JWT_SECRET_KEY": "tests-only-9f86d081884c7d659a2feaa0", "TUNNEL_DIR": str(folder)}
    ended = subprocess.run([*COMMAND, "run"], env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, len(ended.stderr.splitlines())) == (2, 1)
    assert "SSH_HOST is not set" in ended.stderr
    never = subprocess.run([*COMMAND, "status"], env=environment, capture_output=True, text=True, check=False)
    assert (never.returncode, never.stdout) == (1, f"down: no tunnel has run in {folder}\n")
