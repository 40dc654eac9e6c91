"""GET /api/v1/reports/load against the same figures in plain loops, on histories of every kind."""

from __future__ import annotations

import datetime as dt
import random
from fractions import Fraction

import pytest

from tests.reports.hevy_file import read_workouts
from tests.reports.load_history import URL, differences, naive_load, store
from tests.reports.naive_load import DAY, Trained

FIRST = dt.date(2023, 11, 6)  # so that a leap day, a new year and both clock changes come soon
DECAYS = ("exponential", "reciprocal", "span")


def some_history(chance: random.Random, rated: float) -> list[Trained]:
    """Some 200 days: several sessions a day, pauses, sessions without rating, end or title."""
    history = []
    day = FIRST
    while len(history) < 110:
        day += chance.choice([0, 1, 1, 2, 3]) * DAY + (chance.random() < 0.03) * chance.choice([10, 40]) * DAY
        minutes = Fraction(chance.randrange(600, 9000), 60)
        history.append(
            Trained(
                local_on=day,
                minutes=None if chance.random() < 0.03 else minutes,
                rpe=Fraction(chance.randrange(0, 101), 10) if chance.random() < rated else None,
                title=chance.choice(["Push", "push", "Pull", "Legs", "Rare", ""]),
                set_ratings=[Fraction(chance.randrange(12, 21), 2) for _ in range(chance.choice([0, 0, 3]))],
            )
        )
    return history


@pytest.mark.parametrize("rated", [1, 0.95, 0.6, 0.02, 0])
@pytest.mark.parametrize("estimates", [True, False])
def test_the_load_of_any_history_equals_the_naive_one(rated, estimates, database, owner):
    chance = random.Random(f"{rated} {estimates}")
    history = some_history(chance, rated)
    store(database, owner.athlete_id, history)
    last = history[-1].local_on
    for bucket, decay in zip(("day", "week", "month"), DECAYS, strict=True):
        week_start = chance.randrange(1, 8)
        database.execute("update athletes set week_start = %s where id = %s", (week_start, owner.athlete_id))
        from_on, to_on = FIRST + chance.randrange(-20, 80) * DAY, last + chance.randrange(-60, 40) * DAY
        asked = {"from": from_on, "to": to_on, "bucket": bucket, "decay": decay, "estimates": estimates, "acwr": True}
        reply = owner.get(URL, query_string=asked)
        assert reply.status_code == 200, reply.json
        naive = naive_load(
            history,
            from_on=from_on,
            to_on=to_on,
            bucket=bucket,
            week_start=week_start,
            decay=decay,
            estimates=estimates,
        )
        assert differences(reply.json["buckets"], naive) == []


@pytest.mark.sweep
def test_the_load_of_a_real_export_equals_the_naive_one(data, database, owner):
    """Fourteen months of somebody who rated some sets and no session."""
    history = []
    for workout in read_workouts(data / "hevy_335_workouts.csv"):
        start, end = (dt.datetime.strptime(workout[0][at], "%d %b %Y, %H:%M") for at in ("start_time", "end_time"))
        working = [row for row in workout if row["set_type"] != "warmup" and row["rpe"]]
        history.append(
            Trained(
                local_on=start.date(),
                minutes=Fraction(int((end - start).total_seconds()), 60),
                title=workout[0]["title"],
                set_ratings=[Fraction(row["rpe"]) for row in working],
            )
        )
    store(database, owner.athlete_id, history)
    from_on, to_on = history[0].local_on, history[-1].local_on
    reply = owner.get(URL, query_string={"from": from_on, "to": to_on, "bucket": "day", "acwr": True})
    assert reply.status_code == 200, reply.text
    assert differences(reply.json["buckets"], naive_load(history, from_on=from_on, to_on=to_on, bucket="day")) == []
    rated = sum(bool(s.set_ratings) for s in history)
    inputs = reply.json["inputs"]
    assert (inputs["set_ratings"], inputs["unknown_rating"]) == (rated, len(history) - rated)
