"""The status file: what is written is read back, and what is damaged or left behind is not believed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.tunnel.road import wait_until
from workouts_api.host.processes import state_of
from workouts_api.tunnel import TunnelStatus, read_status
from workouts_api.tunnel.status import now, write_status


@pytest.fixture
def status() -> TunnelStatus:
    moment = now().replace(microsecond=0)
    return TunnelStatus(
        state="up", since=moment, updated=moment, engine="sshtunnel", listen="/run/x/.s.PGSQL.5432", pid=os.getpid(),
        last_error="früher", reconnects=3, bytes_in=2**40, bytes_out=0,
    )  # fmt: skip


def test_it_is_read_as_it_was_written(tmp_path: Path, status: TunnelStatus) -> None:
    write_status(tmp_path, status)
    assert read_status(tmp_path) == status
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]


def test_there_is_none_where_no_tunnel_ran(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    assert read_status(tmp_path / "nowhere") is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "{}", '{"state": "up"}', '{"since": 1, "updated": 2}'])
def test_a_damaged_file_says_nothing(tmp_path: Path, content: str) -> None:
    (tmp_path / "status.json").write_text(content)
    assert read_status(tmp_path) is None


@pytest.mark.parametrize(
    ("beat_s", "ago_s", "state"),
    [(1, 2, "up"), (1, 4, "down"), (0.1, 1, "up"), (5, 14, "up"), (5, 16, "down"), (None, 999, "up")],
)
def test_a_tunnel_that_has_confirmed_nothing_for_three_beats_is_down(
    tmp_path: Path, status: TunnelStatus, beat_s: float | None, ago_s: float, state: str
) -> None:
    updated = now() - timedelta(seconds=ago_s)
    write_status(tmp_path, replace(status, beat_s=beat_s, updated=updated))
    read = read_status(tmp_path)
    assert read is not None
    assert read.state == state
    if state == "down":
        assert f"process {os.getpid()} hangs" in str(read.last_error)
        assert read.since == read.updated


def test_a_file_of_a_version_that_says_no_beat_is_read(tmp_path: Path, status: TunnelStatus) -> None:
    fields = {name: value for name, value in status.as_json().items() if name != "beat_s"}
    (tmp_path / "status.json").write_text(json.dumps(fields))
    assert read_status(tmp_path) == status


def test_a_dead_process_is_down_whatever_it_said_last(tmp_path: Path, status: TunnelStatus) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write_status(tmp_path, replace(status, pid=ended.pid))
    read = read_status(tmp_path)
    assert read is not None
    assert (read.state, read.is_up) == ("down", False)
    assert read.last_error == f"the tunnel's process {ended.pid} is gone"


def test_a_stopped_process_is_down_at_once_and_its_last_proof_keeps_its_age(
    tmp_path: Path, status: TunnelStatus
) -> None:
    """Its sockets stay open and nothing comes through: three beats are long for one who asks why requests fail."""
    with subprocess.Popen(["/bin/sleep", "60"]) as sleeper:
        try:
            proved = now() - timedelta(seconds=2)
            write_status(tmp_path, replace(status, pid=sleeper.pid, beat_s=5, updated=proved))
            working = read_status(tmp_path)
            assert working is not None
            assert (working.state, working.age_s) == ("up", pytest.approx(2, abs=1))
            os.kill(sleeper.pid, signal.SIGSTOP)
            wait_until(lambda: state_of(sleeper.pid) == "stopped")
            stopped = read_status(tmp_path)
            assert stopped is not None
            assert (stopped.state, stopped.updated) == ("down", working.updated)
            assert f"process {sleeper.pid} was stopped by a signal" in str(stopped.last_error)
            os.kill(sleeper.pid, signal.SIGCONT)
            wait_until(lambda: state_of(sleeper.pid) == "runs")
            assert read_status(tmp_path) == working
        finally:
            sleeper.kill()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_on_a_full_disk_it_goes_on_in_the_file_that_is_there(tmp_path: Path, status: TunnelStatus) -> None:
    """A tunnel that works must not be taken for one that hangs, and killed."""
    write_status(tmp_path, status)
    (tmp_path / f".status.json.{os.getpid()}").symlink_to("/dev/full")
    later = replace(status, last_error=None, updated=status.updated + timedelta(seconds=5))
    write_status(tmp_path, later)
    assert read_status(tmp_path) == later
    assert [path.name for path in tmp_path.iterdir()] == ["status.json"]
