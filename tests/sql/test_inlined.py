"""Functions that stand for a part of a query cost no call: the planner puts their bodies in their place.

It does so for functions that return sets, under conditions that nothing else checks. A function that is not inlined is
called for its rows, and the conditions of the query around it find no index.
"""

from __future__ import annotations

import re
from typing import Any

import psycopg
import pytest

from workouts_api.sql.files import QueryFile
from workouts_api.sql.loaded import CATALOGUE

INLINED = re.compile(r"\b(?:\w+_columns|session_seen_by|athlete_asked_for|athletes_seen_by|visible_days)(?=\()")
FILES = [file for file in CATALOGUE.files() if INLINED.search(file.body)]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.full_name))
def test_the_plan_calls_none_of_these_functions(file: QueryFile, database: psycopg.Connection[Any]) -> None:
    types = {parameter.name: parameter.sent_type for parameter in file.parameters}
    database.execute("set local plan_cache_mode = force_generic_plan")
    database.execute(f"prepare p ({', '.join(types[name] for name in file.order)}) as {file.statement}".encode())
    given = ", ".join("null" for _ in file.order)
    plan = "\n".join(line for (line,) in database.execute(f"explain (verbose) execute p({given})".encode()).fetchall())
    database.execute("deallocate p")
    assert INLINED.findall(plan) == []
