"""/api/v1/athletes: list, create, get, patch, delete"""

from __future__ import annotations

import datetime as dt
from datetime import date

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import ATHLETES, SESSIONS, days_seen, join, keep, leave, make_team, train


def names(client: Client, query: str = "") -> list[str]:
    page = client.get(f"{ATHLETES}{query}")
    assert page.status_code == 200, page.text
    return [item["name"] for item in page.json["items"]]


def test_a_kept_athlete_can_be_read_back(coach: Client) -> None:
    made = coach.post(
        ATHLETES,
        json={"name": "Grace", "born_on": "2001-12-09", "sex": "female", "height_cm": 171.5, "notes": "Left knee."},
    )
    assert (made.status_code, made.json["relation"], made.json["has_account"]) == (201, "keeper", False)
    assert made.json["notes"] == "Left knee."
    assert coach.get(made.headers["Location"]).json == made.json


def test_an_athlete_made_into_a_team_is_in_it(coach: Client) -> None:
    team_id = make_team(coach)
    made = coach.post(ATHLETES, json={"name": "Grace", "team_id": team_id, "joined_on": "2026-01-05"})
    assert made.json["teams"] == [{"id": team_id, "name": "Lifting Club", "joined_on": "2026-01-05", "left_on": None}]
    assert coach.get(made.headers["Location"]).json == made.json


def test_a_day_of_joining_without_a_team_is_refused_by_name(coach: Client) -> None:
    refused = coach.post(ATHLETES, json={"name": "Grace", "joined_on": "2026-01-05"})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["joined_on"])


def test_only_into_a_team_that_one_coaches(coach: Client, stranger: Client) -> None:
    refused = stranger.post(ATHLETES, json={"name": "Grace", "team_id": make_team(coach)})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["team_id"])
    assert names(stranger) == ["stranger"]


def test_the_age_follows_from_the_birth_date(coach: Client) -> None:
    born, today = date(2001, 12, 9), date.today()
    age = coach.get(f"{ATHLETES}/{keep(coach, born_on=born.isoformat())}").json["age"]
    assert age == today.year - born.year - ((today.month, today.day) < (born.month, born.day))


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["ada", "Bea", "Cleo", "coach"]),
        ("?sort_order=desc", ["coach", "Cleo", "Bea", "ada"]),
        ("?sort_by=born_on", ["Cleo", "ada", "Bea", "coach"]),
        ("?sort_by=born_on&sort_order=desc", ["coach", "Bea", "ada", "Cleo"]),
        ("?q=E", ["Bea", "Cleo"]),
        ("?q=nobody", []),
    ],
)
def test_the_list_is_in_order_on_one_page_and_on_many(coach: Client, query: str, expected: list[str]) -> None:
    for name, born_on in (("ada", "2000-01-01"), ("Bea", "2001-01-01"), ("Cleo", "1999-01-01")):
        keep(coach, name, born_on=born_on)
    assert names(coach, query) == expected
    paged, cursor, mark = [], "", "&" if query else "?"
    while cursor is not None:
        page = coach.get(f"{ATHLETES}{query}{mark}limit=1" + (f"&cursor={cursor}" if cursor else "")).json
        paged += [item["name"] for item in page["items"]]
        cursor = page["next_cursor"]
    assert paged == expected


def test_the_list_has_those_whose_training_i_see(
    coach: Client, owner: Client, stranger: Client, database: psycopg.Connection[object]
) -> None:
    team_id, other = make_team(coach), make_team(coach, "Runners")
    database.execute("update team_members set joined_on = '2026-01-01'")
    join(coach, team_id, owner)
    keep(coach, "Grace", team_id=other)
    keep(stranger, "Ada")
    assert names(coach) == ["coach", "Grace", "owner"]
    assert names(coach, f"?team_id={team_id}") == ["owner"]
    assert names(owner) == ["owner"]
    assert names(owner, f"?team_id={team_id}") == []
    leave(owner, team_id, "2026-01-05")
    assert names(coach) == ["coach", "Grace", "owner"]
    assert names(coach, f"?team_id={team_id}") == []
    owner.patch(f"/api/v1/teams/{team_id}/athletes/{owner.athlete_id}", json={"keeps_history": False})
    assert names(coach) == ["coach", "Grace"]


def test_notes_are_for_todays_coaches_and_in_no_list(
    coach: Client, owner: Client, database: psycopg.Connection[object]
) -> None:
    team_id = make_team(coach)
    database.execute("update team_members set joined_on = '2025-01-01'")
    join(coach, team_id, owner)
    where = f"{ATHLETES}/{owner.athlete_id}"
    assert coach.patch(where, json={"notes": "Sleeps badly."}).json["notes"] == "Sleeps badly."
    assert (coach.get(where).json["relation"], coach.get(where).json["notes"]) == ("coach", "Sleeps badly.")
    assert (owner.get(where).json["relation"], owner.get(where).json["notes"]) == ("self", None)
    assert "Sleeps" not in coach.get(ATHLETES).text + owner.get(ATHLETES).text + owner.get("/api/v1/users/me").text
    leave(owner, team_id, "2026-02-01")
    assert (coach.get(where).json["relation"], coach.get(where).json["notes"]) == ("former_coach", None)
    assert coach.patch(where, json={"notes": "Gone."}).status_code == 403


def test_everybody_changes_what_is_theirs(coach: Client, owner: Client, stranger: Client) -> None:
    join(coach, make_team(coach), owner)
    where = f"{ATHLETES}/{owner.athlete_id}"
    assert owner.patch(where, json={"height_cm": 180, "zone": "Europe/Berlin"}).json["height_cm"] == 180
    assert owner.patch(where, json={"notes": "Fit."}).status_code == 403
    assert coach.patch(where, json={"height_cm": 190}).status_code == 403
    assert coach.patch(where, json={"height_cm": 190, "notes": "Tall."}).status_code == 403
    assert stranger.patch(where, json={"height_cm": 190}).status_code == 404
    assert owner.get(where).json["height_cm"] == 180


def test_a_patch_answers_what_is_read_afterwards_and_takes_if_match(coach: Client) -> None:
    where = f"{ATHLETES}/{keep(coach, team_id=make_team(coach), sex='female')}"
    etag = coach.get(where).headers["ETag"]
    changed = coach.patch(where, json={"sex": None, "notes": None}, headers={"If-Match": etag})
    assert (changed.json["sex"], changed.json["notes"]) == (None, "")
    assert changed.json == coach.get(where).json
    assert coach.patch(where, json={"name": "Ada"}, headers={"If-Match": etag}).status_code == 412


def test_who_keeps_an_athlete_records_their_training(coach: Client, stranger: Client) -> None:
    athlete_id = keep(coach)
    session = train(coach, "2026-01-05", query=f"?athlete_id={athlete_id}")
    where = f"{SESSIONS}/{session}"
    assert days_seen(coach, athlete_id) == ["2026-01-05"]
    assert coach.get(SESSIONS).json["items"] == []
    assert coach.patch(where, json={"title": "Arms"}).json["title"] == "Arms"
    body = {"started_at": "2026-01-06T12:00:00Z", "title": "Back"}
    assert coach.put(where, json=body, headers={"If-Match": '"2-"'}).json["title"] == "Back"
    report = coach.get(f"/api/v1/reports/training?athlete_id={athlete_id}&from=2026-01-01&to=2026-01-31").json
    assert report["totals"]["sessions"] == 1
    assert stranger.get(where).status_code == 404
    assert coach.delete(where).status_code == 204


def test_a_deleted_athlete_is_gone_with_everything(coach: Client, database: psycopg.Connection[object]) -> None:
    team_id = make_team(coach)
    athlete_id = keep(coach, team_id=team_id)
    exercise = database.execute(
        "insert into exercises (athlete_id, name) values (%s, 'Log press') returning id", [athlete_id]
    ).fetchone()
    assert exercise is not None
    train(
        coach, "2026-01-05", query=f"?athlete_id={athlete_id}", exercises=[{"exercise_id": exercise[0], "sets": [{}]}]
    )
    assert coach.delete(f"{ATHLETES}/{athlete_id}", headers={"If-Match": '"9-"'}).status_code == 412
    assert coach.delete(f"{ATHLETES}/{athlete_id}").status_code == 204
    left = database.execute("select (select count(*) from sets), (select count(*) from team_athletes)").fetchone()
    assert left == (0, 0)


def test_only_kept_athletes_are_deleted_and_by_who_keeps_them(coach: Client, owner: Client, stranger: Client) -> None:
    join(coach, make_team(coach), owner)
    where = f"{ATHLETES}/{owner.athlete_id}"
    assert [who.delete(where).status_code for who in (owner, coach, stranger)] == [403, 403, 404]


@pytest.mark.parametrize("days", [2, 40, 365 * 80])
def test_nobody_is_born_in_days_to_come(coach: Client, days: int) -> None:
    born = (dt.datetime.now(dt.UTC).date() + dt.timedelta(days)).isoformat()
    reply = coach.post(ATHLETES, json={"name": "Grace", "born_on": born})
    assert (reply.status_code, reply.json["details"]) == (422, {"born_on": ["Expected a day that has come."]})
    grace = keep(coach)
    assert coach.patch(f"{ATHLETES}/{grace}", json={"born_on": born}).status_code == 422


def test_who_is_born_today_anywhere_is_0(coach: Client) -> None:
    tomorrow = (dt.datetime.now(dt.UTC).date() + dt.timedelta(1)).isoformat()
    assert coach.get(f"{ATHLETES}/{keep(coach, born_on=tomorrow)}").json["age"] == 0


@pytest.mark.parametrize(("height_cm", "status"), [(20, 422), (20.01, 201), (299.99, 201), (299.996, 422), (300, 422)])
def test_a_height_is_refused_by_the_bounds_that_are_said(coach: Client, height_cm: float, status: int) -> None:
    reply = coach.post(ATHLETES, json={"name": "Grace", "height_cm": height_cm})
    assert reply.status_code == status
    if status == 422:
        assert reply.json["details"] == {"height_cm": ["Expected a number from 20.01 to 299.99."]}


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", ""), ("born_on", "1850-01-01"), ("sex", "x"), ("height_cm", 20), ("zone", "Mars"), ("week_start", 0)],
)
def test_what_is_not_valid_is_refused_by_name(coach: Client, field: str, value: object) -> None:
    reply = coach.post(ATHLETES, json={"name": "Grace", field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
