"""/pages/days and /pages/teams say what the API replies."""

from __future__ import annotations

import pytest

from tests.pages.history import back, record, replied
from tests.pages.reading import rows
from tests.teams.people import become_coach, join, make_team
from workouts_api.api.days.schemas import KINDS
from workouts_api.pages.words import day_kind, day_value

DAYS, TEAMS = "/pages/days", "/pages/teams"
HOOPER = ("hooper_sleep", "hooper_stress", "hooper_fatigue", "hooper_soreness")


def note(who, days_ago, **values):
    reply = who.post("/api/v1/days", json={"local_on": back(days_ago).isoformat(), "values": values})
    assert reply.status_code == 201, reply.text


@pytest.mark.parametrize("units", ["metric", "imperial"])
def test_every_number_of_a_trend_is_the_apis(owner, browser_of, units):
    for days_ago, weight in ((30, 83), (12, 82.5), (11, 82.8), (10, 82.4), (2, 82.1)):
        note(owner, days_ago, weight_kg=weight, pain=2)
    browser = browser_of(owner)
    page = browser.page(DAYS, units=units)
    assert browser.trips == 2  # the trend, and the latest days
    trend = replied(owner, "days/trend", units=units)["days"]
    names = ("local_on", "value", "mean_7", "values_7", "z_score")
    shown = rows(page, "trend-days")
    assert shown == [list(row) for row in zip(*(trend[name] for name in names), strict=True)][::-1]
    assert None in [row[2] for row in shown]  # fewer than 3 values: unknown, and said so
    assert "too few values before" in page.text
    unit = "lb" if units == "imperial" else "kg"
    (latest, *_) = replied(owner, "days", units=units)["items"]
    (first, *_) = page.one("table", id="latest").one("tbody").all("tr")
    assert [float(one.attributes["value"]) for one in first.all("data")] == [
        latest["values"][name] for name in sorted(latest["values"])
    ]
    assert f"Bodyweight {latest['values'][f'weight_{unit}']} {unit}" in first.text.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("units", "kind", "head", "said"),
    [
        ("metric", "threshold_pace_s_per_km", "Value, min:s/km", "Threshold pace 4:15 /km"),
        ("imperial", "threshold_pace_s_per_km", "Value, min:s/mi", "Threshold pace 6:50.4 /mi"),
        ("metric", "ftp_w", "Value, W", "Functional threshold power (FTP) 250 W"),
    ],
)
def test_thresholds_are_written_as_athletes_write_them(owner, browser_of, units, kind, head, said):
    note(owner, 3, threshold_pace_s_per_km=255, ftp_w=250)
    page = browser_of(owner).page(DAYS, units=units, kind=kind)
    assert head in [cell.text for cell in page.one("table", id="trend-days").all("th")]
    assert said in page.one("table", id="latest").text.replace("\u00a0", " ")
    (shown,) = rows(page, "trend-days")
    assert shown[1] == replied(owner, "days/trend", units=units, kind=kind)["days"]["value"][0]


def test_every_kind_has_a_name_without_its_unit():
    for kind in KINDS:
        assert day_kind(kind).split()[-1] not in ("kg", "cm", "pct", "bpm", "ms", "min", "w", "km")
    assert str(day_value(82, "body_fat_pct")).endswith(">82\u00a0%</data>")
    assert str(day_value(445, "sleep_min")).endswith(">7\u00a0h 25\u00a0min</data>")


def test_a_day_without_an_index_says_that_it_is_unknown(owner, browser_of):
    note(owner, 3, **dict.fromkeys(HOOPER, 3), availability=1)
    note(owner, 2, hooper_sleep=3)
    page = browser_of(owner).page(DAYS, kind="hooper_sleep")
    assert [row[1:2] for row in rows(page, "latest")] == [[None], [12]]
    assert "modified training" in page.text
    assert "Lower is better." in page.text
    assert "Nothing to draw" not in page.text


def test_no_values_are_said_to_be_none(owner, browser_of):
    page = browser_of(owner).page(DAYS)
    assert "Nothing to draw in this period." in page.text
    assert "No values in this period." in page.text


def test_a_wrong_period_of_days_is_said_at_its_field(owner, browser_of):
    page = browser_of(owner).page(DAYS, status=422, from_="x", kind="pain")
    assert page.one("input", id="from").attributes["aria-describedby"] == "from-said"
    assert page.one("input", name="kind").attributes["value"] == "pain"


def test_days_of_a_strangers_athlete_are_not_there(owner, stranger, browser_of):
    assert browser_of(stranger).get(DAYS, athlete_id=owner.athlete_id).status_code == 404
    assert browser_of(stranger).get("/pages/records", athlete_id=owner.athlete_id).status_code == 404


@pytest.fixture
def team(owner, coach, stranger):
    made = make_team(owner)
    become_coach(owner, made, coach)
    join(owner, made, stranger, joined_on=back(30).isoformat())
    return made


def test_the_table_of_a_team_is_the_apis_and_leads_to_reports(owner, coach, stranger, team, browser_of):
    join(owner, team, owner, joined_on=back(10).isoformat())
    for days_ago in (20, 12, 8, 3, 1):
        record(stranger, days_ago, 100)
    note(stranger, 1, **dict.fromkeys(HOOPER, 2), pain=3, availability=1)
    browser = browser_of(coach)
    page = browser.page(f"{TEAMS}/{team}")
    assert browser.trips == 2  # the team, and its table
    names = (
        "week_load",
        "change",
        "z_score",
        "unrated",
        "pain",
        "availability",
        "hooper_index",
        "mclean_total",
        "felt_on",
    )
    items = replied(coach, f"reports/teams/{team}")["items"]
    assert [row[2:] for row in rows(page, "team")] == [[one[name] for name in names] for one in items]
    links = page.one("table", id="team").all("a")
    assert [one.text for one in links] == [one["name"] for one in items]
    assert "Athlete: stranger" in browser.page(links[1].attributes["href"]).text
    assert [row[0] for row in rows(browser.page(f"{TEAMS}/{team}", only="pain", sort="pain"), "team")] != []
    assert browser.get(f"{TEAMS}/{team}", sort="luck").status_code == 422


def test_the_table_says_why_its_loads_are_not_those_of_a_report_that_estimates(coach, stranger, team, browser_of):
    for days_ago in (9, 8, 6, 5, 3):
        record(stranger, days_ago, 100)
    record(stranger, 1, 100, rpe=None)
    page = browser_of(coach).page(f"{TEAMS}/{team}")
    (row,) = rows(page, "team")
    report = browser_of(coach).page("/pages/report", athlete_id=stranger.athlete_id)
    assert row[2] != rows(report, "load")[0][7]
    assert "an athlete's report estimates what is not rated, so that its loads may differ" in page.text


def test_teams_are_listed_and_lead_to_their_tables_where_one_coaches(owner, coach, stranger, team, browser_of):
    listed = browser_of(coach).page(TEAMS).one("table", id="teams")
    assert [one.attributes["href"] for one in listed.all("a")] == [f"{TEAMS}/{team}"]
    assert browser_of(stranger).page(TEAMS).one("table", id="teams").all("a") == []
    assert browser_of(stranger).get(f"{TEAMS}/{team}").status_code == 404  # as the API replies


def test_a_strangers_team_is_not_there(admin, team, browser_of):
    assert browser_of(admin).get(f"{TEAMS}/{team}").status_code == 404
    assert "You are in no team." in browser_of(admin).page(TEAMS).text


def test_names_of_others_are_texts(owner, coach, browser_of):
    name = '<img src=x onerror="alert(1)">'
    made = make_team(owner, name)
    kept = owner.post("/api/v1/athletes", json={"name": name}).json["id"]
    added = owner.post(f"/api/v1/teams/{made}/athletes", json={"athlete_id": kept})
    assert added.status_code == 201, added.text
    for where in (TEAMS, f"{TEAMS}/{made}", f"/pages/report?athlete_id={kept}"):
        reply = browser_of(owner).http.get(where)
        assert (reply.status_code, "<img" in reply.text, "&lt;img" in reply.text) == (200, False, True)
