"""GET /api/v1/days/trend, against the same in plain loops."""

from __future__ import annotations

import datetime as dt
import random
import statistics

import pytest

URL = "/api/v1/days/trend"
FIRST = dt.date(2024, 2, 1)  # a leap year
DAY = dt.timedelta(days=1)


def store(database, athlete_id, values, kind="weight_kg"):
    database.execute(
        "insert into day_values (athlete_id, kind, local_on, value)"
        " select %s, %s, * from unnest(%s::date[], %s::float8[])",
        [athlete_id, kind, list(values), list(values.values())],
    )


def naive(values, day):
    """The mean of 7 days from 3 values on; the score against the 28 days before from 14 values on."""
    week = [v for on, v in values.items() if dt.timedelta() <= day - on < 7 * DAY]
    month = [v for on, v in values.items() if DAY <= day - on <= 28 * DAY]
    z = None
    if len(month) >= 14 and len(set(month)) > 1:
        z = (values[day] - statistics.mean(month)) / statistics.stdev(month)
    return statistics.mean(week) if len(week) >= 3 else None, len(week), z, len(month)


@pytest.mark.parametrize("density", [0.95, 0.6, 0.3])
def test_the_trend_of_any_values_equals_the_naive_one(density, database, owner):
    chance = random.Random(density)
    days = [FIRST + n * DAY for n in range(120) if chance.random() < density]
    values = {day: round(80 + chance.gauss(0, 1), 1) for day in days}
    store(database, owner.athlete_id, values)
    told = owner.get(URL, query_string={"from": FIRST + 40 * DAY, "to": FIRST + 119 * DAY}).json["days"]
    shown = [day for day in days if day >= FIRST + 40 * DAY]
    assert told["local_on"] == [day.isoformat() for day in shown]
    for n, day in enumerate(shown):
        mean_7, values_7, z, values_28 = naive(values, day)
        ours = told["mean_7"][n], told["values_7"][n], told["z_score"][n], told["values_28"][n]
        assert ours == pytest.approx((mean_7, values_7, z, values_28), abs=0.0051)
        assert (told["z_reason"][n] is None) == (z is not None)


def test_equal_values_have_no_score_and_few_have_none_yet(database, owner):
    store(database, owner.athlete_id, {FIRST + n * DAY: 0 for n in range(30)}, "pain")
    told = owner.get(URL, query_string={"kind": "pain", "from": FIRST, "to": FIRST + 29 * DAY}).json
    assert told["days"]["z_reason"] == ["too_few_values"] * 14 + ["no_variation"] * 16
    assert (told["kind"]["better"], told["kind"]["unit"]) == ("lower", "0–10")


def test_rmssd_and_sdnn_are_kept_apart(database, owner):
    store(database, owner.athlete_id, {FIRST: 60}, "hrv_rmssd_ms")
    store(database, owner.athlete_id, {FIRST: 90}, "hrv_sdnn_ms")
    asked = {"from": FIRST, "to": FIRST}
    assert owner.get(URL, query_string=asked | {"kind": "hrv_rmssd_ms"}).json["days"]["value"] == [60]


@pytest.mark.parametrize(("field", "value"), [("kind", "shoe_size"), ("from", "9999-01-01"), ("to", "2199-01-01")])
def test_what_is_not_valid_is_refused_by_name(field, value, owner):
    reply = owner.get(URL, query_string={field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_somebody_without_values_gets_empty_columns(owner, stranger):
    assert owner.get(URL).json["days"]["value"] == []
    assert stranger.get(f"{URL}?athlete_id={owner.athlete_id}").status_code == 404


def test_the_nearest_weighing_within_30_days_counts_and_the_earlier_of_two(database, owner):
    store(database, owner.athlete_id, {FIRST: 80, FIRST + 10 * DAY: 90})
    ask = "select bodyweight_kg(%s, %s)"
    found = {
        n: database.execute(ask, [owner.athlete_id, FIRST + n * DAY]).fetchone()[0] for n in (-31, -30, 5, 6, 40, 41)
    }
    assert found == {-31: None, -30: 80, 5: 80, 6: 90, 40: 90, 41: None}
