"""What an athlete is told does not depend on what the other athletes of the team recorded: on no route."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.access.cast import World
from tests.routes import SIGNED_IN, address, demands, schema_of

JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}
MATES = ("stranger", "former_coach", "deactivated")
_ALIKE = """
insert into sessions (athlete_id, title, started_at, ended_at, local_on, zone, rpe, status)
select a.id, s.title, s.started_at, s.started_at + interval '1 hour', s.local_on, 'UTC', 5, 'done'
from sessions as s
cross join athletes as a
join users as u on u.id = a.user_id
where s.athlete_id = %s
  and u.username = any(%s)
"""
_OTHERWISE = (
    "update sessions set rpe = 10, notes = 'Hard.' where athlete_id <> %s",
    "update sessions set ended_at = ended_at + interval '1 hour' where athlete_id <> %s",
    "insert into day_values (athlete_id, local_on, kind, value)"
    " select a.id, '2026-01-05', k.kind, v from athletes as a, (values ('weight_kg', 90), ('pain', 9)) as k (kind, v)"
    " where a.id <> %s",
)


@pytest.fixture
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    """The owner trains in the coach's team with three others, who have rated the same sessions, and coaches nobody."""
    world = World(app, _superuser, password_hash)
    world.make()
    database, owner = world.database, world.cast["owner"]
    database.execute("delete from team_members where user_id = %s", [owner.user_id])
    database.execute(
        "insert into team_athletes (team_id, athlete_id, athlete_name, joined_on)"
        " select %s, a.id, a.name, '2026-01-01' from athletes as a join users as u on u.id = a.user_id"
        " where u.username = any(%s)",
        [world.things["team_id"], list(MATES)],
    )
    database.execute("update sessions set ended_at = started_at + interval '1 hour', status = 'done'")
    database.execute(_ALIKE, [owner.athlete_id, list(MATES)])
    return world


def _told(world: World) -> dict[str, Any]:
    """The replies to all that the owner can ask for."""
    replies = {}
    for method, rule in SIGNED_IN:
        asked = demands((method, rule))
        if method != "GET" or (asked is not None and asked.superuser):
            continue
        schema = schema_of((method, rule), "query")
        dated = schema is not None and {"from_", "to"} <= schema.fields.keys()
        reply = world.cast["owner"].get(address(rule, world.things), query_string=JANUARY if dated else {})
        told = reply.json if reply.status_code == 200 else None
        replies[rule] = (reply.status_code, told)
    return replies


def test_no_reply_to_an_athlete_depends_on_what_teammates_record(world: World) -> None:
    athlete_id = world.cast["owner"].athlete_id
    before = _told(world)
    for statement in _OTHERWISE:
        assert world.database.execute(statement, [athlete_id]).rowcount >= 3
    after = _told(world)
    assert after["/api/v1/reports/load"][0] == 200
    assert [rule for rule in after if after[rule] != before[rule]] == []
