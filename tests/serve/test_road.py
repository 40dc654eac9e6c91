"""The whole road on one machine: embedded database, SSH server, tunnel, migrations, gunicorn, a year of training."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from tests.postgres import chosen_bin_dir
from tests.processes import ROOT, is_alive, myself, wait_until
from tests.serve.conftest import Served
from workouts_api.demo.account import DemoError, make_demo
from workouts_api.host.embedded import EmbeddedPostgres, find_binaries
from workouts_api.serve import APPLICATION
from workouts_api.tunnel import read_status

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(chosen_bin_dir() is not None, reason="it takes the programs that make run takes"),
]


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    parent = Path(tempfile.mkdtemp(prefix="wk-"))
    parent.chmod(0o777)
    yield parent / "data"
    if (parent / "data" / "postgres").is_dir():
        EmbeddedPostgres(parent / "data" / "postgres", binaries=find_binaries()).delete()
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def road(folder: Path) -> Iterator[Served]:
    served = Served(myself(), folder, app=APPLICATION)
    try:
        yield served.until_served()
    finally:
        if served.process.poll() is None:
            served.end()


def ready(road: Served) -> dict[str, dict[str, object]]:
    found: dict[str, dict[str, object]] = json.loads(road.get("/health/ready"))
    return found


def test_the_first_start_uploads_a_year_of_training_and_shows_how_to_sign_in(road: Served) -> None:
    assert "sessions with" in road.said
    password = (road.data / "demo_password").read_text(encoding="ascii").strip()
    assert f"Sign in    demo / {password}" in road.said
    for secret in ("demo_password", "jwt_secret", "run/ssh/user_key", "run/ssh/host_key"):
        assert stat.S_IMODE((road.data / secret).stat().st_mode) == 0o600


def test_a_database_that_is_older_than_the_data_folder_is_named(road: Served, tmp_path: Path) -> None:
    """As root it may lie in /var/lib, and stays when the data folder is thrown away."""
    with pytest.raises(DemoError, match=r"a user demo with another password than .*demo_password: it is older"):
        make_demo(road.url, tmp_path, today=date.today())


def test_the_lines_to_try_work_when_they_are_pasted(road: Served) -> None:
    if not shutil.which("curl") or not shutil.which("python3"):
        pytest.skip("needs curl and python3")
    lines = [line.strip() for line in road.said.partition("Try:\n")[2].partition("\n\n")[0].splitlines()]
    assert len(lines) == 3
    pasted = "\n".join([lines[0], lines[1], "echo", lines[2]])
    done = subprocess.run(["bash", "-c", pasted], check=True, capture_output=True, text=True, timeout=20)
    sessions, report = map(json.loads, done.stdout.strip().splitlines())
    assert report["totals"]["session_load"] > 10_000
    assert report["totals"]["sessions_without_rpe"] == 0
    assert len(sessions["items"]) == 3
    assert "error" not in report


def test_the_examples_for_authors_of_clients_run_as_they_stand(road: Served, tmp_path: Path) -> None:
    if not shutil.which("curl") or not shutil.which("python3"):
        pytest.skip("needs curl and python3")
    text = (ROOT / "docs" / "CLIENTS.md").read_text(encoding="utf-8")
    examples = "\n".join(re.findall(r"^```sh\n(.*?)^```$", text, re.DOTALL | re.MULTILINE))
    here = examples.replace("http://127.0.0.1:8000", road.url).replace("/tmp/hevy.csv", str(tmp_path / "hevy.csv"))  # noqa: S108 – the text's
    assert here.count(road.url) == 1
    curl = "curl() { command curl -w '%{stderr}%{http_code} %{url_effective}\\n' \"$@\"; }\n"
    done = subprocess.run(["bash", "-c", f"set -eu\n{curl}{here}"], capture_output=True, text=True, timeout=60)
    statuses = done.stderr.splitlines()
    assert done.returncode == 0, done.stderr
    assert len(statuses) == len(re.findall(r"\bcurl ", examples))
    refused = [line.split()[0] for line in statuses if line[0] != "2"]
    assert refused == ["412", "304"], statuses


def test_a_command_finds_the_tunnel_of_a_server_by_the_data_folder_alone(road: Served) -> None:
    assert road.tunnel_status()["pid"] == json.loads((road.data / "tunnel" / "status.json").read_text())["pid"]


def test_requests_go_through_the_tunnel_which_is_started_again_when_it_is_killed(road: Served) -> None:
    assert ready(road)["tunnel"]["state"] == "up"
    before = read_status(road.data / "tunnel")
    assert before is not None
    os.kill(before.pid, signal.SIGKILL)

    def is_back() -> bool:
        now = read_status(road.data / "tunnel")
        return now is not None and now.is_up and now.pid != before.pid

    wait_until(is_back, "another tunnel")
    assert ready(road)["database"]["state"] == "up"
    assert "The tunnel ended by SIGKILL" in road.said


def test_a_killed_parent_takes_all_along_the_database_included_and_the_next_start_finds_the_training(
    road: Served,
) -> None:
    pidfile = road.data / "postgres" / "server" / "data" / "postmaster.pid"
    postmaster = int(pidfile.read_text(encoding="utf-8").splitlines()[0])
    road.end(signal.SIGKILL)
    wait_until(lambda: not is_alive(postmaster), "the end of the database")

    again = Served(myself(), road.data, app=APPLICATION)
    try:
        again.until_served()
        assert "First start" not in again.said
        assert "Sign in    demo" in again.said
        postmaster = int(pidfile.read_text(encoding="utf-8").splitlines()[0])
    finally:
        code = again.end(signal.SIGINT)
    assert code == 0
    assert not is_alive(postmaster)
