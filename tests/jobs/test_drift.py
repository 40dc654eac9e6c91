"""The number of objects that were changed by hand since the last migration, as the metrics have it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from tests.conftest import create_database
from workouts_api.jobs.measuring import DRIFT_EVERY, Drift
from workouts_api.migrate.drift import since_migrated

BY_HAND = """
set role workouts_owner;
drop index workouts.sets_statistics_idx;
alter table workouts.sessions set (fillfactor = 80);
revoke select on workouts.{granted} from workouts_app;
create table workouts.scratch (n integer);
"""
_GRANTED = """
select min(g.table_name)
from information_schema.role_table_grants as g
where g.grantee = 'workouts_app'
  and g.table_schema = 'workouts'
"""


@pytest.fixture
def own(cluster: Any, template: str) -> Iterator[str]:
    """A migrated database that nobody else uses."""
    name = f"drift_{template}_of_jobs"
    with psycopg.connect(cluster.dsn(), autocommit=True) as admin:
        create_database(admin, name, template)
        yield name
        admin.execute(f"drop database {name} with (force)")


def test_what_was_changed_by_hand_is_counted_as_drift_tells_it(cluster: Any, own: str) -> None:
    conninfo = cluster.dsn(own, "workouts_app")
    with psycopg.connect(cluster.dsn(own), autocommit=True) as admin:
        admin.execute("set search_path = workouts, extensions, pg_temp")
        before = since_migrated(admin)
        assert before is not None
        assert Drift(conninfo).measure() == ({}, {"workouts_schema_changes": len(before)})
        ((granted,),) = admin.execute(_GRANTED).fetchall()
        admin.execute(BY_HAND.format(granted=granted).encode())
        admin.execute("reset role")
        after = since_migrated(admin)
        assert after is not None
        named = " ".join(change.object for change in after)
        assert all(f"table {name}" in named for name in ("sets", "sessions", "scratch"))
        assert len(after) > len(before) + 3
    assert Drift(conninfo).measure() == ({}, {"workouts_schema_changes": len(after)})


def test_where_it_is_not_known_nothing_is_told(cluster: Any, own: str) -> None:
    with psycopg.connect(cluster.dsn(own), autocommit=True) as admin:
        admin.execute("delete from workouts.schema_as_migrated")
    assert Drift(cluster.dsn(own, "workouts_app")).measure() == ({}, {})
    assert Drift("host=127.0.0.1 port=1 dbname=nothing user=nobody").measure() == ({}, {})


def test_it_is_looked_for_now_and_then(cluster: Any, own: str, monkeypatch: pytest.MonkeyPatch) -> None:
    now = DRIFT_EVERY
    monkeypatch.setattr("workouts_api.jobs.measuring.time.monotonic", lambda: now)
    drift = Drift(cluster.dsn(own, "workouts_app"))
    _, first = drift.measure()
    with psycopg.connect(cluster.dsn(own), autocommit=True) as admin:
        admin.execute("create table workouts.scratch (n integer)")
    now += DRIFT_EVERY - 1
    assert drift.measure() == ({}, first)
    now += 1
    _, later = drift.measure()
    assert later["workouts_schema_changes"] > first["workouts_schema_changes"]
