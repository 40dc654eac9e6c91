"""``workouts sql swap``: what may take the place of a release's file, what may not and why, and what the list says."""

from __future__ import annotations

import errno
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from tests.conftest import Client
from workouts_api import activity
from workouts_api.database.capture_files import FORM, switch_on, write_whole
from workouts_api.database.swap_files import MAX_BYTES, Swap, digest_of, held, read_contents, write
from workouts_api.database.swapping import in_force, mark_of, swaps_in
from workouts_api.dba.commands import sql
from workouts_api.dba.commands import swapping as command
from workouts_api.dba.comparing import Compared
from workouts_api.dba.rows import Difference
from workouts_api.sql.loaded import CATALOGUE

Run = Callable[..., Result]

NAME = "users.get_user"
RELEASED = CATALOGUE.find(NAME)
WHERE = "where u.id = :user_id"
GOOD = RELEASED.text.replace(WHERE, "where :user_id = u.id")
WRITES = CATALOGUE.find("sessions.patch_session")


@pytest.fixture
def run(environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, database: object) -> Run:
    """Runs ``swap`` with a data folder of its own, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir(mode=0o700)

    def run(*arguments: str, text: str | None = None, **variables: str) -> Result:
        if text is not None:
            path = tmp_path / "new.sql"
            path.write_text(text, encoding="utf-8")
            arguments = (*arguments, "--file", str(path))
        env = {**environ, "WORKOUTS_DATA_DIR": str(tmp_path / "data"), **variables}
        return CliRunner().invoke(sql, ["swap", *arguments], env=env, catch_exceptions=False)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "swaps"


def kept(folder: Path) -> list[tuple[str, str]]:
    return [(one.query, one.state) for one in swaps_in(folder, CATALOGUE)]


def test_a_good_text_is_compared_kept_listed_and_undone(run: Run, folder: Path, owner: Client) -> None:
    assert run().output == "Nothing is swapped on this host.\n"
    swapped = run(NAME, text=GOOD, SUDO_USER="anna")
    assert swapped.exit_code == 0, swapped.output
    assert "The same rows: " in swapped.output
    new = digest_of(GOOD.encode())[:8]
    assert f"{NAME}: {new} takes the place of {RELEASED.digest}." in swapped.output
    assert "No worker runs here now; the next ones begin with it." in swapped.output
    (row,) = json.loads(run("--list", "--json").stdout)
    assert (row["query"], row["text"], row["instead of"], row["state"], row["by"]) == (
        *(NAME, new, RELEASED.digest, "in force", "anna"),
    )
    assert NAME in run("--list").stdout
    undone = run(NAME, "--undo")
    assert (undone.exit_code, f"{NAME}: the release's text again." in undone.output) == (0, True)
    assert kept(folder) == []
    again = run(NAME, "--undo")
    assert (again.exit_code, again.output) == (1, f"Error: {NAME} is not swapped on this host.\n")


def test_a_text_without_a_head_has_that_of_the_release(run: Run, folder: Path) -> None:
    assert run(NAME, text=GOOD[RELEASED.body_start :]).exit_code == 0
    (found,) = swaps_in(folder, CATALOGUE)
    assert found.swap is not None
    assert found.swap.text.decode() == GOOD


def test_without_a_file_the_text_is_that_below_the_folder_in_which_one_stands(
    run: Run, folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "queries" / "users" / "get_user.sql"
    path.parent.mkdir(parents=True)
    path.write_text(GOOD)
    assert run(NAME).exit_code == 0
    assert kept(folder) == [(NAME, "in force")]


VERSION, REPLY = "u.version", "user_json(u, a.id, a.zone) as reply"
DECLARED = "-- @column version integer!\n"


def selecting(*columns: str, declared: str = DECLARED) -> str:
    return GOOD.replace(f"{VERSION},\n  {REPLY}", ",\n  ".join(columns)).replace(DECLARED, declared)


BAD = {
    "syntax": (GOOD.replace("select\n", "selec\n"), r"new\.sql:10:1: syntax error"),
    "an unknown column": (
        GOOD.replace(":user_id = u.id", ":user_id = u.idd"),
        r"/new\.sql:15:\d+: column u\.idd does not exist",
    ),
    "a head that is none": (GOOD.replace("@returns one", "@returns oen"), r"new\.sql:5: "),
    "no statement": ("-- Nothing.\n-- @returns one\n", r"new\.sql:\d+: .*statement"),
    "a column more": (
        selecting(VERSION, REPLY, "1 as more"),
        r"a column more, the release's has none of that name",
    ),
    "a column less": (selecting(REPLY, declared=""), r"the new text has no column version"),
    "another order": (
        selecting(REPLY, VERSION),
        r"the columns are in another order: column 1 is reply, in the release version",
    ),
    "another type": (
        selecting("u.version::bigint as version", REPLY, declared="-- @column version bigint!\n"),
        r"column version is bigint, in the release integer",
    ),
    "a column that may be null": (
        selecting("nullif(u.version, 0) as version", REPLY, declared=""),
        r"column version may be null, in the release never: if it is not, say `-- @column version integer!`",
    ),
    "a parameter less": (
        GOOD.replace("-- @param user_id bigint = 1\n", "").replace(":user_id = u.id", "u.id = 1"),
        r"the new text has no parameter user_id",
    ),
    "a parameter more": (
        GOOD.replace("-- @param user_id", "-- @param other bigint = 1\n-- @param user_id").rstrip() + " and :other = 1",
        r"the new text has a parameter other, the release's has none of that name",
    ),
    "another type of a parameter": (
        GOOD.replace("user_id bigint", "user_id int"),
        r"parameter user_id is int, in the release bigint",
    ),
    "a parameter that may be null": (
        GOOD.replace("user_id bigint", "user_id bigint?"),
        r"parameter user_id is bigint\?, in the release bigint",
    ),
    "a parameter that is secret": (
        GOOD.replace("user_id bigint", "user_id bigint secret"),
        r"parameter user_id is bigint secret, in the release bigint",
    ),
    "another effect": (GOOD.replace("@readonly", "@writes"), r"the new text says @writes, the release's @readonly"),
    "an effect that is hidden": (GOOD.rstrip() + "\nfor update of u", r"new\.sql:\d+.*@readonly"),
    "another kind of result": (
        GOOD.replace("@returns one", "@returns maybe"),
        r"@returns maybe, the release's @returns one",
    ),
    "a plan without an index": (GOOD.replace("= u.id", "= u.id + 0"), r"users is read from end to end"),
    "other rows": (GOOD.rstrip() + " and u.id < 0", r"NOT THE SAME in 1 of 2 sets: captured 1\."),
}


@pytest.fixture
def called(tmp_path: Path, owner: Client) -> None:
    """A real call has been kept, of a user who is there."""
    folder = tmp_path / "data" / "captures"
    switch = switch_on(folder, 60)
    call = {
        "at": 0.0,
        "ms": 1.0,
        "rows": 1,
        "request_id": "1",
        "values": {"user_id": str(owner.user_id)},
        "withheld": {},
    }
    files = {RELEASED.version: {"seen": 1, "slowest": [call], "by_chance": []}}
    write_whole(folder / "0.kept", orjson.dumps({"form": FORM, "switch": switch.name, "files": files}))


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_text_is_refused_with_a_line_that_says_why_and_nothing_is_kept(
    run: Run, folder: Path, called: None, kind: str
) -> None:
    text, why = BAD[kind]
    assert text != GOOD
    result = run(NAME, text=text)
    assert result.exit_code == 1, result.output
    assert re.search(why, result.output), result.output
    assert read_contents(folder) == {}


def test_a_good_text_is_compared_on_real_calls_too(run: Run, called: None) -> None:
    result = run(NAME, text=GOOD)
    assert (result.exit_code, " in 2 sets, " in result.output) == (0, True), result.output
    assert "captured 1" in result.output


def test_the_plan_the_timeout_and_the_budgets_may_change(run: Run, folder: Path) -> None:
    text = GOOD.replace("@plan generic", "@plan custom\n-- @timeout 2s").replace("buffers<=6", "buffers<=9")
    assert run(NAME, text=text).exit_code == 0
    (found,) = swaps_in(folder, CATALOGUE)
    assert found.file is not None
    assert (found.file.plan, found.file.timeout_s) == ("custom", 2.0)


# Whatever the plan and the statistics: the whole catalogue is counted before the first row of any set.
DEARER = f"{RELEASED.text.rstrip()}\n  and (select count(*) from exercises) >= 0\n"


def test_a_dearer_text_is_swapped_only_if_that_is_wanted(run: Run, folder: Path, called: None) -> None:
    refused = run(NAME, text=DEARER)
    assert (refused.exit_code, read_contents(folder)) == (1, {}), refused.output
    assert "The same rows, but DEARER" in refused.output
    assert "Error: It was not swapped: expected --dearer if it should be." in refused.output
    assert run(NAME, "--dearer", text=DEARER).exit_code == 0
    assert kept(folder) == [(NAME, "in force")]


def test_a_call_on_which_the_releases_text_times_out_is_left_out(
    run: Run, folder: Path, called: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be the reason for the swap."""
    compared = command.compared

    def with_a_timeout(*given: Any) -> Iterator[Compared]:
        for one in compared(*given):
            refused = Difference("rows", (("57014: canceling statement due to statement timeout",),), (("1",),))
            yield replace(one, difference=refused) if one.name in left_out else one

    monkeypatch.setattr(command, "compared", with_a_timeout)
    left_out = {"captured 1"}
    result = run(NAME, text=GOOD)
    assert (result.exit_code, " in 1 set, " in result.output) == (0, True), result.output
    assert "captured 1: left out, the release's text ended by its timeout." in result.output
    left_out |= {"usual"}
    result = run(NAME, text=GOOD)
    assert (result.exit_code, "so the two were not compared" in result.output) == (0, True), result.output


def test_a_file_that_writes_is_checked_and_never_run(run: Run, folder: Path) -> None:
    result = run(WRITES.full_name, text=f"{WRITES.text.rstrip()}\n-- checked\n")
    assert result.exit_code == 0, result.output
    assert "It writes, so it was checked, and not run beside the release's text." in result.output
    assert kept(folder) == [(WRITES.full_name, "in force")]
    wrong = run(WRITES.full_name, text=WRITES.text.replace("@writes", "@readonly"))
    assert (wrong.exit_code, "@readonly, the release's @writes" in wrong.output) == (1, True)


def test_the_guard_is_not_swapped(run: Run, folder: Path) -> None:
    guard = CATALOGUE.find("spine.pass_guard")
    result = run(guard.full_name, text=f"{guard.text.rstrip()}\n-- changed\n")
    assert (result.exit_code, "change the function, by a migration" in result.output) == (1, True), result.output
    assert read_contents(folder) == {}


def test_the_releases_own_text_is_no_swap(run: Run, tmp_path: Path) -> None:
    result = run(NAME, text=RELEASED.text)
    assert (result.exit_code, "has the text of the release: name the new one by --file" in result.output) == (1, True)
    assert "not readable: No such file" in run(NAME).output  # nothing lies in this folder


def test_a_second_swap_replaces_the_first_and_is_compared_with_the_release(run: Run, folder: Path) -> None:
    assert run(NAME, text=GOOD).exit_code == 0
    second = GOOD.replace("where :user_id = u.id", "where u.id = :user_id and u.id = :user_id")
    assert run(NAME, text=second).exit_code == 0
    (found,) = swaps_in(folder, CATALOGUE)
    assert found.swap is not None
    assert (found.swap.text.decode(), found.swap.release) == (second, digest_of(RELEASED.text.encode()))


@pytest.mark.parametrize(
    "arguments",
    [("--undo",), ("--list", NAME), (NAME, "--undo", "--file", "x.sql"), ("--file", "x.sql")],
)
def test_options_that_do_not_go_together_are_refused(run: Run, arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert (result.exit_code, "expected NAME, NAME --file PATH" in result.output) == (2, True), result.output


def test_a_query_that_is_unknown_is_named_with_the_nearest(run: Run) -> None:
    result = run("users.get_usr", text=GOOD)
    assert (result.exit_code, "did you mean users.get_user" in result.output) == (1, True)


def test_a_damaged_one_and_one_of_a_file_that_is_gone_are_listed_and_undone(run: Run, folder: Path) -> None:
    write(folder, Swap("users.no_such_file", b"select 1", "0" * 64, "anna", 0.0))
    (folder / f"{NAME}.sql").write_text("select 1")
    states = {row["query"]: row["state"] for row in json.loads(run("--list", "--json").stdout)}
    assert states == {
        NAME: "damaged: its first line is no record of a swap",
        "users.no_such_file": "outdated: the release has no such file",
    }
    for name in states:
        assert run(name, "--undo").exit_code == 0
    assert read_contents(folder) == {}


def test_a_text_that_no_worker_would_read_is_refused(run: Run, folder: Path) -> None:
    """They leave out what is too large; so the command must not say that they run it."""
    result = run(NAME, text=GOOD + " " * MAX_BYTES)
    assert (result.exit_code, "expected less than 1,048,576" in result.output) == (1, True), result.output
    assert read_contents(folder) == {}


def test_a_text_that_the_workers_would_ignore_is_not_said_to_be_swapped(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workouts_api.database.swap_files.belongs_to_another", lambda _: True)
    result = run(NAME, text=GOOD)
    assert (result.exit_code, "It was not swapped: others than user" in result.output) == (1, True), result.output
    assert not list(folder.iterdir())


def test_a_full_disk_is_a_line_and_leaves_the_last_swap_and_nothing_beside_it(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(NAME, text=GOOD).exit_code == 0
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", _is_full)
        result = run(NAME, text=GOOD + "\n-- newer")
    assert (result.exit_code, "No space left on device" in result.output) == (1, True), result.output
    assert [path.name for path in folder.iterdir()] == [f"{NAME}.sql"]
    assert kept(folder) == [(NAME, "in force")]


def _is_full(_: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_it_is_refused_to_others_than_the_user_of_the_service(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: (tmp_path / "data").stat().st_uid + 1)
    for arguments in ((NAME, "--undo"), (NAME, "--file", "x.sql")):
        result = run(*arguments)
        assert (result.exit_code, "run it as that user" in result.output) == (1, True), result.output


def test_without_a_data_folder_or_a_live_database_it_is_refused(run: Run, environ: dict[str, str]) -> None:
    assert "No such file or directory" in run(NAME, text=GOOD, WORKOUTS_DATA_DIR="/nowhere").output


# ── two at a time ───────────────────────────────────────────────────────────────────────────────────────────


def _keep(folder: Path, text: str = GOOD + "\n-- of anna") -> None:
    write(folder, Swap(NAME, text.encode(), digest_of(RELEASED.text.encode()), "anna", time.time()))


FIRST = GOOD + "\n-- first"


@pytest.mark.parametrize(("first", "what"), [(None, "swapped"), (FIRST, "swapped"), (FIRST, "undone")])
def test_whoever_is_overtaken_while_it_is_checked_is_told_and_changes_nothing(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, first: str | None, what: str
) -> None:
    if first is not None:
        assert run(NAME, text=first).exit_code == 0
    try_out = command._try_out

    def overtaken(*arguments: Any, **named: Any) -> None:
        try_out(*arguments, **named)
        _keep(folder) if what == "swapped" else (folder / f"{NAME}.sql").unlink()

    monkeypatch.setattr(command, "_try_out", overtaken)
    result = run(NAME, text=GOOD)
    said = f"anna has swapped {NAME} meanwhile" if what == "swapped" else f"the swap of {NAME} was undone meanwhile"
    assert (result.exit_code, f"It was not swapped: {said}" in result.output) == (1, True), result.output
    assert [one.swap.by for one in swaps_in(folder, CATALOGUE) if one.swap] == ["anna"] * (what == "swapped")


@pytest.mark.parametrize("arguments", [(), ("--undo",)])
def test_whoever_is_replaced_while_workers_follow_is_told(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    if arguments:
        assert run(NAME, text=GOOD).exit_code == 0

    def none(*_: object) -> tuple[int, int]:
        _keep(folder)
        return 0, 0

    monkeypatch.setattr(command, "_workers", none)
    result = run(NAME, *arguments, text=None if arguments else GOOD)
    assert (result.exit_code, f"anna has swapped {NAME} meanwhile" in result.output) == (1, True), result.output


def test_a_swap_that_was_stopped_in_the_middle_does_not_keep_others_waiting(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workouts_api.database.swap_files.PATIENCE", 0.1)
    with held(folder):
        result = run(NAME, text=GOOD)
    assert (result.exit_code, "another swap is under way" in result.output) == (1, True), result.output
    assert run(NAME, text=GOOD).exit_code == 0


# ── the workers ─────────────────────────────────────────────────────────────────────────────────────────────


def test_it_waits_until_all_workers_run_the_text(run: Run, folder: Path, tmp_path: Path) -> None:
    activity.join(tmp_path / "data" / "workers", 1)
    over = threading.Event()

    def follow() -> None:
        while not over.wait(0.01):
            activity.show_mark(mark_of(in_force(swaps_in(folder, CATALOGUE))))

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        assert "1 of 1 workers run it after 0." in run(NAME, text=GOOD).output
        assert "1 of 1 workers run it so." in run("--list").output
        assert "1 of 1 workers run it after 0." in run(NAME, "--undo").output
    finally:
        over.set()
        thread.join()
        activity.leave()


def test_a_worker_that_does_not_follow_is_said_and_the_exit_code_is_1(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "PATIENCE", 0.1)
    activity.join(tmp_path / "data" / "workers", 1)
    try:
        result = run(NAME, text=GOOD)
    finally:
        activity.leave()
    assert result.exit_code == 1
    assert re.search(r"0 of 1 workers run it after \d+\.\d s\. The others may run another release", result.output)
