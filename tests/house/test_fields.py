"""A field of a resource stands at each of its places: the test names the file of the one that was forgotten."""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import Any

import psycopg
import pytest

from tests.house.fields import Resource, forgotten, shown_of_a_full_row
from workouts_api.sql.catalogue import QUERIES

NOT_IMPORTED = {
    "status": "what was brought in is done",
    "client_key": "an import remembers workouts by keys of its own",
    "sport": "Hevy's file has none",
    "moving_time_s": "Hevy's file has none",
    "distance_m": "Hevy's file has none",
    "ascent_m": "Hevy's file has none",
    "descent_m": "Hevy's file has none",
    "average_heart_rate_bpm": "Hevy's file has none",
    "max_heart_rate_bpm": "Hevy's file has none",
    "average_power_w": "Hevy's file has none",
    "normalized_power_w": "Hevy's file has none",
}
"""Columns of sessions that imports leave at their defaults, and why."""

HOME = {"athlete_id": "a copy, which says whose it is", "session_id": "where it stands", "local_on": "a copy"}

RESOURCES = (
    Resource(
        table="sessions",
        functions="session_json",
        schemas="workouts_api/api/sessions/schemas.py",
        shown="Session",
        written="Session",
        patched="SessionPatch",
        listed="SessionSummary",
        columns="session_columns",
        json="session_json",
        given="given_session",
        inserts={"sessions/create_session": {}, "imports/add_imported_sessions": NOT_IMPORTED},
        updates={
            "sessions/replace_session": {"client_key": "it stays as it was"},
            "sessions/patch_session": {"client_key": "it stays as it was"},
        },
        hidden={
            "athlete_id": "clients ask by athlete",
            "import_version": "for imports: whether it was edited since",
            "last_exercise_no": "for numbers that no other exercise gets",
            "set_rating": "a copy, for the estimates of a load",
            "set_rating_version": "whether that copy holds",
            **dict.fromkeys(("laps_s", "lap_durations_s", "lap_heart_rates_bpm", "laps_effort"), "copies, for loads"),
        },
        aside={
            "exercises": "rows of their own, by given_exercises()",
            "laps": "rows of their own, by given_laps()",
        },
        unpatched={"client_key": "it stays as it was"},
    ),
    Resource(
        table="session_exercises",
        functions="session_json",
        schemas="workouts_api/api/sessions/schemas.py",
        shown="SessionExercise",
        written="SessionExercise",
        json="session_exercise_json",
        given="given_exercises",
        inserts={"sessions/create_session": {}, "imports/add_imported_exercises": {}},
        updates={"sessions/replace_session": {"exercise_no": "what it is found by"}},
        hidden=HOME,
    ),
    Resource(
        table="sets",
        functions="session_json",
        schemas="workouts_api/api/sessions/schemas.py",
        shown="WorkoutSet",
        written="WorkoutSet",
        json="set_json",
        given="given_sets",
        inserts={
            "sessions/create_session": {},
            "imports/add_imported_sets": dict.fromkeys(
                ("rir", "notes", "side", "tempo", "done_at"), "Hevy's file has none"
            ),
        },
        updates={"sessions/replace_session": {"set_no": "what it is found by"}},
        functions_that_write={"session_sets/write_sets": {"set_no": "what it is found by"}},
        hidden={**HOME, "exercise_id": "a copy", "exercise_no": "where it stands"},
        aside={"is_done": "a capital in the column kind"},
    ),
    Resource(
        table="laps",
        functions="laps",
        schemas="workouts_api/api/sessions/endurance.py",
        shown="Lap",
        written="Lap",
        json="lap_json",
        given="given_laps",
        functions_that_write={"laps/write_laps": {"lap_no": "what it is found by"}},
        hidden={"session_id": "where it stands"},
    ),
    Resource(
        table="athletes",
        functions="team_json",
        schemas="workouts_api/api/athletes/schemas.py",
        shown="Athlete",
        written="NewAthlete",
        patched="AthletePatch",
        listed="AthleteSummary",
        columns="athlete_columns",
        json="athlete_json",
        given="given_athlete",
        inserts={"athletes/create_athlete": {}},
        updates={"athletes/patch_athlete": {}},
        hidden={"user_id": "has_account says it", "kept_by": "relation says it"},
        beside={"relation": "it depends on who asks"},
        unpatched={"team_id": "a stay of its own", "joined_on": "a stay of its own"},
    ),
    Resource(
        table="users",
        functions="user_json",
        schemas="workouts_api/api/administration/schemas.py",
        shown="User",
        written="NewUser",
        patched="UserPatch",
        listed="User",
        columns="user_columns",
        json="user_json",
        given="given_user",
        inserts={"administration/create_user": {}, "administration/create_users": {}},
        updates={"administration/change_user": {}},
        hidden={"password_hash": "a secret", "email_verified_at": "email_is_verified says it"},
        aside={"password": "hashed before", "password_hash": "of older systems; a patch takes a password"},
    ),
    Resource(
        table="teams",
        functions="team_json",
        schemas="workouts_api/api/teams/schemas.py",
        shown="Team",
        written="Team",
        patched="TeamPatch",
        listed="TeamSummary",
        columns="team_columns",
        json="team_json",
        inserts={"teams/create_team": {}},
        updates={"teams/patch_team": {}},
        beside={"my_role": "it depends on who asks"},
    ),
    Resource(
        table="exercises",
        functions="exercise_json",
        schemas="workouts_api/api/exercises/schemas.py",
        shown="Exercise",
        written="Exercise",
        patched="ExercisePatch",
        listed="ExerciseSummary",
        columns="exercise_columns",
        json="exercise_json",
        inserts={"exercises/create_exercise": {"is_archived": "a new one is in use"}},
        updates={"exercises/patch_exercise": {}},
        hidden={"athlete_id": "is_own says it", "former_names": "imports and the search find it by them"},
        aside={
            "muscles": "rows of their own",
            "muscle_shares": "rows of their own",
            "aliases": "rows of their own",
        },
    ),
    Resource(
        table="imports",
        functions="import_json",
        schemas="workouts_api/api/imports/schemas.py",
        shown="ImportReport",
        listed="ImportSummary",
        columns="import_columns",
        json="import_json",
        hidden={
            "athlete_id": "clients ask for their own",
            "file_sha256": "of no use to clients",
            "file_bytes": "of no use to clients",
            "undone_at": "no import is undone yet",
        },
    ),
    Resource(
        table="api_keys",
        functions="api_key_json",
        schemas="workouts_api/api/api_keys/schemas.py",
        shown="ApiKey",
        listed="ApiKey",
        columns="api_key_columns",
        json="api_key_json",
        hidden={
            "user_id": "clients ask for their own",
            "secret_start": "prefix ends with it",
            "secret_sha256": "a secret",
        },
    ),
)


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: str(resource.table))
def test_of_a_row_that_has_everything_everything_is_shown(resource: Resource, database: psycopg.Connection[Any]):
    for function, values in shown_of_a_full_row(resource, database):
        assert [name for name, value in values.items() if value is None] == [], function


FUNCTIONS = """
select p.proname::text
from pg_proc as p
where p.pronamespace = 'workouts'::regnamespace
  and (p.proname like '%\\_columns' or p.proname like 'given\\_%')
"""


def test_every_function_that_holds_a_resource_s_fields_is_one_of_these(database: psycopg.Connection[Any]) -> None:
    known = {name for resource in RESOURCES for name in (resource.columns, resource.given) if name}
    assert {name for (name,) in database.execute(FUNCTIONS).fetchall()} == known


def module_of(path: str) -> ModuleType:
    return importlib.import_module(path.removesuffix(".py").replace("/", "."))


@pytest.mark.parametrize("resource", RESOURCES, ids=lambda resource: str(resource.table))
def test_every_field_stands_at_each_of_its_places(resource: Resource, database: psycopg.Connection[Any]) -> None:
    assert forgotten(resource, database, QUERIES, module_of) == []
