"""A client learns of all problems of a body at once: of wrong fields, and of fields that contradict each other.

Each schema whose fields can contradict each other has a body here, which breaks its rules. The tests add a wrong field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import marshmallow as ma
import pytest

import workouts_api
from tests.conftest import Client
from workouts_api.api.account.schemas import AccountPatch
from workouts_api.api.administration.schemas import NewUser, Users
from workouts_api.api.athletes.schemas import NewAthlete
from workouts_api.api.auth.schemas import Credentials, TokenForm
from workouts_api.api.invitations.schemas import NewInvitation
from workouts_api.api.reports.measured_schemas import MeasuredLoadQuery
from workouts_api.api.sessions.comments import Comment
from workouts_api.api.sessions.doubt_schemas import CorrectedSet, Decision
from workouts_api.api.sessions.schemas import Session, SessionPatch
from workouts_api.api.sessions.set_schemas import CollectedSet, SetDeletion, SingleSet
from workouts_api.web.schemas import Query, Schema

BOTH = {"weight_kg": 100, "weight_lb": 225, "drop_of": 1, "done_at": "2026-01-05T17:00:00Z", "is_done": False}
START = "2026-01-05T17:00:00Z"
HEART = {"average_heart_rate_bpm": 180, "max_heart_rate_bpm": 120}

CASES: dict[type[Schema], tuple[dict[str, Any], set[str]]] = {
    AccountPatch: ({"email": "grace@example.com"}, {"password"}),
    NewUser: (
        {"email": "grace@example.com", "username": "grace", "password": "12345678", "password_hash": "x"},
        {"password", "password_hash"},
    ),
    Users: (
        {"users": [{"email": f"a{n}@example.com", "username": f"a{n}", "password": "a b c d e f"} for n in range(51)]},
        {"users"},
    ),
    NewAthlete: ({"name": "Grace", "joined_on": "2026-01-05"}, {"joined_on"}),
    Credentials: ({"password": "correct horse battery"}, {"username"}),
    TokenForm: ({"grant_type": "password", "password": 5}, {"username", "password"}),
    NewInvitation: ({"kind": "claim", "team_id": 1, "uses": 2}, {"team_id", "uses"}),
    Comment: ({"body": "Well done", "set_no": 1}, {"exercise_no"}),
    Decision: ({"action": "keep", "set": {"reps": 5}}, {"set"}),
    CorrectedSet: (BOTH, {"weight_lb", "drop_of", "done_at"}),
    SingleSet: ({**BOTH, "device": "k3"}, {"weight_lb", "drop_of", "done_at", "seq"}),
    CollectedSet: ({**BOTH, "exercise_no": 1, "set_no": 1, "seq": 1}, {"weight_lb", "drop_of", "done_at"}),
    SetDeletion: ({"device": "k3"}, {"seq"}),
    Session: (
        {"started_at": START, "ended_at": "2026-01-05T16:00:00Z", "distance_m": 1, "distance_mi": 1, **HEART},
        {"ended_at", "distance_mi", "average_heart_rate_bpm"},
    ),
    SessionPatch: (
        {"ended_at": START, "duration_s": 60, "distance_m": 1, "distance_mi": 1, **HEART},
        {"duration_s", "distance_mi", "average_heart_rate_bpm"},
    ),
    MeasuredLoadQuery: (
        {"method": "rtss", "sport": "cycling", "from": "2026-02-01", "to": "2026-01-01"},
        {"sport", "from"},
    ),
    Query: ({"from": "2026-02-01", "to": "2026-01-01"}, {"from"}),
}


class _Days(Query):
    from_ = ma.fields.Date(data_key="from")
    to = ma.fields.Date()


def _all(schema: type[Schema]) -> Iterator[type[Schema]]:
    for one in schema.__subclasses__():
        yield one
        yield from _all(one)


def _problems(schema: type[Schema], body: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(ma.ValidationError) as refused:
        (_Days if schema is Query else schema)().load(body)
    return refused.value.messages_dict


@pytest.mark.parametrize("schema", CASES, ids=lambda schema: schema.__name__)
def test_contradictions_are_told_beside_a_wrong_field(schema: type[Schema]) -> None:
    body, fields = CASES[schema]
    assert set(_problems(schema, {**body, "colour": "red"})) == {*fields, "colour"}


@pytest.mark.parametrize("schema", CASES, ids=lambda schema: schema.__name__)
def test_a_wrong_field_contradicts_nothing(schema: type[Schema]) -> None:
    """Each field that is sent is wrong by itself, so the rules hold nothing against another one."""
    body, _ = CASES[schema]
    found = _problems(schema, {name: {"no": "value of any field"} for name in body})
    missing = {name for name, messages in found.items() if name not in body}
    required = {field.data_key or name for name, field in schema().load_fields.items() if field.required}
    assert missing <= required | {"password", "username", "seq"}  # which rules demand beside what is there
    assert set(body) <= set(found)
    assert all(len(found[name]) == 1 for name in body)


def test_each_schema_with_rules_about_several_fields_has_a_case_here() -> None:
    ruled = {one for one in _all(Schema) if "contradictions" in vars(one) and one.__module__.startswith("workouts_api")}
    assert {one.__name__ for one in ruled} - {"_Fields"} == {one.__name__ for one in CASES}


def test_rules_about_several_fields_are_contradictions() -> None:
    """marshmallow leaves out its own rules about several fields where a field is wrong."""
    package = Path(workouts_api.__file__).parent
    found = [path.name for path in package.rglob("*.py") if re.search(r"@(ma\.)?validates_schema", path.read_text())]
    assert found == ["strict.py"]


def test_a_session_names_the_problems_of_all_its_parts(owner: Client) -> None:
    body = {
        "started_at": START,
        "ended_at": "2026-01-05T16:00:00Z",
        "rpe": 11,
        "exercises": [
            {"exercise_no": 1, "exercise_id": 1, "sets": [{"set_no": 1, "reps": -1, **BOTH}, {"set_no": 1}]},
            {"exercise_no": 1, "exercise_id": 0},
        ],
        "laps": [{"lap_no": 1, **HEART}, {"lap_no": 1, "duration_s": -1}],
        **HEART,
    }
    refused = owner.post("/api/v1/sessions", json=body)
    assert refused.status_code == 422
    assert set(refused.json["details"]) == {
        "ended_at",
        "rpe",
        "average_heart_rate_bpm",
        *(f"exercises.0.sets.0.{name}" for name in ("reps", "weight_lb", "drop_of", "done_at")),
        "exercises.0.sets.1.set_no",
        "exercises.1.exercise_no",
        "exercises.1.exercise_id",
        "laps.0.average_heart_rate_bpm",
        "laps.1.lap_no",
        "laps.1.duration_s",
    }
