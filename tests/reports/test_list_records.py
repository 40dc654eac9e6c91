"""GET /api/v1/reports/records, against the walk through the days of each exercise."""

from __future__ import annotations

import random

import pytest

from tests.reports.lifts import store_lifts, store_weighings
from tests.reports.naive_records import Lift, values_of, walk
from tests.reports.test_exercise_report_equals_naive import DAY, FIRST, TRACKINGS, some_lifts
from tests.teams.people import join, make_team, since

URL = "/api/v1/reports/records"


def all_pages(client, **query):
    found, cursor = [], {}
    while True:
        page = client.get(URL, query_string={**query, **cursor}).json
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = {"cursor": page["next_cursor"]}


def test_the_records_of_all_exercises_equal_the_naive_ones_page_by_page(database, owner):
    chance = random.Random(7)
    weighings = {FIRST + day * DAY: 70 + chance.randrange(200) / 10 for day in range(0, 60, 9)}
    store_weighings(database, owner.athlete_id, weighings)
    expected = []
    for number, exercise in enumerate(TRACKINGS):
        lifts = some_lifts(chance)
        exercise_id = store_lifts(database, owner.athlete_id, lifts, exercise, f"Lift {number}")
        for kind, of_kind in values_of(exercise, lifts, weighings).items():
            if kind != "session_volume":
                expected += [(d, exercise_id, kind, v, b) for d, v, b in walk(of_kind) if b is not None]
    planned = store_lifts(database, owner.athlete_id, [Lift(FIRST, reps=r) for r in (1, 9)], TRACKINGS[0], "Planned")
    of_it = "update sessions set status = 'planned' where id in (select session_id from sets where exercise_id = %s)"
    database.execute(of_it, [planned])
    told = [record(r) for r in all_pages(owner, limit=37)]
    assert told == [
        (day.isoformat(), i, kind, pytest.approx(value, abs=0.0051), pytest.approx(beats, abs=0.0051))
        for day, i, kind, value, beats in sorted(expected, key=lambda r: (-r[0].toordinal(), r[1], r[2]))
    ]
    assert len(told) > 40


def record(told):
    values = (told["value_kg"], told["beats_kg"]) if told["unit"] == "kg" else (told["value"], told["beats"])
    return told["local_on"], told["exercise_id"], told["kind"], *values


def test_filters_show_one_exercise_and_one_kind(database, owner):
    lifts = [Lift(FIRST + n * DAY, weight_kg=50 + n, reps=5) for n in range(4)]
    first = store_lifts(database, owner.athlete_id, lifts, TRACKINGS[0], "One")
    later = [Lift(lift.local_on + 9 * DAY, weight_kg=lift.weight_kg, reps=1) for lift in lifts]
    store_lifts(database, owner.athlete_id, later, TRACKINGS[0], "Two")
    told = all_pages(owner, exercise_id=first, kind="heaviest")
    assert [(r["exercise"], r["value_kg"], r["beats_kg"]) for r in told] == [
        ("One", 53, 52),
        ("One", 52, 51),
        ("One", 51, 50),
    ]


def test_a_coach_gets_the_records_of_the_days_of_the_stay(database, owner, coach, stranger):
    team_id = make_team(coach)
    since(database, coach, "2023-01-01")
    join(coach, team_id, owner, (FIRST + DAY).isoformat())
    lifts = [Lift(FIRST + n * DAY, weight_kg=weight, reps=1) for n, weight in enumerate((200, 100, 110))]
    store_lifts(database, owner.athlete_id, lifts, TRACKINGS[0])
    told = all_pages(coach, athlete_id=owner.athlete_id, kind="heaviest")
    assert [(r["value_kg"], r["beats_kg"]) for r in told] == [(110, 100)]
    assert stranger.get(f"{URL}?athlete_id={owner.athlete_id}").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"), [("kind", "prettiest"), ("e1rm", "rpe"), ("exercise_id", "0"), ("limit", 201)]
)
def test_what_is_not_valid_is_refused_by_name(field, value, owner):
    reply = owner.get(URL, query_string={field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
