"""What an import costs if the statistics are older than its athlete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.conftest import Client
from workouts_api.sql.loaded import CATALOGUE

MOST_STEPS = 40  # pages and rows read in vain, for each workout; it takes 5 to 30
STATEMENTS = ("match_import_sessions", "add_imported_sessions", "complete_imported_sessions")
_IMPORT = """
insert into imports (id, athlete_id, source, file_name, file_sha256, file_bytes, zone)
overriding system value
values (%(import)s, %(athlete)s, 'hevy', 'a.csv', sha256('a'), 1, 'UTC')
"""
_IMPORTED = """
with added as (
  insert into sessions (
    athlete_id, started_at, ended_at, local_on, exercise_count, set_count, volume_kg, import_id, import_version,
    zone, title
  )
  select
    %(athlete)s, t.at, t.at + interval '1 hour', t.at::date, 1, 1, 400, %(import)s, 1, 'UTC', 'Legs'
  from generate_series(1, %(count)s) as n
  cross join lateral (select %(first)s::timestamptz + n * interval '8 hours' as at) as t
  returning id, started_at, title
)
insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)
select
  %(athlete)s, 'hevy', to_char(a.started_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '|Legs|1', sha256('a'),
  a.id, %(import)s
from added as a
"""
_STAGED = """
insert into import_sessions (
  import_id, source_key, known_key, session_id, fate, row_digest, started_at, ended_at, exercise_count, set_count,
  volume_kg, title, notes
)
select
  %(import)s, t.key, t.key, nextval('sessions_id_seq'), 'new', sha256('a'), t.at, t.at + interval '1 hour', 1, 1, 400,
  'Legs', ''
from (
  select s.at, to_char(s.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS') || '|Legs|1' as key
  from generate_series(1, %(count)s) as n
  cross join lateral (select %(first)s::timestamptz + n * interval '8 hours' as at) as s
) as t
"""


@pytest.fixture
def undone(database: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    with database.transaction(force_rollback=True):
        yield database


@pytest.mark.parametrize("again", [False, True], ids=["other workouts", "the same workouts"])
def test_a_second_import_costs_in_proportion_to_its_workouts(
    owner: Client, admin: Client, undone: psycopg.Connection[Any], again: bool
) -> None:
    undone.execute(_IMPORT, {"import": 1, "athlete": admin.athlete_id})
    undone.execute(_IMPORTED, {"import": 1, "athlete": admin.athlete_id, "count": 1000, "first": "2015-01-01Z"})
    undone.execute("analyze sessions, imported_sessions, import_sessions")
    for count in (200, 400):
        with undone.transaction(force_rollback=True):
            costs = _costs(undone, owner.athlete_id, count, again)
        assert {name: cost for name, cost in costs.items() if cost > MOST_STEPS * count} == {}, f"{count} workouts"


def _costs(database: psycopg.Connection[Any], athlete_id: int, count: int, again: bool) -> dict[str, int]:
    """The pages and filtered rows of each statement of the second import of ``count`` workouts."""
    for number in (2, 3):
        database.execute(_IMPORT, {"import": number, "athlete": athlete_id})
    values = {"athlete": athlete_id, "count": count}
    database.execute(_IMPORTED, values | {"import": 2, "first": "2015-01-01Z"})
    database.execute(_STAGED, values | {"import": 3, "first": "2015-01-01Z" if again else "2020-01-01Z"})
    given = {"import_id": 3, "athlete_id": athlete_id, "source": "hevy", "zone": "UTC", "exercise_ids": Jsonb({})}
    costs = {}
    for name in STATEMENTS:
        if name == "complete_imported_sessions":
            database.execute("update import_sessions set fate = 'completed' where fate = 'differs'")
        costs[name] = _steps(_explained(database, name, given))
    return costs


def _explained(database: psycopg.Connection[Any], name: str, values: dict[str, object]) -> dict[str, Any]:
    text = re.sub(r"(?<!:):(\w+)", r"%(\1)s", CATALOGUE.find(f"imports.{name}").text)
    with psycopg.ClientCursor(database) as cursor:
        cursor.execute(f"explain (analyze, buffers, timing off, format json) {text}".encode(), values)
        found = cursor.fetchone()
    assert found is not None
    plan: dict[str, Any] = found[0][0]["Plan"]
    return plan


def _steps(node: dict[str, Any]) -> int:
    """Pages of the whole plan, and rows that any node of it read in vain."""
    return int(node["Shared Hit Blocks"] + node["Shared Read Blocks"] + _in_vain(node))


def _in_vain(node: dict[str, Any]) -> float:
    removed = sum(count for name, count in node.items() if name.startswith("Rows Removed by"))
    return float(removed * node["Actual Loops"] + sum(map(_in_vain, node.get("Plans", ()))))
