"""No two query files share many lines: common parts are in a function, or in a template of both.

Compared are the lines below the heads, in their order. Brackets and lone keywords don't count, nor does a line that is
the same by itself. Files that a template makes are compared with all others, but not with their siblings.
"""

from __future__ import annotations

import itertools
import re
from difflib import SequenceMatcher

from workouts_api.sql.catalogue import QUERIES
from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.sql.variants import variants

MOST = 20
SAYS_NOTHING = {"", "select", "case", "with"}
SOURCES = {variant.path.resolve(): variant.source.name for variant in variants(QUERIES)}


def lines_of(body: str) -> list[str]:
    lines = (" ".join(line.split()) for line in body.splitlines())
    return [line for line in lines if re.sub(r"[(),]", "", line).strip() not in SAYS_NOTHING]


def shared_lines(one: list[str], other: list[str]) -> list[str]:
    """The lines that both have, in runs of two and more."""
    if sum(line in other for line in one) <= MOST:
        return []
    runs = SequenceMatcher(None, one, other, autojunk=False).get_matching_blocks()
    return [line for run in runs if run.size > 1 for line in one[run.a : run.a + run.size]]


def are_siblings(one: QueryFile, other: QueryFile) -> bool:
    source = SOURCES.get(one.path.resolve())
    return source is not None and source == SOURCES.get(other.path.resolve())


def test_no_two_query_files_share_more_than_twenty_lines() -> None:
    bodies = {file.full_name: lines_of(file.body) for file in CATALOGUE.files()}
    pairs = [pair for pair in itertools.combinations(CATALOGUE.files(), 2) if not are_siblings(*pair)]
    found = {
        f"{one.place} and {other.place}": shared
        for one, other in pairs
        if len(shared := shared_lines(bodies[one.full_name], bodies[other.full_name])) > MOST
    }
    report = "\n\n".join(f"{names} share {len(shared)} lines:\n" + "\n".join(shared) for names, shared in found.items())
    assert not found, f"{report}\n\nPut them into a function of migrations/repeatable/, or make a template of both."


def test_lines_that_two_share_are_found_whatever_stands_between_them() -> None:
    first = [f"a.column_{n}," for n in range(30)]
    second = [line for n, line in enumerate(first) for line in ([line] if n % 10 else ["other", "lines"])]
    assert len(shared_lines(first, second)) == 27
