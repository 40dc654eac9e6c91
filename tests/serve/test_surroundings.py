"""``workouts serve`` on machines that lack something: it works, or one line says what is missing."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ROOT, descendants, is_alive, wait_until
from tests.serve.conftest import Serve
from workouts_api.host.embedded import EmbeddedPostgres

pytestmark = pytest.mark.processes
SOON = 20.0  # s; what cannot work is said before anything has been waited for


def serve_under(wrapper: list[str], data: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """``workouts serve`` to its end, which has to come by itself."""
    return subprocess.run(
        [*wrapper, sys.executable, "-m", "workouts_api.cli", "serve"],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PORT": "0", "WORKOUTS_DATA_DIR": str(data), **environ},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SOON,
        check=False,
    )


def namespace(*options: str) -> list[str]:
    """A command that runs another one in namespaces of its own."""
    command = ["unshare", *options, *([] if os.geteuid() == 0 else ["--user", "--map-current-user"])]
    if not shutil.which("unshare") or subprocess.run([*command, "true"], check=False, capture_output=True).returncode:
        pytest.skip("needs unshare(1), and a kernel that lets us make namespaces")
    return command


def test_a_machine_that_cannot_reach_itself_is_told_so_at_once(data: Path) -> None:
    done = serve_under(namespace("--net"), data)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "cannot reach itself at 127.0.0.1" in line
    assert "ip link set lo up" in line
    assert not (data / "postgres").exists()


def test_an_installation_without_the_demos_ssh_server_says_what_to_install(data: Path, tmp_path: Path) -> None:
    """As of the wheel without ``[embedded]`` on a machine that has a PostgreSQL of its own."""
    hidden = "import sys; sys.modules['asyncssh'] = None; from workouts_api.cli import main; sys.argv[1:] = ['serve']; "
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden} main()"],
        env={"PATH": os.defpath, "PYTHONPATH": str(ROOT), "PORT": "0", "WORKOUTS_DATA_DIR": str(data)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=SOON,
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert "workouts-api[embedded]" in line
    assert "DATABASE_URL" in line


@pytest.mark.parametrize(("option", "value"), [("-v", "400000"), ("-n", "200")])
def test_a_shell_that_allows_too_little_is_named(data: Path, option: str, value: str) -> None:
    limited = ["/bin/sh", "-c", f'ulimit {option} {value} && exec "$@"', "sh", *namespace("--net")]
    done = serve_under(limited, data)  # without a loopback interface it ends at once
    assert f"`ulimit {option}` is {value}, too little" in done.stdout
    assert "Traceback" not in done.stderr


def _latin1(folder: Path) -> dict[str, str]:
    """A German locale that is not UTF-8, made where the system has none."""
    if not shutil.which("localedef"):
        pytest.skip("needs localedef")
    folder.mkdir()
    made = subprocess.run(
        ["localedef", "-c", "-f", "ISO-8859-1", "-i", "de_DE", str(folder / "de_DE.ISO-8859-1")],
        capture_output=True,
        check=False,
    )
    if not (folder / "de_DE.ISO-8859-1").is_dir():
        pytest.skip(f"localedef cannot make a locale: {made.stderr.decode(errors='replace').strip()}")
    return {"LC_ALL": "de_DE.ISO-8859-1", "LOCPATH": str(folder)}


@pytest.mark.parametrize(("encoding", "umask"), [("ISO-8859-1", 0o022), ("ascii:strict", 0o077)])
def test_a_terminal_that_is_not_utf_8_a_folder_of_any_name_and_a_private_umask_are_no_obstacles(
    serve: Serve, data: Path, encoding: str, umask: int, tmp_path: Path
) -> None:
    """It starts with its own database, whose messages have an ellipsis."""
    terminal = _latin1(tmp_path / "locales") if encoding == "ISO-8859-1" else {"PYTHONIOENCODING": encoding}
    place = data.parent / "tr'äning ½ ☃" / "data"
    before = os.umask(umask)
    try:
        served = serve(WORKOUTS_DATA_DIR=str(place), DATABASE_URL="", **terminal)
    finally:
        os.umask(before)
    try:
        served.until("Ctrl-C ends everything")
        assert "UnicodeEncodeError" not in served.said
        served.data = place
        assert served.tunnel_status()["state"] == "up"
        assert served.end() == 0
    finally:
        _ended(place)
    assert not _socket_folder(place).exists()


def _socket_folder(data: Path) -> Path:
    name = hashlib.sha256(os.fsencode(data)).hexdigest()[:12]
    return Path("/tmp") / f"workouts-{os.geteuid()}-{name}"  # noqa: S108 – looked at only


def _ended(data: Path) -> None:
    server = EmbeddedPostgres(data / "postgres")
    assert not server.is_running()
    server.delete()


def test_after_a_sigkill_all_processes_end_quietly_the_database_and_the_worker_included(
    serve: Serve, data: Path
) -> None:
    served = serve(DATABASE_URL="", WORKER_THREADS="1", app="workouts_api:create_app()").until_served()
    started = [pid for pid in descendants(served.process.pid) if is_alive(pid)]
    postmaster = EmbeddedPostgres(data / "postgres")
    assert postmaster.is_running()
    before = served.said
    served.process.kill()
    wait_until(lambda: not postmaster.is_running() and not any(map(is_alive, started)), "the end of all")
    said = served.said.removeprefix(before)
    assert "psycopg.pool" not in said, said
