"""Texts are swapped and undone while two workers serve: nobody notices, and what begins later has the text as well."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.conftest import Client
from tests.processes import myself, wait_until
from tests.serve.conftest import Served
from tests.serve.swaps import ADDRESS, NAME, REFUSED, TEXTS, swap_under_load
from workouts_api import activity
from workouts_api.database.swap_files import Swap, digest_of, write
from workouts_api.serve import APPLICATION
from workouts_api.sql.loaded import CATALOGUE

pytestmark = pytest.mark.processes
SECONDS, CLIENTS, STEPS = 6.0, 16, 20


def started(environ: dict[str, str], data: Path) -> Served:
    """The API itself with two workers, whose lines of requests are JSON."""
    settings = {name: value for name, value in environ.items() if name not in ("WORKOUTS_DATA_DIR", "LOG_LEVEL")}
    more = {"WEB_WORKERS": "2", "LOG_LEVEL": "INFO", "LOG_FORMAT": "json", "APP_ENV": "development"}
    return Served(replace(myself(), folder=data.parent), data, app=APPLICATION, **{**settings, **more})


@pytest.fixture
def served(environ: dict[str, str], data: Path) -> Iterator[Served]:
    server = started(environ, data)
    try:
        yield server.until_served()
    finally:
        if server.process.poll() is None:
            server.end()


def command(environ: dict[str, str], data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "workouts_api.cli", "sql", "swap", *arguments],
        env={**os.environ, **environ, "WORKOUTS_DATA_DIR": str(data)},
        capture_output=True, text=True, check=False, cwd=data,
    )  # fmt: skip


def test_twenty_swaps_and_undos_under_load_fail_no_request_and_all_workers_follow_within_a_second(
    served: Served, owner: Client, environ: dict[str, str], tmp_path: Path
) -> None:
    settings = {**environ, "WORKOUTS_DATA_DIR": str(served.data)}
    load = swap_under_load(served.url, owner.token, tmp_path, settings, seconds=SECONDS, clients=CLIENTS, steps=STEPS)
    assert load.failures == []
    commands = load.steps[:STEPS]
    for one in commands:
        assert one.result.exit_code == (1 if one.kind in REFUSED else 0), (one.kind, one.result.output)
    followed = [one for one in commands if one.kind not in REFUSED]
    assert {one.workers for one in followed} == {(2, 2)}
    assert max(one.followed_s for one in followed) < 1.0
    looked_at, wrong = load.wrong(served.log)
    assert wrong == []
    assert looked_at > 10 * STEPS
    assert len(load.answers) > 20 * STEPS


def test_what_begins_later_has_the_text_and_after_the_undo_nothing_is_left(
    served: Served, owner: Client, environ: dict[str, str], data: Path, tmp_path: Path
) -> None:
    """A worker that was killed, a reload, and a restart."""
    text = tmp_path / "new.sql"
    text.write_text(TEXTS["turned"])
    named = f"{NAME}@{digest_of(TEXTS['turned'].encode())[:8]}"
    done = command(environ, data, NAME, "--file", str(text))
    assert (done.returncode, "2 of 2 workers run it after" in done.stdout) == (0, True), done.stdout + done.stderr
    mark = activity.read(data / "workers")[0].mark

    def all_follow(before: set[int]) -> bool:
        now = activity.read(data / "workers")
        return len(now) == 2 and not before <= {one.pid for one in now} and {one.mark for one in now} == {mark}

    killed = activity.read(data / "workers")[0].pid
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: all_follow({killed}), "a worker in place of the one that was killed")
    before = pids(data)
    served.process.send_signal(signal.SIGHUP)
    wait_until(lambda: all_follow(before) and before.isdisjoint(pids(data)), "two workers after a reload")
    assert served.end() == 0
    again = started(environ, data).until_served()
    try:
        assert f"{NAME} is swapped, by " in again.said
        wait_until(lambda: all_follow(before), "two workers after a restart")
        assert ask(again, owner) == named
        assert command(environ, data, NAME, "--undo").returncode == 0
        assert ask(again, owner) == NAME
    finally:
        again.end()


def pids(data: Path) -> set[int]:
    return {worker.pid for worker in activity.read(data / "workers")}


def ask(served: Served, owner: Client) -> str:
    """The text that answers a request, as the log names it."""
    place = urlsplit(served.url).netloc
    connection = http.client.HTTPConnection(place, timeout=20)
    connection.request("GET", ADDRESS, headers={"Authorization": f"Bearer {owner.token}"})
    reply = connection.getresponse()
    request_id = reply.headers["X-Request-ID"]
    connection.close()
    wait_until(lambda: f'"request_id":"{request_id}"' in served.said, "the request's line")
    line = next(line for line in served.said.splitlines() if f'"request_id":"{request_id}"' in line)
    return str(json.loads(line)["statements"][-1])


def test_swaps_that_are_not_used_are_said_at_the_start(environ: dict[str, str], data: Path) -> None:
    """One is damaged; since the other one, a release has brought another file."""
    data.mkdir(mode=0o700)
    outdated = "sessions.list_sessions"
    write(data / "swaps", Swap(outdated, CATALOGUE.find(outdated).text.encode() + b"--", "0" * 64, "anna", 0.0))
    (data / "swaps" / f"{NAME}.sql").write_text("select 1")
    served = started(environ, data).until_served()
    try:
        damage, change = "its first line is no record of a swap", "the release has another file than the one that it"
        assert f"Warning: the swap of {NAME} is damaged and not used: {damage}." in served.said
        assert f"Warning: the swap of {outdated} is outdated and not used: {change} replaced." in served.said
        wait_until(lambda: served.said.count('"event":"swap ignored"') == 4, "two lines of each worker")
    finally:
        served.end()
