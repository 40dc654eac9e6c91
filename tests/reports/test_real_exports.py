"""Every figure that the honest reports show of real exports, against its recomputation."""

from __future__ import annotations

import csv
import datetime as dt
from collections import defaultdict
from fractions import Fraction
from io import BytesIO

import pytest
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from tests.reports.hevy_file import hardest_set, instant, read_workouts, weight_of
from tests.reports.lifts import store_lifts, store_weighings
from tests.reports.load_history import URL as LOAD
from tests.reports.load_history import differences, naive_load, store
from tests.reports.naive_load import RATES, Trained, days_of, figures_on
from tests.reports.naive_records import Lift, Tracked
from tests.reports.recomputed import Exercise, Row, by_group, effort, muscle_weeks, records
from tests.teams.people import keep, make_team

pytestmark = pytest.mark.sweep

EXERCISES, RECORDS, MUSCLES = (f"/api/v1/reports/{name}" for name in ("exercises", "records", "muscles"))
TEAMS = "/api/v1/reports/teams"
DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2024, 7, 3), dt.date(2025, 9, 15)
ALL = {"from": "2016-01-02", "to": "2025-12-31"}
COLUMNS = {"heaviest": "heaviest_kg", "e1rm": "e1rm_kg", "most_reps": "most_reps", "longest": "longest_s"}
COLUMNS |= {"farthest": "farthest_m"}
LIMITS = [("epley", 10), ("epley", 36), ("epley", 1), ("brzycki", 10), ("brzycki", 36), ("rpe", 12), ("rpe", 5)]
# No export has bodyweights. There are gaps of more than 60 days between these, and two that are equally near.
WEIGHINGS = {FIRST + n * DAY: 78 + n % 7 / 10 for n in (-3, 0, 4, 20, 26, 90, 97, 200, 201, 260, 330, 400)}


@pytest.fixture(scope="session")
def hevy(data):
    return read_workouts(data / "hevy_335_workouts.csv")


@pytest.fixture
def imported(data, hevy, database, owner):
    """The export's sets by exercise of the catalogue, as the import has matched them."""
    database.execute("update athletes set zone = 'Europe/London' where id = %s", [owner.athlete_id])
    store_weighings(database, owner.athlete_id, WEIGHINGS)
    file = FileStorage(BytesIO((data / "hevy_335_workouts.csv").read_bytes()), "workouts.csv")
    boundary, body = encode_multipart({"file": file})
    made = owner.post("/api/v1/imports", data=body, content_type=f"multipart/form-data; boundary={boundary}").json
    names = {one["name"]: str(one["exercise_id"]) for one in made["exercises"]}
    sets = defaultdict(list)
    for workout in hevy:
        for row in workout:
            exercise = names[row["exercise_title"]]
            sets[exercise].append(
                Row(
                    exercise,
                    instant(row["start_time"]).date(),
                    row["start_time"] + row["title"],
                    row["set_type"],
                    weight_of(row),
                    int(row["reps"]) if row["reps"] else None,
                    float(row["rpe"]) if row["rpe"] else None,
                    int(row["duration_seconds"]) if row["duration_seconds"] else None,
                    float(row["distance_km"]) * 1000 if row["distance_km"] else None,
                )
            )
    return described(database, sets, WEIGHINGS)


@pytest.fixture
def fitnotes(data, database, owner):
    """The sets of another app's export by exercise; all are weights and repetitions."""
    store_weighings(database, owner.athlete_id, WEIGHINGS)
    by_name = defaultdict(list)
    with (data / "fitnotes_kgs.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            day = dt.date.fromisoformat(row["Date"])
            by_name[row["Exercise"]].append(
                Row(row["Exercise"], day, row["Date"], "normal", float(row["Weight"]), int(row["Reps"]))
            )
    sets = {}
    for name, rows in by_name.items():
        # Its pull-ups are written with the athlete's weight.
        tracked = Tracked("bodyweight_reps", 1.0) if name == "Pull Up" else Tracked()
        lifts = [Lift(row.local_on, weight_kg=row.weight_kg, reps=row.reps) for row in rows]
        sets[str(store_lifts(database, owner.athlete_id, lifts, tracked, name))] = rows
    return described(database, sets, WEIGHINGS)


def described(database, sets, weighings):
    rows = database.execute("select id, tracking, bodyweight_factor, category from exercises where id = any(%s)", [
        [int(exercise_id) for exercise_id in sets]
    ])  # fmt: skip
    return {str(i): Exercise(sets[str(i)], *described, weighings, category) for i, *described, category in rows}


def near(value):
    return None if value is None else pytest.approx(value, abs=0.0051)


def told_records(told):
    values = [(r["value_kg"], r["beats_kg"]) if r["unit"] == "kg" else (r["value"], r["beats"]) for r in told]
    return [(r["local_on"], r["kind"], *v, r["beats_on"]) for r, v in zip(told, values, strict=True)]


def expected_records(bests):
    return [
        (day.isoformat(), kind, near(value), near(before), on.isoformat())
        for day, kind, value, before, on in sorted(
            (day, kind, value, before, on) for kind, of in bests.items() for day, value, before, on in records(of)
        )
    ]


@pytest.mark.parametrize("export", ["imported", "fitnotes"])
def test_each_exercise_equals_its_recomputation_by_the_usual_formula_and_others_in_turn(export, request, owner):
    exercises = request.getfixturevalue(export)
    assert len(exercises) > 50
    figures = 0
    for n, (exercise_id, exercise) in enumerate(exercises.items()):
        counted = exercise.counted
        for formula, most_reps in (LIMITS[0], LIMITS[1 + n % 6], LIMITS[1 + (n + 3) % 6]):
            reply = owner.get(
                f"{EXERCISES}/{exercise_id}", query_string={**ALL, "e1rm": formula, "most_reps": most_reps}
            )
            assert reply.status_code == 200, reply.text
            told, bests = reply.json, exercise.bests(formula, most_reps)
            assert told_records(told["records"]) == expected_records(bests)
            history = told["history"]
            for kind, column in COLUMNS.items():
                shown = {on: v for on, v in zip(history["local_on"], history[column], strict=True) if v is not None}
                assert shown == {day.isoformat(): near(value) for day, value in bests[kind].items()}
                figures += len(shown)
            inputs = told["inputs"]
            estimates = [exercise.e1rm(row, formula, most_reps) for row in counted]
            assert inputs["sets_with_e1rm"] == len(counted) - estimates.count(None)
        assert inputs["sets"] == len(counted)
        assert inputs["sets_without_load"] == [exercise.load(row) for row in counted].count(None)
        assert [(m["reps"], m["load_kg"], m["local_on"]) for m in told["rep_maxima"]] == [
            (reps, near(load), day and day.isoformat()) for reps, load, day in exercise.rep_maxima()
        ]
        if exercise.tracking.endswith("_reps"):
            shown = {on: v for on, v in zip(history["local_on"], history["volume_kg"], strict=True) if v is not None}
            assert shown == {day.isoformat(): pytest.approx(v, abs=0.051) for day, v in exercise.volumes().items()}
    assert figures > 4_000


@pytest.mark.parametrize("formula", ["epley", "brzycki"])
def test_the_list_of_records_equals_its_recomputation(formula, imported, owner):
    expected = []
    for exercise_id, exercise in imported.items():
        for kind, of in exercise.bests(formula).items():
            if kind != "session_volume":
                expected += [(day, int(exercise_id), kind, value, best) for day, value, best, _ in records(of)]
    told, cursor = [], {}
    while cursor is not None:
        page = owner.get(RECORDS, query_string={"e1rm": formula, "limit": 200, **cursor}).json
        told += page["items"]
        cursor = page["next_cursor"] and {"cursor": page["next_cursor"]}
    shown = [(r["local_on"], r["exercise_id"], *v[1:4]) for r, v in zip(told, told_records(told), strict=True)]
    in_order = sorted(expected, key=lambda r: (-r[0].toordinal(), r[1], r[2]))
    assert shown == [(d.isoformat(), i, kind, near(value), near(best)) for d, i, kind, value, best in in_order]
    assert len(told) > 500


@pytest.mark.parametrize("week_start", [1, 7])
def test_hard_sets_of_each_muscle_and_week_equal_their_count(week_start, imported, database, owner):
    database.execute("update athletes set week_start = %s where id = %s", [week_start, owner.athlete_id])
    groups = dict(database.execute("select code, muscle_group from muscle_codes").fetchall())
    shares = {exercise_id: {} for exercise_id in imported}
    for exercise_id, code, share in database.execute("select exercise_id, code, share from exercise_muscle_shares"):
        shares.get(str(exercise_id), {})[code] = share
    in_groups = {exercise_id: by_group(of, groups) for exercise_id, of in shares.items()}
    everything = [
        row
        for exercise in imported.values()
        if exercise.tracking != "distance_time"
        for row in exercise.counted
        if exercise.is_assumed or effort(row) != "assumed"
    ]
    for from_on, to_on in ((FIRST, FIRST + 370 * DAY), (LAST - 200 * DAY, LAST)):
        told = owner.get(MUSCLES, query_string={"from": from_on, "to": to_on}).json
        rows = [row for row in everything if from_on <= row.local_on <= to_on]
        first = from_on - (from_on.isoweekday() - week_start) % 7 * DAY
        weeks = [first + n * 7 * DAY for n in range((to_on - first).days // 7 + 1)]
        assert told["weeks"]["starts_on"] == [week.isoformat() for week in weeks]
        for level, of_level in (("muscles", shares), ("groups", in_groups)):
            counted = muscle_weeks(rows, of_level, weeks)
            assert {code: m["sets"] for code, m in told[level].items() if any(m["sets"])} == {
                code: sets for code, (sets, _) in counted.items() if any(sets)
            }
            for code, (sets, assumed) in counted.items():
                if any(sets):
                    assert told[level][code]["assumed_share"] == pytest.approx(assumed / sum(sets), abs=0.0005001)
        for name, column in (("hard", "hard_sets"), ("assumed", "assumed_sets"), ("easy", "easy_sets")):
            assert told["weeks"][column] == by_week(weeks, [row for row in rows if effort(row) == name])
        bare = [row for row in rows if effort(row) != "easy" and not shares[row.exercise]]
        assert told["weeks"]["sets_without_muscles"] == by_week(weeks, bare)


def by_week(weeks, rows):
    return [sum(week <= row.local_on < week + 7 * DAY for row in rows) for week in weeks]


def rated_history(hevy, shift=0 * DAY):
    """The workouts with the rating of their hardest set, but for every ninth; and with the ratings of their sets."""
    history = []
    for n, workout in enumerate(hevy):
        start, end = (instant(workout[0][at]) for at in ("start_time", "end_time"))
        working = [Fraction(row["rpe"]) for row in workout if row["set_type"] != "warmup" and row["rpe"]]
        history.append(
            Trained(
                start.date() + shift,
                Fraction(int((end - start).total_seconds()), 60),
                None if n % 9 == 4 else hardest_set(workout),
                workout[0]["title"],
                working,
            )
        )
    return history


@pytest.mark.parametrize("decay", RATES)
@pytest.mark.parametrize("estimates", [True, False])
def test_the_load_of_rated_workouts_equals_the_naive_one(decay, estimates, hevy, database, owner):
    history = rated_history(hevy)
    store(database, owner.athlete_id, history)
    asked = {"from": FIRST, "to": LAST, "bucket": "day", "decay": decay, "estimates": estimates, "acwr": True}
    reply = owner.get(LOAD, query_string=asked)
    assert reply.status_code == 200, reply.text
    naive = naive_load(history, from_on=FIRST, to_on=LAST, bucket="day", decay=decay, estimates=estimates)
    assert differences(reply.json["buckets"], naive) == []


def test_the_team_table_equals_the_naive_figures_of_each_athlete(hevy, database, coach):
    today = dt.datetime.now(dt.UTC).date()
    team_id = make_team(coach)
    expected = {}
    for n, days_ago in enumerate((0, 1, 5, 40, 300)):
        history = [s for s in rated_history(hevy, today - LAST + n * 30 * DAY - days_ago * DAY) if s.local_on <= today]
        joined_on = history[0].local_on - 10 * DAY
        athlete_id = keep(coach, f"Athlete {n}", team_id=team_id, joined_on=joined_on.isoformat())
        store(database, athlete_id, history)
        expected[athlete_id] = history
    rows = coach.get(f"{TEAMS}/{team_id}?sort=week_load").json["items"]
    loads = [row["week_load"] for row in rows]
    assert loads == sorted(loads, key=lambda load: (load is None, -(load or 0)))
    assert {row["athlete_id"] for row in rows} == expected.keys()
    for row in rows:
        history = expected[row["athlete_id"]]
        figures = figures_on(days_of(history, today, estimates=False), today, "exponential")
        for name in ("week_load", "change", "z_score"):
            tolerance = 0.0051 if name == "z_score" else 0.051
            assert row[name] == (
                figures[name] if figures[name] is None else pytest.approx(figures[name], abs=tolerance)
            )
        assert row["last_session_on"] == history[-1].local_on.isoformat()
        assert row["unrated"] == sum(s.rpe is None and s.local_on > today - 7 * DAY for s in history)
