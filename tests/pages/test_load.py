"""/pages/load says what /reports/load/measured replies, what it was measured from, and what is unknown."""

from __future__ import annotations

import pytest

from tests.pages.history import back, record, replied
from tests.pages.reading import rows
from tests.teams.people import join, make_team
from workouts_api.api.reports.measured_schemas import METHODS, REASONS
from workouts_api.pages import words
from workouts_api.pages.words import label

LOAD, API = "/pages/load", "reports/load/measured"
AVERAGES = ("fitness", "fatigue", "form_going_into_day", "fitness_coverage", "week_load", "change", "monotony")
SETTINGS = {
    "resting_hr_bpm": 50,
    "max_heart_rate_bpm": 190,
    "threshold_heart_rate_bpm": 170,
    "threshold_pace_s_per_km": 255,
    "ftp_w": 250,
}
RUN = {"sport": "running", "distance_m": 12000, "ascent_m": 90, "descent_m": 90, "average_heart_rate_bpm": 150}
LAPS = [{"duration_s": 3300, "average_heart_rate_bpm": 135}]
RIDE = {"sport": "cycling", "average_heart_rate_bpm": 135, "normalized_power_w": 190, "laps": LAPS}


@pytest.fixture
def runner(owner, database):
    """Ten days of running and riding; of one run neither heart rate nor ascent is known."""
    database.execute("update athletes set sex = 'female' where id = %s", [owner.athlete_id])
    measured = owner.post("/api/v1/days", json={"local_on": back(20).isoformat(), "values": SETTINGS})
    assert measured.status_code == 201, measured.text
    for days_ago in (17, 15, 12, 9, 5, 2):
        record(owner, days_ago, 100, exercises=[], **(RIDE if days_ago == 12 else RUN))
    record(owner, 3, 100, exercises=[], sport="running", distance_m=8000)
    return owner


@pytest.mark.parametrize("units", ["metric", "imperial"])
@pytest.mark.parametrize("method", METHODS)
def test_every_number_is_the_apis(runner, browser_of, method, units):
    asked = {"from_": back(27).isoformat(), "to": back(0).isoformat(), "method": method, "units": units}
    browser = browser_of(runner)
    page, load = browser.page(LOAD, **asked), replied(runner, API, **asked)
    assert browser.trips == 2  # the load, and what is doubtful
    buckets, inputs = load["buckets"], load["inputs"]
    shown = [[row[0], *row[2:]] for row in rows(page, "load")]
    assert shown == [list(row) for row in zip(*(buckets[name] for name in ("starts_on", *AVERAGES)), strict=True)][::-1]
    assert [row[1] for row in rows(page, "load")] == [
        None if count and count == unknown else value
        for value, count, unknown in zip(
            *(buckets[name] for name in ("session_load", "sessions", "sessions_unknown")), strict=True
        )
    ][::-1]
    counts = [found.value for found in page.one("dl", id="inputs").all("dd")]
    assert counts[:4] == [inputs[name] for name in ("sessions", "from_session", "from_laps", "sessions_unknown")]
    assert set(counts[4:]) <= set(inputs["settings"].values())
    covered = inputs["lap_coverage"]
    assert (covered is None) == (method in ("rtss", "power_tss"))
    assert ("The laps cover" in page.text) == (covered is not None)
    assert covered is None or f"The laps cover {words.share(covered).striptags()} of the time" in page.text
    for why, count in inputs["unknown_by_reason"].items():
        assert f"{count} ({label('missing', why)})" in page.text


def test_each_measure_names_the_figures_of_the_athlete_that_it_needs(runner, browser_of):
    needed = {
        "trimp": ["female", 50, 190],
        "edwards": [190],
        "hrtss": ["female", 50, 190, 170],
        "rtss": [255],
        "power_tss": [250],
    }
    for method, values in needed.items():
        page = browser_of(runner).page(LOAD, method=method)
        assert [found.value for found in page.one("dl", id="inputs").all("dd")][4:] == values, method
    assert "4:15\u00a0/km" in browser_of(runner).get(LOAD, method="rtss").text


def test_a_day_that_is_not_known_is_unknown_and_no_rest(runner, browser_of):
    asked = {"from_": back(6).isoformat(), "to": back(0).isoformat(), "bucket": "day"}
    page = browser_of(runner).page(LOAD, **asked)
    by_day = {row[0]: row[1] for row in rows(page, "load")}
    assert (by_day[back(3).isoformat()], by_day[back(4).isoformat()]) == (None, 0)
    assert "Unknown is not rest" in page.text
    assert page.one("section", aria_labelledby="h-load").text.count("?") == 2  # the day's mark, and its key
    for days_ago in (1, 4, 6, 7):
        record(runner, days_ago, 100, exercises=[], sport="running", distance_m=8000)
    few = browser_of(runner).page(LOAD, method="rtss")
    assert "too many sessions without what the method needs" in few.text
    assert "without a rating" not in few.text


def test_without_a_session_of_that_measure_the_page_says_so(owner, browser_of):
    record(owner, 3, 100)
    page = browser_of(owner).page(LOAD, method="power_tss")
    assert "there is no finished session that this measure is for" in page.text
    assert page.all("svg", role="img") == []


def test_every_method_and_reason_has_words():
    assert METHODS == tuple(words._MEASURES) == tuple(words._MEASURE_UNITS)
    assert set(REASONS) == set(words._MISSING)


def test_the_form_keeps_the_measure_and_a_wrong_one_is_said(runner, browser_of):
    page = browser_of(runner).page(LOAD, method="rtss", sport="running", bucket="month")
    chosen = {one.attributes["id"]: one for one in page.all("select")}
    assert {
        name: next(o for o in one.all("option") if "selected" in o.attributes).attributes["value"]
        for name, one in chosen.items()
    } == {"method": "rtss", "sport": "running", "bucket": "month"}
    assert "method" in browser_of(runner).page(LOAD, status=422, method="luck").text
    wrong = browser_of(runner).page(LOAD, status=422, from_="x", method="rtss", bucket="day")
    assert wrong.one("input", name="method").attributes["value"] == "rtss"
    assert wrong.one("select", id="bucket")
    assert browser_of(runner).page(LOAD, status=422, from_="2020-01-01", bucket="day")


def test_a_coach_sees_the_days_of_the_stay_and_a_stranger_nothing(owner, coach, stranger, runner, browser_of):
    team = make_team(coach)
    join(coach, team, runner, joined_on=back(10).isoformat())
    asked = {"athlete_id": runner.athlete_id, "from_": back(27).isoformat(), "to": back(0).isoformat()}
    page = browser_of(coach).page(LOAD, **asked)
    assert rows(page, "load")[-1][1:] == ["not seen by you"]
    assert page.one("dl", id="inputs").all("dd")[0].value == 4
    assert browser_of(stranger).get(LOAD, athlete_id=runner.athlete_id).status_code == 404


def twice(who, days_ago):
    """A run that a watch and a phone recorded."""
    for seconds, title in ((0, "Phone"), (40, "Watch")):
        started_at = f"{back(days_ago)}T12:00:{seconds:02d}Z"
        record(who, days_ago, 100, title=title, exercises=[], started_at=started_at, **RUN)


def check(who):
    assert who.post("/api/v1/sessions/doubts/check").status_code == 200


def test_what_counts_twice_is_said_where_its_numbers_stand(owner, browser_of):
    twice(owner, 3)
    twice(owner, 40)
    browser = browser_of(owner)
    asked = {"from_": back(20).isoformat(), "to": back(0).isoformat()}
    said, before = "1 session of this period may be recorded twice", "1 session of the 126 days before the period"
    for path in (LOAD, "/pages/report"):
        assert said not in browser.page(path, **asked).text
    check(owner)
    for path in (LOAD, "/pages/report"):
        text = browser.page(path, **asked).text
        assert said in text, path
        assert before in text, path
    narrow, wide = ({"method": method} for method in ("power_tss", "trimp"))
    record(owner, 2, 100, exercises=[], **RIDE)
    assert "if their sport is one of this measure" in browser.page(LOAD, **asked, **narrow).text
    assert "if their sport is one of this measure" not in browser.page(LOAD, **asked, **wide).text
    page = browser.page("/pages/report", **asked)
    tiles = {one.one("dt").text: one.text for one in page.one("dl", id="totals").all("div")}
    assert [name for name, text in tiles.items() if "1 may count twice" in text] == ["Sessions", "Time", "Session load"]
    titles = [row.all("th")[0].text for row in page.one("table", id="sessions").one("tbody").all("tr")]
    assert ["recorded twice" in title for title in titles] == [False, True, False]
    for one in replied(owner, "sessions/doubts")["items"]:
        kept = owner.put(f"/api/v1/sessions/doubts/{one['id']}/decision", json={"action": "keep"})
        assert kept.status_code == 200, kept.text
    assert "twice" not in browser.page("/pages/report", **asked).text


def test_doubtful_sets_and_sessions_that_nobody_ended_are_said_too(owner, browser_of):
    for days_ago in (30, 27, 24, 21):
        record(owner, days_ago, 100)
    record(owner, 2, 220.5)
    record(owner, 1, 100, duration_s=6 * 3600)
    check(owner)
    text = browser_of(owner).page("/pages/report").text
    assert "doubtful, such as a weight in the other unit" in text
    assert "1 session of this period lasted so long that nobody may have ended it" in text
    assert "may not have been ended" in text


def test_a_coach_reads_in_the_teams_table_what_may_count_twice(coach, owner, browser_of):
    team = make_team(coach)
    join(coach, team, owner, joined_on=back(10).isoformat())
    twice(owner, 3)
    check(owner)
    assert [row["maybe_twice"] for row in replied(coach, f"reports/teams/{team}")["items"]] == [1]
    assert "1 session of 14 days may count twice" in browser_of(coach).page(f"/pages/teams/{team}").text


def test_the_teams_table_tells_apart_what_changes_the_load_and_what_it_is_compared_with(coach, owner, browser_of):
    team = make_team(coach)
    join(coach, team, owner, joined_on=back(100).isoformat())
    for days_ago in (13, 15, 61, 64):  # two_devices compares with the day before and after
        twice(owner, days_ago)
    check(owner)
    [row] = replied(coach, f"reports/teams/{team}")["items"]
    assert (row["maybe_twice"], row["maybe_twice_before"], row["z_score"] is None) == (1, 2, False)
    text = browser_of(coach).page(f"/pages/teams/{team}").text
    assert "1 session of 14 days may count twice" in text
    assert "2 sessions of the 7 weeks before may count twice" in text


def test_ratings_that_contradict_each_other_are_no_doubt_about_a_figure(owner, browser_of):
    a_set = {"reps": 5, "weight_kg": 100, "rpe": 10, "rir": 5}
    record(owner, 2, 100, exercises=[{"exercise_id": 1, "sets": [a_set]}])
    assert owner.post("/api/v1/sessions/doubts/check").status_code == 200
    assert [one["rule"] for one in replied(owner, "sessions/doubts")["items"]] == ["ratings_differ"]
    assert "doubtful" not in browser_of(owner).page("/pages/report").text
