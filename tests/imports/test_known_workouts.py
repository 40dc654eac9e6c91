"""What an import does with workouts that were imported before."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import psycopg
import pytest

from tests.conftest import Client

from .conftest import Send, body, export, row, unnoticed, workout

Rows = list[dict[str, object]]


def spoilt(rows: Rows, *places: int) -> Rows:
    """The rows, some of them with a decimal comma, which is refused."""
    return [{**one, "weight_kg": "82,5"} if place in places else one for place, one in enumerate(rows)]


def numbers(report: Any) -> tuple[int, int, int, int]:
    return report["sessions_added"], report["sessions_completed"], report["sets_added"], report["duplicates"]


def sets_of(database: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Each session's copies, and its sets in order."""
    rows = database.execute(
        "select s.exercise_count, s.set_count, s.volume_kg, array_agg(t.weight_kg order by t.exercise_no, t.set_no) "
        "from sessions as s join sets as t on t.session_id = s.id group by s.id order by s.started_at, s.id"
    ).fetchall()
    return [tuple(one) for one in rows]


def same(one: Rows, **different: object) -> Rows:
    return [{**each, **different} for each in one]


# ── completed ───────────────────────────────────────────────────────────────────────────────────────────────

WHOLE = [
    *workout(8, sets=2, weight_kg=80),
    *workout(8, sets=1, exercise_title="Plank", weight_kg=10),
    *workout(8, sets=1, exercise_title="Row", weight_kg=60),
]


@pytest.mark.parametrize("places", [(0,), (1,), (2,), (3,), (0, 2), (1, 2, 3)], ids=str)
def test_the_mended_file_brings_in_what_was_missing(
    owner: Client, send: Send, database: psycopg.Connection[Any], places: tuple[int, ...]
) -> None:
    first = send(owner, export(spoilt(WHOLE, *places))).json
    assert len(first["rejected"]) == len(places)
    second = send(owner, export(WHOLE)).json
    assert numbers(second) == (0, 1, len(places), 0)
    assert second["notices"] == []
    assert sets_of(database) == [(3, 4, 1150.0, [80.0, 80.0, 10.0, 60.0])]
    assert numbers(send(owner, export(WHOLE)).json) == (0, 0, 0, 1)


def test_what_was_merged_since_is_completed_too(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    """An exercise that was merged in psql, twice: its sets still name the first one."""
    tosses = [[{**one, "exercise_title": "Sandbag Toss"} for one in spoilt(WHOLE, *places)] for places in ((1,), ())]
    send(owner, export(tosses[0]))
    (first,) = database.execute("select id from exercises where name = 'Sandbag Toss'").fetchone()
    for name in ("Bag Toss", "Throw"):
        (last,) = database.execute(
            "insert into exercises (athlete_id, name) values (%s, %s) returning id", [owner.athlete_id, name]
        ).fetchone()
        database.execute("update exercises set merged_into = %s where id = %s", [last, first])
        first = last
    assert numbers(send(owner, export(tosses[1])).json) == (0, 1, 1, 0)


def test_a_completed_session_is_the_same_one_with_another_etag(owner: Client, send: Send) -> None:
    send(owner, export(spoilt(WHOLE, 1)))
    session = body(owner.get("/api/v1/sessions"))["items"][0]["id"]
    before = owner.get(f"/api/v1/sessions/{session}").headers["ETag"]
    preview = send(owner, export(WHOLE), dry_run="true").json
    assert numbers(preview) == (0, 1, 1, 0)
    assert owner.get(f"/api/v1/sessions/{session}").headers["ETag"] == before
    send(owner, export(WHOLE))
    after = owner.get(f"/api/v1/sessions/{session}")
    assert after.headers["ETag"] != before
    assert [len(one["sets"]) for one in body(after)["exercises"]] == [2, 1, 1]


def test_it_can_be_completed_more_than_once(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    for places in ((0, 1, 2), (0, 1), (0,), ()):
        send(owner, export(spoilt(WHOLE, *places)))
    assert sets_of(database) == [(3, 4, 1150.0, [80.0, 80.0, 10.0, 60.0])]


def test_a_session_edited_since_is_left_alone_and_the_report_says_so(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    send(owner, export(spoilt(WHOLE, 1)))
    session = body(owner.get("/api/v1/sessions"))["items"][0]["id"]
    assert owner.patch(f"/api/v1/sessions/{session}", json={"notes": "hard"}).status_code == 200
    report = send(owner, export(WHOLE)).json
    assert numbers(report) == (0, 0, 0, 1)
    assert report["notices"] == [
        "Workouts that read differently in this file but were edited here since were left as they are: 1."
    ]
    assert len(sets_of(database)[0][3]) == 3


def test_a_deleted_session_stays_deleted_and_the_report_says_so(owner: Client, send: Send) -> None:
    send(owner, export(spoilt(WHOLE, 1)))
    session = body(owner.get("/api/v1/sessions"))["items"][0]["id"]
    assert owner.delete(f"/api/v1/sessions/{session}").status_code == 204
    report = send(owner, export(WHOLE)).json
    assert numbers(report) == (0, 0, 0, 1)
    assert report["notices"] == [
        "Workouts that read differently in this file but were deleted here since stay deleted: 1."
    ]
    assert body(owner.get("/api/v1/sessions"))["items"] == []


def test_a_workout_of_which_a_set_was_changed_there_is_left_as_it_is(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    send(owner, export(spoilt(WHOLE, 1)))
    report = send(owner, export([*WHOLE[:3], {**WHOLE[3], "reps": 6}])).json
    assert numbers(report) == (0, 0, 0, 1)
    assert "read differently in this file were left as they are: 1." in report["notices"][0]
    assert len(sets_of(database)[0][3]) == 3


def test_rows_in_another_order_are_the_same_workout(owner: Client, send: Send) -> None:
    send(owner, export(WHOLE))
    report = send(owner, export(reversed(WHOLE))).json
    assert (numbers(report), report["notices"]) == ((0, 0, 0, 1), [])


def test_pounds_that_were_stored_before_weights_had_four_decimals_are_the_same_weights(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    columns = ["weight_lbs" if column == "weight_kg" else column for column in row()]
    text = export([row(weight_lbs=pounds, set_index=n) for n, pounds in enumerate((225, 135, 27.22))], columns)
    send(owner, text)
    unnoticed(database, "update sets set weight_kg = (array[225, 135, 27.22])[set_no] * 0.45359237::float8")
    database.execute("update imported_sessions set row_digest = sha256('as it was then')")
    report = send(owner, text).json
    assert (numbers(report), report["notices"]) == ((0, 0, 0, 1), [])


def test_help_is_completed_as_help(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    rows = workout(8, sets=2, exercise_title="Pull Up (Assisted)", weight_kg=40)
    send(owner, export(spoilt(rows, 0)))
    assert numbers(send(owner, export(rows)).json) == (0, 1, 1, 0)
    assert sets_of(database) == [(1, 2, 0.0, [-40.0, -40.0])]


def test_a_completed_end_and_notes_are_the_files(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    send(owner, export(same(WHOLE[:2], end_time="")))
    assert numbers(send(owner, export(same(WHOLE, description="done"))).json) == (0, 1, 2, 0)
    assert database.execute("select ended_at - started_at = interval '1 hour', notes from sessions").fetchall() == [
        (True, "done")
    ]


# ── several of one start and title ──────────────────────────────────────────────────────────────────────────

X = workout(8, sets=2, weight_kg=80)
Y = workout(8, sets=2, weight_kg=60, end_time="8 Jan 2025, 20:00")
Z = workout(8, sets=1, weight_kg=40, end_time="8 Jan 2025, 21:00")


@pytest.mark.parametrize("first", [[X], [Y], [X, Y], [Y, X], [Z, X]], ids=len)
@pytest.mark.parametrize("order", list(permutations((X, Y, Z))), ids=range(6))
def test_each_is_kept_once_in_whatever_order_files_have_them(
    owner: Client, send: Send, database: psycopg.Connection[Any], first: list[Rows], order: tuple[Rows, ...]
) -> None:
    send(owner, export(one for part in first for one in part))
    report = send(owner, export(one for part in order for one in part)).json
    assert numbers(report)[::3] == (3 - len(first), len(first))
    assert report["notices"] == []
    assert sorted(sets_of(database)) == [
        (1, 1, 200.0, [40.0]), (1, 2, 600.0, [60.0, 60.0]), (1, 2, 800.0, [80.0, 80.0])
    ]  # fmt: skip
    again = send(owner, export([*Z, *X, *Y])).json
    assert (numbers(again), again["notices"]) == ((0, 0, 0, 3), [])


def test_equal_sets_with_another_end_are_another_workout(owner: Client, send: Send) -> None:
    twin = same(X, end_time="8 Jan 2025, 20:00")
    assert numbers(send(owner, export([*X, *twin])).json) == (2, 0, 4, 0)
    for order in ([*twin, *X], [*X, *twin]):
        assert numbers(send(owner, export(order)).json) == (0, 0, 0, 2)


def test_each_of_two_is_completed_with_its_own_sets(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    send(owner, export([*spoilt(X, 0), *spoilt(Y, 1)]))
    assert numbers(send(owner, export([*Y, *X])).json) == (0, 2, 2, 0)
    assert sorted(sets_of(database)) == [(1, 2, 600.0, [60.0, 60.0]), (1, 2, 800.0, [80.0, 80.0])]


def test_a_title_that_looks_like_a_key_is_another_workout(owner: Client, send: Send) -> None:
    odd = same(X, title="Legs|1")
    assert numbers(send(owner, export([*X, *odd])).json) == (2, 0, 4, 0)
    assert numbers(send(owner, export([*odd, *X])).json) == (0, 0, 0, 2)


# ── doubled ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_doubled_training_comes_in_once_and_the_report_says_what_was_left_out(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    report = send(owner, export([*X, *X])).json
    assert numbers(report) == (1, 0, 2, 1)
    assert report["notices"] == ["Lines of workouts that stand in the file more than once, left out: 2."]
    assert sets_of(database) == [(1, 2, 800.0, [80.0, 80.0])]
    assert numbers(send(owner, export(X)).json) == (0, 0, 0, 1)


def test_a_grown_file_adds_what_is_new(owner: Client, send: Send) -> None:
    send(owner, export([*workout(6), *workout(7)]))
    grown = export([*workout(9), *workout(7), *workout(6), *workout(5)])
    assert numbers(send(owner, grown).json) == (2, 0, 6, 2)


def test_an_edit_that_comes_between_wins(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    """The session is looked at again, under its lock, before it is emptied."""
    send(owner, export(spoilt(X, 1)))
    database.execute(
        "create function edit_it() returns trigger language plpgsql as "
        "$$ begin update sessions set version = version + 1; return null; end $$"
    )
    database.execute(
        "create trigger edit_it after update on import_sessions for each statement execute function edit_it()"
    )
    try:
        report = send(owner, export(X)).json
    finally:
        database.execute("drop function edit_it cascade")
    assert numbers(report) == (0, 0, 0, 1)
    assert "were edited here since" in report["notices"][0]
    assert sets_of(database) == [(1, 1, 400.0, [80.0])]


def test_rows_of_one_workout_that_is_listed_row_by_row(owner: Client, send: Send) -> None:
    assert numbers(send(owner, export([row()])).json) == (1, 0, 1, 0)


# ── what reads differently ──────────────────────────────────────────────────────────────────────────────────

TWO = workout(8, sets=2, description="Felt good.", exercise_notes="Slow.", superset_id=1)

OTHERWISE = {
    "a later end": same(TWO, end_time="8 Jan 2025, 20:00"),
    "no end": same(TWO, end_time=""),
    "other notes": same(TWO, description="Felt bad."),
    "no notes": same(TWO, description=""),
    "other notes of the exercise": same(TWO, exercise_notes="Fast."),
    "another superset": same(TWO, superset_id=2),
    "no superset": same(TWO, superset_id=""),
    "a rating": same(TWO, rpe=8),
    "another exercise": same(TWO, exercise_title="Row"),
    "another kind of set": same(TWO, set_type="failure"),
    "fewer sets": TWO[:1],
    "other weights": same(TWO, weight_kg=101),
}


@pytest.mark.parametrize("other", OTHERWISE.values(), ids=OTHERWISE)
@pytest.mark.parametrize("is_turned_round", [False, True], ids=["", "turned round"])
def test_whatever_reads_differently_is_said(owner: Client, send: Send, other: Rows, is_turned_round: bool) -> None:
    first, second = (other, TWO) if is_turned_round and len(other) == len(TWO) else (TWO, other)
    send(owner, export(first))
    report = send(owner, export(second)).json
    assert numbers(report) == (0, 0, 0, 1)
    assert report["notices"] == [
        "Workouts that were brought in before and read differently in this file were left as they are: 1."
    ]
    assert send(owner, export(first)).json["notices"] == []


# ── an athlete who moves ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Auckland", "Pacific/Kiritimati", "UTC"])
def test_a_workout_that_grows_after_the_athlete_moved_keeps_its_times(owner: Client, send: Send, zone: str) -> None:
    send(owner, export(workout(8, sets=1)))
    before = owner.get("/api/v1/sessions").json["items"][0]
    assert numbers(send(owner, export(workout(8, sets=2)), zone=zone).json) == (0, 1, 1, 0)
    after = owner.get("/api/v1/sessions").json["items"][0]
    times = ("started_at", "ended_at", "duration_s", "zone", "local_on")
    assert [after[name] for name in times] == [before[name] for name in times]


def test_twins_are_told_apart_by_their_ends_after_a_move(owner: Client, send: Send) -> None:
    short, long = workout(8, sets=1, weight_kg=60), workout(8, sets=1, weight_kg=80, end_time="8 Jan 2025, 21:00")
    send(owner, export([*short, *long]))
    grown = [*long, {**long[0], "set_index": 1}]
    report = send(owner, export([*grown, *short]), zone="Pacific/Auckland").json
    assert numbers(report) == (0, 1, 1, 1)
    assert report["notices"] == []


# ── written in another way ──────────────────────────────────────────────────────────────────────────────────

OFFSET = {"start_time": "2025-01-08T18:00:00+01:00", "end_time": "2025-01-08T19:00:00+01:00"}
IN_ANOTHER_WAY = {
    "letters and marks apart": {"title": "Cafe\u0301"},
    "a clock with its offset": OFFSET,
    "both": {"title": "Cafe\u0301", **OFFSET},
}


@pytest.mark.parametrize("files", ["one file", "two files", "two files the other way round"])
@pytest.mark.parametrize("how", ["letters and marks apart", "a clock with its offset", "both"])
def test_a_workout_that_is_written_in_another_way_comes_in_once(
    owner: Client, send: Send, database: psycopg.Connection[Any], how: str, files: str
) -> None:
    database.execute("update athletes set zone = 'Europe/Berlin'")
    one, other = workout(8, title="Café"), workout(8, **{"title": "Café", **IN_ANOTHER_WAY[how]})
    if files == "one file":
        report = send(owner, export([*one, *other])).json
        assert numbers(report) == (1, 0, 3, 1)
        assert report["notices"] != []
    else:
        first, second = (one, other) if files == "two files" else (other, one)
        assert numbers(send(owner, export(first)).json) == (1, 0, 3, 0)
        assert numbers(send(owner, export(second)).json) == (0, 0, 0, 1)
    assert sets_of(database) == [(1, 3, 1500.0, [100.0, 100.0, 100.0])]
    grown = [*other, *workout(8, sets=1, exercise_title="Plank", **{"title": "Café", **IN_ANOTHER_WAY[how]})]
    assert numbers(send(owner, export(grown)).json) == (0, 1, 1, 0)
