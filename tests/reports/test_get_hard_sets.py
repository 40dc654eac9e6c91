"""GET /api/v1/reports/muscles, against a count in plain loops."""

from __future__ import annotations

import datetime as dt
import random

import pytest

from tests.reports.lifts import store_lifts
from tests.reports.naive_records import Lift, Tracked

URL = "/api/v1/reports/muscles"
MONDAY = dt.date(2024, 2, 26)  # the week of a leap day
DAY = dt.timedelta(days=1)
BENCH = {"chest_mid": 1, "chest_upper": 0.5, "triceps": 0.5, "delt_front": 0.25}
ROW = {"lats": 1, "upper_back": 1, "biceps": 0.5}
GROUPS = {"chest_mid": "chest", "chest_upper": "chest", "triceps": "arms", "delt_front": "shoulders"}
GROUPS |= {"lats": "back", "upper_back": "back", "biceps": "arms"}
CATEGORIES = ("strength", "bodyweight", "cardio", "mobility", "olympic", "plyometric", "other")
TRACKINGS = ("weight_reps", "bodyweight_reps", "reps", "time", "weight_time", "weight_distance")


def store(database, athlete_id, lifts, shares, name, tracking="weight_reps", category="strength"):
    exercise_id = store_lifts(database, athlete_id, lifts, Tracked(tracking), name)
    database.execute("update exercises set category = %s where id = %s", [category, exercise_id])
    for code, share in shares.items():
        database.execute("insert into exercise_muscle_shares values (%s, %s, %s)", [exercise_id, code, share])


def effort(lift: Lift) -> str | None:
    """hard, assumed or easy; None for what does not count."""
    if lift.kind == "w" or lift.reps == 0:
        return None
    if lift.kind == "f":
        return "hard"
    reserve = 10 - lift.rpe if lift.rpe is not None else lift.rir
    return "assumed" if reserve is None else "hard" if reserve <= 4 else "easy"


def counted(plan, week, level):
    """Sets by muscle, or by group with the most of its muscles."""
    found: dict[str, float] = {}
    for lifts, shares in plan:
        worth: dict[str, float] = {}
        for code, share in shares.items():
            name = GROUPS[code] if level == "groups" else code
            worth[name] = max(worth.get(name, 0), 1 if share == 1 else 0.5)
        sets = sum(effort(lift) in ("hard", "assumed") and 0 <= (lift.local_on - week).days < 7 for lift in lifts)
        for name, value in worth.items():
            found[name] = found.get(name, 0) + value * sets
    return found


def some_lifts(chance, first):
    return [
        Lift(
            MONDAY + (first + day) * DAY,
            chance.choice("nnnwfd"),
            80,
            chance.choice([None, 0, 5, 8]),
            chance.choice([None, 5, 6, 9]),
            chance.choice([None, 3, 5]),
        )
        for day in range(0, 30, 2)
        for _ in range(4)
    ]


def test_the_weeks_of_any_plan_equal_the_naive_count(database, owner):
    chance = random.Random(1)
    plan = [(some_lifts(chance, 0), BENCH), (some_lifts(chance, 1), ROW), (some_lifts(chance, 0), {})]
    for number, (lifts, shares) in enumerate(plan):
        lifts = [lift if number < 2 else Lift(lift.local_on + 100 * DAY, reps=5) for lift in lifts]
        store(database, owner.athlete_id, lifts, shares, f"Lift {number}")
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY + 34 * DAY}).json
    assert told["weeks"]["starts_on"] == [(MONDAY + 7 * n * DAY).isoformat() for n in range(5)]
    for level in ("muscles", "groups"):
        for n in range(5):
            naive = counted(plan[:2], MONDAY + 7 * n * DAY, level)
            assert {code: m["sets"][n] for code, m in told[level].items()} == naive
    everything = [effort(lift) for lifts, _ in plan[:2] for lift in lifts]
    for column, name in (("hard_sets", "hard"), ("assumed_sets", "assumed"), ("easy_sets", "easy")):
        assert sum(told["weeks"][column]) == everything.count(name)


def test_a_bench_press_works_the_chest_once_and_says_what_is_assumed(database, owner):
    lifts = [Lift(MONDAY, weight_kg=100, reps=5, rpe=rpe) for rpe in (8, None, None, 5)]
    store(database, owner.athlete_id, lifts, BENCH, "Bench")
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY}).json
    assert told["groups"]["chest"] == {"sets": [3], "assumed_share": 0.667}
    assert (told["muscles"]["chest_upper"]["sets"], told["weeks"]["easy_sets"]) == ([1.5], [1])


def test_runs_and_sets_without_muscles_are_told_apart(database, owner):
    store(database, owner.athlete_id, [Lift(MONDAY, reps=5)], {}, "Something")
    store(database, owner.athlete_id, [Lift(MONDAY + DAY, distance_m=400)], {"quads": 1}, "Run", "distance_time")
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY + DAY}).json
    assert (told["weeks"]["sets_without_muscles"], told["muscles"]) == ([1], {})


@pytest.mark.parametrize("category", CATEGORIES)
@pytest.mark.parametrize("tracking", TRACKINGS)
def test_a_stretch_or_a_match_is_no_hard_set_unless_it_is_rated_so(category, tracking, database, owner):
    lifts = [Lift(MONDAY, weight_kg=20, reps=5, duration_s=60, rpe=rpe) for rpe in (None, None, 8)]
    store(database, owner.athlete_id, lifts, {"hamstrings": 1}, "Something", tracking, category)
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY}).json
    assumed = 2 if category not in ("cardio", "mobility") or tracking.startswith("weight_") else 0
    assert told["muscles"]["hamstrings"]["sets"] == [1 + assumed]
    assert (told["weeks"]["hard_sets"], told["weeks"]["assumed_sets"]) == ([1], [assumed])


@pytest.mark.parametrize("tracking", TRACKINGS)
def test_a_set_of_0_reps_has_failed_only_where_reps_are_counted(tracking, database, owner):
    lifts = [Lift(MONDAY, reps=0, duration_s=60, distance_m=20), Lift(MONDAY, kind="w", reps=0, duration_s=60)]
    store(database, owner.athlete_id, lifts, {"abs": 1}, "Something", tracking)
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY}).json
    assert told["weeks"]["assumed_sets"] == [0 if tracking.endswith("reps") else 1]
    assert list(told["muscles"]) == ([] if tracking.endswith("reps") else ["abs"])


def test_weeks_begin_on_the_athletes_day(database, owner):
    database.execute("update athletes set week_start = 7 where id = %s", [owner.athlete_id])
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY + 6 * DAY}).json
    assert told["weeks"]["starts_on"] == ["2024-02-25", "2024-03-03"]


@pytest.mark.parametrize("query", [{"from": "2024-01-01", "to": "2025-01-07"}, {"from": "9999-01-01"}])
def test_a_longer_period_is_refused_by_name(query, owner):
    reply = owner.get(URL, query_string=query)
    assert (reply.status_code, list(reply.json["details"])) == (422, ["from"])
