"""``workouts sql explain``: plans for samples and for given values, and runs of which nothing stays."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workouts_api.dba.explain import explain
from workouts_api.dba.server import Session, StatementProblemError, session
from workouts_api.sql.files import QueryFile

Read = Callable[..., QueryFile]

FILE = """-- One.
-- @param athlete_id bigint = 7
-- @param reps int? = null
-- @returns many
-- @readonly
-- @plan custom
select s.set_no from sets as s where s.athlete_id = :athlete_id and (:reps::int is null or s.reps = :reps) limit 5
"""


def test_the_custom_plan_shows_the_sample_and_the_generic_one_its_number(read: Read, any_dsn: str) -> None:
    file = read(FILE)
    with session(any_dsn, read_only=True) as server:
        assert "athlete_id = '7'::bigint" in explain(server, file)
        assert "athlete_id = $1" in explain(server, file, mode="generic")
        assert "Buffers" not in explain(server, file)


def test_given_values_take_the_place_of_samples(read: Read, server: Session) -> None:
    assert "athlete_id = '9'::bigint" in explain(server, read(FILE), given={"athlete_id": "9", "reps": "NULL"})
    assert "reps = '5'::bigint" in explain(server, read(FILE), given={"reps": "5"})


def test_analyze_of_a_write_shows_its_buffers_and_leaves_nothing(read: Read, newest_dsn: str) -> None:
    file = read("-- One.\n-- @returns rows_affected\n-- @writes\nupdate athletes as a set name = 'gone' where a.id = 1")
    with session(newest_dsn, read_only=False) as server:
        text = explain(server, file, analyze=True)
        plan = explain(server, file, analyze=True, as_json=True)
        assert server.conn.execute("select count(*) from athletes where name = 'gone'").fetchone() == (0,)
    assert "Buffers: shared hit=" in text
    assert plan["Plan"]["Node Type"] == "ModifyTable"
    assert plan["Plan"]["Plans"][0]["Actual Rows"] == 1


@pytest.mark.parametrize(
    ("text", "given", "message"),
    [
        (FILE, {"reps": "many"}, "the value of reps is no int: invalid input syntax"),
        (FILE, {"rep": "1"}, "there is no parameter rep: the file has athlete_id, reps"),
        ("-- One.\n-- @returns copy\n-- @writes\ncopy sets from stdin", {}, "PostgreSQL can't explain copy and call"),
        ("-- One.\n-- @returns one\n-- @readonly\nselect 1 as a from nothing", {}, 'relation "nothing" does not exist'),
    ],
)
def test_what_cannot_be_explained_says_why(
    read: Read, server: Session, text: str, given: dict[str, str], message: str
) -> None:
    with pytest.raises(StatementProblemError, match=message):
        explain(server, read(text), given=given)
