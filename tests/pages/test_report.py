"""/pages/report says what the API replies, to whom it may be shown, and says what is unknown."""

from __future__ import annotations

import datetime as dt
import re

import pytest

from tests.pages.history import back, record, replied, train
from tests.pages.reading import rows
from tests.teams.people import become_coach, join, make_team
from workouts_api.pages.words import minutes, pace, short_day

REPORT = "/pages/report"
API = "/api/v1/reports"
BUCKETS = ("starts_on", "sessions", "working_sets", "volume_kg", "duration_min", "new_records")
FORM = ("fitness", "fatigue", "form_going_into_day", "fitness_coverage")
LOAD = ("starts_on", "estimated_load", *FORM, "week_load", "change", "monotony")
HOSTILE = "<script>alert(1)</script>\"'&\u202egnol"


def columns(columns_, *names):
    return [list(row) for row in zip(*(columns_[name] for name in names), strict=True)][::-1]


@pytest.mark.parametrize(("units", "kg"), [("metric", "kg"), ("imperial", "lb")])
@pytest.mark.parametrize("bucket", ["week", "day"])
def test_every_number_is_the_apis(owner, browser_of, units, kg, bucket):
    train(owner)
    asked = {"from_": back(60).isoformat(), "to": back(0).isoformat(), "units": units}
    report = replied(owner, "reports/training", bucket=bucket, **asked)
    load = replied(owner, "reports/load", bucket=bucket, **asked)
    hard = replied(owner, "reports/muscles", **asked)
    browser = browser_of(owner)
    page = browser.page(REPORT, bucket=bucket, **asked)

    totals = [found.value for found in page.one("dl", id="totals").all("dd")]
    names = ("sessions", "working_sets", f"volume_{kg}", "duration_min", "session_load", "new_records")
    assert totals == [report["totals"][name] for name in names]

    shown = rows(page, "buckets")
    expected = columns(report["buckets"], *BUCKETS[:3], f"volume_{kg}", *BUCKETS[4:])
    without_end = columns(report["buckets"], "sessions", "sessions_without_duration")
    for row, (sessions, ends) in zip(expected, without_end, strict=True):
        if sessions and sessions == ends:
            row[4] = None
    assert shown == expected

    assert [[row[0], *row[2:]] for row in rows(page, "load")] == columns(load["buckets"], *LOAD)
    known = columns(load["buckets"], "session_load", "sessions", "sessions_unknown")
    assert [row[1] for row in rows(page, "load")] == [
        None if count and count == unknown else value for value, count, unknown in known
    ]

    muscles = rows(page, "hard-sets")[:-1]
    both = [*hard["groups"].values(), *hard["muscles"].values()]
    assert [row[1:] for row in muscles] == [[one["assumed_share"], *one["sets"][::-1]] for one in both]

    best = [lift[f"e1rm_{kg}"][::-1] for lift in report["main_lifts"]]
    assert [row[1:] for row in rows(page, "lifts")] == [list(row) for row in zip(*best, strict=True)]

    assert [row[:3] for row in rows(page, "records")] == [
        [one["exercise"], one[f"value_{kg}"], one[f"gain_{kg}"]] for one in reversed(report["records"])
    ][:20]
    sessions = replied(owner, "sessions", **asked)["items"]
    assert [[row[0], *row[2:]] for row in rows(page, "sessions")] == [
        [one["title"], one["set_count"], one[f"volume_{kg}"], one["duration_s"], one["rpe"]] for one in sessions
    ]
    assert browser.trips == 5  # one for each of the API's routes


def test_what_is_unknown_is_said_and_never_zero(owner, browser_of):
    record(owner, 3, 100, rpe=None, exercises=[])
    record(owner, 20, 100, duration_s=None)
    page = browser_of(owner).page(REPORT, from_=back(27).isoformat(), to=back(0).isoformat())
    *_, time, load, _ = [found.value for found in page.one("dl", id="totals").all("dd")]
    assert (time, load) == (60, None)
    known = [row[1] for row in rows(page, "load")]
    assert None in known
    assert "no rating" not in page.text
    assert "1 without a rating" in page.text
    assert "Unknown is not rest" in page.text
    assert "Warming up" in page.text
    assert page.one("section", aria_labelledby="h-load").text.count("?") > 0  # the chart's marks, and their key


def test_a_period_without_a_single_rating_has_an_unknown_load(owner, browser_of):
    record(owner, 3, 100, rpe=None, exercises=[])
    page = browser_of(owner).page(REPORT, from_=back(7).isoformat(), to=" ")  # a field of blanks counts as left out
    *_, time, load, _ = [found.value for found in page.one("dl", id="totals").all("dd")]
    assert (time, load) == (60, None)


def test_too_little_that_is_known_is_said_with_its_share(owner, browser_of):
    record(owner, 30, 100)
    for days_ago in range(1, 20):
        record(owner, days_ago, 100, rpe=None, exercises=[])
    page = browser_of(owner).page(REPORT)
    load = replied(owner, "reports/load")["buckets"]
    assert load["fatigue"][-1] is None
    said = next(one for one in page.all("p", class_="note") if one.text.startswith("Fatigue is unknown"))
    assert "too many sessions without a rating or an end" in said.text
    assert said.value == load["fatigue_coverage"][-1] < 0.8


def test_an_empty_history_is_a_page_that_says_so(owner, browser_of):
    page = browser_of(owner).page(REPORT)
    assert "No finished session in this period." in page.text
    assert page.one("dl", id="totals").all("dd")[0].value == 0


def test_a_coach_sees_the_athletes_days_and_is_told_from_which_on(owner, coach, stranger, browser_of):
    team = make_team(owner)
    become_coach(owner, team, coach)
    join(owner, team, stranger, joined_on=back(20).isoformat())
    for days_ago in (40, 10):
        record(stranger, days_ago, 100)
    asked = {"athlete_id": stranger.athlete_id, "from_": back(48).isoformat(), "to": back(0).isoformat()}
    page = browser_of(coach).page(REPORT, **asked)
    assert "Athlete: stranger" in page.text
    assert f"from {back(20).day} " in page.text.replace("\u00a0", " ")
    shown = rows(page, "buckets")
    assert shown[-1][1:] == ["not seen by you"]
    report = replied(coach, "reports/training", **asked)
    seen = [row for row in shown if len(row) > 2]
    assert (
        seen
        == columns(
            report["buckets"], "starts_on", "sessions", "working_sets", "volume_kg", "duration_min", "new_records"
        )[: len(seen)]
    )
    assert sum(row[1] for row in seen) == 1
    assert all("athlete_id=" in link.attributes["href"] for link in page.one("nav", aria_label="Pages").all("a")[:4])


def test_a_coach_who_sees_some_days_is_not_told_of_weeks_and_a_history_that_only_the_athlete_knows(
    owner, coach, browser_of
):
    monday = back(14) - dt.timedelta(back(14).weekday())
    for day in (monday - dt.timedelta(20), monday + dt.timedelta(7)):
        record(owner, (back(0) - day).days, 100)
    join(coach, make_team(coach), owner, joined_on=(monday + dt.timedelta(2)).isoformat())
    first, last = (monday + dt.timedelta(days) for days in (-14, 6))
    asked = {"athlete_id": owner.athlete_id, "from_": first.isoformat(), "to": last.isoformat()}
    text = browser_of(coach).page(REPORT, **asked).text.replace("\u00a0", " ")
    assert "no training before" not in text
    assert text.count("unknown at the end of the period: you see too little of the time before.") == 2
    assert f"the week of {short_day(monday, year=True)} (5 of 7 days)." in text
    told = "A record here is more than all that you see before it."
    assert told in browser_of(coach).page("/pages/records", athlete_id=owner.athlete_id).text
    assert told not in browser_of(owner).page("/pages/records").text


def test_a_strangers_athlete_is_not_there(owner, stranger, browser_of):
    reply = browser_of(stranger).get(REPORT, athlete_id=owner.athlete_id)
    assert (reply.status_code, reply.content_type) == (404, "text/html; charset=utf-8")
    assert reply.headers["X-Request-ID"] in reply.text


def test_texts_of_users_are_texts(owner, browser_of):
    record(owner, 2, 100, title=HOSTILE)
    reply = browser_of(owner).get(REPORT)
    assert "<script" not in reply.text
    page = browser_of(owner).page(REPORT)
    (title,) = [row.all("bdi")[0].text for row in page.one("table", id="sessions").one("tbody").all("tr")]
    assert title.startswith("<script>alert(1)</script>")


@pytest.mark.parametrize("title", ["", "   ", "\u200f", " \u200d"])
def test_a_title_of_which_nothing_can_be_seen_is_said_in_words(owner, browser_of, title):
    record(owner, 2, 100, title=title)
    (row,) = browser_of(owner).page(REPORT).one("table", id="sessions").one("tbody").all("tr")
    assert row.all("bdi")[0].text == "Without a title"


def test_no_hour_has_60_minutes_and_no_minute_60_seconds():
    for hundredths in range(11_900, 12_100):
        for said in (minutes(hundredths / 100), pace(hundredths / 100)):
            assert not re.search(r"[ :\u00a0]60", said.striptags()), said


@pytest.mark.parametrize(
    ("given", "field", "said"),
    [
        ({"from": "yesterday"}, "from", "Expected a day"),
        ({"from": "2026-02-01", "to": "2026-01-01"}, "from", "not after"),
        ({"to": "2199-01-01"}, "to", "within a year"),
        ({"from": "2020-01-01", "to": "2026-01-01", "bucket": "day"}, "from", "at most 400"),
        ({"bucket": "hour"}, "bucket", "Expected one of"),
    ],
)
def test_a_wrong_period_is_said_at_its_field(owner, browser_of, given, field, said):
    page = browser_of(owner).page(REPORT, status=422, **given)
    (wrong,) = [one for one in page.all("input") + page.all("select") if "aria-invalid" in one.attributes]
    assert wrong.attributes["id"] == field
    assert said in page.one("p", id=wrong.attributes["aria-describedby"]).text
    assert wrong.tag == "select" or wrong.attributes["value"] == given[field]


def test_parameters_that_no_page_knows_are_left_out(owner, browser_of):
    names = ("path", "self", "template", "status", "values", "_", "next", "request")
    assert browser_of(owner).get(REPORT, **dict.fromkeys(names, "1")).status_code == 200


@pytest.mark.parametrize("given", [{"athlete_id": "x"}, {"units": "stones"}, {"athlete_id": "9" * 30}])
def test_other_wrong_parameters_are_said_too(owner, browser_of, given):
    page = browser_of(owner).page(REPORT, status=422, **given)
    assert next(iter(given)) in page.text


def test_empty_fields_of_the_form_count_as_left_out(owner, browser_of):
    assert browser_of(owner).get(REPORT, from_="", to="", bucket="").status_code == 200


def test_hard_sets_of_more_than_a_year_are_those_of_its_end(owner, browser_of):
    record(owner, 3, 100)
    page = browser_of(owner).page(REPORT, from_=back(800).isoformat(), bucket="month")
    assert "the last 371 days of the period" in page.text


def test_weeks_and_months_that_are_not_whole_are_named(owner, browser_of):
    train(owner)
    browser = browser_of(owner)
    said = "Not whole, so not to be compared with the others:"
    period = {"from_": "2026-01-04", "to": "2026-02-11"}
    weeks = browser.page(REPORT, **period).text.replace("\u00a0", " ")
    assert f"{said} the week of 29 Dec 2025 (1 of 7 days), the week of 9 Feb 2026 (3 of 7 days)." in weeks
    assert weeks.count(said) == 1
    months = browser.page(REPORT, bucket="month", **period).text.replace("\u00a0", " ")
    assert f"{said} the month of 1 Jan 2026 (28 of 31 days), the month of 1 Feb 2026 (11 of 28 days)." in months
    assert f"{said} the week of 29 Dec 2025 (1 of 7 days)" in months  # of the hard sets
    assert said not in browser.page(REPORT, from_="2026-01-05", to="2026-02-08").text


@pytest.mark.parametrize(("units", "far"), [("metric", "12.48 km"), ("imperial", "7.75 mi")])
def test_a_session_of_an_endurance_sport_says_how_far(owner, browser_of, units, far):
    record(owner, 1, 100, sport="trail_running", distance_m=12480)
    record(owner, 2, 100, sport="rowing")
    page = browser_of(owner).page(REPORT, units=units)
    titles = [row.all("th")[0].text for row in page.one("table", id="sessions").one("tbody").all("tr")]
    assert [title.replace("\u00a0", " ") for title in titles] == [f"Legs trail running, {far}", "Legs rowing"]


def test_a_load_that_is_all_estimated_says_from_what(owner, browser_of):
    for days_ago in (1, 2):
        record(owner, days_ago, 100, rpe=None)
    text = browser_of(owner).page(REPORT).text
    assert "Of 2 sessions so far, 2 ratings are estimated: 2 from the ratings of sets." in text
    assert "No session was rated, so these figures are a guess as a whole." in text
    for days_ago in (3, 4, 5):
        record(owner, days_ago, 100)
    text = browser_of(owner).page(REPORT).text
    assert "Of 5 sessions so far, 2 ratings are estimated: 2 from sessions of the same title." in text
    assert "a guess as a whole" not in text


def test_one_session_is_told_as_one(owner, browser_of):
    record(owner, 1, 100, rpe=None)
    assert (
        "Of 1 session so far, 1 rating is estimated: 1 from the ratings of sets." in browser_of(owner).page(REPORT).text
    )
    start = f"{back(2).isoformat()}T10:00:00Z"
    owner.post("/api/v1/sessions", json={"started_at": start})
    text = browser_of(owner).page(REPORT).text
    assert "Of 2 sessions so far, the load of 1 is unknown: 1 without an end." in text
    assert "Unknown is not rest: this session is in no sum." in text


def test_the_title_of_a_page_names_the_athlete_whose_it_is(owner, coach, browser_of):
    join(coach, make_team(coach), owner)
    for path in (REPORT, "/pages/exercises", "/pages/records", "/pages/days"):
        own, theirs = (
            browser_of(who).page(path, athlete_id=owner.athlete_id).one("title").text for who in (owner, coach)
        )
        assert theirs == own.replace(" · Workouts", " · owner · Workouts")
