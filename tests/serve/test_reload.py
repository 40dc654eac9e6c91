"""A reload takes over the release on the disk; one that cannot serve is refused in one line, and nobody notices."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from tests.processes import ROOT, descendants, myself, wait_until
from tests.serve.conftest import Serve, Served
from tests.serve.steady import Steady
from workouts_api import activity
from workouts_api.host.reloads import ReloadError, ask_for_reload, read_reload
from workouts_api.serve import APPLICATION

pytestmark = pytest.mark.processes
PATIENCE = 60.0  # s; a bound against hanging


class Release:
    """A copy of the package that a server runs from, and that a test breaks and mends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.package = folder / "workouts_api"
        shutil.copytree(ROOT / "workouts_api", self.package, ignore=shutil.ignore_patterns("__pycache__"))
        self.secret = folder / "secret"
        self.secret.write_text("a-secret-of-forty-eight-letters-and-more-than-that")
        self.secret.chmod(0o600)

    def change(self, place: str, old: str, new: str) -> Callable[[], object]:
        """Changes a file, or makes one; returns what undoes it."""
        path = self.package / place if place != "secret" else self.secret
        if not path.exists():
            path.write_text(new, encoding="utf-8")
            return path.unlink
        before = path.read_text(encoding="utf-8")
        assert old in before
        path.write_text(before.replace(old, new, 1) if old else before + new, encoding="utf-8")
        return lambda: path.write_text(before, encoding="utf-8")


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    return Release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def served(release: Release, environ: dict[str, str]) -> Iterator[Served]:
    """The API itself, run from the copy, on a real database."""
    settings = {name: value for name, value in environ.items() if name not in ("JWT_SECRET_KEY", "WORKOUTS_DATA_DIR")}
    served = Served(
        replace(myself(), folder=release.folder),
        release.folder / "data",
        app=APPLICATION,
        JWT_SECRET_KEY_FILE=str(release.secret),
        RELOAD_TIMEOUT="50s",
        **settings,
    )
    try:
        yield served.until_served()
    finally:
        if served.process.poll() is None:
            served.end()


def workers(served: Served) -> list[int]:
    return [worker.pid for worker in activity.read(served.data / "workers")]


BAD = {
    "Python of the application": ("web/frame.py", "", "\nthis is no Python\n", r"SyntaxError: .*frame\.py, line \d+"),
    "Python of the server": ("web/allocator.py", "", "\nimport no_such_module\n", "ModuleNotFoundError: No module nam"),
    "SQL": ("queries/users/get_user.sql", "@returns one", "@returns oen", r"get_user\.sql"),
    "settings": ("secret", "a-secret", "", "JWT_SECRET_KEY"),
    "schema": ("migrations/9999_more.sql", "", "", r"the schema is at version \d+, needed is 9999: run `workouts db"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_release_that_cannot_serve_is_refused_and_the_old_one_answers_throughout(
    served: Served, release: Release, kind: str
) -> None:
    place, old, new, why = BAD[kind]
    if kind == "settings":
        old = release.secret.read_text()
        new = "short"
    before = workers(served)
    mend = release.change(place, old, new)
    try:
        with Steady(served.url, "/health/live") as client, pytest.raises(ReloadError, match=why) as refused:
            ask_for_reload(served.data, PATIENCE)
    finally:
        mend()
    assert "\n" not in str(refused.value)
    assert str(refused.value).startswith("Not reloaded, the old workers go on: ")
    assert str(refused.value) in served.said
    assert client.failures == []
    assert client.answered > 0
    assert workers(served) == before
    assert len(direct_children(served)) == 1


def direct_children(served: Served) -> list[int]:
    """The gunicorns: no worker of jobs runs here."""
    every = descendants(served.process.pid)
    workers_of_theirs = {worker for pid in every for worker in descendants(pid)}
    return [pid for pid in every if pid not in workers_of_theirs]


def test_a_good_release_brings_its_code_and_the_command_says_so(served: Served, release: Release) -> None:
    before = workers(served)
    mend = release.change("api/health/routes.py", '{"status": "ok"}', '{"status": "new"}')
    try:
        command = [sys.executable, "-m", "workouts_api.cli", "reload"]
        settings = {"JWT_SECRET_KEY_FILE": str(release.secret), "WORKOUTS_DATA_DIR": str(served.data)}
        done = subprocess.run(command, env=settings, cwd=release.folder, capture_output=True, text=True, check=False)
    finally:
        mend()
    assert (done.returncode, done.stderr) == (0, "")
    assert "Reloaded: 1 new workers serve after" in done.stdout
    assert b'"new"' in served.get("/health/live")
    wait_until(lambda: not set(before) & set(workers(served)), "the end of the old worker")


def test_no_client_loses_a_request_at_a_good_reload(serve: Serve) -> None:
    served = serve(WEB_WORKERS="2").until_served()
    before = served.get("/")
    with Steady(served.url, "/", count=6) as clients:
        for _ in range(2):
            ask_for_reload(served.data, PATIENCE)
        answered = clients.answered
        wait_until(lambda: clients.answered > answered + 20, "answers of the new workers")
    assert clients.failures == []
    assert served.get("/") != before
    assert served.end() == 0


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs the device that is always full")
def test_a_reload_on_a_full_disk_ends_no_server(serve: Serve) -> None:
    served = serve().until_served()
    before, url = served.get("/"), served.url
    draft = served.data / f".reload.json.{served.process.pid}"
    draft.symlink_to("/dev/full")
    assert ask_for_reload(served.data, PATIENCE).startswith("Reloaded: ")
    assert served.get("/") != before
    shutil.rmtree(served.data)  # as the page allows it
    served.process.send_signal(signal.SIGHUP)
    served.until("the reload's state cannot be written")
    served.until("Not reloaded, the old workers go on: ")  # the secret that development keeps there is gone
    with Steady(url, "/", count=1) as clients:
        wait_until(lambda: clients.answered > 1, "an answer")
    assert served.process.poll() is None


def test_workers_that_could_not_make_their_files_are_seen_when_they_can(serve: Serve, data: Path) -> None:
    """As on a full disk: the admin listener and the doctor would take a host that serves for one without workers."""
    data.mkdir(mode=0o700, exist_ok=True)
    (data / "workers").touch()
    served = serve(WEB_WORKERS="2").until_served()
    assert served.get("/")
    assert workers(served) == []
    (data / "workers").unlink()
    wait_until(lambda: len(workers(served)) == 2, "the files of both workers")
    wait_until(lambda: len(list((data / "workers").glob("*.metrics"))) == 2, "their metrics")
    assert served.end() == 0


def slow(folder: Path) -> Path:
    """A module whose next import takes for ever, once it has been told."""
    module = folder / "slow_to_import.py"
    module.write_text("from tests.serve.tiny import app\n")
    return module


def test_a_release_that_does_not_get_ready_is_refused_when_the_time_is_over(serve: Serve, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    module = slow(tmp_path)
    person = replace(myself(), folder=tmp_path)
    served = serve(person=person, app="slow_to_import:app", RELOAD_TIMEOUT="1s").until_served()
    before = served.get("/")
    module.write_text("import time\ntime.sleep(1000)\n")
    with pytest.raises(ReloadError, match="the new workers were not ready within 1 s"):
        ask_for_reload(served.data, PATIENCE)
    assert served.get("/") == before
    assert len(direct_children(served)) == 1
    assert served.end() == 0


def test_a_stop_during_a_reload_ends_both(serve: Serve, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    module = slow(tmp_path)
    served = serve(person=replace(myself(), folder=tmp_path), app="slow_to_import:app").until_served()
    module.write_text("import time\ntime.sleep(1000)\n")
    served.process.send_signal(signal.SIGHUP)
    wait_until(lambda: len(direct_children(served)) == 2, "the second gunicorn")
    served.process.send_signal(signal.SIGTERM)
    with suppress(ProcessLookupError):
        served.process.send_signal(signal.SIGTERM)  # the hanging worker would be waited for
    assert served.end() == 0


def test_a_reload_without_a_server_says_so(tmp_path: Path) -> None:
    with pytest.raises(ReloadError, match="no server serves from"):
        ask_for_reload(tmp_path, PATIENCE)
    assert read_reload(tmp_path) is None
