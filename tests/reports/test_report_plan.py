"""How queries/reports/training_report.sql is run: the whole history from one index, without a look into the table."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest

from tests.postgres import vacuum
from tests.reports.conftest import store_history
from tests.reports.naive_report import DAY, Session, Set
from workouts_api.dba.explain import explain
from workouts_api.dba.server import session
from workouts_api.sql.loaded import CATALOGUE

FIRST = dt.date(2024, 1, 1)


def nodes_of(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes_of(below)


@pytest.mark.parametrize("generic", [False, True])
def test_the_sets_are_read_once_and_from_the_index_alone(
    generic, cluster, database, database_name, owner, make_exercise
):
    """Of a small table, reading all of it is the better plan; so the server is told to use the index if it can."""
    exercises = [make_exercise(f"Lift {n}") for n in range(5)]
    sets = [Set(exercise_id, "normal", 100, 5) for exercise_id in exercises * 3]
    store_history(
        database, owner.athlete_id, [Session(FIRST + n * DAY, Fraction(60), Fraction(5), sets) for n in range(60)]
    )
    vacuum(database)
    file = CATALOGUE["reports"]["training_report"]
    given = {"viewer_id": str(owner.user_id), "from_on": "2024-01-01", "to_on": "2024-12-31"}
    with session(cluster.dsn(database_name), read_only=True) as asked:
        asked.conn.execute("set enable_seqscan = off")
        asked.conn.execute("set enable_bitmapscan = off")
        plan = explain(asked, file, given=given, analyze=True, mode="generic" if generic else None, as_json=True)
    # A join that finds its other side empty has looked at one row by then.
    reads = [n for n in nodes_of(plan["Plan"]) if n.get("Relation Name") == "sets" and n["Actual Rows"] > 1]
    assert [(n["Node Type"], n.get("Index Name"), n["Actual Rows"], n.get("Heap Fetches")) for n in reads] == [
        ("Index Only Scan", "sets_statistics_idx", 900, 0)
    ]
