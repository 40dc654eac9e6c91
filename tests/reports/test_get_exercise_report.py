"""GET /api/v1/reports/exercises/{id}"""

from __future__ import annotations

import datetime as dt

import pytest

from tests.reports.lifts import store_lifts, store_weighings
from tests.reports.naive_records import Lift, Tracked
from tests.teams.people import join, make_team, since

URL = "/api/v1/reports/exercises"
FIRST = dt.date(2026, 1, 5)
DAY = dt.timedelta(days=1)
ALL = {"from": FIRST, "to": FIRST + 60 * DAY}


@pytest.fixture
def report(database, owner):
    """The owner's report on an exercise with these sets."""

    def get(lifts, exercise=None, **query):
        exercise_id = store_lifts(database, owner.athlete_id, lifts, exercise or Tracked())
        told = owner.get(f"{URL}/{exercise_id}", query_string=ALL | query)
        assert told.status_code == 200, told.json
        return told.json

    return get


@pytest.mark.parametrize(
    ("reps", "percent"),
    list(enumerate((100, 95.7, 92.1, 89.2, 86.5, 83.9, 81.2, 78.6, 76.0, 73.3, 70.7, 68.0), 1)),
)
def test_the_table_of_rpe_10_is_that_of_the_source(reps, percent, database):
    found = database.execute("select share_of_maximum(%s, 0)", [reps]).fetchone()
    assert found[0] == pytest.approx(percent, abs=0.051)


def test_a_set_with_reserve_estimates_more_than_one_without(report):
    told = report(
        [Lift(FIRST, weight_kg=100, reps=5, rpe=8), Lift(FIRST + DAY, weight_kg=100, reps=5, rir=0)], e1rm="rpe"
    )
    assert told["history"]["e1rm_kg"] == [123.09, 115.57]


def test_many_repetitions_do_not_beat_a_single(report):
    lifts = [Lift(FIRST, weight_kg=140, reps=1), Lift(FIRST + DAY, weight_kg=71, reps=30)]
    assert report(lifts)["history"]["e1rm_kg"] == [140, None]


def test_a_tie_keeps_the_first_and_the_first_is_no_record(report):
    lifts = [Lift(FIRST + n * DAY, weight_kg=weight, reps=1) for n, weight in enumerate((100, 100, 105, 105))]
    told = [r for r in report(lifts)["records"] if r["kind"] == "heaviest"]
    assert [(r["local_on"], r["value_kg"], r["beats_kg"], r["beats_on"]) for r in told] == [
        ("2026-01-07", 105, 100, "2026-01-05")
    ]


def test_a_pull_up_lifts_the_body_and_help_takes_off(database, owner, report):
    store_weighings(database, owner.athlete_id, {FIRST: 80})
    lifts = [Lift(FIRST, reps=1), Lift(FIRST + DAY, weight_kg=20, reps=1), Lift(FIRST + 2 * DAY, weight_kg=-30, reps=1)]
    assert report(lifts, Tracked("bodyweight_reps", 1.0))["history"]["heaviest_kg"] == [80, 100, 50]


def test_without_a_weighing_nearby_a_bodyweight_load_is_unknown_and_counted_as_such(database, owner, report):
    store_weighings(database, owner.athlete_id, {FIRST - 31 * DAY: 80})
    told = report([Lift(FIRST, reps=8), Lift(FIRST, reps=10)], Tracked("bodyweight_reps", 1.0))
    assert (told["history"]["e1rm_kg"], told["history"]["volume_kg"], told["history"]["most_reps"]) == (
        [None],
        [None],
        [10],
    )
    assert (told["inputs"]["sets"], told["inputs"]["sets_without_load"]) == (2, 2)


def test_warm_ups_and_sessions_that_are_not_done_do_not_count(database, owner, report):
    lifts = [Lift(FIRST, weight_kg=200, reps=1, kind="w"), Lift(FIRST + DAY, weight_kg=100, reps=1)]
    told = report(lifts)
    assert told["rep_maxima"][0] == {"reps": 1, "load_kg": 100, "local_on": "2026-01-06"}
    database.execute("update sessions set status = 'planned'")
    again = owner.get(f"{URL}/{told['exercise']['id']}", query_string=ALL).json
    assert (again["inputs"]["sets"], again["rep_maxima"][0]["load_kg"]) == (0, None)


def test_a_coach_sees_the_days_of_the_stay_and_is_told_so(database, owner, coach, stranger):
    team_id = make_team(coach)
    since(database, coach, "2026-01-01")
    join(coach, team_id, owner, "2026-01-06")
    lifts = [Lift(FIRST + n * DAY, weight_kg=weight, reps=1) for n, weight in enumerate((200, 100, 110))]
    exercise_id = store_lifts(database, owner.athlete_id, lifts, Tracked())
    address = f"{URL}/{exercise_id}?athlete_id={owner.athlete_id}&from=2026-01-01&to=2026-02-01"
    told = coach.get(address).json
    assert (told["seen_from"], told["history"]["heaviest_kg"]) == ("2026-01-06", [100, 110])
    assert stranger.get(address).status_code == stranger.get(f"{URL}/{exercise_id}").status_code == 404


def test_in_imperial_units_loads_are_in_pounds(database, owner):
    exercise_id = store_lifts(database, owner.athlete_id, [Lift(FIRST, weight_kg=100, reps=1)], Tracked())
    told = owner.get(f"{URL}/{exercise_id}?units=imperial&from=2026-01-01&to=2026-02-01").json
    assert (told["history"]["heaviest_lb"], told["rep_maxima"][0]["load_lb"]) == ([220.46], 220.46)


@pytest.mark.parametrize(
    ("field", "value"), [("e1rm", "lombardi"), ("most_reps", 0), ("most_reps", 37), ("from", "9999-01-01")]
)
def test_what_is_not_valid_is_refused_by_name(field, value, owner):
    reply = owner.get(f"{URL}/1", query_string={field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
