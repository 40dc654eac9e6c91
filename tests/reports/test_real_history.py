"""GET /api/v1/reports/training on fourteen months of somebody's real training."""

from __future__ import annotations

import datetime as dt
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.reports.comparison import differences
from tests.reports.conftest import muscles_of
from tests.reports.hevy_file import hardest_set, history_of, instant, no_rating, read_workouts, titles
from tests.reports.naive_report import naive_report

pytestmark = pytest.mark.sweep

FIRST, LAST = dt.date(2024, 7, 3), dt.date(2025, 9, 15)
FILE = "hevy_335_workouts.csv"


@pytest.fixture(scope="session")
def workouts(data):
    return read_workouts(data / FILE)


@pytest.fixture
def exercise_ids(workouts, make_exercise):
    """Every third exercise has no muscles, as an import's new ones."""
    some = [{"chest": 1, "triceps": 0.5}, {"lats": 1, "biceps": 0.5, "chest": 0.25}, {}]
    return {title: make_exercise(title, **some[n % 3]) for n, title in enumerate(titles(workouts))}


@pytest.mark.parametrize("rating", [no_rating, hardest_set], ids=["no session has an RPE", "sessions have RPEs"])
@pytest.mark.parametrize("bucket", ["day", "week", "month"])
def test_the_whole_period_equals_the_naive_report(bucket, rating, workouts, exercise_ids, database, train, report):
    history = history_of(workouts, exercise_ids, rating)
    train(*history)
    ours = report(from_=FIRST, to=LAST, bucket=bucket)
    naive = naive_report(history, muscles_of(database), from_on=FIRST, to_on=LAST, bucket=bucket)
    assert differences(ours, naive) == []
    assert (ours["totals"]["sessions"], ours["totals"]["sets"]) == (335, 7211)


def exercises_as_imported(database, athlete_id, workouts):
    """Which exercise each title became: the stored sets of each workout stand in the order of the file's rows."""
    rows = """
      select (s.started_at at time zone s.zone), s.title, array_agg(t.exercise_id order by e.position, t.position)
      from sessions as s
      join session_exercises as e on e.session_id = s.id
      join sets as t on t.session_id = e.session_id and t.exercise_no = e.exercise_no
      where s.athlete_id = %s
      group by s.id
    """
    stored = {(start, title): ids for start, title, ids in database.execute(rows, [athlete_id])}
    exercise_ids = {}
    for workout in workouts:
        ids = stored[instant(workout[0]["start_time"]), workout[0]["title"]]
        for row, exercise_id in zip(workout, ids, strict=True):
            assert exercise_ids.setdefault(row["exercise_title"], exercise_id) == exercise_id
    return exercise_ids


def test_the_uploaded_file_equals_the_naive_report(data, workouts, database, owner, report):
    database.execute("update athletes set zone = 'Europe/London' where id = %s", [owner.athlete_id])
    boundary, body = encode_multipart({"file": FileStorage(BytesIO((data / FILE).read_bytes()), FILE)})
    reply = owner.post("/api/v1/imports", data=body, content_type=f"multipart/form-data; boundary={boundary}")
    assert reply.status_code == 201, reply.json
    history = history_of(workouts, exercises_as_imported(database, owner.athlete_id, workouts))
    naive = naive_report(history, muscles_of(database), from_on=FIRST, to_on=LAST)
    assert differences(report(from_=FIRST, to=LAST), naive) == []
