"""``workouts sql bench``: pgbench runs the file as the application does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from workouts_api.dba.benching import script
from workouts_api.dba.commands import sql
from workouts_api.dba.server import StatementProblemError
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]
Bench = Callable[..., Result]

READS = """-- The sets of an athlete.
-- @param athlete_id bigint = 1
-- @param day date? = null
-- @param note text = 'it''s :not a variable'
-- @returns many
-- @readonly
-- @plan custom
-- @param empty text = ''
-- @sample tenth: athlete_id = 10
-- @sample nobody: athlete_id = (select a.id from athletes as a where a.id < 0)
select s.set_no -- :remark
from sets as s where s.athlete_id = :athlete_id and :day::date is null and :note <> '' and :empty = '' limit 5
"""
ADDS = """-- Adds an athlete.
-- @param name text = 'benched'
-- @returns one
-- @writes
insert into athletes (name) values (:name) returning id
"""


@pytest.fixture
def bench(root: Path, newest_dsn: str) -> Bench:
    def bench(name: str, *options: str, seconds: int = 1) -> Result:
        where = ["--queries", str(root), "--database-url", newest_dsn, "--seconds", str(seconds)]
        return CliRunner().invoke(sql, ["bench", name, *options, *where])

    return bench


def test_each_set_that_finds_its_data_is_a_line(read: Read, bench: Bench) -> None:
    read(READS)
    result = bench("training.get_set", "--clients", "2")
    assert result.exit_code == 0, result.output
    header, *lines = result.output.splitlines()
    assert header.split() == ["set", "calls", "a", "second", "p50", "ms", "p95", "ms", "p99", "ms"]
    assert [line.split()[0] for line in lines] == ["usual", "tenth"]
    assert all(int(line.split()[1].replace(",", "")) > 1 for line in lines)


def test_a_file_that_writes_is_refused_unless_asked_for_and_leaves_nothing(
    read: Read, bench: Bench, newest_dsn: str
) -> None:
    read(ADDS)
    refused = bench("training.get_set")
    assert (refused.exit_code, "expected --writes" in refused.output) == (1, True)
    assert bench("training.get_set", "--writes").exit_code == 0
    with psycopg.connect(newest_dsn) as conn:
        assert conn.execute("select count(*) from workouts.athletes where name = 'benched'").fetchone() == (0,)


def test_the_script_has_typed_variables_null_in_its_place_and_the_tag(read: Read) -> None:
    file = read(READS)
    told = script(file, {"athlete_id": "1", "day": None, "note": "x", "empty": ""})
    assert told.startswith(f"select {file.tag} s.set_no  \n")
    assert (
        "where s.athlete_id = (:athlete_id::bigint) and (null::date)::date is null"
        " and (:note::text) <> '' and (''::text) = '' limit 5" in told
    )
    assert ":remark" not in told
    assert script(read(ADDS), {"name": "x"}).startswith("begin;\ninsert /*")


def test_what_pgbench_would_take_for_a_variable_is_refused_with_its_line(read: Read) -> None:
    text = "-- One.\n-- @returns value\n-- @readonly\nselect\n  to_char(now(), 'HH24:MI') as a"
    with pytest.raises(StatementProblemError, match="pgbench takes what follows a colon") as caught:
        script(read(text), {})
    assert caught.value.line == 5


def test_an_error_of_the_statement_is_told_in_pgbenchs_words(read: Read, bench: Bench) -> None:
    read("-- One.\n-- @param n int = 0\n-- @returns value\n-- @readonly\nselect 1 / :n as a")
    result = bench("training.get_set")
    assert result.exit_code == 1
    assert "division by zero" in result.output
    assert "Traceback" not in result.output
