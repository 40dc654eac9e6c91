"""A first import is added in parts, and nothing tells it from one that is added as a whole."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from workouts_api.api.imports import intake, parts, routes

from .conftest import Row, Send, export, workout

SPELLINGS = ("sandbag-toss", "Sandbag Toss", "sandbag toss", "Sandbag Toss")
_STORED = """
select
  s.title, s.notes, s.started_at, s.ended_at, s.local_on, s.version, s.import_version, s.exercise_count, s.set_count,
  s.volume_kg, s.zone, rank() over (partition by s.local_on order by s.id) as place_of_day,
  k.source_key, k.row_digest, k.order_is_guessed, k.import_id = s.import_id as is_of_import,
  array(
    select (x.name, x.former_names, x.version, e.exercise_no, e.superset, e.notes, e.local_on = s.local_on)::text
    from session_exercises as e
    join exercises as x on x.id = e.exercise_id
    where e.session_id = s.id
    order by e.exercise_no
  ) as exercises,
  array(
    select (t.exercise_no, t.set_no, t.position, t.kind, t.reps, t.weight_kg, t.distance_m, t.duration_s, t.rpe,
            t.drop_of, t.local_on = s.local_on, t.athlete_id = s.athlete_id)::text
    from sets as t
    where t.session_id = s.id
    order by t.exercise_no, t.set_no
  ) as sets
from sessions as s
join imported_sessions as k on k.session_id = s.id
where s.athlete_id = %s
order by s.started_at, s.id
"""


@pytest.fixture
def added(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The sets of each part that was added; parts are small."""
    monkeypatch.setattr(parts, "SETS_OF_PART", 4)
    sizes: list[int] = []
    add = intake._Intake._add_part

    def noted(self: Any, part: Any, *, is_first: bool) -> None:
        sizes.append(part.sets)
        add(self, part, is_first=is_first)

    monkeypatch.setattr(intake._Intake, "_add_part", noted)
    return sizes


def history(days: list[int]) -> list[dict[str, object]]:
    """Two workouts of each day, the later one first, as an export has them; an exercise has three spellings."""
    rows: list[dict[str, object]] = []
    for day in days:
        for hour in (18, 6):
            times = {"start_time": f"{day} Jan 2025, {hour}:00", "end_time": f"{day} Jan 2025, {hour + 1}:30"}
            rows += workout(day, 2, **times, title=f"At {hour}", weight_kg=day, reps="x" if day == 5 else 5)
            rows += workout(
                day, 3, **times, title=f"At {hour}", exercise_title=SPELLINGS[day % 4], set_type="dropset", rpe=8
            )
    return rows


def as_a_whole(client: Client, send: Send, rows: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch) -> Any:
    with monkeypatch.context() as patch:
        patch.setattr(parts, "SETS_OF_PART", 10_000)
        patch.setattr(parts, "MOST_SETS_OF_PART", 50_000)
        return send(client, export(rows)).json


def told(report: Any) -> Any:
    """A report without what two imports never share."""
    exercises = [{**one, "exercise_id": None} for one in report["exercises"]]
    return {**report, "exercises": exercises, "id": None, "created_at": None, "finished_at": None}


def stored(database: psycopg.Connection[Any], client: Client) -> list[Any]:
    return database.execute(_STORED, [client.athlete_id]).fetchall()


NEWEST_FIRST, OLDEST_FIRST = list(range(12, 0, -1)), list(range(1, 13))
ORDERS = {
    "newest first": (NEWEST_FIRST, True),
    "oldest first": (OLDEST_FIRST, True),
    "two histories, the older one first": ([6, 5, 4, 3, 2, 1, 12, 11, 10, 9, 8, 7], False),
    "every other day first": ([12, 10, 8, 6, 4, 2, 11, 9, 7, 5, 3, 1], False),
}


@pytest.mark.parametrize(("days", "in_parts"), ORDERS.values(), ids=ORDERS)
def test_what_is_added_in_parts_equals_what_is_added_as_a_whole(
    owner: Client, stranger: Client, send: Send, database: psycopg.Connection[Any], added: list[int],
    monkeypatch: pytest.MonkeyPatch, days: list[int], in_parts: bool,
) -> None:  # fmt: skip
    report = send(owner, export(history(days))).json
    news = [one["name"] for one in report["exercises"] if one["is_new"]]
    assert (report["sets_added"], len(report["rejected"]), len(news)) == (116, 4, len(set(SPELLINGS)))
    assert (added[-1] < report["sets_added"]) == in_parts, added
    whole = as_a_whole(stranger, send, history(days), monkeypatch)
    assert told(report) == told(whole)
    assert stored(database, owner) == stored(database, stranger)
    left = database.execute("select (select count(*) from import_exercises), (select count(*) from import_sessions)")
    assert left.fetchone() == (0, 0)


def test_a_preview_in_parts_reports_the_same_and_keeps_nothing(owner: Client, send: Send, added: list[int]) -> None:
    text = export(history(NEWEST_FIRST))
    preview, real = (send(owner, text, dry_run=dry_run).json for dry_run in ("true", "false"))
    assert len(added) > 2
    changes = {"id", "state", "created_at", "finished_at", "exercises"}
    assert {k: v for k, v in preview.items() if k not in changes} == {k: v for k, v in real.items() if k not in changes}


def test_the_same_file_adds_nothing_the_second_time(owner: Client, send: Send, added: list[int]) -> None:
    text = export(history(NEWEST_FIRST))
    first = send(owner, text).json
    parts_before = len(added)
    again = send(owner, text).json
    assert (again["sessions_added"], again["duplicates"], again["notices"]) == (0, first["sessions_added"], [])
    assert len(added) == parts_before + 1, "a later import is compared as a whole"


@pytest.mark.parametrize("most", [3, 10_000], ids=["a day of too many sets", "any"])
def test_days_are_not_cut(
    owner: Client, stranger: Client, send: Send, database: psycopg.Connection[Any], added: list[int],
    monkeypatch: pytest.MonkeyPatch, most: int,
) -> None:  # fmt: skip
    """Records of one day go by the sessions' ids: these must be in the order of time."""
    monkeypatch.setattr(parts, "MOST_SETS_OF_PART", most)
    rows: list[dict[str, object]] = [
        one for hour in range(20, 0, -1) for one in workout(5, 3, start_time=f"5 Jan 2025, {hour}:00", end_time="")
    ]
    assert send(owner, export(rows)).json["sessions_added"] == 20
    assert len(added) == 1
    as_a_whole(stranger, send, rows, monkeypatch)
    assert stored(database, owner) == stored(database, stranger)


def test_rows_of_one_workout_that_stand_apart_are_one_session(owner: Client, send: Send, added: list[int]) -> None:
    rows: list[Row] = [one for day in (9, 8, 7, 6, 9) for one in workout(day, 5, set_index=None, reps=day)]
    rows[-5:] = [{**one, "reps": 12} for one in rows[-5:]]
    report = send(owner, export(rows)).json
    assert (report["sessions_added"], report["sets_added"]) == (4, 25)
    assert added[-1] == 25, "as a whole"


def test_a_file_out_of_order_is_read_anew_after_parts_were_added(
    owner: Client, stranger: Client, send: Send, database: psycopg.Connection[Any], added: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    rows = history(NEWEST_FIRST)
    rows[-2], rows[-1] = rows[-1], rows[-2]
    key = {"Idempotency-Key": "2f0c9f0e-4c53-4d61-9d2b-0a8c3a3b8a11"}
    report = send(owner, export(rows), headers=key).json
    assert len(added) > 2
    assert send(owner, export(rows), headers=key).json == report
    assert told(report) == told(as_a_whole(stranger, send, rows, monkeypatch))
    assert stored(database, owner) == stored(database, stranger)


def test_a_file_that_is_refused_at_its_end_leaves_nothing(
    owner: Client, send: Send, database: psycopg.Connection[Any], added: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    content = export(history(NEWEST_FIRST))
    assert send(owner, content.encode() + b"\xff\n").status_code == 422
    assert len(added) > 2
    nothing_is_left(database)
    added.clear()
    monkeypatch.setattr(routes, "_quotas", lambda: intake.Quotas(exercises=1))
    unknown = export(workout(31, start_time="1 Jan 2024, 18:00", end_time="", exercise_title="Log Press"))
    assert send(owner, content + unknown.partition("\n")[2]).json["error"] == "quota_reached"
    assert len(added) > 2
    nothing_is_left(database)


def nothing_is_left(database: psycopg.Connection[Any]) -> None:
    counted = database.execute(
        "select (select count(*) from sessions), (select count(*) from imports),"
        " (select count(*) from import_exercises), (select count(*) from exercises where athlete_id is not null)"
    )
    assert counted.fetchone() == (0, 0, 0, 0)
    assert [one.name for one in threading.enumerate() if one.name == "reading"] == []
