"""Two results beside each other: the same rows, the same order, and where the promised order leaves it open."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from workouts_api.dba.rows import Result, Row, compare_rows, promised_order
from workouts_api.sql.files import QueryFile

A, B, C, D = ("1", "a"), ("2", "b"), ("2", "c"), ("2", "d")


def word(a: list[Row], b: list[Row], keys: list[str] | None) -> str:
    columns = ("key", "value")
    return compare_rows(Result(columns, a), Result(columns, b), keys).word


@pytest.mark.parametrize(
    ("a", "b", "keys", "expected"),
    [
        ([A, B], [A, B], None, "same"),
        ([], [], ["key"], "same"),
        ([A, B, C], [A, C, B], ["key"], "ties"),  # both have the key 2
        ([A, B, C], [A, C, B], ["key", "value"], "order"),
        ([A, B, C], [A, C, B], None, "order"),
        ([A, B, C], [C, A, B], [], "ties"),  # no order is promised
        ([A, B, C], [A, B, D], ["key"], "ties"),  # a limit cuts among those with the key 2
        ([A, B, C], [A, B, D], [], "rows"),
        ([A, B], [("1", "z"), B], ["key"], "rows"),  # not at the end, where no limit cuts
        ([A, B], [A], ["key"], "rows"),
        ([A], [A, A], ["key"], "rows"),  # each row counts as often as it is there
        ([B, A], [A, B], ["key"], "order"),
        ([("1", None)], [("1", "")], ["key", "value"], "rows"),  # null is no empty text
    ],
)
def test_two_results(a: list[Row], b: list[Row], keys: list[str] | None, expected: str) -> None:
    assert word(a, b, keys) == expected


def test_examples_of_other_rows_are_few() -> None:
    many = [(str(n), "x") for n in range(50)]
    found = compare_rows(Result(("key", "value"), many), Result(("key", "value"), []), ["key"])
    assert (len(found.only_a), found.only_b) == (3, ())


@pytest.mark.parametrize(
    ("end", "keys"),
    [
        ("order by s.set_no desc, reps nulls last limit 5", ["set_no", "reps"]),
        ("order by set_no asc limit 5", ["set_no"]),
        ("order by set_no -- , reps\nlimit 5", ["set_no"]),
        ("limit 5", []),
        ("order by lower('a, b' || s.reps), set_no limit 5", None),
        ("order by weight_kg limit 5", None),  # a column that the result does not have
        ("order by (select max(x.reps) from sets as x order by 1) limit 5", None),
    ],
)
def test_the_promised_order_is_that_of_the_statement_itself(
    read: Callable[..., QueryFile], end: str, keys: list[str] | None
) -> None:
    inner = "select (select x.reps from sets as x order by x.reps limit 1) as reps, s.set_no from sets as s"
    file = read(f"-- One.\n-- @returns many\n-- @readonly\n{inner} {end}")
    assert promised_order(file, ("reps", "set_no")) == keys
