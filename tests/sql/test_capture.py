"""Real calls are kept while a DBA wants it: the slowest, and a fair sample; never a secret, never without bound."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.conftest import Client
from workouts_api.database import captures
from workouts_api.database.capture_files import FORM, Switch, clear, read_files, switch_off, switch_on
from workouts_api.database.captures import BY_CHANCE, MAX_BYTES, MAX_VALUE, SLOWEST, Recorder, Watch
from workouts_api.dba.captured import captured
from workouts_api.dba.commands import sql
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]

GET = """-- The sets of an athlete.
-- @param athlete_id bigint = 1
-- @param note text? = null
-- @param new_password text = 'x'
-- @param digest bytea = ''
-- @param code text shown = ''
-- @param fact json = '{}'
-- @returns many
-- @readonly
-- @plan custom
select s.set_no from sets as s
where s.athlete_id = :athlete_id and (:note::text is null or :note <> :new_password) and :digest <> 'x' and :code = ''
  and :fact is not null
order by s.set_no limit 5
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Of the captures. Afterwards this process keeps nothing."""
    yield tmp_path / "captures"
    captures.recorder = None


@pytest.fixture
def note(read: Read) -> Callable[..., None]:
    """Tells a recorder of a call of training.get_set."""
    file = read(GET)
    prepared: Any = SimpleNamespace(file=file, prepared=SimpleNamespace(name=file.full_name.encode()))

    def note(
        recorder: Recorder, ms: float = 1.0, *, name: bytes = prepared.prepared.name, **values: bytes | None
    ) -> None:
        prepared.prepared.name = name
        given = {"athlete_id": b"1", "note": None, "new_password": b"pw-42", "digest": b"\\xff", "code": b""}
        sent = {**given, "fact": b'{"a":[{"old_token":"tok-42","token_count":3}],"name":"hash"}', **values}
        recorder.note(prepared, [sent[name] for name in file.order], ms / 1000, 5, "request-1")

    return note


def recorder() -> Recorder:
    return Recorder(Switch("now", time.time() + 60))


def kept_by(one: Recorder) -> Any:
    (kept,) = json.loads(one.content())["files"].values()
    return kept


def test_of_a_file_the_slowest_calls_are_kept_and_as_many_as_promised_by_chance(note: Callable[..., None]) -> None:
    one = recorder()
    for n in range(500):
        note(one, ms=(n * 7919) % 500)
    kept = kept_by(one)
    assert kept["seen"] == 500
    assert sorted(call["ms"] for call in kept["slowest"]) == [float(500 - SLOWEST + n) for n in range(SLOWEST)]
    assert len(kept["by_chance"]) == BY_CHANCE


def test_each_call_is_as_likely_to_be_kept_by_chance(note: Callable[..., None]) -> None:
    early = 0
    for _ in range(40):
        one = recorder()
        for n in range(100):
            note(one, athlete_id=str(n).encode())
        early += sum(int(call["values"]["athlete_id"]) < 50 for call in kept_by(one)["by_chance"])
    assert 300 < early < 500  # of 800; 400 ± 14 is usual


def test_no_secret_gets_into_the_file(note: Callable[..., None]) -> None:
    one = recorder()
    note(one)
    content = one.content()
    for secret in (b"pw-42", b"xff", b"tok-42"):
        assert secret not in content
    (call,) = kept_by(one)["slowest"]
    assert call["withheld"] == {"new_password": "secret", "digest": "secret"}
    assert call["values"]["code"] == ""  # the file says that it may be shown
    assert json.loads(call["values"]["fact"]) == {"a": [{"old_token": "secret", "token_count": 3}], "name": "hash"}


def test_what_is_kept_is_bounded(note: Callable[..., None]) -> None:
    one = recorder()
    note(one, note=b"x" * (MAX_VALUE + 1))
    assert kept_by(one)["slowest"][0]["withheld"]["note"] == "65,537 bytes"
    small = recorder()
    for n in range(600):  # of six files, which alone would be a half more than is kept
        note(small, ms=n, name=str(n % 6).encode(), note=b"x" * MAX_VALUE)
    held = [value for kept in small._kept.values() for call in (*kept.slowest, *kept.by_chance) for value in call[5]]
    assert MAX_BYTES / 2 < sum(len(value) for value in held if isinstance(value, bytes)) < small._bytes <= MAX_BYTES


def test_only_the_user_of_the_process_can_read_what_is_kept(folder: Path, note: Callable[..., None]) -> None:
    switch_on(folder, 60)
    watch = Watch(folder, "0")
    watch.look()
    assert captures.recorder is not None
    note(captures.recorder)
    watch.look(at_once=True)
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [one.values["athlete_id"] for one in captured(folder)["training.get_set"].calls] == ["1"]


def test_a_process_follows_the_switch(folder: Path, note: Callable[..., None]) -> None:
    watch = Watch(folder, "0")
    watch.look()
    assert captures.recorder is None
    switch_on(folder, 60)
    watch.look()
    first = captures.recorder
    assert first is not None
    note(first)
    watch.look()
    assert captures.recorder is first
    switch_off(folder)
    watch.look()
    assert captures.recorder is None
    assert len(list(read_files(folder))) == 1
    Watch(folder, "0").look()  # another process takes the name: what was kept stays
    assert len(list(read_files(folder))) == 1
    switch_on(folder, 60)
    watch.look()
    assert captures.recorder not in (None, first)
    assert list(read_files(folder)) == []
    clear(folder)
    watch.look()
    assert captures.recorder is None


def test_the_thread_outlives_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def look(_: Watch, *, at_once: bool) -> None:
        nonlocal looks
        looks += 1
        raise MemoryError(at_once)

    monkeypatch.setattr(Watch, "look", look)
    monkeypatch.setattr(captures, "LOOK_EVERY", 0.01)
    watch = Watch(folder, "worker-1")
    watch.start()
    deadline = time.monotonic() + 10
    while looks < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    monkeypatch.setattr(captures, "LOOK_EVERY", 10.0)
    watch.stop()
    assert looks >= 3
    assert not watch._thread.is_alive()


def test_a_new_process_keeps_what_the_one_before_it_wrote(folder: Path, note: Callable[..., None]) -> None:
    switch_on(folder, 60)
    for _ in range(2):
        captures.recorder = None
        watch = Watch(folder, "0")
        watch.look()
        assert captures.recorder is not None
        note(captures.recorder)
        watch.look(at_once=True)
    assert captured(folder)["training.get_set"].seen == 2


def test_what_is_kept_is_removed_after_a_week(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    switch_on(folder, -8 * 86_400)
    Watch(folder, "0").look()
    assert not folder.exists()


def test_a_file_that_is_broken_or_of_another_form_is_left_out(folder: Path) -> None:
    switch_on(folder, 60)
    name = json.loads((folder / "switch.json").read_text())["name"]
    for number, text in enumerate(("", "{", "[]", '{"form":0,"switch":"x"}', "null")):
        (folder / f"{number}.kept").write_text(text)
    call = {"at": 1.0, "ms": 1.0, "rows": 1, "request_id": "x", "values": {}, "withheld": {}}
    kept = [{}, {**call, "at": "x"}, {**call, "at": 1e300}, {**call, "ms": None}, {**call, "values": 1}, 7]
    shapes = [{"seen": 1, "slowest": [one], "by_chance": []} for one in kept]
    for number, files in enumerate([[], {"a.b@1": {}}, {"a.b@1": 1}, *({"a.b@1": one} for one in shapes)]):
        told = {"form": FORM, "switch": name, "files": files}
        (folder / f"shape{number}.kept").write_text(json.dumps(told))
    assert captured(folder) == {}
    (folder / "switch.json").write_text("[1]")
    Watch(folder, "0").look()
    assert captures.recorder is None


def test_what_the_api_runs_is_kept_with_its_parameters(owner: Client, folder: Path) -> None:
    captures.recorder = one = recorder()
    assert owner.get("/api/v1/users/me").status_code == 200
    request = owner.post("/api/v1/auth/login", json={"username": "nobody", "password": "pw-4711"})
    captures.recorder = None
    told = {version.partition("@")[0]: kept for version, kept in json.loads(one.content())["files"].items()}
    assert "pw-4711" not in one.content().decode()
    (call,) = told["users.get_user"]["slowest"]
    assert call["values"]["user_id"] == str(owner.user_id)
    assert request.headers["X-Request-ID"] in one.content().decode()


# ── the commands ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def run(root: Path, newest_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path))

    def run(*arguments: str) -> Result:
        where = [] if arguments[0] == "capture" else ["--database-url", newest_dsn]
        return CliRunner().invoke(sql, [*arguments, "--queries", str(root), *where])

    return run


@pytest.fixture
def kept(run: Callable[..., Result], folder: Path, note: Callable[..., None]) -> None:
    """Two calls are kept: the slower one is of athlete 7."""
    assert run("capture", "--for", "10m").exit_code == 0
    watch = Watch(folder, "0")
    watch.look()
    assert captures.recorder is not None
    note(captures.recorder, ms=2)
    note(captures.recorder, ms=9, athlete_id=b"7", note="\x1b[2J\u202eé".encode())
    watch.look(at_once=True)


@pytest.mark.usefixtures("kept")
def test_they_are_listed_and_shown_the_slowest_first(run: Callable[..., Result]) -> None:
    listed = run("capture")
    assert listed.exit_code == 0, listed.output
    assert "training.get_set" in listed.output
    assert json.loads(run("capture", "--list", "--json").stdout)[0]["calls"] == 2
    shown = run("capture", "--show", "training.get_set").output
    assert shown.index("athlete_id = '7'") < shown.index("athlete_id = '1'")
    assert "new_password: not kept (secret)" in shown
    assert ("\x1b" in shown, "\u202e" in shown, "é" in shown) == (False, False, True)
    run("capture", "--clear")
    assert "No call of training.get_set is kept." in run("capture", "--show", "training.get_set").output


@pytest.mark.usefixtures("kept")
def test_explain_compare_bench_and_budget_take_their_values(run: Callable[..., Result], root: Path) -> None:
    explained = run("explain", "training.get_set", "--captured", "--custom")
    assert explained.exit_code == 0, explained.output
    assert "athlete_id = '7'" in explained.output
    assert "that took 9.0 ms, without new_password, digest" in explained.output
    assert "only 2 calls" in run("explain", "training.get_set", "--captured", "3").output
    path = root / "training" / "get_set.sql"
    compared = json.loads(run("compare", "training.get_set", str(path), "--captured", "--json").stdout)
    assert [one["set"] for one in compared["sets"]] == ["usual", "captured 1", "captured 2"]
    benched = run("bench", "training.get_set", "--captured", "--seconds", "1")
    assert (benched.exit_code, "2 captured" in benched.output) == (0, True), benched.output
    measured = run("budget", "training.get_set", "--captured", "--propose")
    assert "-- @budget run: buffers<=10" in measured.output, measured.output


def test_without_a_kept_call_the_command_says_how_to_get_one(run: Callable[..., Result], read: Read) -> None:
    read(GET)
    result = run("explain", "training.get_set", "--captured")
    assert (result.exit_code, "run `workouts sql capture --for 10m`" in result.output) == (1, True)


@pytest.mark.parametrize("wrong", ["", "10", "0s", "25h", "-1m", "1e9s", "9999999s"])
def test_a_time_that_is_none_is_refused(run: Callable[..., Result], wrong: str) -> None:
    result = run("capture", "--for", wrong)
    assert (result.exit_code, "expected a time such as 30s, 10m or 2h" in result.output) == (2, True)
