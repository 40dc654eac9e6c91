"""LOG_FILE: a file a day, which several processes write; old ones go."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from workouts_api.logs.lines import DailyFile, Files

WRITER = """
import sys
from pathlib import Path
from workouts_api.logs.lines import Files
files = Files(Path(sys.argv[1]), 30, 90)
for number in range(500):
    files.write(b'{"from": "%s", "number": %d, "more": "%s"}\\n' % (sys.argv[2].encode(), number, b"x" * 3000))
"""


def today() -> dt.date:
    return dt.datetime.now(dt.UTC).date()


def test_lines_of_several_processes_do_not_mix(tmp_path: Path) -> None:
    path = tmp_path / "api.log"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path), name]) for name in "ab"]
    assert [writer.wait(60) for writer in writers] == [0, 0]
    lines = [json.loads(line) for line in (tmp_path / f"api-{today()}.log").read_text().splitlines()]
    assert len(lines) == 1000
    for name in "ab":
        assert [line["number"] for line in lines if line["from"] == name] == list(range(500))


def test_errors_stand_in_both_files(tmp_path: Path) -> None:
    files = Files(tmp_path / "api.log", 30, 90)
    files.write(b"one\n")
    files.write(b"two\n", is_error=True)
    assert (tmp_path / f"api-{today()}.log").read_bytes() == b"one\ntwo\n"
    assert (tmp_path / f"api-errors-{today()}.log").read_bytes() == b"two\n"


def test_old_files_are_deleted_and_nothing_else(tmp_path: Path) -> None:
    old = {days: today() - dt.timedelta(days=days) for days in (1, 30, 31, 90, 91)}
    for day in old.values():
        (tmp_path / f"api-{day}.log").touch()
        (tmp_path / f"api-errors-{day}.log").touch()
    others = ("api.log", "api-2000-01-01.txt", "other-2000-01-01.log", "api-notes.log", "api-2000-01-01.log.gz")
    for name in others:
        (tmp_path / name).touch()
    Files(tmp_path / "api.log", 30, 90).write(b"x\n", is_error=True)
    assert {path.name for path in tmp_path.glob("api-2*.log")} == {
        f"api-{day}.log" for day in (old[1], old[30], today())
    }
    kept = {path.name for path in tmp_path.glob("api-errors-*")}
    assert kept == {f"api-errors-{day}.log" for day in (old[1], old[30], old[31], old[90], today())}
    assert all((tmp_path / name).exists() for name in others)


def test_errors_files_go_too_where_no_error_comes_for_months(tmp_path: Path) -> None:
    old = {days: today() - dt.timedelta(days=days) for days in (90, 91, 400)}
    for day in old.values():
        (tmp_path / f"api-errors-{day}.log").touch()
    Files(tmp_path / "api.log", 30, 90).write(b"x\n")
    assert {path.name for path in tmp_path.glob("api-errors-*")} == {f"api-errors-{old[90]}.log"}


def test_what_names_no_day_stays(tmp_path: Path) -> None:
    (tmp_path / "api-2000-13-01.log").touch()
    Files(tmp_path / "api.log", 30, 90).write(b"x\n")
    assert (tmp_path / "api-2000-13-01.log").exists()


def test_the_next_day_has_a_file_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = DailyFile(tmp_path / "api.log", 30)
    file.write(b"today\n")
    day = today()
    tomorrow = day + dt.timedelta(days=1)

    class Tomorrow(dt.datetime):
        @classmethod
        def now(cls, tz: dt.tzinfo | None = None) -> Tomorrow:
            return cls(tomorrow.year, tomorrow.month, tomorrow.day, 1, tzinfo=tz)

    monkeypatch.setattr("workouts_api.logs.lines.dt.datetime", Tomorrow)
    monkeypatch.setattr("workouts_api.logs.lines.time.time", lambda: Tomorrow.now(dt.UTC).timestamp())
    threads = [threading.Thread(target=file.write, args=(b"tomorrow\n",)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / f"api-{day}.log").read_bytes() == b"today\n"
    assert (tmp_path / f"api-{tomorrow}.log").read_bytes() == b"tomorrow\n" * 20


def test_a_log_that_cannot_be_written_ends_no_request(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "no folder").write_text("")
    file = DailyFile(tmp_path / "no folder" / "api.log", 30)
    for _ in range(3):
        file.write(b"line\n")
    said = capfd.readouterr().err.splitlines()
    assert said.count("line") == 3
    assert len([line for line in said if "cannot be written" in line]) == 1


def test_a_full_disk_ends_no_request(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    file = DailyFile(tmp_path / "unused.log", 30)
    file._file, file._ends_at = os.open("/dev/full", os.O_WRONLY), float("inf")
    file.write(b"line\n")
    assert "No space left" in capfd.readouterr().err


# Run with -B: Python would keep the half of a compiled module that has room.
FULL = """
import pathlib, resource, sys
from workouts_api.logs.lines import DailyFile
file = DailyFile(pathlib.Path(sys.argv[1]), 30)
def write(numbers):
    for number in numbers:
        file.write(b'{"number": %d, "filling": "%s"}\\n' % (number, b"x" * number))
write(range(10))
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))  # as on a full disk, a part has room
write(range(10, 60))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
write(range(60, 70))
"""


def test_on_a_full_disk_no_line_is_torn_and_none_is_lost(tmp_path: Path) -> None:
    command = [sys.executable, "-B", "-c", FULL, str(tmp_path / "api.log")]
    done = subprocess.run(command, capture_output=True, timeout=60, check=True)
    kept = [json.loads(line)["number"] for line in (tmp_path / f"api-{today()}.log").read_bytes().splitlines()]
    told = done.stderr.splitlines()
    elsewhere = [json.loads(line)["number"] for line in told if line.startswith(b"{")]
    assert sorted(kept + elsewhere) == list(range(70))
    assert kept[-10:] == list(range(60, 70))
    assert len([line for line in told if b"cannot be written" in line]) == 1
