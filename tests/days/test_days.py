"""GET and POST /api/v1/days"""

from __future__ import annotations

import pytest

from tests.teams.people import join, keep, leave, make_team, since
from workouts_api.api.days.schemas import KINDS

URL = "/api/v1/days"
DAY = "2026-01-05"
HOOPER = {"hooper_sleep": 2, "hooper_stress": 3, "hooper_fatigue": 4, "hooper_soreness": 5}
MCLEAN = {"mclean_fatigue": 4, "mclean_sleep": 4, "mclean_soreness": 3, "mclean_stress": 5, "mclean_mood": 4}


def record(client, values, day=DAY, query=""):
    made = client.post(URL + query, json={"local_on": day, "values": values})
    assert made.status_code == 201, made.json
    return made.json


def test_values_are_added_to_the_day_and_null_takes_one_away(owner):
    record(owner, {"weight_kg": 82.4, "waist_cm": 84})
    told = record(owner, {"weight_kg": 82.1, "waist_cm": None, "sleep_min": 445})
    assert told["values"] == {"weight_kg": 82.1, "sleep_min": 445}
    assert owner.get(URL).json == {"items": [told], "next_cursor": None}


def test_sending_it_again_changes_nothing(owner):
    assert record(owner, {"pain": 3}) == record(owner, {"pain": 3})


def test_a_day_without_values_is_in_no_list(owner):
    record(owner, {"pain": 3})
    assert record(owner, {"pain": None})["values"] == {}
    assert owner.get(URL).json["items"] == []


def test_a_questionnaire_is_added_up_only_with_all_its_items(owner):
    told = record(owner, {**HOOPER, **MCLEAN})
    assert (told["hooper_index"], told["mclean_total"]) == (14, 20)
    told = record(owner, {"hooper_stress": None, "mclean_mood": None})
    assert (told["hooper_index"], told["mclean_total"]) == (None, None)


def test_days_come_newest_first_a_page_at_a_time(owner):
    for number in range(1, 6):
        record(owner, {"pain": number, "weight_kg": 80}, f"2026-01-0{number}")
    first = owner.get(f"{URL}?limit=2&to=2026-01-04").json
    then = owner.get(f"{URL}?limit=2&to=2026-01-04&from=2026-01-02&cursor={first['next_cursor']}").json
    assert [day["values"]["pain"] for day in [*first["items"], *then["items"]]] == [4, 3, 2]
    assert then["next_cursor"] is None


def test_they_are_shown_in_imperial_units(owner):
    record(owner, {"weight_kg": 100, "waist_cm": 90, "pain": 2, "threshold_pace_s_per_km": 255})
    [day] = owner.get(f"{URL}?units=imperial").json["items"]
    pace = {"threshold_pace_s_per_mi": 410.3827}
    assert day["values"] == {"weight_lb": 220.4623, "waist_in": 35.433, "pain": 2} | pace
    trend = owner.get(f"{URL}/trend?kind=threshold_pace_s_per_km&from={day['local_on']}&units=imperial").json
    assert (trend["kind"]["unit"], trend["days"]["value"]) == ("s/mi", [410.3827])
    measured = owner.get("/api/v1/reports/load/measured?method=rtss&units=imperial&to=2026-01-31").json
    assert measured["inputs"]["settings"]["threshold_pace_s_per_mi"] == 410.38  # a figure: to a hundredth


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_kg", 24.9),
        ("weight_kg", 651),
        ("weight_kg", "82"),
        ("weight_kg", True),
        ("resting_hr_bpm", 241),
        ("hooper_sleep", 0),
        ("mclean_mood", 6),
        ("pain", 2.5),
        ("shoe_size", 43),
    ],
)
def test_what_is_impossible_is_refused_by_name(field, value, owner):
    reply = owner.post(URL, json={"local_on": DAY, "values": {field: value}})
    assert (reply.status_code, list(reply.json["details"])) == (422, [f"values.{field}"])
    assert owner.get(URL).json["items"] == []


@pytest.mark.parametrize("day", ["yesterday", "1899-12-31", "2200-01-02", None])
def test_a_day_that_is_none_is_refused(day, owner):
    reply = owner.post(URL, json={"local_on": day, "values": {"pain": 1}})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["local_on"])


def test_the_kinds_and_ranges_are_those_of_the_database(database):
    rows = database.execute("select code, lowest, highest, is_whole from value_kinds").fetchall()
    ours = [(name, k.lowest, k.highest, not hasattr(k, "decimals")) for name, k in KINDS.items()]
    assert sorted(rows) == sorted(ours)


def test_a_keeper_records_and_a_coach_sees_the_days_of_the_stay(database, owner, coach, stranger):
    team_id = make_team(coach)
    since(database, coach, "2026-01-01")
    join(coach, team_id, owner, "2026-01-05")
    leave(owner, team_id, "2026-01-07")
    for number in range(4, 9):
        record(owner, {"pain": number}, f"2026-01-0{number}")
    theirs = f"?athlete_id={owner.athlete_id}"
    assert [day["values"]["pain"] for day in coach.get(URL + theirs).json["items"]] == [6, 5]
    refused = coach.post(URL + theirs, json={"local_on": DAY, "values": {"pain": 0}})
    assert (refused.status_code, stranger.get(URL + theirs).status_code) == (403, 404)
    kept = keep(coach)
    record(coach, {"weight_kg": 70}, query=f"?athlete_id={kept}")
    assert coach.get(f"{URL}?athlete_id={kept}").json["items"][0]["values"] == {"weight_kg": 70}
    assert coach.get(URL).json["items"] == []


def test_who_claims_an_athlete_keeps_both_histories(coach, owner):
    kept = keep(coach)
    record(coach, {"weight_kg": 70}, query=f"?athlete_id={kept}")
    record(owner, {"weight_kg": 71, "pain": 1})
    record(owner, {"pain": 2}, "2026-01-06")
    code = coach.post("/api/v1/invitations", json={"kind": "claim", "athlete_id": kept}).json["code"]
    assert owner.post("/api/v1/invitations/accept", json={"code": code}).status_code == 200
    assert [day["values"] for day in owner.get(URL).json["items"]] == [{"pain": 2}, {"weight_kg": 70, "pain": 1}]
