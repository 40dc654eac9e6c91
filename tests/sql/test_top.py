"""``workouts sql top``: what the query files cost on a server, oldest and newest, now and since earlier."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result
from psycopg.conninfo import make_conninfo

from tests.attribution import forget_statements
from workouts_api.database.swap_files import Swap, digest_of
from workouts_api.database.swap_files import write as write_swap
from workouts_api.dba.commands import sql
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]
Run = Callable[..., Result]

FILE = """-- The sets of an athlete.
-- @param athlete_id bigint = 1
-- @returns many
-- @readonly
-- @budget run: buffers<=1
select s.set_no from sets as s where s.athlete_id = :athlete_id limit 7
"""


@pytest.fixture
def run(root: Path, any_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs ``top`` on the test's folder and database, whose figures begin with the test."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path / "data"))
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        forget_statements(conn)
        conn.execute("grant usage on schema extensions to workouts_app")

    def run(*arguments: str, user: str = "workouts_dba") -> Result:
        where = ["--queries", str(root), "--database-url", make_conninfo(any_dsn, user=user)]
        return CliRunner().invoke(sql, ["top", *arguments, *where])

    return run


def call(dsn: str, file: QueryFile, times: int) -> None:
    with psycopg.connect(dsn, cursor_factory=psycopg.RawCursor, autocommit=True) as conn:
        conn.execute("set search_path = workouts")
        for athlete in range(1, times + 1):
            conn.execute(file.statement.encode(), [athlete])


def of_files(result: Result) -> list[dict[str, Any]]:
    return [row for row in json.loads(result.stdout)["statements"] if row["version"]]


def test_calls_rows_and_buffers_are_counted_by_file_and_stand_beside_the_budget(
    read: Read, run: Run, any_dsn: str
) -> None:
    file = read(FILE)
    call(any_dsn, file, 3)
    (row,) = of_files(run("--json"))
    assert (row["query"], row["version"], row["calls"], row["rows"]) == ("training.get_set", file.digest, 3, 7.0)
    assert row["buffers"] > 1
    assert row["budget"] == f"{row['buffers']:.0f} of 1 EXCEEDED"
    line = next(line for line in run("--by", "calls").stdout.splitlines() if "get_set" in line)
    assert line.split()[:2] == ["training.get_set", file.digest]
    assert run("--limit", "1").stdout.count("\n") == 2


def test_since_shows_what_was_added_and_a_reset_begins_anew(read: Read, run: Run, any_dsn: str) -> None:
    file = read(FILE)
    call(any_dsn, file, 2)
    assert run("--since", "5m").output == (
        "Error: no earlier figures are kept: run `workouts sql top --record` by a timer\n"
    )
    assert run("--record").output == ""
    call(any_dsn, file, 3)
    assert [row["calls"] for row in of_files(run("--since", "5m", "--json"))] == [3]
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        forget_statements(conn)
    call(any_dsn, file, 1)
    assert [row["calls"] for row in of_files(run("--since", "5m", "--json"))] == [1]
    refused = run("--since", "yesterday")
    assert refused.exit_code == 2
    assert "yesterday: expected a number with m, h or d, such as 24h" in refused.output


def test_each_version_of_a_file_is_a_line_before_and_after_a_reset(read: Read, run: Run, any_dsn: str) -> None:
    before = read(FILE)
    call(any_dsn, before, 3)
    run("--record")
    after = read(FILE.replace("limit 7", "and s.set_no > 0 limit 7"))
    with psycopg.connect(any_dsn, autocommit=True) as conn:
        forget_statements(conn)
    call(any_dsn, after, 2)
    rows = json.loads(run("training.get_set", "--json").stdout)
    assert [(row["version"], row["calls"]) for row in rows] == [(f"{before.digest} (not here)", 3), (after.digest, 2)]
    assert after.digest in run("queries/training/get_set.sql").output


def test_a_text_that_is_swapped_in_on_this_host_is_named_so(
    read: Read, run: Run, any_dsn: str, write: Callable[..., Path], tmp_path: Path
) -> None:
    new = read(FILE.replace("limit 7", "and s.set_no > 0 limit 7"))
    call(any_dsn, new, 2)
    released = read(FILE)
    call(any_dsn, released, 1)
    (tmp_path / "data").mkdir(exist_ok=True)
    swap = Swap("training.get_set", new.text.encode(), digest_of(released.text.encode()), "anna", 0.0)
    write_swap(tmp_path / "data" / "swaps", swap)
    assert {row["version"] for row in of_files(run("--json"))} == {f"{new.digest} (swapped)", released.digest}
    rows = json.loads(run("training.get_set", "--json").stdout)
    assert {row["version"] for row in rows} == {f"{new.digest} (swapped)", released.digest}


def test_calls_of_all_sets_are_held_against_the_budget_of_the_dearest(read: Read, run: Run, any_dsn: str) -> None:
    """A coach of thousands takes more than most, and the file says so: that is nothing to look at."""
    sets = "-- @sample largest: athlete_id = 2\n-- @budget run: buffers<=1\n-- @budget run(largest): buffers<={}\n"
    file = read(FILE.replace("-- @budget run: buffers<=1\n", sets.format(9000)))
    call(any_dsn, file, 3)
    (row,) = of_files(run("--json"))
    assert row["budget"] == f"{row['buffers']:.0f} of 1 to 9,000"
    read(FILE.replace("-- @budget run: buffers<=1\n", sets.format(1)))
    (row,) = of_files(run("--json"))
    assert row["budget"] == f"{row['buffers']:.0f} of 1 EXCEEDED"


def test_by_budget_has_those_first_that_take_most_of_theirs(read: Read, run: Run, any_dsn: str) -> None:
    roomy = FILE.replace("buffers<=1\n", "buffers<=100000\n").replace("limit 7", "and s.set_no > 0 limit 8")
    call(any_dsn, read(roomy, "training/get_sets"), 50)
    call(any_dsn, read(FILE), 1)
    for order, first in (("budget", "training.get_set"), ("calls", "training.get_sets")):
        assert of_files(run("--by", order, "--json"))[0]["query"] == first


def test_since_holds_for_the_versions_of_a_file_as_well(read: Read, run: Run, any_dsn: str) -> None:
    file = read(FILE)
    call(any_dsn, file, 2)
    run("--record")
    call(any_dsn, file, 3)
    run("--record")
    rows = [json.loads(run("training.get_set", *since, "--json").stdout) for since in ((), ("--since", "5m"))]
    assert [row["calls"] for (row,) in rows] == [5, 3]


def test_what_a_dba_tries_is_not_among_the_calls(read: Read, run: Run, root: Path, any_dsn: str) -> None:
    call(any_dsn, read(FILE), 2)
    rewrite = root.parent / "rewrite.sql"
    rewrite.write_text(FILE.replace("limit 7", "and s.set_no > 0 limit 7"))
    where = ["--queries", str(root), "--database-url", make_conninfo(any_dsn, user="workouts_dba")]
    for command in (["compare", "training.get_set", str(rewrite)], ["explain", "training.get_set", "--analyze"]):
        assert CliRunner().invoke(sql, [*command, *where]).exit_code in (0, 1)
    assert [row["calls"] for row in of_files(run("--json"))] == [2]


def test_a_file_that_nobody_called_and_one_that_is_not_there_say_so(read: Read, run: Run) -> None:
    read(FILE)
    assert run("training.get_set").output == "training.get_set was not called, as far as is known.\n"
    assert run("training.get_sets").exit_code == 1


def test_who_sees_only_its_own_statements_is_told(read: Read, run: Run, any_dsn: str) -> None:
    call(any_dsn, read(FILE), 1)
    result = run("--json", user="workouts_app")
    assert result.stderr.startswith("Statements of other roles are not seen: expected a member of pg_monitor.")


def test_a_folder_that_cannot_be_written_costs_the_history_only(
    read: Read, run: Run, any_dsn: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    call(any_dsn, read(FILE), 1)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("WORKOUTS_DATA_DIR", str(tmp_path / "file"))
    result = run("--json")
    assert result.stderr.startswith("The figures are not kept: Not a directory")
    assert len(of_files(result)) == 1


def test_a_database_without_the_extension_says_what_to_run(read: Read, any_dsn: str, root: Path) -> None:
    read(FILE)
    other = make_conninfo(any_dsn, dbname="template1", user="workouts_dba")
    result = CliRunner().invoke(sql, ["top", "--queries", str(root), "--database-url", other])
    assert result.output == "Error: pg_stat_statements is not in this database: run deploy/roles.sql here\n"
