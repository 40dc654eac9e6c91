"""``workouts sql budget``: figures beside budgets, and budgets that are proposed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from tests.postgres import vacuum
from workouts_api.dba.commands import sql
from workouts_api.dba.proposing import rounded_up, with_budgets
from workouts_api.sql.catalogue import load_catalogue
from workouts_api.sql.files import QueryFile

TEXT = """-- The sets of an athlete.
-- @param most bigint = 3
-- @sample all_of_them: most = 1000000
-- @sample nobody: most = (select a.id from athletes as a where a.id < 0)
-- @returns many
-- @readonly
-- @budget run: buffers<=1 rows_removed<=7
select s.set_no from sets as s limit :most
"""


@pytest.fixture
def budget(root: Path, newest_dsn: str) -> Callable[..., Result]:
    def budget(*arguments: str) -> Result:
        return CliRunner().invoke(sql, ["budget", *arguments, "--queries", str(root), "--database-url", newest_dsn])

    return budget


def test_the_figures_stand_beside_the_budgets(read: Callable[..., QueryFile], budget: Callable[..., Result]) -> None:
    read(TEXT)
    result = budget()
    assert result.exit_code == 1, result.output
    usual, every, nobody = result.output.splitlines()[1:]
    assert usual.split()[:2] == ["training.get_set", "usual"]
    assert ("1 EXCEEDED" in usual) == (int(usual.split()[2]) > 1)  # one page, or a few: that differs between servers
    assert ("all_of_them" in every, "1 EXCEEDED" in every) == (True, True)
    assert "finds nothing in this database" in nobody


def test_a_table_that_a_former_run_left_with_dead_rows_is_named(
    read: Callable[..., QueryFile], budget: Callable[..., Result], newest_dsn: str, root: Path
) -> None:
    """A run that writes is rolled back; the pages that it touched are visible to all after the next vacuum."""
    read(TEXT.replace("s.set_no from sets as s limit", "s.n from measured as s where s.n > 0 order by s.n limit"))
    with psycopg.connect(newest_dsn, autocommit=True, options="-c search_path=workouts") as conn:
        conn.execute("create table measured as select n from generate_series(1, 40000) as n")
        try:
            conn.execute("grant select on measured to workouts_app")
            conn.execute("create index measured_idx on measured (n)")
            vacuum(conn)
            assert "vacuum" not in budget().stderr
            with conn.transaction(force_rollback=True):
                conn.execute("delete from measured")
            where = ["--queries", str(root), "--database-url", newest_dsn]
            told = (
                "Index-only scans had to look up to 40,000 rows up in measured, so the figures are too high: "
                "run `vacuum (index_cleanup on) measured` first.\n"
            )
            assert told in budget().stderr
            assert told in CliRunner().invoke(sql, ["check", "--budgets", *where]).stderr
            conn.execute("delete from measured where n = 1000")  # one page of 177: a usual vacuum leaves it
            for how, helps in (("vacuum measured", False), ("vacuum (index_cleanup on) measured", True)):
                conn.execute("checkpoint")
                conn.execute(how.encode())
                assert ("vacuum" not in budget().stderr) == helps, how
        finally:
            conn.execute("drop table measured")


def test_the_proposal_fits_what_was_measured_and_is_written_in_the_place_of_the_old_one(
    read: Callable[..., QueryFile], budget: Callable[..., Result], root: Path
) -> None:
    read(TEXT)
    assert "@budget run: buffers<=" in budget("--propose").output
    assert load_catalogue(root).find("training.get_set").text == TEXT
    assert "training/get_set.sql was written." in budget("--write").output
    file = load_catalogue(root).find("training.get_set")
    assert (file.run_budget and file.run_budget.rows_removed, file.line_of("budget")) == (7, 7)
    every = file.budget_of("all_of_them")
    assert every
    assert every.buffers
    assert file.run_budget
    assert file.run_budget.buffers
    assert every.buffers > file.run_budget.buffers
    assert budget().exit_code == 0
    assert budget("--write").output == ""  # nothing moved


def test_a_file_without_a_budget_gets_one_below_its_last_key(read: Callable[..., QueryFile]) -> None:
    file = read(TEXT.replace("-- @budget run: buffers<=1 rows_removed<=7\n", ""))
    lines = with_budgets(file, {"": "-- @budget run: buffers<=10"}).split("\n")
    assert lines[5:7] == ["-- @readonly", "-- @budget run: buffers<=10"]


@pytest.mark.parametrize(("measured", "proposed"), [(0, 10), (3, 10), (8, 10), (9, 12), (100, 130), (1234, 1600)])
def test_a_proposal_leaves_room_and_is_round(measured: int, proposed: int) -> None:
    assert rounded_up(measured) == proposed
