"""Assistance is not weight: files write it as a positive number, and it is stored as a negative one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

import workouts_api
from tests.conftest import Client

from .conftest import Send, body, export, row, unnoticed, workout

(MENDING,) = (Path(workouts_api.__file__).parent / "migrations").glob("*_mend_assistance.sql")

HELPED = [
    "Pull Up (Assisted)", "Chin Up (Assisted)", "Chest Dip (Assisted)", "Triceps Dip (Assisted)", "Assisted Pull-Up",
    "assisted pull up", "Assisted Pistol Squats", "Band Assisted Chest Dip", "Machine-Assisted Dip", "Pull-Up Assist",
    "Pull Up (Band)", "Banded Chin-Up", "Muscle Up (Band)", "Klimmzug (assistiert)", "Traction assistée",
    "Dominada asistida", "Trazioni assistite", "Barra fixa (assistida)", "Gravitron", "Podciąganie wspomagane",
    "Klimmzug (unterstützt)", "Klimmzüge unterstützt", "Klimmzüge mit Unterstützung", "Unterstützte Klimmzüge",
    "Dips (Unterstützt)", "Barfiks (Destekli)", "Yardımlı Barfiks", "Подтягивания (с помощью)",
    "Подтягивания с поддержкой", "Podciąganie ze wspomaganiem", "Barra fixa auxiliada", "アシスト懸垂",
    "懸垂(アシスト)",
    "補助付き懸垂", "ディップス (補助)", "어시스트 풀업", "턱걸이 (보조)", "辅助引体向上", "輔助引體向上",
    "引体向上（辅助）",
    "单臂辅助引体向上", "辅助单腿深蹲",
]  # fmt: skip
NOT_HELPED = [
    "Pull Up", "Pull Up (Weighted)", "Unassisted Pull-Up", "Non-Assisted Dip", "Not Assisted Pull-Up",
    "Band Pull-Apart", "Band Pullaparts", "Push Up (Band)", "Band-Resisted Pull-Up", "Assistance Row", "Assisi Carry",
    "Squat (Band)", "Lat Pulldown (Band)", "Chest Supported Row",
    "Brustunterstütztes Rudern", "Rudern mit Unterstützung der Brust", "Klimmzug", "Göğüs Destekli Kürek", "懸垂",
    "補助種目", "보조 운동", "辅助训练", "引体向上", "无辅助引体向上", "懸垂(アシストなし)", "Тяга с помощью троса",
]  # fmt: skip


def stored(database: psycopg.Connection[Any], columns: str = "t.weight_kg") -> list[Any]:
    rows = database.execute(
        f"select {columns} from sets as t join sessions as s on s.id = t.session_id "
        "order by s.started_at, t.exercise_no, t.set_no".encode()
    ).fetchall()
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


@pytest.mark.parametrize("name", HELPED)
def test_the_weight_of_an_assisted_exercise_is_help(
    owner: Client, send: Send, database: psycopg.Connection[Any], name: str
) -> None:
    report = send(owner, export([row(exercise_title=name, weight_kg=40)])).json
    assert stored(database, "t.weight_kg, s.volume_kg") == [(-40.0, 0.0)]
    assert [one["is_assisted"] for one in report["exercises"]] == [True]


@pytest.mark.parametrize("name", NOT_HELPED)
def test_other_weights_are_weights(owner: Client, send: Send, database: psycopg.Connection[Any], name: str) -> None:
    report = send(owner, export([row(exercise_title=name, weight_kg=40)])).json
    assert stored(database, "t.weight_kg, s.volume_kg") == [(40.0, 200.0)]
    assert [one["is_assisted"] for one in report["exercises"]] == [False]


def test_help_is_no_volume_and_no_weight_and_less_of_it_is_the_record(owner: Client, send: Send) -> None:
    rows = [
        one for day, weight in ((5, 40), (6, 20), (7, 50))
        for one in workout(day, sets=1, exercise_title="Pull Up (Assisted)", weight_kg=weight, reps=8)
    ]  # fmt: skip
    for one in rows:
        send(owner, export([one]))
    report = body(owner.get("/api/v1/reports/training?from=2025-01-01&to=2025-01-31&fields=totals,records"))
    assert report["totals"]["volume_kg"] == 0
    assert [(one["kind"], one["value_kg"], one["local_on"]) for one in report["records"]] == [
        ("heaviest_weight", -20, "2025-01-06")
    ]


def test_no_help_and_help_already_written_as_such_stay(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    weights = ["", "0", "-30", "30"]
    send(owner, export(row(exercise_title="Pull Up (Assisted)", weight_kg=weight) for weight in weights))
    assert stored(database) == [None, 0.0, -30.0, -30.0]


def test_pounds_of_help_are_help(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    columns = ["weight_lbs" if column == "weight_kg" else column for column in row()]
    send(owner, export([row(exercise_title="Pull Up (Assisted)", weight_lbs=100)], columns))
    assert stored(database) == [-45.3592]


def test_more_help_than_a_set_can_have_is_rejected_and_the_rest_taken(owner: Client, send: Send) -> None:
    rows = [row(exercise_title="Pull Up (Assisted)", weight_kg=weight) for weight in (501, 40)]
    report = send(owner, export(rows)).json
    assert report["rejected"] == [{"line": 2, "reason": "The weight is help here, 501 kg: expected at most 500 kg."}]
    assert report["sets_added"] == 1


def test_what_the_athlete_calls_an_assisted_exercise_is_assisted(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "with x as (insert into exercises (athlete_id, name) values (%s, 'Assisted Muscle-Up') returning id) "
        "insert into exercise_aliases (exercise_id, source, alias) select id, 'own', 'Tower Machine' from x",
        [owner.athlete_id],
    )
    send(owner, export([row(exercise_title="TOWER machine", weight_kg=40)]))
    assert stored(database) == [-40.0]


def test_what_a_client_writes_is_its_own_word(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    exercise = database.execute("select id from exercises where name = 'Assisted Pull-Up'").fetchone()
    assert exercise is not None
    session = {
        "started_at": "2025-01-05T10:00:00Z",
        "exercises": [{"exercise_id": exercise[0], "sets": [{"reps": 5, "weight_kg": 40}]}],
    }
    assert owner.post("/api/v1/sessions", json=session).status_code == 201
    mend(database)
    assert stored(database, "t.weight_kg, s.version") == [(40.0, 1)]


def test_a_file_from_before_is_still_known(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    text = export([*as_before(owner, send, database), *workout(20)])
    report = send(owner, text).json
    assert (report["sessions_added"], report["duplicates"], report["notices"]) == (1, 2, [])


# ── what came in before ─────────────────────────────────────────────────────────────────────────────────────


def as_before(owner: Client, send: Send, database: psycopg.Connection[Any]) -> list[dict[str, object]]:
    """Two workouts, as imports stored them when they took help for weight; their rows."""
    rows = [
        one for day in (8, 10) for one in
        (*workout(day, sets=2, exercise_title="Pull Up (Assisted)", weight_kg=40), *workout(day, sets=1))
    ]  # fmt: skip
    assert send(owner, export(rows)).json["sessions_added"] == 2
    unnoticed(database, "update sets set weight_kg = abs(weight_kg)")
    unnoticed(database, "update sessions set volume_kg = 900")
    return rows


def mend(database: psycopg.Connection[Any], direction: str = "up", path: Path = MENDING) -> None:
    """As the runner of the migrations does it, for whom no trigger raises a version."""
    up, down = path.read_text().split("-- migrate:down transaction:false")
    database.execute("set session authorization workouts_migrator; set role workouts_owner")
    database.execute((up if direction == "up" else down).encode())
    database.execute("reset session authorization")


def test_help_that_came_in_as_weight_is_mended_with_its_copies_and_the_version(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    as_before(owner, send, database)
    mend(database)
    assert stored(database) == [-40.0, -40.0, 100.0] * 2
    assert database.execute(
        "select distinct volume_kg, set_count, version, import_version from sessions"
    ).fetchall() == [(500.0, 3, 2, 2)]


def test_mending_again_changes_nothing_and_it_can_be_taken_back(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    as_before(owner, send, database)
    mend(database)
    once = stored(database, "t.weight_kg, s.volume_kg, s.version, s.updated_at")
    mend(database)
    assert stored(database, "t.weight_kg, s.volume_kg, s.version, s.updated_at") == once
    mend(database, "down")
    assert stored(database, "t.weight_kg, s.volume_kg, s.version") == [(w, 900.0, 3) for w in (40.0, 40.0, 100.0)] * 2


def test_a_session_that_was_edited_since_is_not_mended(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    as_before(owner, send, database)
    database.execute("update sessions set version = 2 where local_on = '2025-01-08'")
    mend(database)
    assert stored(database) == [40.0, 40.0, 100.0, -40.0, -40.0, 100.0]


def test_help_in_languages_that_were_learnt_later_is_mended_and_only_that_goes_back(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    (path,) = MENDING.parent.glob("*_know_help_in_more_languages.sql")
    names = ("Klimmzug (unterstützt)", "Pull Up (Assisted)", "Squat (Barbell)")
    send(owner, export([row(exercise_title=name, weight_kg=40, reps=5) for name in names]))
    unnoticed(database, "update sets set weight_kg = abs(weight_kg) where exercise_no = 1")
    unnoticed(database, "update sessions set volume_kg = 400")
    mend(database, "up", path)
    assert stored(database, "t.weight_kg, s.volume_kg, s.version") == [(w, 200.0, 2) for w in (-40.0, -40.0, 40.0)]
    mend(database, "up", path)
    assert stored(database, "s.version") == [2, 2, 2]
    mend(database, "down", path)
    assert stored(database, "t.weight_kg, s.volume_kg") == [(w, 400.0) for w in (40.0, -40.0, 40.0)]
