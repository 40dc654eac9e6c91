"""A real export of 335 workouts, where one is at hand."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Client

from .conftest import Send

pytestmark = pytest.mark.sweep

FILE = "hevy_335_workouts.csv"


def test_all_of_it_comes_in_once(owner: Client, send: Send, data: Path, database: psycopg.Connection[Any]) -> None:
    content = (data / FILE).read_bytes()
    first = send(owner, content, zone="Europe/Berlin").json
    assert (first["sessions_added"], first["sets_added"], first["duplicates"]) == (335, 7211, 0)
    assert (first["rejected"], first["state"]) == ([], "done")
    again = send(owner, content, zone="Europe/Berlin").json
    assert (again["sessions_added"], again["sets_added"], again["exercises_added"]) == (0, 0, 0)
    assert again["duplicates"] == 335
    stored = database.execute(
        "select count(*), count(distinct local_on), sum(set_count), "
        "(select count(*) from sets), (select count(*) from import_exercises) from sessions"
    ).fetchone()
    assert stored == (335, 286, 7211, 7211, 0)


@pytest.mark.parametrize(
    "columns", [(), (1,), (1, 4, 7), (4, 1)], ids=["pasted below", "by start", "by set", "by name"]
)
def test_twice_in_one_file_it_comes_in_once(
    owner: Client, send: Send, data: Path, database: psycopg.Connection[Any], columns: tuple[int, ...]
) -> None:
    header, *rows = csv.reader((data / FILE).read_text("utf-8").splitlines(keepends=True))
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *sorted(rows * 2, key=lambda row: [row[column] for column in columns])])
    report = send(owner, text.getvalue(), zone="Europe/Berlin").json
    assert (report["sessions_added"], report["sets_added"], report["duplicates"]) == (335, 7211, 335)
    assert report["notices"] == ["Lines of workouts that stand in the file more than once, left out: 7,211."]
    once = send(owner, (data / FILE).read_bytes(), zone="Europe/Berlin").json
    assert (once["sessions_added"], once["sets_added"], once["duplicates"], once["notices"]) == (0, 0, 335, [])


def test_the_copies_in_sessions_are_those_of_their_sets(
    owner: Client, send: Send, data: Path, database: psycopg.Connection[Any]
) -> None:
    send(owner, (data / FILE).read_bytes(), zone="Europe/Berlin")
    wrong = database.execute(
        "select s.id from sessions as s join sets as t on t.session_id = s.id group by s.id "
        "having s.set_count <> count(*) or s.exercise_count <> count(distinct t.exercise_no) "
        "or abs(s.volume_kg - coalesce(sum(t.weight_kg * t.reps) filter (where t.kind <> 'w' and t.weight_kg > 0), 0)) "
        "> 1e-6"
    ).fetchall()
    assert wrong == []


def test_four_in_five_of_its_exercises_are_in_the_catalogue(
    owner: Client, send: Send, data: Path, database: psycopg.Connection[Any]
) -> None:
    report = send(owner, (data / FILE).read_bytes()).json
    used = database.execute("select count(distinct exercise_id) from session_exercises").fetchone()
    assert used is not None
    assert report["exercises_added"] <= 0.2 * 86
    assert used[0] >= 80
