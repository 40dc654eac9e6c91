"""Swapped query files: what is in force, what a damaged or outdated one does, and what of it is seen from outside."""

from __future__ import annotations

import os
import shutil
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from flask import Flask, g, request_finished

from tests.conftest import Client
from tests.metrics.test_metrics import exposed
from workouts_api import activity
from workouts_api.config import Settings
from workouts_api.database import Database, swapping
from workouts_api.database.capture_files import Switch
from workouts_api.database.captures import Recorder
from workouts_api.database.swap_files import MAX_BYTES, Swap, digest_of, remove, write
from workouts_api.database.swapping import FRAME, Watch, in_force, mark_of, swaps_in
from workouts_api.metrics import tally
from workouts_api.metrics.publishing import Publisher
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.web import handlers

ME, NAME = "/api/v1/users/me", "users.get_user"
RELEASED = CATALOGUE.find(NAME)
OTHER = RELEASED.text.replace("where u.id = :user_id", "where :user_id = u.id")

Put = Callable[..., Swap]


@pytest.fixture
def runner(app: Flask) -> Database:
    found: Database = app.extensions["database"]
    return found


@pytest.fixture
def folder(settings: Settings, runner: Database) -> Iterator[Path]:
    yield settings.swaps_folder
    shutil.rmtree(settings.swaps_folder, ignore_errors=True)
    runner.follow_swaps()


@pytest.fixture
def put(folder: Path) -> Put:
    """Keeps a text in place of the release's, as the command does."""

    def put(text: str = OTHER, released: QueryFile = RELEASED, **changed: Any) -> Swap:
        told = {"release": digest_of(released.text.encode()), "by": "anna", "at": time.time(), **changed}
        swap = Swap(released.full_name, text.encode(), **told)
        write(folder, swap)
        return swap

    return put


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The lines that the log gets. The modules' own loggers may be bound already."""
    told = structlog.testing.LogCapture()
    for module in (swapping, handlers):
        logger = structlog.wrap_logger(None, processors=[told], wrapper_class=structlog.BoundLogger)
        monkeypatch.setattr(module, "log", logger)
    found: list[Any] = told.entries
    return found


def statements(app: Flask, client: Client) -> list[str]:
    """As the log names them, of one request."""
    callers: list[Any] = []

    def look(*_: Any, **__: Any) -> None:
        callers.append(g.caller)

    with request_finished.connected_to(look, app):
        assert client.get(ME).status_code == 200
    found: list[str] = callers[0].statements
    return found


def test_a_swapped_text_serves_at_once_and_the_releases_after_its_end(
    app: Flask, owner: Client, runner: Database, put: Put, folder: Path
) -> None:
    before = owner.get(ME).json
    swap = put()
    assert statements(app, owner) == [NAME]
    runner.follow_swaps()
    assert statements(app, owner) == [f"{NAME}@{swap.digest[:8]}"]
    assert owner.get(ME).json == before
    assert remove(folder, NAME)
    runner.follow_swaps()
    assert statements(app, owner) == [NAME]


def test_the_server_sees_the_digest_of_the_text_that_runs(
    owner: Client, runner: Database, put: Put, database: psycopg.Connection[Any]
) -> None:
    swap = put()
    runner.follow_swaps()
    owner.get(ME)
    row = database.execute(
        "select query from pg_stat_activity where datname = current_database()"
        " and application_name like 'workouts-api%' and query like '%get_user@%' order by query_start desc limit 1"
    ).fetchone()
    assert row is not None
    assert f"/* {NAME}@{swap.digest[:8]} */" in row[0]


def test_metrics_count_a_swapped_text_by_itself(owner: Client, runner: Database, put: Put, settings: Settings) -> None:
    tally.forget()
    owner.get(ME)
    swap = put()
    runner.follow_swaps()
    owner.get(ME)
    owner.get(ME)
    settings.activity_folder.mkdir(exist_ok=True)
    Publisher(settings.activity_folder, "swapped", {}).write()
    found = exposed(settings)
    assert found["workouts_queries_total", (NAME, "")] == 1
    assert found["workouts_queries_total", (NAME, swap.digest[:8])] == 2


def test_captures_keep_both_texts_apart(owner: Client, runner: Database, put: Put, folder: Path) -> None:
    from workouts_api.database import captures
    from workouts_api.dba.captured import captured

    captures.recorder = recorder = Recorder(Switch("now", time.time() + 60))
    try:
        owner.get(ME)
        swap = put()
        runner.follow_swaps()
        owner.get(ME)
    finally:
        captures.recorder = None
    kept = folder.parent / "kept-by-a-test"
    kept.mkdir(exist_ok=True)
    (kept / "switch.json").write_text('{"name": "now", "until": 1}')
    (kept / "0.kept").write_bytes(recorder.content())
    found = captured(kept)[NAME]
    assert found.seen == 2
    assert {call.digest for call in found.calls} == {RELEASED.digest, swap.digest[:8]}


def test_health_names_what_is_swapped_to_superusers_and_only_the_state_to_others(
    app: Flask, admin: Client, anonymous: Client, runner: Database, put: Put
) -> None:
    app.extensions["health"]._slots.clear()
    assert admin.get("/health/details").json["checks"]["queries"]["state"] == "released"
    swap = put()
    runner.follow_swaps()
    app.extensions["health"]._slots.clear()
    found = admin.get("/health/details").json["checks"]["queries"]
    assert (found["state"], found["swapped"]) == ("swapped", {NAME: swap.digest[:8]})
    assert anonymous.get("/health").json["checks"]["queries"].keys() == {"state", "age_s"}


def test_a_text_that_fails_when_it_runs_is_a_500_whose_line_names_its_digest(
    owner: Client, runner: Database, put: Put, folder: Path, lines: list[Any]
) -> None:
    """As when a migration has taken away what it reads since it was checked."""
    swap = put(RELEASED.text.replace("from users as u", "from no_such_table as u"))
    runner.follow_swaps()
    for _ in range(3):  # the first one is at the statement's preparation
        reply = owner.get(ME)
        assert (reply.status_code, reply.json["error"]) == (500, "internal_error")
        assert "no_such_table" not in reply.text
    told = [line for line in lines if line.get("sqlstate")]
    assert [(line["statement"], line["sqlstate"]) for line in told] == [(f"{NAME}@{swap.digest[:8]}", "42P01")] * 3
    remove(folder, NAME)
    runner.follow_swaps()
    assert owner.get(ME).status_code == 200


# ── what is not used ────────────────────────────────────────────────────────────────────────────────────────


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5])


def changed(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"u.id", b"a.id"))


def without_record(path: Path) -> None:
    path.write_bytes(path.read_bytes().partition(b"\n")[2])


def of_another_form(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"form":1', b'"form":9', 1))


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def too_long(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b" " * MAX_BYTES)


def writable_by_others(path: Path) -> None:
    path.chmod(0o606)


def writable_by_the_group(path: Path) -> None:
    path.chmod(0o660)


def a_link(path: Path) -> None:
    path.rename(path.with_suffix(".elsewhere"))
    path.symlink_to(path.with_suffix(".elsewhere"))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGES = (
    *(cut_off, changed, without_record, of_another_form, emptied, too_long),
    *(writable_by_others, writable_by_the_group, a_link, a_pipe, a_folder),
)


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_a_damaged_swap_is_ignored_with_one_line_and_the_release_serves(
    app: Flask,
    owner: Client,
    runner: Database,
    put: Put,
    folder: Path,
    damage: Callable[[Path], None],
    lines: list[Any],
) -> None:
    put()
    damage(folder / f"{NAME}.sql")
    watch = Watch(runner)
    for _ in range(3):
        watch.look()
    assert statements(app, owner) == [NAME]
    told = [line for line in lines if line["event"] == "swap ignored"]
    assert [(line["query"], line["state"], bool(line["cause"])) for line in told] == [(NAME, "damaged", True)]
    assert [one.state for one in swaps_in(folder, CATALOGUE)] == ["damaged"]


def test_a_damaged_swap_does_no_harm_to_another_one(app: Flask, owner: Client, runner: Database, put: Put) -> None:
    swap = put()
    released = CATALOGUE.find("sessions.list_sessions")
    put(released.text + "\n-- changed", released)
    cut_off(runner.swaps._folder / "sessions.list_sessions.sql")
    runner.follow_swaps()
    assert statements(app, owner) == [f"{NAME}@{swap.digest[:8]}"]


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"release": "0" * 64}, "the release has another file than the one that it replaced"),
        ({"text": RELEASED.text}, "the release has this text now"),
    ],
)
def test_after_a_release_that_has_changed_the_file_a_swap_no_longer_applies(
    app: Flask,
    owner: Client,
    runner: Database,
    put: Put,
    folder: Path,
    about: dict[str, Any],
    why: str,
    lines: list[Any],
) -> None:
    put(**about)
    Watch(runner).look()
    assert [(line["event"], line["state"], line["cause"]) for line in lines] == [("swap ignored", "outdated", why)]
    assert statements(app, owner) == [NAME]
    assert in_force(swaps_in(folder, CATALOGUE)) == {}


def test_a_swap_of_a_file_that_the_release_does_not_have_is_outdated(folder: Path) -> None:
    write(folder, Swap("users.no_such_file", b"select 1", "0" * 64, "anna", 0.0))
    assert [(one.state, one.why) for one in swaps_in(folder, CATALOGUE)] == [
        ("outdated", "the release has no such file")
    ]


@pytest.mark.parametrize("name", sorted(FRAME))
def test_what_travels_with_other_queries_cannot_be_swapped(put: Put, folder: Path, name: str) -> None:
    released = CATALOGUE.find(name)
    put(released.text + "\n-- changed", released)
    assert [one.state for one in swaps_in(folder, CATALOGUE)] == ["damaged"]


def test_the_frame_is_every_statement_that_the_database_keeps_for_itself(runner: Database) -> None:
    kept = {
        one.file.full_name
        for name, one in vars(runner).items()
        if name.startswith("_") and type(one).__name__ == "Statement"
    }
    of_replicas = {"spine.tell_position", "spine.identify_server", "spine.follow_primary"}
    assert kept | of_replicas == FRAME


# ── the folder, and who follows it ──────────────────────────────────────────────────────────────────────────


def test_only_the_user_of_the_service_can_read_and_change_what_is_kept(put: Put, folder: Path) -> None:
    put()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    assert [path.name for path in folder.iterdir()] == [f"{NAME}.sql"]


def test_what_is_kept_can_be_read_as_sql_below_its_first_line(put: Put, folder: Path) -> None:
    put()
    first, _, text = (folder / f"{NAME}.sql").read_text().partition("\n")
    assert first.startswith('-- swap {"form":1,')
    assert text == OTHER


def test_a_process_that_begins_has_the_swapped_text_from_its_first_request_on(settings: Settings, put: Put) -> None:
    swap = put()
    runner = Database(settings, str(settings.database_url), CATALOGUE)
    assert runner._statements[NAME].name == f"{NAME}@{swap.digest[:8]}"


def test_a_thread_follows_within_a_second_and_others_see_what_the_worker_runs(
    runner: Database, put: Put, folder: Path, tmp_path: Path
) -> None:
    activity.join(tmp_path, 1)
    watch = Watch(runner)
    watch.start()

    def follows(mark: int) -> bool:
        deadline = time.monotonic() + 1.0
        while time.monotonic() < deadline:
            if [one.mark for one in activity.read(tmp_path)] == [mark]:
                return True
            time.sleep(0.01)
        return False

    try:
        assert follows(0)
        put()
        mark = mark_of(in_force(swaps_in(folder, CATALOGUE)))
        assert mark != 0
        assert follows(mark)
        remove(folder, NAME)
        assert follows(0)
    finally:
        watch.stop()
        activity.leave()


def test_the_thread_outlives_an_error(
    runner: Database, put: Put, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []

    def fails(_: Database) -> None:
        looks.append(1)
        raise MemoryError

    watch = Watch(runner)
    watch.start()
    try:
        monkeypatch.setattr(Database, "follow_swaps", fails)
        deadline = time.monotonic() + 10
        while len(looks) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(looks) >= 2
    finally:
        watch.stop()


def test_a_name_of_a_version_is_short_enough_for_a_prepared_statement() -> None:
    """The server cuts names after 63 bytes: two texts of one file would then be one statement."""
    assert max(len(file.version) for file in CATALOGUE.files()) <= 63
    assert swapping.LOOK_EVERY < 1


def test_a_swap_that_could_not_be_followed_is_followed_at_the_next_look(
    runner: Database, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, whole = Watch(runner), runner._prepare

    def fail(*_: Any, **__: Any) -> Any:
        raise MemoryError

    swap = put()
    monkeypatch.setattr(runner, "_prepare", fail)
    with pytest.raises(MemoryError):
        watch.look()
    monkeypatch.setattr(runner, "_prepare", whole)
    watch.look()
    assert runner._statements[NAME].key == (NAME, swap.digest[:8])
