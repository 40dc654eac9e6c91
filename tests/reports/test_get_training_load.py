"""GET /api/v1/reports/load"""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import Any

import pytest

from tests.reports.load_history import URL, store
from tests.reports.naive_load import DAY, RATES, Trained
from tests.reports.test_report_plan import nodes_of
from tests.teams.people import join, leave, make_team, since
from workouts_api.dba.explain import explain
from workouts_api.dba.server import session
from workouts_api.sql.loaded import CATALOGUE

MONDAY = dt.date(2025, 1, 6)


def loads(*daily: int, first: dt.date = MONDAY, title: str = "") -> list[Trained]:
    """A session of RPE 5 on each day with a load, one without rating where it is negative."""
    return [
        Trained(first + n * DAY, Fraction(abs(load), 5), Fraction(5) if load > 0 else None, title)
        for n, load in enumerate(daily)
        if load
    ]


@pytest.fixture
def load(database, owner):
    """The owner's columns by day: ``load(history, to=day, estimates=False)``."""

    def get(history: list[Trained], **query: Any) -> Any:
        store(database, owner.athlete_id, history)
        first = history[0].local_on
        reply = owner.get(URL, query_string={"from": first, "bucket": "day", **query})
        assert reply.status_code == 200, reply.json
        return reply.json["buckets"]

    return get


def test_monotony_and_strain_of_a_week_from_the_literature(load):
    ours = load(loads(420, 180, 540, 0, 360, 600, 0), to=MONDAY + 6 * DAY)
    assert (ours["monotony"][-1], ours["strain"][-1]) == (1.225, 2572)
    assert ours["monotony_reason"] == ["too_short"] * 6 + [None]


def test_seven_equal_days_have_no_variation_and_seven_empty_ones_no_training(load):
    ours = load(loads(*[300] * 7), to=MONDAY + 20 * DAY)
    assert (ours["monotony_reason"][6], ours["monotony_reason"][-1]) == ("no_variation", "no_training")
    assert (ours["monotony"][6], ours["monotony"][-1], ours["strain"][-1]) == (None, None, None)


@pytest.mark.parametrize("decay", RATES)
def test_under_a_constant_load_the_averages_are_right_from_the_first_day(decay, load):
    ours = load(loads(*[300] * 130), to=MONDAY + 129 * DAY, decay=decay)
    assert set(ours["fitness"]) == set(ours["fatigue"]) == {300}
    assert (ours["warming_up"][124], ours["warming_up"][125]) == (True, False)


@pytest.mark.parametrize(("decay", "expected"), [("exponential", 99.4), ("reciprocal", 102.7), ("span", 139.3)])
def test_one_hard_day_moves_fatigue_as_each_convention_says(decay, expected, load):
    """From 54, a day of 395 (elevate #579)."""
    ours = load(loads(*[54] * 200, 395), to=MONDAY + 200 * DAY, decay=decay)
    assert ours["fatigue"][-1] == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize(("decay", "expected"), [("exponential", 68.86), ("reciprocal", 68.95), ("span", 76.53)])
def test_one_hard_day_moves_fitness_as_each_convention_says(decay, expected, load):
    """From 61, a day of 395: 61 + 334 · λ (elevate #579)."""
    ours = load(loads(*[61] * 500, 395), to=MONDAY + 500 * DAY, decay=decay)
    assert ours["fitness"][-1] == pytest.approx(expected, abs=0.011)


def test_form_is_what_one_takes_into_the_day(load):
    ours = load(loads(500, 100, 0), to=MONDAY + 2 * DAY)
    assert (ours["form_going_into_day"][0], ours["form_reason"][0]) == (None, "no_history")
    assert ours["form_going_into_day"][2] == pytest.approx(ours["fitness"][1] - ours["fatigue"][1], abs=0.011)


def test_an_unrated_session_is_unknown_and_no_rest(load):
    """Half of a fortnight without a rating hides fatigue. As rest, it would have shown the athlete as fresh."""
    ours = load(loads(*[400] * 40, *[-400] * 4), to=MONDAY + 43 * DAY, estimates=False)
    assert (ours["fatigue"][39], ours["fatigue"][-1]) == (400, None)
    assert (ours["fatigue_reason"][-1], ours["fitness"][-1], ours["sessions_unknown"][-1]) == ("unknown_load", 400, 1)
    assert (ours["week_load"][-1], ours["week_reason"][-1]) == (None, "unknown_load")


def test_a_session_that_ends_when_it_begins_has_no_known_load(owner):
    body = {"started_at": f"{MONDAY}T10:00:00Z", "duration_s": 0, "rpe": 7}
    assert owner.post("/api/v1/sessions", json=body).status_code == 201
    told = owner.get(URL, query_string={"from": MONDAY, "to": MONDAY, "bucket": "day"}).json
    assert (told["inputs"]["unknown_duration"], told["buckets"]["fitness_reason"]) == (1, ["unknown_load"])


def test_estimates_are_counted_and_come_from_sessions_of_the_title_first(load):
    history = [
        *loads(*[400] * 5),
        *(Trained(MONDAY + (5 + n) * DAY, Fraction(60), Fraction(rpe), "Legs") for n, rpe in enumerate((6, 9, 8))),
        Trained(MONDAY + 8 * DAY, Fraction(60), None, "LEGS"),
        Trained(MONDAY + 9 * DAY, Fraction(60), None, "Swim"),
    ]
    ours = load(history, to=MONDAY + 9 * DAY)
    assert ours["session_load"][-2:] == ours["estimated_load"][-2:] == [480, 300]
    assert ours["sessions_estimated"] == [0] * 8 + [1, 1]


@pytest.fixture
def sprints(database, owner, coach, sign_up):
    """The owner has not rated a session that three teammates have, who come one by one: ``next(sprints)``."""

    def come():
        team_id = make_team(coach)
        join(coach, team_id, owner, "2025-01-01")
        store(database, owner.athlete_id, [Trained(MONDAY, Fraction(60), None, "Sprints")])
        yield team_id
        for number, rpe in enumerate((5, 6, 9)):
            mate = sign_up(f"mate{number}")
            join(coach, team_id, mate, "2025-01-01")
            store(database, mate.athlete_id, [Trained(MONDAY, Fraction(20), Fraction(rpe), "sprints")])
            yield mate

    return come()


ON_MONDAY = {"from": MONDAY, "to": MONDAY, "bucket": "day"}


def test_a_teammate_who_rated_twice_is_one(sprints, owner, coach, database):
    next(sprints)
    mates = [next(sprints) for _ in range(2)]
    store(database, mates[0].athlete_id, [Trained(MONDAY, Fraction(20), Fraction(8), "sprints")])
    told = coach.get(URL, query_string=ON_MONDAY | {"athlete_id": owner.athlete_id}).json
    assert (told["inputs"]["team_mean"], told["inputs"]["unknown_rating"]) == (0, 1)


def test_three_teammates_say_to_the_coach_what_the_session_was(sprints, owner, coach, database):
    def told():
        return coach.get(URL, query_string=ON_MONDAY | {"athlete_id": owner.athlete_id}).json

    team_id = next(sprints)
    for _ in range(3):
        assert told()["inputs"]["unknown_rating"] == 1
        next(sprints)
    assert (told()["inputs"]["team_mean"], told()["buckets"]["estimated_load"]) == (1, [400])
    since(database, coach, "2024-01-01")
    leave(owner, team_id, (MONDAY + DAY).isoformat())
    assert told()["inputs"]["team_mean"] == 1
    database.execute("update team_athletes set left_on = %s where athlete_id = %s", [MONDAY, owner.athlete_id])
    assert told()["inputs"]["sessions"] == 0, "the first day outside is not seen"


def test_a_coach_who_sees_two_of_the_three_gets_no_mean(sprints, owner, coach, sign_up, database):
    """An owner of the team lets them into another team, whose coach sees their own two and the owner."""
    _, *mates = sprints
    elsewhere = sign_up("elsewhere")
    team_id = make_team(elsewhere, "Another")
    for athlete in (owner, *mates[:2]):
        join(elsewhere, team_id, athlete, "2025-01-01")
    asked = ON_MONDAY | {"athlete_id": owner.athlete_id}
    assert elsewhere.get(URL, query_string=asked).json["inputs"]["unknown_rating"] == 1
    join(elsewhere, team_id, mates[2], (MONDAY + DAY).isoformat())
    assert elsewhere.get(URL, query_string=asked).json["inputs"]["unknown_rating"] == 1, "a day later is too late"


def test_sessions_of_strangers_cost_a_report_nothing(sprints, owner, stranger, coach, cluster, database, database_name):
    """Of whatever title and day, and however many: teammates are asked for first."""
    list(sprints)
    store(database, stranger.athlete_id, [Trained(MONDAY, Fraction(1), Fraction(5), "Sprints") for _ in range(5_000)])
    store(database, owner.athlete_id, [Trained(MONDAY, Fraction(1), None, "Sprints") for _ in range(300)])
    database.execute("analyze")
    given = {"viewer_id": str(coach.user_id), "athlete_id": str(owner.athlete_id), "bucket": "day"}
    given |= {"from_on": MONDAY.isoformat(), "to_on": MONDAY.isoformat()}
    with session(cluster.dsn(database_name), read_only=True) as asked:
        plan = explain(asked, CATALOGUE["reports"]["training_load"], given=given, analyze=True, as_json=True)
    reads = [n for n in nodes_of(plan["Plan"]) if n.get("Relation Name") == "sessions"]
    rows = sum((n["Actual Rows"] + n.get("Rows Removed by Filter", 0)) * n["Actual Loops"] for n in reads)
    assert 304 <= rows < 700, "those of the owner, who is seen as one of the team by no teammate, and three"


def test_what_a_coach_sees_in_part_is_said_and_hidden_until_it_is_enough(database, owner, coach):
    team_id = make_team(coach)
    since(database, coach, "2025-01-01")
    join(coach, team_id, owner, (MONDAY + 100 * DAY).isoformat())
    store(database, owner.athlete_id, loads(*[700] * 100, *[300] * 100))
    asked = {"from": MONDAY, "to": MONDAY + 199 * DAY, "bucket": "day"}
    told = coach.get(URL, query_string=asked | {"athlete_id": owner.athlete_id}).json
    assert told["seen_from"] == (MONDAY + 100 * DAY).isoformat()
    fitness, reason = told["buckets"]["fitness"], told["buckets"]["fitness_reason"]
    shown = next(n for n, value in enumerate(fitness) if value is not None)
    assert (shown, set(fitness[shown:])) == (167, {300})  # 1 − e^(−68/42) is the first share above 0.8
    assert reason == ["not_seen"] * shown + [None] * (200 - shown)
    for figure, first in (("form", shown + 1), ("fatigue", 111), ("week", 106), ("monotony", 106)):
        told_of = told["buckets"][f"{figure}_reason"]
        assert told_of[:first] == ["not_seen"] * first, figure
        assert "not_seen" not in told_of[first:], figure
    assert told["buckets"]["warming_up"][-1] is True
    own = owner.get(URL, query_string=asked).json
    assert (own["seen_from"], own["buckets"]["warming_up"][-1]) == (None, False)


def test_days_between_two_stays_are_not_seen_and_no_lack_of_ratings(database, owner, coach):
    team_id = make_team(coach)
    since(database, coach, "2025-01-01")
    join(coach, team_id, owner, MONDAY.isoformat())
    left, back = MONDAY + 100 * DAY, MONDAY + 120 * DAY
    stay = f"/api/v1/teams/{team_id}/athletes/{owner.athlete_id}"
    assert owner.patch(stay, json={"left_on": left.isoformat(), "keeps_history": True}).status_code == 200
    join(coach, team_id, owner, back.isoformat())
    store(database, owner.athlete_id, loads(*[300] * 200))
    asked = {"athlete_id": owner.athlete_id, "from": left, "to": MONDAY + 199 * DAY, "bucket": "day"}
    told = coach.get(URL, query_string=asked).json["buckets"]
    for figure in ("fitness", "fatigue", "week", "monotony"):
        reasons = set(told[f"{figure}_reason"]) - {None, "no_variation"}
        assert reasons == {"not_seen"}, figure


def test_a_lack_of_ratings_is_the_reason_where_all_days_are_seen(database, owner, coach):
    team_id = make_team(coach)
    since(database, coach, "2024-01-01")
    join(coach, team_id, owner, (MONDAY - 300 * DAY).isoformat())
    store(database, owner.athlete_id, [*loads(*[300] * 10), *(Trained(MONDAY + n * DAY) for n in range(10, 40))])
    asked = {"athlete_id": owner.athlete_id, "from": MONDAY + 30 * DAY, "to": MONDAY + 39 * DAY, "bucket": "day"}
    told = coach.get(URL, query_string=asked).json["buckets"]
    for figure in ("fitness", "fatigue", "form", "week", "monotony"):
        assert set(told[f"{figure}_reason"]) == {"unknown_load"}, figure


def test_a_coach_who_saw_the_empty_days_before_knows_that_nothing_was(database, owner, coach):
    team_id = make_team(coach)
    since(database, coach, "2024-01-01")
    join(coach, team_id, owner, (MONDAY - 300 * DAY).isoformat())
    store(database, owner.athlete_id, loads(*[300] * 10))
    asked = {"from": MONDAY, "to": MONDAY + 9 * DAY, "bucket": "day"}
    told = coach.get(URL, query_string=asked | {"athlete_id": owner.athlete_id}).json["buckets"]
    assert told["fitness"] == owner.get(URL, query_string=asked).json["buckets"]["fitness"] == [300] * 10


def test_the_ratio_is_shown_only_where_asked_for_and_with_what_speaks_against_it(database, owner):
    store(database, owner.athlete_id, loads(*[100] * 28, *[200] * 7))
    asked = {"from": MONDAY, "to": MONDAY + 34 * DAY}
    silent, told = (owner.get(URL, query_string=asked | more).json for more in ({}, {"acwr": "true"}))
    assert silent["formulas"]["acwr"] is None
    assert silent["buckets"]["acwr_coupled"] is None
    assert told["buckets"]["acwr_coupled"] == [None, None, None, 1, 1.6]
    assert told["buckets"]["acwr_uncoupled"] == [None, None, None, 1, 2]
    assert "Impellizzeri" in told["formulas"]["acwr"]["warning"]


def test_a_week_is_compared_with_the_eight_before(load):
    """Weeks of 700 and 1400 in turn, then 2100: mean 1050, SD 374.17, z 2.81; 2100 is half more than 1400."""
    weeks = [*[100] * 7, *[200] * 7] * 4 + [300] * 7
    ours = load(loads(*weeks), to=MONDAY + 62 * DAY)
    assert (ours["z_score"][-1], ours["z_weeks"][-1], ours["change"][-1], ours["change_pct"][-1]) == (2.81, 8, 700, 50)
    assert ours["z_score"][40] is None


def test_a_change_from_next_to_nothing_has_no_percentage(load):
    ours = load(loads(*[100] * 35, 0, 0, 0, 0, 0, 0, 10, *[100] * 7), to=MONDAY + 48 * DAY)
    assert (ours["change"][-1], ours["change_pct"][-1]) == (690, None)


def test_somebody_without_training_gets_no_figure_and_no_error(owner):
    told = owner.get(URL).json
    assert told["inputs"]["first_on"] is None
    assert set(told["buckets"]["fitness_reason"]) == {"no_history"}
    assert set(told["buckets"]["fitness"]) == {None}


@pytest.mark.parametrize(
    ("field", "value"),
    [("decay", "linear"), ("estimates", "perhaps"), ("from", "9999-01-01"), ("to", "2199-01-01"), ("bucket", "year")],
)
def test_what_is_not_valid_is_refused_by_name(field, value, owner):
    reply = owner.get(URL, query_string={field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_stranger_gets_404(owner, stranger):
    assert stranger.get(f"{URL}?athlete_id={owner.athlete_id}").status_code == 404


@pytest.mark.parametrize("path", [URL, f"{URL}/measured", "/api/v1/reports/muscles"])
@pytest.mark.parametrize("week_start", range(1, 8))
def test_without_a_first_day_the_first_week_is_whole(owner, database, path, week_start):
    database.execute("update athletes set week_start = %s where id = %s", [week_start, owner.athlete_id])
    first = owner.get(path, query_string={"to": "2026-03-29"}).json["period"]["from"]
    day = dt.date.fromisoformat(first)
    assert day.isoweekday() == week_start
    assert 0 <= (dt.date(2026, 1, 4) - day).days < 7


@pytest.mark.parametrize(
    ("bucket", "first", "days"),
    [("week", "2026-01-07", [5, 7, 7, 2]), ("month", "2026-01-07", [21]), ("day", "2026-01-26", [1, 1])],
)
@pytest.mark.parametrize("path", [URL, f"{URL}/measured"])
def test_a_bucket_says_how_many_days_of_the_period_it_has(owner, path, bucket, first, days):
    asked = {"from": first, "to": "2026-01-27", "bucket": bucket}
    assert owner.get(path, query_string=asked).json["buckets"]["days"] == days


def test_a_month_begins_where_no_first_day_is_asked_for(owner):
    asked = {"to": "2026-03-29", "bucket": "month"}
    told = owner.get(URL, query_string=asked).json
    assert (told["period"]["from"], told["buckets"]["days"]) == ("2026-01-01", [31, 28, 29])
    assert owner.get(URL, query_string={"to": "2026-03-29", "bucket": "day"}).json["period"]["from"] == "2026-01-04"
