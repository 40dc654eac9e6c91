"""Whether two results are the same: their rows, and the order that the statement promises.

Owns no connection: a result is its columns and rows, as text. What "order by" names is read from the file's statement.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from workouts_api.dba.rules import code_of
from workouts_api.sql.files import QueryFile

Row = tuple[str | None, ...]
Word = Literal["same", "ties", "order", "rows"]
_ORDER_BY = re.compile(r"\border\s+by\b", re.IGNORECASE)
_ORDER_ENDS = re.compile(r"\b(?:limit|offset|fetch|for)\b", re.IGNORECASE)
_DIRECTION = re.compile(r"\s+(?:asc|desc)?\s*(?:nulls\s+(?:first|last))?\s*$", re.IGNORECASE)
_COLUMN = re.compile(r"(?:\w+\.)?(\w+)")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run gave: the names of the columns, and the rows as text."""

    columns: tuple[str, ...]
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Difference:
    """How two results compare.

    "same": rows and order. "ties": the rows differ only where the promised order leaves it open. "order": the same rows
    in another order. "rows": other rows, of which examples are given.
    """

    word: Word
    only_a: tuple[Row, ...] = ()
    only_b: tuple[Row, ...] = ()


def compare_rows(a: Result, b: Result, keys: Sequence[str] | None) -> Difference:
    """Compares two results.

    :param keys: the columns that the order is promised by; none if no order is promised. None if they are not known:
        then any other order counts as a difference.
    """
    if list(a.rows) == list(b.rows):
        return Difference("same")
    only_a, only_b = Counter(a.rows) - Counter(b.rows), Counter(b.rows) - Counter(a.rows)
    told = tuple(list(only_a)[:3]), tuple(list(only_b)[:3])
    if keys is not None and _by(keys, a) == _by(keys, b) and _only_at_the_end(keys, a, only_a, b, only_b):
        return Difference("ties", *told)
    return Difference("rows" if only_a or only_b else "order", *told)


def _by(keys: Sequence[str], result: Result) -> list[Row]:
    """The values of the keys, row by row."""
    places = [result.columns.index(key) for key in keys]
    return [tuple(row[place] for place in places) for row in result.rows]


def _only_at_the_end(keys: Sequence[str], a: Result, only_a: Counter[Row], b: Result, only_b: Counter[Row]) -> bool:
    """Whether other rows stand only among those that tie with the last one, where a limit cuts.

    Without keys the order is open everywhere, but the rows must be the same.
    """
    if not keys:
        return not only_a and not only_b
    last = _by(keys, a)[-1:]
    changed = [*_by(keys, Result(a.columns, list(only_a))), *_by(keys, Result(b.columns, list(only_b)))]
    return all([key] == last for key in changed)


def promised_order(file: QueryFile, columns: Sequence[str]) -> list[str] | None:
    """The columns that the statement's own ``order by`` names. None if it orders by something that is no column."""
    clause = _order_by(file)
    if clause is None:
        return []
    names = [_COLUMN.fullmatch(_DIRECTION.sub("", f"{piece} ").strip()) for piece in _split(clause)]
    keys = [found[1] for found in names if found and found[1] in columns]
    return keys if len(keys) == len(names) else None


def _order_by(file: QueryFile) -> str | None:
    """The statement's last ``order by`` outside brackets, up to its limit."""
    outer = _outside_brackets(code_of(file))
    found = list(_ORDER_BY.finditer(outer))
    if not found:
        return None
    end = _ORDER_ENDS.search(outer, found[-1].end())
    return code_of(file)[found[-1].end() : end.start() if end else None]


def _outside_brackets(code: str) -> str:
    """The code with blanks in place of what stands in brackets; every character keeps its place."""
    kept, depth = list[str](), 0
    for character in code:
        depth -= character == ")"
        kept.append(character if depth == 0 else " ")
        depth += character == "("
    return "".join(kept)


def _split(clause: str) -> list[str]:
    outer = _outside_brackets(clause)
    cuts = [-1, *(place for place, character in enumerate(outer) if character == ","), len(clause)]
    return [clause[start + 1 : end] for start, end in pairwise(cuts)]
