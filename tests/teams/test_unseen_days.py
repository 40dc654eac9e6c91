"""What a coach is told does not depend on what the athlete did on days that the coach does not see: on no route."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.access.cast import World
from tests.conftest import Client
from tests.routes import SIGNED_IN, address, demands, schema_of

DOUBTS = "/api/v1/sessions/doubts"
DAYS = {"from": "2025-10-01", "to": "2026-04-30"}


def lifted(owner: Client) -> int:
    """A shared exercise whose weights are compared."""
    shared = owner.get("/api/v1/exercises", query_string={"tracking": "weight_reps", "limit": 2}).json
    return int(shared["items"][1]["id"])


def lift(owner: Client, start: str, weight_kg: float, **more: Any) -> None:
    exercises = [{"exercise_id": lifted(owner), "sets": [{"reps": 5, "weight_kg": weight_kg}]}]
    body = {"title": "Squats", "started_at": start, "duration_s": 3600, "rpe": 7, "exercises": exercises, **more}
    made = owner.post("/api/v1/sessions", json=body)
    assert made.status_code == 201, made.text


def hold(owner: Client, start: str, seconds: int) -> None:
    """A set of an exercise by time."""
    timed = owner.get("/api/v1/exercises", query_string={"tracking": "time", "limit": 1}).json["items"][0]["id"]
    lift(owner, start, 0, exercises=[{"exercise_id": timed, "sets": [{"duration_s": seconds}]}])


def unlikely(owner: Client) -> None:
    """Sets that are records to whoever sees all days, one for each rule that compares weights, and a session inside one
    that began before the stay.
    """
    for day, weight_kg in (("03", 90), ("04", 150), ("05", 192.9), ("06", 875), ("07", 785), ("08", 520)):
        lift(owner, f"2026-01-{day}T12:00:00Z", weight_kg)
    lift(owner, "2026-01-01T00:10:00Z", 20, duration_s=1800)
    hold(owner, "2026-01-09T12:00:00Z", 100)


def history(owner: Client, usual_kg: float) -> None:
    """On days that a coach does not see: sessions, weighings, and a session into the next day.

    What is planned or goes on stands beside what is done: such days are read in another way.
    """
    for day in range(10, 20):
        lift(owner, f"2025-12-{day}T12:00:00Z", usual_kg, rpe=usual_kg % 10)
    for day in range(10, 10 + int(usual_kg) % 10):
        hold(owner, f"2025-12-{day}T14:00:00Z", int(usual_kg))
    for day, status in ((12, "planned"), (13, "in_progress")):
        lift(owner, f"2025-12-{day}T15:00:00Z", usual_kg, status=status, duration_s=None, rpe=None)
    lift(owner, "2025-12-31T23:50:00Z", usual_kg)
    for day in ("2025-12-20", "2025-12-31"):
        values = {"weight_kg": usual_kg - 10, "pain": int(usual_kg) % 10, "availability": 1}
        assert owner.post("/api/v1/days", json={"local_on": day, "values": values}).status_code == 201


@pytest.fixture
def world(app: Flask, _superuser: psycopg.Connection[Any], password_hash: str) -> World:
    world = World(app, _superuser, password_hash)
    world.make()
    return world


def told(world: World, coach: str) -> dict[str, Any]:
    """The replies to all that a coach can ask about the owner."""
    replies = {}
    for method, rule in SIGNED_IN:
        asked = demands((method, rule))
        schema = schema_of((method, rule), "query")
        if method != "GET" or (asked is not None and asked.superuser) or schema is None:
            continue
        if "athlete_id" not in schema.fields:
            continue
        owner = world.cast["owner"]
        query = {"athlete_id": owner.athlete_id}
        reply = world.cast[coach].get(
            address(rule, world.things | {"exercise_id": lifted(owner)}),
            query_string=query | (DAYS if {"from_", "to"} <= schema.fields.keys() else {}),
        )
        assert reply.status_code in {200, 422}, reply.text
        replies[rule] = reply.json if reply.status_code == 200 else None
    return replies


def test_no_reply_to_a_coach_depends_on_days_outside_the_stay(world: World) -> None:
    """Both histories make the same sets doubtful, so that only their figures differ."""
    replies = []
    for usual_kg in (87.5, 88.5):
        world.make()
        owner = world.cast["owner"]
        history(owner, usual_kg)
        unlikely(owner)
        assert owner.post(f"{DOUBTS}/check").status_code == 200
        rules = {item["rule"] for item in owner.get(DOUBTS).json["items"]}
        assert {"unit_slip", "digit_slip", "e1rm_jump", "overlap"} <= rules
        replies.append(told(world, "coach"))
    assert {DOUBTS, "/api/v1/sessions", "/api/v1/reports/load", "/api/v1/days/trend"} <= replies[0].keys()
    assert [rule for rule in replies[0] if _without_ids(replies[0][rule]) != _without_ids(replies[1][rule])] == []


def _without_ids(reply: Any) -> Any:
    """Another world has other ids and instants of making."""
    if isinstance(reply, dict):
        changing = ("id", "_id", "_at")
        return {k: _without_ids(v) for k, v in reply.items() if not k.endswith(changing) and k != "next_cursor"}
    return [_without_ids(item) for item in reply] if isinstance(reply, list) else reply


def test_a_doubt_that_rests_on_unseen_days_is_told_to_nobody_who_does_not_see_them(world: World) -> None:
    """Its rule alone says within some percent what is usual: it is left out, also once it is decided."""
    owner, coach = world.cast["owner"], world.cast["coach"]
    history(owner, 87.5)
    unlikely(owner)
    lift(owner, "2025-12-31T22:30:00Z", 85, duration_s=9000)
    assert owner.post(f"{DOUBTS}/check").status_code == 200
    assert "2025-12-31" in {item["local_on"] for item in owner.get(DOUBTS).json["items"]}
    asked = {"athlete_id": owner.athlete_id}
    assert {item["rule"] for item in coach.get(DOUBTS, query_string=asked).json["items"]} == {"world_best"}
    for item in owner.get(DOUBTS).json["items"]:
        assert owner.put(f"{DOUBTS}/{item['id']}/decision", json={"action": "keep"}).status_code == 200
    former = world.cast["former_coach"].get(DOUBTS, query_string=asked | {"state": "decided"})
    assert (former.status_code, former.json["items"]) == (200, []), "it lies in a session of the day after the stay"
    decided = coach.get(DOUBTS, query_string=asked | {"state": "decided"}).json["items"]
    assert {item["rule"] for item in decided} == {"many_reps", "world_best"}


def test_a_doubt_of_days_that_are_all_seen_is_told(world: World) -> None:
    """Three months after the stay began, a coach sees what the athlete sees."""
    owner, coach = world.cast["owner"], world.cast["coach"]
    for day in range(1, 5):
        lift(owner, f"2026-02-0{day}T12:00:00Z", 87.5)
    lift(owner, "2026-03-31T12:00:00Z", 192.9)
    lift(owner, "2026-04-01T12:00:00Z", 192.9)
    assert owner.post(f"{DOUBTS}/check").status_code == 200
    found = coach.get(DOUBTS, query_string={"athlete_id": owner.athlete_id}).json["items"]
    slips = [(item["local_on"], item["usual_kg"], item["proposal"]["weight_kg"]) for item in found if item["proposal"]]
    assert slips == [("2026-04-01", 87.5, 87.498)], "of the day before, the first day compared lies before the stay"
