"""GET /api/v1/reports/training"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import pytest
from marshmallow import ValidationError

from tests.reports.conftest import URL, store_history
from tests.reports.naive_report import DAY, Session, Set
from workouts_api.api.reports.schemas import TrainingReport

MONDAY = dt.date(2026, 1, 5)
NOTHING = {"volume_kg": 0, "no_muscle_volume_kg": 0, "duration_min": 0, "session_load": 0}


def lifts(day, *sets, rpe=5, status="done", **more):
    return Session(day, Fraction(60), None if rpe is None else Fraction(rpe), sets, status, **more)


def today():
    return dt.datetime.now(dt.UTC).date()


# ── who, and what is there without training ─────────────────────────────────────────────────────────────────


def test_an_athlete_without_sessions_gets_zeros_for_twelve_weeks(report):
    ours = report()
    assert (ours["period"]["from"], ours["period"]["to"]) == (str(today() - 84 * DAY), str(today()))
    assert ours["totals"] == {**dict.fromkeys(ours["totals"], 0)}
    buckets = ours["buckets"]
    assert len(buckets["starts_on"]) in (12, 13)
    for name in ("monotony", "strain", "acwr", "acwr_uncoupled", "acwr_ewma"):
        assert set(buckets.pop(name)) == {None}
    assert all(set(buckets.pop(name)) == {0} for name in list(buckets) if name != "starts_on")
    assert (ours["muscle_volume_kg"], ours["main_lifts"], ours["records"]) == ({}, [], [])


def test_a_period_before_the_first_session_is_all_zeros(train, report, make_exercise):
    train(lifts(MONDAY, Set(make_exercise("Squat", glutes=1), "normal", 100, 5)))
    ours = report(from_="2024-01-01", to="2024-12-31", bucket="month")
    assert ours["totals"] == dict.fromkeys(ours["totals"], 0)
    assert len(ours["buckets"]["starts_on"]) == 12
    assert (ours["muscle_volume_kg"], ours["main_lifts"], ours["records"]) == ({}, [], [])


def test_the_training_of_others_is_in_nobody_elses_report(database, owner, stranger, make_exercise, report):
    store_history(database, stranger.athlete_id, [lifts(MONDAY, Set(make_exercise("Squat"), "normal", 100, 5))])
    assert report(to="2026-01-31")["totals"]["sets"] == 0
    assert stranger.get(URL, query_string={"to": "2026-01-31"}).json["totals"]["sets"] == 1


def test_a_user_who_has_no_athlete_gets_404(database, owner):
    database.execute("update athletes set user_id = null where id = %s", [owner.athlete_id])
    assert owner.get(URL).status_code == 404


def test_it_demands_a_sign_in(anonymous):
    assert anonymous.get(URL).status_code == 401


# ── the period and its buckets ──────────────────────────────────────────────────────────────────────────────


def test_weeks_begin_where_the_athletes_do(database, owner, train, report):
    database.execute("update athletes set week_start = 7 where id = %s", [owner.athlete_id])
    saturday, sunday = MONDAY + 5 * DAY, MONDAY + 6 * DAY
    train(lifts(saturday), lifts(sunday), lifts(sunday + DAY))
    buckets = report(from_=MONDAY, to=sunday + 2 * DAY)["buckets"]
    assert buckets["starts_on"] == ["2026-01-04", "2026-01-11"]
    assert buckets["sessions"] == [1, 2]


def test_months_end_where_they_do_and_the_leap_day_is_in_february(train, report):
    train(*(lifts(dt.date(2024, month, day)) for month, day in [(1, 31), (2, 1), (2, 29), (3, 1), (4, 30)]))
    buckets = report(from_="2024-01-15", to="2024-04-30", bucket="month")["buckets"]
    assert buckets["starts_on"] == ["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"]
    assert buckets["sessions"] == [1, 2, 1, 1]


def test_the_leap_day_is_a_day(train, report):
    train(lifts(dt.date(2024, 2, 29)))
    buckets = report(from_="2024-02-28", to="2024-03-01", bucket="day")["buckets"]
    assert buckets["starts_on"] == ["2024-02-28", "2024-02-29", "2024-03-01"]
    assert buckets["sessions"] == [0, 1, 0]


@pytest.mark.parametrize(
    ("zone", "clock"), [("Pacific/Auckland", dt.time(0, 30)), ("America/Los_Angeles", dt.time(23, 30))]
)
def test_the_day_is_the_athletes_and_not_utcs(zone, clock, train, report):
    """In UTC, these begin the day before and the day after; they end beyond midnight."""
    train(lifts(MONDAY, starts_at=clock), zone=zone)
    buckets = report(from_=MONDAY - DAY, to=MONDAY + DAY, bucket="day")["buckets"]
    assert (buckets["sessions"], buckets["duration_min"]) == ([0, 1, 0], [0, 60, 0])


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_today_is_todays_date_in_the_athletes_zone(zone, database, owner, report):
    """These two never have the same date: 14 hours before and 11 behind UTC."""
    database.execute("update athletes set zone = %s where id = %s", (zone, owner.athlete_id))
    expected = database.execute("select (now() at time zone %s)::date", [zone]).fetchone()[0]
    assert report()["period"]["to"] == str(expected)


def test_only_days_of_the_period_count_in_its_first_and_last_bucket(train, report):
    train(*(lifts(MONDAY + n * DAY) for n in range(14)))
    ours = report(from_=MONDAY + 2 * DAY, to=MONDAY + 8 * DAY)
    assert ours["buckets"]["starts_on"] == ["2026-01-05", "2026-01-12"]
    assert ours["buckets"]["sessions"] == [5, 2]
    assert ours["totals"]["sessions"] == 7


def test_one_day_is_a_period(report):
    assert report(from_=MONDAY, to=MONDAY, bucket="day")["buckets"]["starts_on"] == ["2026-01-05"]


def test_days_to_come_count_as_rest(train, report):
    train(lifts(today(), rpe=10))
    ctl = report(from_=today(), to=today() + 2 * DAY, bucket="day")["buckets"]["ctl"]
    assert ctl[0] > ctl[1] > ctl[2] > 0


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"from_": "2026-01-02", "to": "2026-01-01"}, "from"),
        ({"from_": "2199-01-01"}, "from"),
        ({"to": "2199-01-01"}, "to"),
        ({"from_": "2199-12-31", "to": "2199-12-31"}, "to"),
        ({"from_": "2015-12-31", "to": "2026-01-01", "bucket": "day"}, "from"),
        ({"from_": "1975-12-31", "to": "2026-01-01"}, "from"),
        ({"from_": "0001-01-01", "bucket": "month"}, "from"),
        ({"from_": "2026-02-30"}, "from"),
        ({"to": "yesterday"}, "to"),
        ({"from_": ""}, "from"),
        ({"bucket": "year"}, "bucket"),
        ({"e1rm": "lombardi"}, "e1rm"),
        ({"form": "2026-01-01"}, "form"),
    ],
)
def test_what_is_no_period_is_refused_and_the_field_is_named(query, field, refusal):
    assert list(refusal(**query)) == [field]


@pytest.mark.parametrize(
    ("from_on", "bucket", "buckets"),
    [("2016-01-02", "day", 3653), ("1976-01-05", "week", 2609), ("1926-02-01", "month", 1200)],
)
def test_ten_years_of_days_fifty_of_weeks_and_a_hundred_of_months_are_answered(from_on, bucket, buckets, train, report):
    train(lifts(MONDAY))
    ours = report(from_=from_on, to="2026-01-01", bucket=bucket)
    assert {len(column) for column in ours["buckets"].values()} == {buckets}


def test_the_first_days_of_the_range_are_a_period(report):
    assert report(to="1900-01-01")["period"]["from"] == "1899-10-09"


# ── what counts ─────────────────────────────────────────────────────────────────────────────────────────────


def test_planned_and_running_sessions_do_not_count_but_others_of_their_day_do(train, report, make_exercise):
    squat = make_exercise("Squat", glutes=1)
    train(
        lifts(MONDAY, Set(squat, "normal", 100, 5)),
        lifts(MONDAY, Set(squat, "normal", 300, 5), status="planned"),
        lifts(MONDAY + DAY, Set(squat, "normal", 200, 5), status="in_progress"),
        lifts(MONDAY + 2 * DAY, Set(squat, "normal", 110, 5)),
    )
    ours = report(from_=MONDAY, to=MONDAY + 2 * DAY, bucket="day")
    assert ours["buckets"]["sets"] == [1, 0, 1]
    assert ours["buckets"]["sessions"] == [1, 0, 1]
    assert [r["value_kg"] for r in ours["records"] if r["kind"] == "heaviest_weight"] == [110]


def test_a_session_without_rpe_or_end_has_no_load_and_is_counted(train, report):
    train(
        Session(MONDAY, Fraction(60), Fraction(5)),
        Session(MONDAY, Fraction(30), None),
        Session(MONDAY, None, Fraction(5)),
    )
    totals = report(from_=MONDAY, to=MONDAY)["totals"]
    assert totals | {"session_load": 300, "duration_min": 90, "sessions": 3} == totals
    assert (totals["sessions_without_rpe"], totals["sessions_without_duration"]) == (1, 1)


def test_the_days_of_load_begin_with_the_first_session_that_has_one(train, report):
    """Else months of sessions without an RPE would make the first ones with it look like a leap in load."""
    unrated = [Session(MONDAY + n * DAY, Fraction(60), None) for n in range(30)]
    rated = [Session(MONDAY + n * DAY, Fraction(60), Fraction(5)) for n in range(30, 58)]
    train(*unrated, *rated)
    acwr = report(from_=MONDAY, to=MONDAY + 57 * DAY, bucket="day")["buckets"]["acwr"]
    assert acwr == [None] * 57 + [1]


# ── records and main lifts ──────────────────────────────────────────────────────────────────────────────────


def records_of(ours, kind):
    return [
        (r["local_on"], r["value_kg"], r["beats_kg"], r["beats_on"], r["gain_kg"])
        for r in ours["records"]
        if r["kind"] == kind
    ]


def test_a_record_names_what_it_beats_and_the_day_on_which_that_was_reached_first(train, report, make_exercise):
    squat = make_exercise("Squat")
    days = [100, 95, 100, 102.5, 105]
    train(*(lifts(MONDAY + n * DAY, Set(squat, "normal", kg, 1)) for n, kg in enumerate(days)))
    ours = report(from_=MONDAY + 3 * DAY, to=MONDAY + 4 * DAY)
    expected = [("2026-01-08", 102.5, 100, "2026-01-05", 2.5), ("2026-01-09", 105, 102.5, "2026-01-08", 2.5)]
    assert records_of(ours, "heaviest_weight") == expected
    assert records_of(ours, "e1rm") == expected
    assert ours["buckets"]["new_records"] == [4]
    assert {r["exercise"] for r in ours["records"]} == {"Squat"}


def test_neither_the_first_performance_nor_a_tie_nor_a_warm_up_nor_a_failed_lift_is_a_record(
    train, report, make_exercise
):
    squat = make_exercise("Squat")
    sets = [("normal", 100, 5), ("normal", 100, 5), ("warmup", 120, 5), ("normal", 130, 0), ("normal", 100.001, 5)]
    train(*(lifts(MONDAY + n * DAY, Set(squat, *done)) for n, done in enumerate(sets)))
    assert report(from_=MONDAY, to=MONDAY + 4 * DAY)["records"] == []


def test_less_assistance_is_a_heavier_weight(train, report, make_exercise):
    pull_up = make_exercise("Pull-up")
    train(*(lifts(MONDAY + n * DAY, Set(pull_up, "normal", kg, 5)) for n, kg in enumerate([-20, -15, 0])))
    ours = report(from_=MONDAY, to=MONDAY + 2 * DAY)
    assert records_of(ours, "heaviest_weight") == [
        ("2026-01-06", -15, -20, "2026-01-05", 5),
        ("2026-01-07", 0, -15, "2026-01-06", 15),
    ]
    assert records_of(ours, "e1rm") == []


def test_the_main_lifts_are_the_five_with_most_sets_of_those_with_an_estimate(train, report, make_exercise):
    lifts_by_sets = [make_exercise(f"Lift {n}") for n in range(6)]
    plank = make_exercise("Plank")
    sets = [Set(i, "normal", 50 + n, 5) for n, i in enumerate(lifts_by_sets) for _ in range(n + 1)]
    train(
        lifts(MONDAY, *sets, *[Set(plank, "normal", None, None)] * 9),
        lifts(MONDAY + 14 * DAY, Set(lifts_by_sets[5], "normal", 60, 1)),
    )
    main = report(from_=MONDAY, to=MONDAY + 20 * DAY)["main_lifts"]
    assert [(lift["exercise"], lift["working_sets"]) for lift in main] == [
        ("Lift 5", 7), ("Lift 4", 5), ("Lift 3", 4), ("Lift 2", 3), ("Lift 1", 2)
    ]  # fmt: skip
    assert main[0]["e1rm_kg"] == [64.17, None, 60]


def test_brzycki_is_used_and_named_when_asked_for(train, report, make_exercise):
    train(lifts(MONDAY, Set(make_exercise("Squat"), "normal", 100, 5)))
    for formula, expected in (("epley", 116.67), ("brzycki", 112.5)):
        ours = report(from_=MONDAY, to=MONDAY, e1rm=formula)
        assert ours["formulas"]["e1rm"] == formula
        assert ours["main_lifts"][0]["e1rm_kg"] == [expected]


# ── the reply ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_reply_is_what_its_schema_says(train, report, make_exercise):
    squat = make_exercise("Squat", glutes=1)
    train(*(lifts(MONDAY + n * DAY, Set(squat, "normal", 100 + n, 5)) for n in range(40)))
    ours = report(from_=MONDAY, to=MONDAY + 40 * DAY)
    TrainingReport().load(ours)
    del ours["buckets"]["tsb"]
    with pytest.raises(ValidationError, match="tsb"):
        TrainingReport().load(ours)


def test_imperial_units_are_answered_in_every_part(train, report, make_exercise):
    squat = make_exercise("Squat", glutes=1)
    train(lifts(MONDAY, Set(squat, "normal", 45.359237, 1)), lifts(MONDAY + DAY, Set(squat, "normal", 90.718474, 1)))
    ours = report(from_=MONDAY, to=MONDAY + DAY, units="imperial")
    assert ours["totals"]["volume_lb"] == pytest.approx(300, abs=0.2)
    assert ours["buckets"]["volume_lb"] == pytest.approx([300], abs=0.2)
    assert ours["muscle_volume_lb"]["glutes"] == pytest.approx([300], abs=0.2)
    assert ours["main_lifts"][0]["e1rm_lb"] == pytest.approx([200], abs=0.02)
    assert ours["records"][0]["gain_lb"] == pytest.approx(100, abs=0.03)


def test_only_the_parts_that_are_asked_for_are_sent(report):
    assert list(report(fields="totals,records")) == ["totals", "records"]


def test_the_documented_examples_are_answered_when_tried_as_they_are(app, owner):
    document = app.test_client().get("/openapi.json").json
    parameters = document["paths"]["/api/v1/reports/training"]["get"]["parameters"]
    examples = {p["name"]: p["schema"]["example"] for p in parameters if "example" in p["schema"]}
    assert examples.keys() >= {"from", "to", "bucket", "e1rm"}
    assert owner.get(URL, query_string=examples).status_code == 200
