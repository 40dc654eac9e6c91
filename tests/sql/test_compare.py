"""``workouts sql compare``: a rewrite beside the original, its rows, order, cost, and one verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from workouts_api.dba.commands import sql

Compare = Callable[..., Result]

HEAD = """-- The sets of an athlete.
-- @param athlete_id bigint = 1
-- @param limit int = 5
-- @returns many
-- @readonly
-- @sample tenth: athlete_id = (select a.id from athletes as a where a.id = 10)
-- @sample nobody: athlete_id = (select a.id from athletes as a where a.id < 0)
"""
ORIGINAL = "select s.set_no, s.reps from sets as s where s.athlete_id = :athlete_id order by s.set_no limit :limit\n"
SLOW = ORIGINAL.replace("s.athlete_id = ", "s.athlete_id + 0 = ")
ADDS = """-- Adds an athlete.
-- @param name text = 'new'
-- @returns one
-- @writes
insert into athletes (name) values (:name) returning id, name
"""


@pytest.fixture
def compare(root: Path, write: Callable[..., Path], newest_dsn: str, tmp_path: Path) -> Compare:
    """Compares training.get_set, or another query, with a text in a file of its own."""
    write(HEAD + ORIGINAL)
    write(ADDS, "athletes/add_athlete")

    def compare(rewrite: str, *options: str, name: str = "training.get_set") -> Result:
        path = tmp_path / "rewrite.sql"
        path.write_text(rewrite, encoding="utf-8")
        where = ["--queries", str(root), "--database-url", newest_dsn]
        return CliRunner().invoke(sql, ["compare", name, str(path), *options, *where])

    return compare


def test_the_same_rows_by_fewer_pages_is_a_success_on_each_set_that_finds_data(compare: Compare) -> None:
    result = compare(ORIGINAL.replace("s.athlete_id = :", "s.athlete_id = 0 + :"), "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["is_good"]) == (0, True)
    assert [(one["set"], one["rows"], one["same"]) for one in found["sets"]] == [
        ("usual", 5, "same"),
        ("tenth", 5, "same"),
    ]
    assert found["sets"][0]["a"]["buffers"] > 0


def test_the_same_rows_by_more_pages_are_a_failure_and_the_plans_stand_side_by_side(compare: Compare) -> None:
    result = compare(HEAD + SLOW, "--plans")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1].startswith("The same rows, but DEARER: ")
    assert "usual: the plan of REWRITE\nLimit\n" in result.stdout
    assert "Seq Scan sets" in result.stdout


def test_a_condition_that_only_filters_is_another_plan_although_the_index_is_the_same(compare: Compare) -> None:
    by_index = ORIGINAL.replace(":athlete_id order", ":athlete_id and s.set_no > 1 order")
    plans = compare(HEAD + by_index.replace("s.set_no > 1", "s.set_no + 0 > 1"), "--plans").stdout
    assert "changed" in plans
    assert "Filter)" in plans


@pytest.mark.parametrize("above", ["", HEAD])
def test_what_the_server_refuses_has_its_place_in_the_rewrites_own_file(
    compare: Compare, tmp_path: Path, above: str
) -> None:
    result = compare(above + ORIGINAL.replace(" from", "\nfrom").replace("order", "odrer"))
    line = above.count("\n") + 2
    assert result.output.startswith(f"Error: {tmp_path / 'rewrite.sql'}:{line}:"), result.output
    assert 'syntax error at or near "odrer"' in result.output
    unused = compare(above + "select 1 as n limit :limit\n")
    assert f"rewrite.sql:{2 if above else 1}: parameter athlete_id is not used" in unused.output


def test_a_rewrite_that_is_not_there_is_a_file_that_cannot_be_read(compare: Compare, tmp_path: Path) -> None:
    missing = tmp_path / "missing.sql"
    where = ["--queries", str(tmp_path / "queries")]
    compare(ORIGINAL)
    told = CliRunner().invoke(sql, ["compare", "training.get_set", str(missing), *where])
    assert (told.exit_code, told.output) == (1, f"Error: {missing}: not readable: No such file or directory\n")


def test_other_rows_are_named_with_the_set_and_an_example(compare: Compare) -> None:
    result = compare(ORIGINAL.replace("s.reps", "s.reps + (s.athlete_id = 10)::int as reps"))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "NOT THE SAME in 1 of 2 sets: tenth."
    assert "tenth: only in NAME:    1, 5\n" in result.stdout
    assert "tenth: only in REWRITE: 1, 6\n" in result.stdout


def test_another_order_is_no_success(compare: Compare) -> None:
    rewrite = f"select t.* from ({ORIGINAL.strip()}) as t order by t.set_no desc"
    assert "OTHER ORDER" in compare(rewrite).stdout


def test_rows_of_a_select_are_sets_of_parameters(compare: Compare) -> None:
    each = "select a.id as athlete_id, 3 as limit from athletes as a order by a.id"
    rewrite = ORIGINAL.replace(":athlete_id ", ":athlete_id and s.athlete_id <> 3 ")
    result = compare(rewrite, "--each", each, "--limit", "4")
    assert result.stdout.splitlines()[-1] == "NOT THE SAME in 1 of 6 sets: row 3."


def test_an_error_is_compared_like_a_row(compare: Compare) -> None:
    divided = ORIGINAL.replace("s.reps", "s.reps / (s.athlete_id - 10) as reps")
    failed = compare(divided)
    assert failed.stdout.splitlines()[-1] == "NOT THE SAME in 2 of 2 sets: usual, tenth."
    assert "tenth: only in REWRITE: 22012: division by zero" in failed.stdout
    minus = ["--each", "select -1 as limit"]
    assert "row 1: both refuse: 2201W: LIMIT must not be negative" in compare(ORIGINAL, *minus).stdout


@pytest.mark.parametrize(
    ("rewrite", "options", "message"),
    [
        (
            ORIGINAL,
            ["--each", "select 1 as nobody"],
            "--each: nobody: expected columns named as parameters: athlete_id",
        ),
        (ORIGINAL, ["--each", "select nothing"], '--each: column "nothing" does not exist'),
        (ORIGINAL, ["--each", "delete from sets"], "--each: syntax error"),
        (
            "select s.set_no from sets as s where s.athlete_id = :athlete_id limit :limit",
            [],
            "the columns differ: set_no,",
        ),
        ("select 1 as a where :athlete_id > :lim and :limit > 0", [], "rewrite.sql:1: :lim is not declared"),
        (HEAD.replace("athlete_id bigint", "athlete_id int") + ORIGINAL, [], "rewrite.sql: other parameters: expected"),
        (HEAD.replace("@readonly", "@writes") + ORIGINAL, [], "rewrite.sql: expected @readonly, as"),
        (ORIGINAL.replace("sets", "setts"), [], 'relation "setts" does not exist'),
        ("", [], "no statement"),
    ],
)
def test_what_cannot_be_compared_says_why(compare: Compare, rewrite: str, options: list[str], message: str) -> None:
    result = compare(rewrite, *options)
    assert result.exit_code == 1
    assert message in result.output
    assert "Traceback" not in result.output


def test_a_file_that_writes_is_refused_unless_asked_for_and_leaves_nothing(compare: Compare, newest_dsn: str) -> None:
    rewrite = "insert into athletes (name) select :name returning id, name"
    refused = compare(rewrite, name="athletes.add_athlete")
    assert (refused.exit_code, "expected --writes" in refused.output) == (1, True)
    assert compare(rewrite, "--writes", name="athletes.add_athlete").exit_code == 1  # the sequence goes on
    assert compare(rewrite, "--writes", "--ignore", "id", name="athletes.add_athlete").exit_code == 0
    with psycopg.connect(newest_dsn) as conn:
        assert conn.execute("select count(*) from workouts.athletes where name = 'new'").fetchone() == (0,)


def test_another_query_of_the_catalogue_may_be_the_rewrite(compare: Compare, root: Path, newest_dsn: str) -> None:
    arguments = ["compare", "training.get_set", "training.get_set", "--queries", str(root)]
    assert CliRunner().invoke(sql, [*arguments, "--database-url", newest_dsn]).exit_code == 0
