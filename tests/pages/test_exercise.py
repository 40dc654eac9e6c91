"""/pages/exercises and /pages/records say what the API replies."""

from __future__ import annotations

import pytest

from tests.pages.history import BENCH, SQUAT, back, record, replied, train
from tests.pages.reading import rows
from tests.teams.people import become_coach, join, make_team

RECORDS, EXERCISES = "/pages/records", "/pages/exercises"


def value_of(record, name, kg):
    return record[name] if record[f"{name}_{kg}"] is None else record[f"{name}_{kg}"]


@pytest.mark.parametrize(("units", "kg"), [("metric", "kg"), ("imperial", "lb")])
def test_every_number_of_an_exercise_is_the_apis(owner, browser_of, units, kg):
    train(owner)
    exercise = lift(owner)
    asked = {"from_": back(50).isoformat(), "units": units}
    report = replied(owner, f"reports/exercises/{exercise}", **asked)
    browser = browser_of(owner)
    page = browser.page(f"{EXERCISES}/{exercise}", **asked)
    assert browser.trips == 1
    names = ("local_on", "sets", f"heaviest_{kg}", f"e1rm_{kg}", f"volume_{kg}", "most_reps")
    history = report["history"]
    assert rows(page, "history") == [list(row) for row in zip(*(history[name] for name in names), strict=True)][::-1]
    assert any(one[f"load_{kg}"] is None for one in report["rep_maxima"])
    assert rows(page, "rep-maxima") == [
        [str(one["reps"]), one[f"load_{kg}"], one["local_on"] or ""] for one in report["rep_maxima"]
    ]
    assert [row[1:] for row in rows(page, "records")] == [
        [value_of(one, "value", kg), value_of(one, "beats", kg), one["local_on"], one["beats_on"]]
        for one in report["records"][::-1]
    ]
    assert len(page.all("svg", role="img")) == 1


def lift(owner):
    """An exercise of the owner's own that tracks weight and repetitions, with sets of other days."""
    made = owner.post("/api/v1/exercises", json={"name": "Zercher & <b>Squat</b>", "tracking": "weight_reps"})
    for days_ago, weight in ((20, 100), (10, 102.5), (3, 105)):
        sets = [{"reps": 5, "weight_kg": weight}, {"reps": 3, "weight_kg": weight + 2.5}]
        record(owner, days_ago, 100, exercises=[{"exercise_id": made.json["id"], "sets": sets}])
    return made.json["id"]


@pytest.mark.parametrize(
    ("tracking", "one_set", "column", "value"),
    [
        ("time", {"duration_s": 95}, "Longest", 95),
        ("distance_time", {"distance_m": 2100, "duration_s": 600}, "Farthest", 2100),
        ("reps", {"reps": 12}, "Most repetitions", 12),
    ],
)
def test_an_exercise_shows_what_it_tracks(owner, browser_of, tracking, one_set, column, value):
    made = owner.post("/api/v1/exercises", json={"name": f"By {tracking}", "tracking": tracking})
    assert made.status_code == 201, made.text
    record(owner, 3, 100, exercises=[{"exercise_id": made.json["id"], "sets": [one_set]}])
    page = browser_of(owner).page(f"{EXERCISES}/{made.json['id']}")
    heads = [cell.text for cell in page.one("table", id="history").one("thead").all("th")]
    assert rows(page, "history")[0][heads.index(column)] == value
    assert len(page.all("svg", role="img")) >= 1


def test_an_exercise_without_a_load_by_nature_lacks_none(owner, browser_of):
    for tracking, one_set, is_said in (
        ("distance_time", {"distance_m": 2100, "duration_s": 600}, False),
        ("bodyweight_reps", {"reps": 8}, True),
    ):
        made = owner.post("/api/v1/exercises", json={"name": f"By {tracking}", "tracking": tracking})
        record(owner, 3, 100, exercises=[{"exercise_id": made.json["id"], "sets": [one_set]}])
        page = browser_of(owner).page(f"{EXERCISES}/{made.json['id']}")
        assert ("have no known load" in page.text) == is_said, tracking


def test_an_exercise_of_long_sets_says_why_it_has_no_maximum(owner, browser_of):
    made = owner.post("/api/v1/exercises", json={"name": "Long sets", "tracking": "weight_reps"})
    for days_ago in (5, 2):
        sets = [{"reps": 15, "weight_kg": 40}]
        record(owner, days_ago, 100, exercises=[{"exercise_id": made.json["id"], "sets": sets}])
    page = browser_of(owner).page(f"{EXERCISES}/{made.json['id']}")
    assert "No maximum is estimated: that takes a set of at most 10 repetitions" in page.text
    assert [one.text for one in page.all("figcaption")] == ["Heaviest weight, by day"]


def test_an_exercise_that_was_never_done_is_an_empty_page(owner, browser_of):
    page = browser_of(owner).page(f"{EXERCISES}/{SQUAT}")
    assert "No set of this exercise in this period." in page.text
    assert "No record in this period." in page.text


def test_exercises_are_listed_as_the_api_lists_them(owner, browser_of):
    train(owner)
    record(owner, 1, 100, exercises=[{"exercise_id": BENCH, "sets": [{"reps": 5}]}])
    browser = browser_of(owner)
    for order in ("last_used", "most_used"):
        page = browser.page(EXERCISES, sort_by=order)
        assert rows(page, "exercises") == [
            [one["name"], one["last_used_on"], one["session_count"]]
            for one in replied(owner, "exercises/used", sort_by=order)["items"]
        ]
    assert browser.trips == 1
    first = browser.page(EXERCISES, limit="1")
    (more,) = first.all("a", rel="next")
    assert rows(browser.page(more.attributes["href"]), "exercises") != rows(first, "exercises")


def test_of_another_athlete_all_exercises_of_the_days_that_one_sees_are_listed(owner, coach, stranger, browser_of):
    team = make_team(owner)
    become_coach(owner, team, coach)
    join(owner, team, stranger, joined_on=back(60).isoformat())
    train(stranger)
    long_ago = [{"exercise_id": number, "sets": [{"reps": 5}]} for number in (7, 8)]
    record(stranger, 59, 100, exercises=long_ago)
    record(stranger, 70, 100, exercises=[{"exercise_id": 9, "sets": [{"reps": 5}]}])
    browser = browser_of(coach)
    page = browser.page(EXERCISES, athlete_id=stranger.athlete_id, limit="3")
    assert browser.trips == 2  # the exercises, and whose they are
    listed = page.one("table", id="exercises").all("a")
    (more,) = page.all("a", rel="next")
    assert rows(page, "exercises") + rows(browser.page(more.attributes["href"]), "exercises") == [
        [one["name"], one["last_used_on"], one["session_count"]]
        for one in replied(coach, "exercises/used", athlete_id=stranger.athlete_id)["items"]
    ]
    assert len(listed) == 3
    assert "Days that you do not see are in no date and number." in page.text
    reply = browser_of(coach).page(listed[0].attributes["href"])
    assert "Athlete: stranger" in reply.text
    assert browser_of(stranger).get(f"{EXERCISES}/{SQUAT}", athlete_id=owner.athlete_id).status_code == 404


@pytest.mark.parametrize(("units", "kg"), [("metric", "kg"), ("imperial", "lb")])
def test_every_record_is_the_apis(owner, browser_of, units, kg):
    train(owner)
    lift(owner)
    browser = browser_of(owner)
    more = {"exercise_id": SQUAT, "sets": [{"reps": 12, "weight_kg": 60}]}
    record(owner, 1, 100, exercises=[more])
    page = browser.page(RECORDS, units=units)
    assert browser.trips == 1
    items = replied(owner, "reports/records", units=units)["items"]
    assert len(items) > 3
    assert rows(page, "records") == [
        [one["exercise"], value_of(one, "value", kg), value_of(one, "beats", kg), one["local_on"], one["beats_on"]]
        for one in items
    ]
    weights = [one.one("small").all("data") for one in page.one("table", id="records").one("tbody").all("tr")]
    assert [float(found[0].attributes["value"]) if found else None for found in weights] == [
        one[f"at_weight_{kg}"] for one in items
    ]
    assert any(weights)
    of_kind = browser.page(RECORDS, kind="e1rm")
    kinds = [row.one("small").text for row in of_kind.one("table", id="records").one("tbody").all("tr")]
    assert set(kinds) == {"estimated 1RM"}


def test_the_next_page_of_records_goes_on_and_another_lists_cursor_does_not(owner, browser_of):
    lift(owner)
    browser = browser_of(owner)
    seen, where = [], f"{RECORDS}?limit=2"
    while where:
        found = browser.page(where)
        seen += rows(found, "records")
        more = found.all("a", rel="next")
        where = more[0].attributes["href"] if more else ""
    assert len(seen) == len(replied(owner, "reports/records", limit="200")["items"])
    assert browser.get(RECORDS, cursor="abc").status_code == 422
