"""A file that somebody has sorted: sets come back into their order, and the original puts the rest right."""

from __future__ import annotations

import csv
import io
import os
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.imports.history import Reading, Session
from workouts_api.api.imports.readers.hevy import scattered
from workouts_api.api.imports.readers.hevy.file import HevyFile
from workouts_api.api.imports.readers.hevy.scattered import ScatteredFile
from workouts_api.api.imports.refusals import FileError

from .conftest import COLUMNS, Send, export, row, unnoticed, workout
from .test_repeats import FILE

Rows = list[dict[str, Any]]
BERLIN = ZoneInfo("Europe/Berlin")
REAL = Path(os.environ.get("WORKOUTS_TEST_DATA", ".")) / "hevy_335_workouts.csv"
NOTICE = "Workouts whose lines are not in the order of the export; their sets were put in order by their numbers: {}."


def training(day: int) -> Rows:
    """Five exercises: with a warm-up and a drop set, in a superset, and of one set."""
    kinds = ("warmup", "normal", "normal", "dropset")
    squats = workout(day, 4, exercise_title="Squat (Barbell)")
    return [
        *(
            {**one, "set_type": kind, "weight_kg": 60 + 10 * n}
            for n, (one, kind) in enumerate(zip(squats, kinds, strict=True))
        ),
        *workout(day, 3, exercise_title="Pull Up", superset_id=0, weight_kg=""),
        *workout(day, 3, exercise_title="Dip", superset_id=0, exercise_notes="Deep."),
        *workout(day, 1, exercise_title="Plank"),
        *workout(day, 2, exercise_title="Crunch"),
    ]


def history(days: int = 6) -> Rows:
    return [one for day in range(days, 0, -1) for one in training(day)]


def shuffled(rows: Rows) -> Rows:
    anew = list(rows)
    random.Random(7).shuffle(anew)
    return anew


def sorted_by(*columns: str) -> Callable[[Rows], Rows]:
    return lambda rows: sorted(rows, key=lambda one: [str(one.get(column, "")) for column in columns])


WAYS: dict[str, Callable[[Rows], Rows]] = {
    "by set_index": sorted_by("set_index"),
    "by exercise": sorted_by("exercise_title"),
    "by exercise and set_index": sorted_by("exercise_title", "set_index"),
    "by start and set_index": sorted_by("start_time", "set_index"),
    "by weight": sorted_by("weight_kg"),
    "upside down": lambda rows: rows[::-1],
    "shuffled": shuffled,
}
ways = pytest.mark.parametrize("way", WAYS)


def read(rows: Rows, of: type[HevyFile] = ScatteredFile) -> tuple[list[Session], Reading, bool]:
    file = of(io.StringIO(export(rows), newline=""), BERLIN)
    return list(file.sessions()), file.reading, file.is_out_of_order


def exercises(sessions: list[Session]) -> dict[str, list[tuple[Any, ...]]]:
    """The exercises of each workout, each with its sets in their order."""
    found: dict[str, dict[int, list[Any]]] = {}
    for session in sessions:
        for one in session.sets:
            whole = found.setdefault(session.source_key, {}).setdefault(one.exercise_no, [one.exercise, one.superset])
            whole.append((one.set_no, one.kind, one.reps, one.weight_kg))
    return {key: [tuple(sets) for _, sets in sorted(parts.items())] for key, parts in found.items()}


# ── reading ─────────────────────────────────────────────────────────────────────────────────────────────────


@ways
def test_it_is_noticed_and_read_with_the_exercises_of_the_original(way: str) -> None:
    original, _, is_out_of_order = read(history(), HevyFile)
    assert not is_out_of_order
    anew = WAYS[way](history())
    assert read(anew, HevyFile)[2]
    sessions, reading, _ = read(anew)
    whole, again = exercises(original), exercises(sessions)
    assert again.keys() == whole.keys()
    assert {key: Counter(parts) for key, parts in again.items()} == {key: Counter(p) for key, p in whole.items()}
    assert (reading.accepted, reading.repeated_lines, reading.rejections.count) == (len(anew), 0, 0)


@pytest.mark.parametrize(("way", "guessed"), [("by set_index", 6), ("upside down", 0)])
def test_exercises_stand_in_their_order_where_the_file_tells_it(way: str, guessed: int) -> None:
    sessions, reading, _ = read(WAYS[way](history()))
    assert exercises(sessions) == exercises(read(history(), HevyFile)[0])
    assert reading.guessed_orders == guessed
    assert {one.order_is_guessed for one in sessions} == {bool(guessed)}


def test_an_exercise_that_comes_twice_stays_two() -> None:
    rows = [*workout(8, 3), *workout(8, 2, exercise_title="Plank"), *workout(8, 2, weight_kg=60), *training(6)]
    for way in ("by set_index", "by start and set_index", "upside down"):
        sessions, _, _ = read(WAYS[way](rows))
        whole = exercises(read(rows, HevyFile)[0])
        assert {key: Counter(parts) for key, parts in exercises(sessions).items()} == {
            key: Counter(parts) for key, parts in whole.items()
        }, way


def test_equal_sets_of_an_exercise_that_comes_twice_are_all_kept() -> None:
    rows = [*workout(8, 2), *workout(8, 1, exercise_title="Plank"), *workout(8, 2), *training(6)]
    for way in WAYS.values():
        assert sum(len(one.sets) for one in read(way(rows))[0]) == len(rows)


@ways
@pytest.mark.parametrize("copies", [2, 3])
def test_copies_are_taken_once_in_any_order(way: str, copies: int) -> None:
    sessions, reading, _ = read(WAYS[way](FILE * copies))
    assert sum(len(one.sets) for one in sessions) == len(FILE)
    assert (reading.repeated_workouts, reading.repeated_lines) == (3 * (copies - 1), len(FILE) * (copies - 1))


def test_an_older_state_further_below_is_left_out_beside_a_workout_in_disorder() -> None:
    rows = [*workout(8, sets=4), *training(7), *training(6)[::-1], *workout(8, sets=2)]
    sessions, reading, _ = read(rows)
    assert sorted(len(one.sets) for one in sessions) == [4, 13, 13]
    assert reading.notices == [
        "Line 32: the workout stands in the file again and reads differently; what stands first was taken."
    ]


@pytest.mark.parametrize("wrong", [{"start_time": "yesterday"}, {"exercise_title": " "}, {"reps": "ten"}])
def test_a_rejected_line_between_two_sets_does_not_split_their_exercise(wrong: dict[str, Any]) -> None:
    rows = workout(8, sets=4)
    rows[1] = {**rows[1], **wrong}
    sessions, reading, is_out_of_order = read(rows, HevyFile)
    if is_out_of_order:
        sessions, reading, _ = read(rows)
    assert [(one.exercise_no, one.set_no) for session in sessions for one in session.sets] == [(1, 1), (1, 2), (1, 3)]
    assert (reading.rejections.count, reading.guessed_orders) == (1, 0)


def test_exports_as_they_come_are_in_order() -> None:
    for rows in (
        history(),
        FILE,
        FILE * 2,
        [*workout(8, 3), *workout(8, 2)],
        workout(8, 3)[1:],
        [row(set_index="")] * 3,
    ):
        assert not read(rows, HevyFile)[2]


def test_a_file_that_numbers_no_sets_has_no_order_to_restore() -> None:
    rows = [{**one, "set_index": ""} for one in shuffled(history())]
    assert not read(rows, HevyFile)[2]


def test_indices_of_a_spreadsheet_are_numbers_too() -> None:
    rows = [{**one, "set_index": f"{one['set_index']}.0"} for one in WAYS["upside down"](history())]
    assert exercises(read(rows)[0]) == exercises(read(history(), HevyFile)[0])


def test_too_many_rows_in_disorder_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scattered, "MOST_ROWS", 50)
    with pytest.raises(FileError, match="not in the order of Hevy's export, and there are more than 50"):
        read(shuffled(history()))


def test_more_sets_of_an_exercise_than_are_stored_are_rejected() -> None:
    rows = [row(set_index=number) for number in range(1002)][::-1]
    (one,), reading, _ = read(rows)
    assert (len(one.sets), reading.accepted) == (1000, 1000)
    assert {why for _, why in reading.rejections.listed} == {"The exercise has more than 1,000 sets."}


# ── importing ───────────────────────────────────────────────────────────────────────────────────────────────

STORED = """
select s.title, s.started_at, e.exercise_no, x.name, e.superset, e.notes,
       array_agg(row(t.set_no, t.kind, t.drop_of, t.reps, t.weight_kg)::text order by t.set_no)
from sessions as s
join session_exercises as e on e.session_id = s.id
join exercises as x on x.id = e.exercise_id
join sets as t on t.session_id = e.session_id and t.exercise_no = e.exercise_no
group by s.id, e.exercise_no, x.name, e.superset, e.notes
order by s.started_at, e.exercise_no
"""


def stored(database: psycopg.Connection[Any]) -> list[Any]:
    return database.execute(STORED).fetchall()


@ways
def test_the_original_puts_right_what_the_sorted_file_did_not_tell(
    owner: Client, stranger: Client, send: Send, database: psycopg.Connection[Any], way: str
) -> None:
    send(owner, export(history()))
    right = stored(database)
    owner.delete("/api/v1/users/me", json={"password": "correct horse battery"})
    assert stored(database) == []

    first = send(stranger, export(WAYS[way](history()))).json
    assert (first["sessions_added"], first["sets_added"], first["rejected"]) == (6, 78, [])
    said = [] if way == "upside down" else [NOTICE.format(6)]
    assert first["notices"] == said
    assert len(stored(database)) == len(right)
    again = send(stranger, export(history())).json
    assert (again["sets_added"], again["duplicates"], again["notices"]) == (0, 6, [])
    assert stored(database) == right
    assert send(stranger, export(WAYS[way](history()))).json["duplicates"] == 6
    assert stored(database) == right


def test_a_session_edited_since_keeps_its_order(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    send(owner, export(shuffled(history())))
    before = stored(database)
    for session in owner.get("/api/v1/sessions").json["items"]:
        owner.patch(f"/api/v1/sessions/{session['id']}", json={"rpe": 8})
    assert "edited here since" in send(owner, export(history())).json["notices"][0]
    assert stored(database) == before


def test_an_exercise_that_was_stored_in_parts_is_put_together(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    """As importers before this one have stored it."""
    send(owner, export(history(1)))
    right = stored(database)
    for statement in (
        "insert into session_exercises (session_id, athlete_id, local_on, exercise_no, position, exercise_id)"
        " select session_id, athlete_id, local_on, 9, 9, exercise_id from session_exercises where exercise_no = 1",
        "update sets set exercise_no = 9, set_no = set_no - 2, drop_of = drop_of - 2"
        " where exercise_no = 1 and set_no > 2",
        "update sessions set exercise_count = 6",
        "update imported_sessions set row_digest = sha256('in parts')",
    ):
        unnoticed(database, statement)
    again = send(owner, export(history(1))).json
    assert (again["duplicates"], again["sets_added"], again["notices"]) == (1, 0, [])
    assert stored(database) == right


@pytest.mark.sweep
@pytest.mark.skipif(not REAL.exists(), reason="no folder of real exports")
@pytest.mark.parametrize("way", ["by set_index", "upside down", "shuffled"])
def test_a_real_export_in_disorder_keeps_its_exercises(way: str) -> None:
    rows = list(csv.DictReader(io.StringIO(REAL.read_text(encoding="utf-8-sig"))))
    assert set(COLUMNS) <= set(rows[0])
    whole = exercises(read(rows, HevyFile)[0])
    sessions, reading, _ = read(WAYS[way](rows))
    again = exercises(sessions)
    assert reading.repeated_lines == 0
    assert sum(len(one.sets) for one in sessions) == len(rows)
    # Two exercises of one name that follow each other are one in the original, and two where it is guessed.
    alike = sum(Counter(again[key]) == Counter(parts) for key, parts in whole.items())
    assert alike >= len(whole) - 6
