"""GET /api/v1/reports/load/measured: load from heart rate, pace and power"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import join, make_team
from workouts_api.api.reports.measured_schemas import METHODS
from workouts_api.web.sports import SPORTS

URL, SESSIONS, DAYS = "/api/v1/reports/load/measured", "/api/v1/sessions", "/api/v1/days"
FIRST = dt.date(2026, 1, 5)
SETTINGS = {
    "resting_hr_bpm": 50,
    "max_heart_rate_bpm": 200,
    "threshold_heart_rate_bpm": 170,
    "threshold_pace_s_per_km": 240,
    "ftp_w": 250,
}
FLAT = {"ascent_m": 0, "descent_m": 0}
LAP = {"duration_s": 3600, "average_heart_rate_bpm": 150}


class Trainee:
    """The owner, of a sex, with settings and sessions."""

    def __init__(self, owner: Client, database: psycopg.Connection[Any]) -> None:
        self.owner, self.database = owner, database
        self.is_of("male")

    def is_of(self, sex: str | None) -> None:
        self.database.execute("update athletes set sex = %s where id = %s", [sex, self.owner.athlete_id])

    def measures(self, day: dt.date = FIRST, **values: float) -> None:
        assert self.owner.post(DAYS, json={"local_on": str(day), "values": values}).status_code == 201

    def trains(self, minutes: float, day: dt.date = FIRST, **more: Any) -> None:
        body = {"started_at": f"{day}T10:00:00Z", "duration_s": round(minutes * 60), **more}
        made = self.owner.post(SESSIONS, json=body)
        assert made.status_code == 201, made.text

    def load(self, method: str, **asked: Any) -> Any:
        asked = {"from": FIRST, "to": FIRST, "bucket": "day", "method": method, **asked}
        reply = self.owner.get(URL, query_string=asked)
        assert reply.status_code == 200, reply.text
        return reply.json

    def value(self, method: str, **asked: Any) -> float | None:
        """The load of the first day; null where it is not known."""
        reply = self.load(method, **asked)
        value: float = reply["buckets"]["session_load"][0]
        return None if reply["inputs"]["sessions_unknown"] else value


@pytest.fixture
def trainee(owner: Client, database: psycopg.Connection[Any]) -> Trainee:
    return Trainee(owner, database)


# ── worked values ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("sex", "women", "minutes", "bpm", "resting", "highest", "expected"),
    [
        ("male", "0.86", 30, 130, 40, 200, 31.8),
        ("male", "0.64", 60, 155, 55, 190, 117.9),
        ("female", "0.86", 60, 155, 55, 190, 131.7),
        ("female", "0.64", 60, 155, 55, 190, 98.0),
    ],
)
def test_trimp_is_as_published(trainee: Trainee, sex, women, minutes, bpm, resting, highest, expected) -> None:
    trainee.is_of(sex)
    trainee.measures(resting_hr_bpm=resting, max_heart_rate_bpm=highest)
    trainee.trains(minutes, average_heart_rate_bpm=bpm)
    assert trainee.value("trimp", women=women) == pytest.approx(expected, abs=0.051)
    assert women in trainee.load("trimp", women=women)["formulas"]["session_load"]["formula"]


@pytest.mark.parametrize("sex", ["male", "female"])
def test_an_hour_at_a_threshold_is_100(trainee: Trainee, sex: str) -> None:
    trainee.is_of(sex)
    trainee.measures(**SETTINGS)
    trainee.trains(60, sport="running", average_heart_rate_bpm=170, distance_m=15_000, **FLAT)
    trainee.trains(60, sport="cycling", average_heart_rate_bpm=170, normalized_power_w=250)
    assert trainee.value("hrtss") == 200  # two hours of any sport
    assert (trainee.value("rtss"), trainee.value("power_tss")) == (100, 100)
    assert trainee.value("hrtss", sport="running") == 100
    assert trainee.load("rtss")["inputs"]["sessions"] == 1


def test_power_counts_by_the_square_of_its_intensity(trainee: Trainee) -> None:
    trainee.measures(ftp_w=250)
    trainee.trains(90, sport="indoor_cycling", normalized_power_w=200)
    assert trainee.value("power_tss") == 96


def test_the_time_is_that_of_moving_where_it_is_known(trainee: Trainee) -> None:
    trainee.measures(ftp_w=250)
    trainee.trains(90, sport="cycling", normalized_power_w=250, moving_time_s=3600)
    assert trainee.value("power_tss") == 100


def test_who_moved_on_a_treadmill_has_the_load_of_the_duration(trainee: Trainee) -> None:
    trainee.measures(**SETTINGS)
    run = {"sport": "running", "average_heart_rate_bpm": 170, "distance_m": 15_000, **FLAT}
    trainee.trains(60, moving_time_s=0, laps=[LAP | {"average_heart_rate_bpm": 170}], **run)
    assert (trainee.value("hrtss"), trainee.value("rtss"), trainee.value("edwards")) == (100, 100, 240)


def test_a_moving_time_beyond_a_guessed_end_counts_to_that_end(trainee: Trainee) -> None:
    trainee.measures(ftp_w=250)
    trainee.trains(60, sport="cycling", normalized_power_w=250)
    trainee.database.execute("update sessions set end_is_guessed = true, moving_time_s = 36000")
    assert trainee.value("power_tss") == pytest.approx(100 * 3660 / 3600, abs=0.05)


def test_laps_that_stand_twice_are_left_for_the_session_as_a_whole(trainee: Trainee) -> None:
    trainee.measures(threshold_pace_s_per_km=240)
    laps = [{"duration_s": 1800, "distance_m": 7500, **FLAT}] * 4
    trainee.trains(60, sport="running", distance_m=15_000, **FLAT, laps=laps)
    assert trainee.value("rtss") == 100
    assert trainee.load("rtss")["inputs"]["from_session"] == 1


def test_each_lap_is_in_the_zone_of_its_mean(trainee: Trainee) -> None:
    trainee.measures(max_heart_rate_bpm=200)
    laps = [{"duration_s": 600, "average_heart_rate_bpm": bpm} for bpm in (99, 100, 120, 140, 160, 180, 200)]
    trainee.trains(70, laps=laps)
    assert trainee.value("edwards") == 10 * (0 + 1 + 2 + 3 + 4 + 5 + 5)
    assert trainee.load("edwards")["inputs"]["from_laps"] == 1


@pytest.mark.parametrize(
    ("gradient", "expected"), [(-0.2, 0.5), (-0.1, 0.598), (0, 1), (0.1, 1.658), (0.2, 2.502), (0.45, 5.396)]
)
def test_the_cost_of_gradients_is_as_published(database: psycopg.Connection[Any], gradient, expected) -> None:
    [ratio] = database.execute("select running_cost(%s) / running_cost(0)", [gradient]).fetchone() or [None]
    assert ratio == pytest.approx(expected, abs=0.0006)


@pytest.mark.parametrize(
    ("ascent", "descent", "cost"), [(1000, 0, 1.6581), (0, 1000, 0.5980), (500, 500, (1.6581 + 0.5980) / 2)]
)
def test_a_run_is_as_hard_as_its_climbs_make_it(trainee: Trainee, ascent: int, descent: int, cost: float) -> None:
    trainee.measures(threshold_pace_s_per_km=240)
    trainee.trains(60, sport="trail_running", distance_m=10_000, ascent_m=ascent, descent_m=descent)
    assert trainee.value("rtss") == pytest.approx((10_000 / 15_000 * cost) ** 2 * 100, abs=0.1)


def test_laps_show_the_load_of_intervals(trainee: Trainee) -> None:
    trainee.measures(threshold_pace_s_per_km=240)
    laps = [{"duration_s": 1800, "distance_m": metres, **FLAT} for metres in (5000, 8000)]
    trainee.trains(60, sport="running", distance_m=13_000, **FLAT, laps=laps)
    by_laps = 50 * ((5 / 7.5) ** 2 + (8 / 7.5) ** 2)
    assert trainee.value("rtss") == pytest.approx(by_laps, abs=0.051)
    assert by_laps > (13 / 15) ** 2 * 100  # what the session as a whole would give
    assert trainee.load("rtss")["inputs"]["from_laps"] == 1


def test_standing_between_intervals_is_no_load_and_leaves_the_laps_in_use(trainee: Trainee) -> None:
    trainee.measures(threshold_pace_s_per_km=240)
    run, rest = (
        {"duration_s": 1200, "distance_m": 5000, **FLAT},
        {"duration_s": 600, "distance_m": 0, "descent_m": None},
    )
    trainee.trains(60, sport="running", distance_m=10_000, **FLAT, laps=[run, rest, run, rest])
    assert trainee.value("rtss") == pytest.approx(2 / 3 * 100, abs=0.051)  # an hour at the mean pace would be 44.4
    assert trainee.load("rtss")["inputs"]["from_laps"] == 1


def test_laps_that_were_recorded_twice_count_once(trainee: Trainee) -> None:
    trainee.measures(threshold_pace_s_per_km=240)
    lap = {"duration_s": 3600, "distance_m": 15_000, **FLAT}
    trainee.trains(60, sport="running", distance_m=15_000, **FLAT, laps=[lap, lap])
    assert (trainee.value("rtss"), trainee.load("rtss")["inputs"]["from_session"]) == (100, 1)


def test_a_moving_time_of_0_was_not_measured(trainee: Trainee) -> None:
    trainee.measures(ftp_w=250)
    trainee.trains(60, sport="cycling", normalized_power_w=250, moving_time_s=0)
    assert trainee.value("power_tss") == 100


# ── the heart rates of laps ──────────────────────────────────────────────────────────────────────────────────

INTERVALS = [{"duration_s": 360, "average_heart_rate_bpm": bpm} for bpm in (110, 190) * 5]


def _trimp(minutes: float, bpm: float) -> float:
    """A man's, of the settings here."""
    x = (bpm - 50) / 150
    return minutes * x * 0.64 * math.exp(1.92 * x)


@pytest.mark.parametrize("method", ["trimp", "hrtss"])
@pytest.mark.parametrize("average", [150, None])
def test_a_heart_rate_of_intervals_counts_by_lap(trainee: Trainee, method: str, average: int | None) -> None:
    trainee.measures(**SETTINGS)
    trainee.trains(60, average_heart_rate_bpm=average, laps=INTERVALS)
    expected = _trimp(30, 110) + _trimp(30, 190)
    assert (round(expected, 1), round(_trimp(60, 150), 1)) == (124.1, 92.1)
    unit = 1 if method == "trimp" else 100 / _trimp(60, 170)
    assert trainee.value(method) == pytest.approx(expected * unit, abs=0.051)
    inputs = trainee.load(method)["inputs"]
    assert (inputs["from_laps"], inputs["from_session"], inputs["lap_coverage"]) == (1, 0, 1)


@pytest.mark.parametrize("sex", ["male", "female"])
def test_laps_of_one_heart_rate_are_the_session_of_it(trainee: Trainee, sex: str) -> None:
    trainee.is_of(sex)
    trainee.measures(**SETTINGS)
    trainee.trains(60, average_heart_rate_bpm=150)
    whole = trainee.value("trimp"), trainee.value("hrtss")
    trainee.database.execute("delete from sessions")
    trainee.trains(60, average_heart_rate_bpm=150, laps=[LAP | {"duration_s": 600}] * 6)
    assert (trainee.value("trimp"), trainee.value("hrtss")) == whole


@pytest.mark.parametrize(("average", "rest"), [(140, 140), (None, 150)])
def test_time_that_no_lap_covers_counts_at_the_mean_of_the_session_or_the_laps(
    trainee: Trainee, average: int | None, rest: int
) -> None:
    trainee.measures(**SETTINGS)
    trainee.trains(60, average_heart_rate_bpm=average, laps=INTERVALS[:8])
    expected = _trimp(24, 110) + _trimp(24, 190) + _trimp(12, rest)
    assert trainee.value("trimp") == pytest.approx(expected, abs=0.051)
    assert trainee.load("trimp")["inputs"]["lap_coverage"] == 0.8


@pytest.mark.parametrize(
    "laps",
    [
        INTERVALS[:7],
        [*INTERVALS, *INTERVALS],
        [*INTERVALS[:9], {"duration_s": 360}],
        [*INTERVALS[:9], {"duration_s": 360, "average_heart_rate_bpm": 49}],
        [*INTERVALS[:9], {"duration_s": 360, "average_heart_rate_bpm": 201}],
    ],
    ids=["too short", "twice", "one without", "under the resting one", "over the highest one"],
)
def test_without_heart_rates_of_most_of_the_time_the_mean_of_the_session_counts(trainee: Trainee, laps: Any) -> None:
    trainee.measures(**SETTINGS)
    trainee.trains(60, average_heart_rate_bpm=150, laps=laps)
    inputs = trainee.load("trimp")["inputs"]
    assert trainee.value("trimp") == pytest.approx(_trimp(60, 150), abs=0.051)
    assert (inputs["from_laps"], inputs["from_session"], inputs["lap_coverage"]) == (0, 1, None)


@pytest.mark.parametrize("method", ["edwards", "rtss"])
def test_each_method_says_what_its_laps_cover(trainee: Trainee, method: str) -> None:
    trainee.measures(**SETTINGS)
    lap = {"duration_s": 3240, "average_heart_rate_bpm": 150, "distance_m": 10_000, **FLAT}
    trainee.trains(60, sport="running", laps=[lap])
    assert trainee.load(method)["inputs"]["lap_coverage"] == 0.9


# ── what is not known ───────────────────────────────────────────────────────────────────────────────────────

RUN = {"sport": "running", "average_heart_rate_bpm": 150, "distance_m": 10_000, **FLAT}


@pytest.mark.parametrize(
    ("method", "lacks", "session", "reason"),
    [
        ("trimp", "", {"duration_s": None}, "no_duration"),
        ("trimp", "", {"average_heart_rate_bpm": None}, "no_heart_rate"),
        ("trimp", "sex", {}, "unknown_sex"),
        ("trimp", "resting_hr_bpm", {}, "unknown_resting_heart_rate"),
        ("trimp", "max_heart_rate_bpm", {}, "unknown_max_heart_rate"),
        ("trimp", "", {"average_heart_rate_bpm": 49}, "out_of_range"),
        ("trimp", "", {"average_heart_rate_bpm": 201}, "out_of_range"),
        (
            "trimp",
            "",
            {"average_heart_rate_bpm": None, "laps": [LAP | {"average_heart_rate_bpm": 201}]},
            "out_of_range",
        ),
        ("hrtss", "", {"average_heart_rate_bpm": None, "laps": [LAP | {"duration_s": 2400}]}, "no_heart_rate"),
        ("trimp", "max_heart_rate_bpm", {"average_heart_rate_bpm": None, "laps": [LAP]}, "unknown_max_heart_rate"),
        ("hrtss", "threshold_heart_rate_bpm", {}, "unknown_threshold_heart_rate"),
        ("edwards", "", {}, "no_laps"),
        ("edwards", "", {"laps": [LAP, {"duration_s": 60}]}, "no_heart_rate"),
        ("edwards", "", {"laps": [LAP | {"duration_s": 2400}]}, "short_laps"),
        ("edwards", "", {"laps": [LAP, LAP]}, "long_laps"),
        ("edwards", "", {"duration_s": None, "moving_time_s": 2900, "laps": [LAP]}, "long_laps"),
        ("edwards", "max_heart_rate_bpm", {"laps": [LAP]}, "unknown_max_heart_rate"),
        ("edwards", "", {"laps": [LAP | {"average_heart_rate_bpm": 201}]}, "out_of_range"),
        ("trimp", "", {"duration_s": 0, "moving_time_s": 0}, "no_duration"),
        ("rtss", "", {"duration_s": 0}, "no_duration"),
        ("rtss", "", {"distance_m": None, "laps": [LAP | {"distance_m": 0, **FLAT}]}, "no_distance"),
        ("rtss", "", {"sport": None}, "unknown_sport"),
        ("rtss", "threshold_pace_s_per_km", {}, "unknown_threshold_pace"),
        ("rtss", "", {"distance_m": None}, "no_distance"),
        ("rtss", "", {"descent_m": None}, "no_ascent"),
        ("rtss", "", {"ascent_m": 4501}, "too_steep"),
        ("rtss", "", {"distance_m": 0}, "no_distance"),
        ("rtss", "", {"distance_m": 45_001}, "out_of_range"),
        ("rtss", "", {"laps": [LAP | {"distance_m": 45_001, **FLAT}], "distance_m": None}, "no_distance"),
        ("power_tss", "", {"sport": "cycling"}, "no_power"),
        ("power_tss", "", {"sport": "cycling", "normalized_power_w": 250, "duration_s": 1199}, "too_short"),
        ("power_tss", "", {"sport": "cycling", "normalized_power_w": 1001}, "out_of_range"),
        ("power_tss", "ftp_w", {"sport": "cycling", "normalized_power_w": 250}, "unknown_ftp"),
    ],
)
def test_what_is_missing_makes_a_load_unknown_and_never_0(trainee: Trainee, method, lacks, session, reason) -> None:
    if lacks == "sex":
        trainee.is_of(None)
    trainee.measures(**{name: value for name, value in SETTINGS.items() if name != lacks})
    trainee.trains(60, **{**RUN, **session})
    reply = trainee.load(method)
    assert (reply["inputs"]["sessions_unknown"], reply["inputs"]["unknown_by_reason"]) == (1, {reason: 1})
    assert (reply["buckets"]["sessions_unknown"], reply["buckets"]["fitness"]) == ([1], [None])
    assert reply["buckets"]["fitness_reason"] == ["unknown_load"]


def test_a_session_of_another_sport_is_no_part_of_a_curve_and_one_with_sets_is_strength(trainee: Trainee) -> None:
    trainee.measures(**SETTINGS)
    trainee.trains(60, sport="cycling")
    trainee.trains(60, exercises=[{"exercise_id": 1, "sets": [{"reps": 5}]}])
    for method, sessions in (("rtss", 0), ("power_tss", 1), ("trimp", 2)):
        inputs = trainee.load(method)["inputs"]
        assert (inputs["sessions"], inputs["sessions_unknown"]) == (sessions, sessions)


def test_without_a_session_there_is_no_history(trainee: Trainee) -> None:
    reply = trainee.load("trimp")
    assert (reply["inputs"]["first_on"], reply["inputs"]["sessions"]) == (None, 0)
    assert (reply["buckets"]["fitness"], reply["buckets"]["fitness_reason"]) == ([None], ["no_history"])
    assert reply["inputs"]["settings"] == {"sex": "male", **dict.fromkeys(SETTINGS)}


def test_a_setting_holds_from_its_day_and_the_first_one_before_it_too(trainee: Trainee) -> None:
    days = [FIRST + n * dt.timedelta(days=10) for n in range(3)]
    trainee.measures(days[1] - dt.timedelta(days=1), ftp_w=200)
    trainee.measures(days[2], ftp_w=250)
    for day in days:
        trainee.trains(60, day, sport="cycling", normalized_power_w=200)
    reply = trainee.load("power_tss", to=days[2])
    assert [value for value in reply["buckets"]["session_load"] if value] == [100, 100, 64]
    assert reply["inputs"]["settings"]["ftp_w"] == 250
    assert trainee.load("power_tss", to=days[1])["inputs"]["settings"]["ftp_w"] == 200
    before = trainee.load("power_tss")  # which ends before the first setting
    assert (before["buckets"]["session_load"], before["inputs"]["settings"]["ftp_w"]) == ([100], 200)


# ── the curve ───────────────────────────────────────────────────────────────────────────────────────────────

FIGURES = ("fitness", "fatigue", "form_going_into_day", "week_load", "change", "strain")
ALIKE = ("fitness_coverage", "fatigue_reason", "warming_up", "monotony", "monotony_reason", "z_score", "change_pct")


def test_a_curve_is_that_of_ratings_where_the_loads_are(trainee: Trainee, owner: Client) -> None:
    """Of RPE 5 at FTP, a rated load is three times the measured one."""
    trainee.measures(ftp_w=250)
    for n in range(0, 80, 2):
        day = FIRST + n * dt.timedelta(days=1)
        trainee.trains(60 + n % 7 * 10, day, sport="cycling", normalized_power_w=250, rpe=5)
    asked = {"from": FIRST, "to": FIRST + dt.timedelta(days=85), "bucket": "day"}
    measured = trainee.load("power_tss", **asked)["buckets"]
    rated = owner.get("/api/v1/reports/load", query_string=asked).json["buckets"]
    for name in FIGURES:
        ours = [None if value is None else value * 3 for value in measured[name]]
        assert ours == pytest.approx(rated[name], abs=0.2), name
        assert any(ours), name
    for name in ALIKE:
        assert measured[name] == rated[name], name


def test_one_session_is_the_first_average_and_warms_up(trainee: Trainee) -> None:
    trainee.measures(ftp_w=250)
    trainee.trains(60, sport="cycling", normalized_power_w=250)
    buckets = trainee.load("power_tss", to=FIRST + dt.timedelta(days=1))["buckets"]
    assert (buckets["fitness"][0], buckets["fatigue"][0], buckets["form_reason"][0]) == (100, 100, "no_history")
    assert (buckets["warming_up"], buckets["form_going_into_day"][1]) == ([True, True], 0)


@pytest.mark.parametrize("change", ["2026-03-29", "2026-10-25"])
def test_days_of_23_and_25_hours_are_days_like_others(trainee: Trainee, owner: Client, change: str) -> None:
    owner.patch("/api/v1/users/me", json={"zone": "Europe/Berlin"})
    trainee.measures(ftp_w=250)
    middle = dt.date.fromisoformat(change)
    days = [middle + n * dt.timedelta(days=1) for n in range(-4, 5)]
    for day in days:  # over the hour that is skipped or comes twice
        start = f"{day}T00:30:00Z"
        trainee.trains(60, day, started_at=start, zone="Europe/Berlin", sport="cycling", normalized_power_w=250)
    buckets = trainee.load("power_tss", **{"from": days[0], "to": days[-1]})["buckets"]
    assert buckets["session_load"] == buckets["fitness"] == buckets["fatigue"] == [100] * 9
    assert (buckets["monotony"][-1], buckets["monotony_reason"][-1]) == (None, "no_variation")


def test_a_coach_sees_no_setting_of_days_before_the_stay(trainee: Trainee, owner: Client, coach: Client) -> None:
    trainee.measures(ftp_w=200)
    trainee.trains(60, dt.date(2026, 1, 30), sport="cycling", normalized_power_w=250)
    join(coach, make_team(coach), owner, "2026-01-20")
    asked = {"athlete_id": owner.athlete_id, "method": "power_tss", "from": "2026-01-20", "to": "2026-01-30"}
    theirs = coach.get(URL, query_string=asked).json["inputs"]
    assert (theirs["settings"]["ftp_w"], theirs["unknown_by_reason"]) == (None, {"unknown_ftp": 1})
    trainee.measures(dt.date(2026, 1, 25), ftp_w=250)
    theirs = coach.get(URL, query_string=asked).json["inputs"]
    assert (theirs["settings"]["ftp_w"], theirs["from_session"]) == (250, 1)


@pytest.mark.parametrize("asked", [{"method": "lucia"}, {"women": "0.9"}, {"sport": "chess"}, {"estimates": "true"}])
def test_what_is_not_known_is_refused_by_its_name(owner: Client, asked: dict[str, str]) -> None:
    reply = owner.get(URL, query_string=asked)
    assert (reply.status_code, list(reply.json["details"])) == (422, list(asked))


def test_a_sport_that_its_method_is_not_for_is_refused_and_every_other_is_answered(
    owner: Client, database: psycopg.Connection[Any]
) -> None:
    """Asked with sets: what says no sport may be any, and what has sets is strength."""
    for method, sport in itertools.product(METHODS, SPORTS):
        reply = owner.get(URL, query_string={"method": method, "sport": sport})
        (is_for_it,) = database.execute("select has_measured_load(%s, %s, 1::smallint)", [method, sport]).fetchone()
        assert reply.status_code == (200 if is_for_it else 422), (method, sport)
        assert is_for_it or f"{method} is for " in reply.json["details"]["sport"][0]
