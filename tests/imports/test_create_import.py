"""POST /api/v1/imports"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from flask import Flask

from tests.conftest import Client
from workouts_api.api.imports import records
from workouts_api.config import Settings

from .conftest import COLUMNS, Send, body, export, row, workout

TWO_DAYS = export([*workout(8), *workout(6, sets=2, exercise_title="Sandbag Toss")])
TABLES = (
    "sessions",
    "session_exercises",
    "sets",
    "imported_sessions",
    "imports",
    "import_exercises",
    "import_sessions",
)


def counts(database: psycopg.Connection[Any]) -> dict[str, int]:
    found = {}
    for table in TABLES:
        first = database.execute(f"select count(*) from {table}").fetchone()
        assert first is not None
        found[table] = first[0]
    own = database.execute("select count(*) from exercises where athlete_id is not null").fetchone()
    assert own is not None
    return found | {"own exercises": own[0]}


def added(report: Mapping[str, Any]) -> tuple[int, int, int, int]:
    return report["sessions_added"], report["sets_added"], report["exercises_added"], report["duplicates"]


def test_a_file_becomes_sessions_and_the_report_says_so(owner: Client, send: Send) -> None:
    reply = send(owner, TWO_DAYS, zone="Europe/Berlin")
    assert reply.status_code == 201, reply.json
    report = reply.json
    assert added(report) == (2, 5, 1, 0)
    assert (report["state"], report["source"], report["file_name"]) == ("done", "hevy", "workouts.csv")
    assert (report["zone"], report["rejected"], report["notices"]) == ("Europe/Berlin", [], [])
    assert reply.headers["Location"] == f"/api/v1/imports/{report['id']}"


def test_a_session_carries_its_counts_zone_day_and_volume(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    late = {"start_time": "8 Jan 2025, 00:30", "end_time": "8 Jan 2025, 01:45", "description": "felt\\ngood"}
    rows = [
        row(**late, set_type="warmup", weight_kg=60),
        row(**late, rpe=8.5),
        row(**late, set_type="dropset", weight_kg=80, superset_id=2),
        row(**late, exercise_title="Plank", weight_kg="", reps="", duration_seconds=90),
    ]
    report = send(owner, export(rows), zone="Europe/Berlin").json
    found = database.execute(
        "select started_at::text, ended_at - started_at = interval '75 minutes', local_on::text, zone, title, notes, "
        "exercise_count, set_count, volume_kg, import_id, import_version, status from sessions"
    ).fetchall()
    assert [tuple(r) for r in found] == [
        (found[0][0], True, "2025-01-08", "Europe/Berlin", "Legs", "felt\ngood", 2, 4, 900.0, report["id"], 1, "done")
    ]
    day = body(owner.get(f"/api/v1/imports/{report['id']}"))
    assert day["sets_added"] == 4
    sets = database.execute(
        "select e.name, s.exercise_no, s.set_no, s.kind::text, s.weight_kg, s.reps, s.duration_s, s.rpe::float8, "
        "s.local_on::text from sets as s join exercises as e on e.id = s.exercise_id order by 2, 3"
    ).fetchall()
    assert [tuple(r) for r in sets] == [
        ("Barbell Squat", 1, 1, "w", 60.0, 5, None, None, "2025-01-08"),
        ("Barbell Squat", 1, 2, "n", 100.0, 5, None, 8.5, "2025-01-08"),
        ("Barbell Squat", 1, 3, "d", 80.0, 5, None, None, "2025-01-08"),
        ("Plank", 2, 1, "n", None, None, 90, None, "2025-01-08"),
    ]


def test_the_same_file_again_adds_nothing(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    send(owner, TWO_DAYS)
    before = counts(database)
    again = send(owner, TWO_DAYS)
    assert (again.status_code, added(again.json)) == (201, (0, 0, 0, 2))
    assert counts(database) == before | {"imports": 2}


def test_a_longer_file_adds_only_what_is_new(owner: Client, send: Send) -> None:
    send(owner, TWO_DAYS)
    longer = export([*workout(10), *workout(8), *workout(6, sets=2, exercise_title="Sandbag Toss")])
    assert added(send(owner, longer).json) == (1, 3, 0, 2)


def test_another_zone_does_not_make_other_workouts_of_the_same_file(owner: Client, send: Send) -> None:
    send(owner, TWO_DAYS, zone="Europe/Berlin")
    assert added(send(owner, TWO_DAYS, zone="America/New_York").json) == (0, 0, 0, 2)


def test_a_deleted_workout_does_not_rise_again(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    send(owner, TWO_DAYS)
    database.execute("delete from sessions where local_on = '2025-01-08'")
    assert added(send(owner, TWO_DAYS).json) == (0, 0, 0, 2)
    assert counts(database)["sessions"] == 1


def test_a_workout_that_was_edited_here_is_not_doubled(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    send(owner, TWO_DAYS)
    database.execute(
        "update sessions set title = 'Heavy legs', started_at = started_at - interval '1 hour', version = 2"
    )
    assert added(send(owner, TWO_DAYS).json) == (0, 0, 0, 2)
    assert database.execute("select distinct title from sessions").fetchall() == [("Heavy legs",)]


def test_a_workout_that_was_edited_there_stays_as_it_is_here_and_a_notice_says_so(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    send(owner, export([*workout(8), *workout(6)]))
    report = send(owner, export([*workout(8, weight_kg=105), *workout(6)])).json
    assert added(report) == (0, 0, 0, 2)
    assert report["notices"] == [
        "Workouts that were brought in before and read differently in this file were left as they are: 1."
    ]
    assert database.execute("select distinct weight_kg from sets").fetchall() == [(100.0,)]


def test_a_bad_line_is_listed_with_its_reason_and_takes_no_others_with_it(owner: Client, send: Send) -> None:
    rows = workout(8, sets=4)
    rows[1]["reps"] = "ten"
    report = send(owner, export(rows)).json
    assert added(report) == (1, 3, 0, 0)
    assert report["rejected"] == [{"line": 3, "reason": "reps holds 'ten': expected a whole number from 0 to 9,999."}]


def test_rejected_lines_beyond_a_thousand_are_only_counted(owner: Client, send: Send) -> None:
    report = send(owner, export([row(), *(row(reps="?") for _ in range(1005))])).json
    assert len(report["rejected"]) == 1000
    assert report["notices"] == ["Rejected lines that are not listed: 5."]


def test_a_file_without_one_good_line_has_failed(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    reply = send(owner, export([row(reps=-1)]))
    assert (reply.status_code, reply.json["state"], len(reply.json["rejected"])) == (201, "failed", 1)
    assert counts(database)["sessions"] == 0


def test_a_dry_run_reports_the_same_and_keeps_nothing(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    before = counts(database)
    preview = send(owner, TWO_DAYS, dry_run="true")
    assert (preview.status_code, preview.json["state"], preview.json["id"]) == (200, "previewed", None)
    assert "Location" not in preview.headers
    assert added(preview.json) == (2, 5, 1, 0)
    assert counts(database) == before
    real = send(owner, TWO_DAYS).json
    assert preview.json.keys() == real.keys()
    assert added(preview.json) == added(real)


def test_nothing_is_left_in_staging(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    send(owner, TWO_DAYS)
    send(owner, export([row(reps="x")]))
    send(owner, "title\nno\n")
    assert (counts(database)["import_exercises"], counts(database)["import_sessions"]) == (0, 0)


def test_names_are_matched_to_own_exercises_first_then_to_the_catalogue_in_any_case(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    database.execute("insert into exercises (athlete_id, name) values (%s, 'SQUAT (barbell)')", [owner.athlete_id])
    names = ["squat (Barbell)", "bench press (BARBELL)", "RDL", "Barbell Deadlift", "sandbag TOSS", "Sandbag Toss"]
    rows = [row(exercise_title=name) for name in names]
    assert added(send(owner, export(rows)).json) == (1, 6, 1, 0)
    found = database.execute(
        "select e.name, e.athlete_id is not null from session_exercises as x "
        "join exercises as e on e.id = x.exercise_id order by x.exercise_no"
    ).fetchall()
    assert [tuple(f) for f in found] == [
        ("SQUAT (barbell)", True),
        ("Barbell Bench Press", False),
        ("Romanian Deadlift", False),
        ("Barbell Deadlift", False),
        ("Sandbag Toss", True),
        ("Sandbag Toss", True),
    ]


def test_an_exercise_that_was_merged_stands_for_the_one_it_became(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    database.execute(
        "insert into exercises (athlete_id, name, merged_into) "
        "select %s, 'Sandbag Toss', id from exercises where name = 'Ball Slam'",
        [owner.athlete_id],
    )
    assert send(owner, TWO_DAYS).json["exercises_added"] == 0
    assert database.execute(
        "select count(*) from sets as s join exercises as e on e.id = s.exercise_id where e.name = 'Ball Slam'"
    ).fetchall() == [(2,)]


def test_merging_is_followed_to_its_end_and_a_circle_stands_for_itself(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    """By name and by alias; what came in before the merging is still the same workout."""
    assert send(owner, TWO_DAYS).json["sessions_added"] == 2
    toss, other, end = (
        database.execute(
            "insert into exercises (athlete_id, name) values (%s, %s)"
            " on conflict (coalesce(athlete_id, 0), lower(name)) do update set name = excluded.name returning id",
            [owner.athlete_id, name],
        ).fetchone()[0]
        for name in ("Sandbag Toss", "Bag Toss", "Throw")
    )
    merge = "update exercises set merged_into = %s where id = %s"
    database.execute(merge, [other, toss])
    database.execute(merge, [end, other])
    database.execute("insert into exercise_aliases (exercise_id, source, alias) values (%s, 'own', 'Hurl')", [toss])
    again = send(owner, TWO_DAYS).json
    assert (again["sessions_added"], again["duplicates"], again["notices"]) == (0, 2, [])
    for day, name in ((20, "Sandbag Toss"), (21, "Hurl")):
        report = send(owner, export(workout(day, exercise_title=name))).json
        assert [one["exercise_id"] for one in report["exercises"]] == [end]
    database.execute(merge, [toss, end])
    report = send(owner, export(workout(22, exercise_title="Sandbag Toss"))).json
    assert [one["exercise_id"] for one in report["exercises"]] == [toss]


def test_what_another_athlete_called_an_exercise_does_not_matter(owner: Client, stranger: Client, send: Send) -> None:
    send(stranger, TWO_DAYS)
    assert added(send(owner, TWO_DAYS).json) == (2, 5, 1, 0)


def test_the_athletes_zone_is_used_unless_one_is_given(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    database.execute("update athletes set zone = 'Asia/Tokyo' where id = %s", [owner.athlete_id])
    assert send(owner, export(workout(8))).json["zone"] == "Asia/Tokyo"
    assert database.execute("select started_at at time zone 'UTC' = '2025-01-08 09:00' from sessions").fetchall() == [
        (True,)
    ]


def test_an_hour_that_comes_twice_is_taken_the_first_time_and_said(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    night = row(start_time="26 Oct 2025, 02:30", end_time="26 Oct 2025, 04:00")
    report = send(owner, export([night]), zone="Europe/Berlin").json
    assert report["notices"] == [
        "Line 2: in Europe/Berlin, 26 Oct 2025, 02:30 came twice (clocks were set back); the first time was taken."
    ]
    assert database.execute("select started_at = '2025-10-26T00:30:00Z' from sessions").fetchall() == [(True,)]


def test_an_hour_that_never_comes_is_moved_forward_and_said(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    night = row(start_time="30 Mar 2025, 02:30", end_time="30 Mar 2025, 04:00")
    report = send(owner, export([night]), zone="Europe/Berlin").json
    assert report["notices"] == [
        "Line 2: in Europe/Berlin, 30 Mar 2025, 02:30 never came (clocks were set forward); "
        "it and its end were moved forward by the gap."
    ]
    assert database.execute("select started_at = '2025-03-30T01:30:00Z', local_on::text from sessions").fetchall() == [
        (True, "2025-03-30")
    ]


def test_two_uploads_of_one_file_at_once_add_it_once(
    owner: Client, send: Send, database: psycopg.Connection[Any]
) -> None:
    with ThreadPoolExecutor(4) as threads:
        replies = list(threads.map(lambda _: send(owner, TWO_DAYS), range(4)))
    assert [reply.status_code for reply in replies] == [201] * 4
    assert sorted(added(reply.json) for reply in replies) == [(0, 0, 0, 2)] * 3 + [(2, 5, 1, 0)]
    assert counts(database)["sets"] == 5


def test_a_resent_key_gets_the_first_report(owner: Client, send: Send, database: psycopg.Connection[Any]) -> None:
    key = {"Idempotency-Key": "upload-1"}
    first = send(owner, TWO_DAYS, headers=key)
    again = send(owner, TWO_DAYS, headers=key)
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Location"] == first.headers["Location"]
    assert counts(database)["imports"] == 1


def test_a_key_belongs_to_the_files_content_and_to_what_was_asked_of_it(owner: Client, send: Send) -> None:
    key = {"Idempotency-Key": "upload-1"}
    assert send(owner, TWO_DAYS, headers=key).status_code == 201
    others = (TWO_DAYS.replace("Toss", "Boss"), TWO_DAYS + "\n")
    assert [send(owner, other, headers=key).status_code for other in others] == [422, 422]
    assert send(owner, TWO_DAYS, headers=key, zone="Asia/Tokyo").status_code == 422


def test_a_key_of_a_file_that_was_refused_takes_the_mended_file(owner: Client, send: Send) -> None:
    key = {"Idempotency-Key": "upload-1"}
    assert [send(owner, "no export", headers=key).status_code for _ in range(2)] == [422, 422]
    assert send(owner, TWO_DAYS, headers=key).status_code == 201


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "The file is not UTF-8 text: byte 0x89"),
        (b"PK\3\4\0\0\0\0", "This is not a Hevy export: the first line is no CSV."),
        ("Übung;Gewicht\n".encode("latin-1"), "The file is not UTF-8 text: byte 0xdc"),
        (b"Date,Workout Name,Weight\n", "This is not a Hevy export: columns missing: title, start_time"),
        (b"title;start_time\n", "Its fields seem to be separated by semicolons."),
        (b"title\tstart_time\n", "Its fields seem to be separated by tabs."),
        (b'"title";"start_time"\n', "Its fields seem to be separated by semicolons."),
        (b'"title"\t"start_time"\n', "Its fields seem to be separated by tabs."),
        (export([], [c for c in (*row(),) if c != "reps"]).encode(), "columns missing: reps."),
        (export([]).encode(), "The file has the columns of a Hevy export, but no sets."),
        (export([row()]).encode() + b"\xff", "The file is not UTF-8 text: byte 0xff stands near line"),
        (export([row()]).encode() + b"x" * 300_000, "is longer than 262,144 characters"),
    ],
)
def test_a_file_of_another_kind_is_refused_whole(
    owner: Client, send: Send, database: psycopg.Connection[Any], content: bytes, sentence: str
) -> None:
    reply = send(owner, content)
    assert reply.status_code == 422
    assert list(reply.json["details"]) == ["file"]
    assert sentence in reply.json["details"]["file"][0]
    assert not any(counts(database).values())


def test_a_request_without_the_file_is_refused_and_the_field_is_named(owner: Client) -> None:
    reply = owner.post("/api/v1/imports", data={})
    assert (reply.status_code, list(body(reply)["details"])) == (422, ["file"])


def test_an_unknown_zone_is_refused_and_the_field_is_named(owner: Client, send: Send) -> None:
    reply = send(owner, TWO_DAYS, zone="Europe/Atlantis")
    assert (reply.status_code, list(reply.json["details"])) == (422, ["zone"])


def test_a_file_name_is_kept_without_its_folder_and_odd_characters(owner: Client, send: Send) -> None:
    assert send(owner, TWO_DAYS, name="C:/Users/me/my\x07 workouts.csv").json["file_name"] == "my workouts.csv"


def test_a_file_that_is_too_large_gets_413_with_the_limit(
    owner: Client, send: Send, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.extensions, "settings", replace(settings, max_upload_mb=1))
    line = export([row(description="x" * 1000)]).split("\n", 1)[1]
    for size in (1024 * 1024 + 10, 3 * 1024 * 1024):  # a little too large with its multipart, and much
        reply = send(owner, (export([]) + line * (size // len(line) + 1)).encode()[:size])
        assert (reply.status_code, reply.json["error"]) == (413, "too_large")
        assert reply.json["details"]["limit_bytes"] >= 1024 * 1024


@pytest.mark.parametrize(
    "form",
    [
        b"".join(b'--b\r\nContent-Disposition: form-data; name="p%d"\r\n\r\n1\r\n' % n for n in range(1001)),
        b"--b\r\n" + b"X: y\r\n" * 100_000,
        b'--b\r\nContent-Disposition: form-data; name="zone"\r\n\r\n' + b"x" * 600_000 + b"\r\n",
    ],
    ids=["parts", "headers", "text"],
)
def test_a_small_form_that_is_refused_for_its_parts_is_not_told_of_its_bytes_alone(owner: Client, form: bytes) -> None:
    reply = owner.post("/api/v1/imports", data=form + b"--b--\r\n", content_type="multipart/form-data; boundary=b")
    assert (reply.status_code, reply.json["error"]) == (413, "too_large")
    assert "1000 parts" in reply.json["message"]


def test_a_file_larger_than_a_json_body_may_be_is_taken(owner: Client, send: Send) -> None:
    rows = [row(start_time=f"15 Sep {1950 + n}, 07:48", end_time="", exercise_notes="x" * 4000) for n in range(150)]
    for number in range(2):
        rows += [{**r, "title": f"Legs {number}"} for r in rows[:150]]
    assert send(owner, export(rows)).json["sessions_added"] == 450


def test_a_file_of_too_many_lines_gets_413(owner: Client, send: Send, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "MAX_LINES", 5)
    reply = send(owner, export(workout(8, sets=5)))
    assert (reply.status_code, reply.json["error"]) == (413, "too_large")
    assert "more than 5 lines" in reply.json["message"]


def test_someone_who_is_not_signed_in_gets_401(anonymous: Client, send: Send) -> None:
    assert send(anonymous, TWO_DAYS).status_code == 401


def test_a_workouts_volume_has_the_decimals_of_weights(owner: Client, send: Send) -> None:
    columns = [name for name in COLUMNS if name != "weight_kg"] + ["weight_lbs"]
    send(owner, export([row(set_index=number, weight_lbs=225) for number in range(3)], columns))
    assert owner.get("/api/v1/sessions").json["items"][0]["volume_kg"] == 1530.8745
