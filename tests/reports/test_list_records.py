"""GET /api/v1/reports/records, against the walk through the days of each exercise."""

from __future__ import annotations

import random

import pytest

from tests.reports.lifts import store_lifts, store_weighings
from tests.reports.naive_records import Lift, Tracked, values_of, walk
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


def test_on_a_day_with_a_planned_session_only_the_sets_of_the_finished_one_count(database, owner):
    next_day = FIRST + DAY
    of_one = {"exercise": TRACKINGS[0], "name": "One"}
    exercise_id = store_lifts(database, owner.athlete_id, [Lift(FIRST, weight_kg=100, reps=5)], **of_one)
    done = [Lift(next_day, weight_kg=110, reps=5), Lift(next_day, weight_kg=None, reps=12)]
    planned = [*done, Lift(next_day, weight_kg=150, reps=5), Lift(next_day, weight_kg=None, reps=20)]
    for lifts, status in ((done, "done"), (planned, "planned")):
        other_id = store_lifts(database, owner.athlete_id, lifts, TRACKINGS[0], status)
        ids = "select session_id from sets where exercise_id = %s"
        database.execute(f"update sessions set status = %s where id in ({ids})", [status, other_id])
        database.execute(
            "update session_exercises set exercise_id = %s where exercise_id = %s", [exercise_id, other_id]
        )
    told = all_pages(owner, exercise_id=exercise_id)
    assert {(r["kind"], r["value_kg"] or r["value"]) for r in told} == {
        ("heaviest", 110),
        ("e1rm", 128.33),
        ("set_volume", 550),
        ("most_reps", 12),
    }


def test_the_bodyweight_looked_up_is_that_of_the_day(database, owner):
    chance, day = random.Random(3), FIRST
    weighings = {}
    for pause in (1, 1, 2, 7, 30, 59, 60, 61, 62, 63, 64, 200, 1):
        weighings[day] = 60 + chance.randrange(300) / 10
        day += pause * DAY
    store_weighings(database, owner.athlete_id, weighings)
    by_steps = """
        select (d.day)::date::text, l.kg[width_bucket(d.day::date, l.days)]
        from (
          select array_agg(from_on order by from_on) as days, array_agg(bodyweight_kg order by from_on) as kg
          from bodyweight_steps(%(who)s, null)
        ) as l
        cross join generate_series(%(first)s::timestamp, %(last)s, '1 day') as d (day)
    """
    asked = {"who": owner.athlete_id, "first": FIRST - 40 * DAY, "last": day + 40 * DAY}
    found = {d: kg for d, kg in database.execute(by_steps, asked) if kg is not None}
    by_day = "select local_on::text, bodyweight_kg from bodyweight_days(%(who)s, null)"
    assert found == dict(database.execute(by_day, asked).fetchall())
    assert len(found) > 300


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


@pytest.mark.parametrize(
    ("tracking", "kind", "best", "value"),
    [
        ("weight_reps", "most_reps", {"reps": 12}, 12),
        ("bodyweight_reps", "most_reps", {"reps": 12}, 12),
        ("weight_time", "longest", {"duration_s": 90}, 90),
        ("weight_distance", "farthest", {"distance_m": 40.125}, 40.12),
    ],
)
def test_a_record_without_kilograms_says_at_which_weight_it_was_done(database, owner, tracking, kind, best, value):
    """The heaviest of the sets that reached it; no warm-up, and no set that reached less."""
    less = {name: of // 2 for name, of in best.items()}
    sets = [
        dict(best, weight_kg=40),
        dict(best, weight_kg=60),
        dict(best, weight_kg=90, kind="w"),
        less | {"weight_kg": 80},
    ]
    lifts = [Lift(FIRST, **less), *(Lift(FIRST + DAY, **one) for one in sets)]
    exercise_id = store_lifts(database, owner.athlete_id, lifts, Tracked(tracking, 1.0 if "body" in tracking else None))
    for units, weight in (("metric", 60), ("imperial", pytest.approx(60 / 0.45359237, abs=0.01))):
        name = {"metric": "at_weight_kg", "imperial": "at_weight_lb"}[units]
        listed = owner.get(URL, query_string={"kind": kind, "units": units}).json["items"]
        of_exercise = owner.get(
            f"/api/v1/reports/exercises/{exercise_id}", query_string={"from": FIRST, "units": units}
        ).json["records"]
        for records in (listed, of_exercise):
            [told] = [one for one in records if one["kind"] == kind]
            assert told[name] == weight
            assert units == "imperial" or told["value"] == pytest.approx(value, abs=0.0051)
            assert all(one[name] is None for one in records if one["unit"] in ("kg", "lb"))


def test_repetitions_without_a_weight_have_none(database, owner):
    lifts = [Lift(FIRST + n * DAY, reps=5 + n) for n in range(2)]
    store_lifts(database, owner.athlete_id, lifts, Tracked("reps", None))
    assert [one["at_weight_kg"] for one in all_pages(owner)] == [None]
