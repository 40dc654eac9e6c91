"""POST /api/v1/invitations/accept of a claim: a kept athlete becomes a user's own, with the whole history."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from tests.conftest import Client
from tests.teams.people import (
    ATHLETES,
    INVITATIONS,
    SESSIONS,
    accept,
    code_for,
    days_seen,
    join,
    keep,
    leave,
    make_team,
    since,
    train,
)

EXERCISES = "/api/v1/exercises"


@pytest.fixture
def kept(coach: Client) -> int:
    """An athlete with a session, whom the coach keeps."""
    athlete_id = keep(coach, born_on="2001-12-09", notes="Left knee.")
    train(coach, "2026-01-05", "Kept", query=f"?athlete_id={athlete_id}")
    return athlete_id


def claim(coach: Client, athlete_id: int, user: Client) -> None:
    assert accept(user, code_for(coach, kind="claim", athlete_id=athlete_id))["athlete_id"] == athlete_id


def titles(client: Client) -> list[str]:
    return [item["title"] for item in client.get(SESSIONS).json["items"]]


def test_the_history_is_the_users_own(coach: Client, owner: Client, kept: int) -> None:
    train(owner, "2026-01-06", "Own", exercises=[{"exercise_id": 1, "sets": [{"reps": 5, "weight_kg": 100}]}])
    claim(coach, kept, owner)
    assert titles(owner) == ["Own", "Kept"]
    assert owner.get("/api/v1/users/me").json["athlete_id"] == kept
    me = owner.get(f"{ATHLETES}/{kept}").json
    assert (me["relation"], me["has_account"], me["born_on"], me["notes"]) == ("self", True, "2001-12-09", None)
    report = owner.get("/api/v1/reports/training?from=2026-01-01&to=2026-01-31").json["totals"]
    assert (report["sessions"], report["volume_kg"]) == (2, 500)
    assert owner.get(f"{ATHLETES}/{owner.athlete_id}").status_code == 404


def test_who_kept_the_athlete_sees_the_days_in_the_team_and_no_more(coach: Client, owner: Client, kept: int) -> None:
    team_id = make_team(coach)
    coach.post(f"/api/v1/teams/{team_id}/athletes", json={"athlete_id": kept, "joined_on": "2026-01-10"})
    train(coach, "2026-01-12", query=f"?athlete_id={kept}")
    claim(coach, kept, owner)
    assert days_seen(coach, kept) == ["2026-01-12"]
    assert coach.post(f"{SESSIONS}?athlete_id={kept}", json={"started_at": "2026-01-13T12:00:00Z"}).status_code == 403
    assert coach.get(f"{ATHLETES}/{kept}").json["notes"] == "Left knee."


def test_without_a_team_nothing_is_left_to_who_kept_the_athlete(coach: Client, owner: Client, kept: int) -> None:
    claim(coach, kept, owner)
    assert coach.get(f"{ATHLETES}/{kept}").status_code == 404
    assert coach.get(f"{SESSIONS}?athlete_id={kept}").status_code == 404


def test_stays_of_both_become_stays_of_one(coach: Client, owner: Client, kept: int) -> None:
    """The usual case: the athlete had joined by their own account already, beside the one who was kept."""
    team_id = make_team(coach)
    coach.post(f"/api/v1/teams/{team_id}/athletes", json={"athlete_id": kept, "joined_on": "2026-01-01"})
    join(coach, team_id, owner, "2026-01-10")
    claim(coach, kept, owner)
    athletes = coach.get(f"/api/v1/teams/{team_id}").json["athletes"]
    assert [(a["id"], a["joined_on"], a["left_on"]) for a in athletes] == [(kept, "2026-01-01", None)]


def test_a_history_that_was_taken_away_stays_away(coach: Client, owner: Client, kept: int, database: Any) -> None:
    team_id = make_team(coach)
    since(database, coach, "2026-01-01")
    join(coach, team_id, owner, "2026-01-01")
    leave(owner, team_id, "2026-01-08", keeps_history=False)
    claim(coach, kept, owner)
    assert coach.get(f"{SESSIONS}?athlete_id={kept}").status_code == 404


def test_a_history_that_one_of_both_took_away_stays_away(
    coach: Client, owner: Client, kept: int, database: Any
) -> None:
    """The kept athlete was in the team too, and took nothing away."""
    team_id = make_team(coach)
    since(database, coach, "2026-01-01")
    coach.post(f"/api/v1/teams/{team_id}/athletes", json={"athlete_id": kept, "joined_on": "2026-01-01"})
    ended = coach.patch(f"/api/v1/teams/{team_id}/athletes/{kept}", json={"left_on": "2026-01-06"})
    assert ended.status_code == 200, ended.text
    join(coach, team_id, owner, "2026-01-06")
    train(owner, "2026-01-07", "Own")
    leave(owner, team_id, "2026-01-08", keeps_history=False)
    claim(coach, kept, owner)
    assert coach.get(f"{SESSIONS}?athlete_id={kept}").status_code == 404


def test_zone_and_week_start_are_the_users(coach: Client, owner: Client) -> None:
    chosen = {"zone": "Asia/Tokyo", "week_start": 7}
    athlete_id = keep(coach, zone="Europe/Berlin", week_start=1)
    assert owner.patch(f"{ATHLETES}/{owner.athlete_id}", json=chosen).status_code == 200
    claim(coach, athlete_id, owner)
    me = owner.get(f"{ATHLETES}/{athlete_id}").json
    assert {name: me[name] for name in chosen} == chosen


def test_what_the_keeper_did_not_know_is_the_users(coach: Client, owner: Client) -> None:
    known = {"born_on": "1999-03-04", "sex": "female", "height_cm": 171.5}
    assert owner.patch(f"{ATHLETES}/{owner.athlete_id}", json=known).status_code == 200
    athlete_id = keep(coach)
    claim(coach, athlete_id, owner)
    me = owner.get(f"{ATHLETES}/{athlete_id}").json
    assert {name: me[name] for name in known} == known


def test_former_names_go_along_and_those_of_the_user_are_added(
    coach: Client, owner: Client, kept: int, database: Any
) -> None:
    theirs = database.execute("insert into exercises (athlete_id, name) values (%s, 'Joch') returning id", [kept])
    (yoke,) = theirs.fetchone()
    database.execute("update exercises set name = 'Yoke' where id = %s", [yoke])
    mine, sled = (owner.post(EXERCISES, json={"name": name}).json["id"] for name in ("Frame", "Schlitten"))
    owner.patch(f"{EXERCISES}/{mine}", json={"name": "Yoke"})
    owner.patch(f"{EXERCISES}/{sled}", json={"name": "Sled"})
    claim(coach, kept, owner)
    found = database.execute(
        "select name, exercise_id from exercise_names(%s, 'hevy') where exercise_id = any(%s)", [kept, [yoke, sled]]
    ).fetchall()
    assert set(found) == {("yoke", yoke), ("joch", yoke), ("frame", yoke), ("sled", sled), ("schlitten", sled)}


def test_exercises_of_one_name_become_one(coach: Client, owner: Client, kept: int, database: Any) -> None:
    theirs = database.execute("insert into exercises (athlete_id, name) values (%s, 'Yoke') returning id", [kept])
    (kept_id,) = theirs.fetchone()
    yoke, sled = (owner.post(EXERCISES, json={"name": name}).json["id"] for name in ("YOKE", "Sled"))
    session = train(
        owner,
        "2026-01-06",
        exercises=[{"exercise_id": e, "sets": [{"reps": 1, "weight_kg": 10}]} for e in (yoke, sled)],
    )
    before = owner.get(f"{SESSIONS}/{session}").json["version"]
    claim(coach, kept, owner)
    moved = owner.get(f"{SESSIONS}/{session}").json
    assert moved["version"] == before + 1, "another exercise is shown"
    used = moved["exercises"]
    assert [(e["exercise_id"], e["name"]) for e in used] == [(kept_id, "Yoke"), (sled, "Sled")]
    assert owner.get(f"{EXERCISES}/{yoke}").status_code == 404
    assert database.execute("select distinct exercise_id from sets order by 1").fetchall() == [(kept_id,), (sled,)]


def test_merging_is_followed_to_its_end_and_other_names_are_kept(
    coach: Client, owner: Client, kept: int, database: Any
) -> None:
    theirs = [
        database.execute(
            "insert into exercises (athlete_id, name) values (%s, %s) returning id", [kept, name]
        ).fetchone()[0]
        for name in ("Yoke", "Yoke Walk", "Frame Carry")
    ]
    for one, other in pairwise(theirs):
        database.execute("update exercises set merged_into = %s where id = %s", [other, one])
    own = owner.post(EXERCISES, json={"name": "Yoke", "aliases": ["Yokes"]}).json["id"]
    session = train(owner, "2026-01-06", exercises=[{"exercise_id": own, "sets": [{"reps": 1}]}])
    claim(coach, kept, owner)
    (used,) = owner.get(f"{SESSIONS}/{session}").json["exercises"]
    assert used["exercise_id"] == theirs[2]
    found = "select exercise_id from exercise_names(%s, 'hevy') where name = 'yokes'"
    assert database.execute(found, [kept]).fetchall() == [(theirs[2],)]


def test_the_same_client_key_on_both_sides_loses_no_session(coach: Client, owner: Client, kept: int) -> None:
    key = "6a1f5d5e-0f4e-4b43-9b5b-5c6d0f7f2f10"
    train(coach, "2026-01-07", "Kept too", query=f"?athlete_id={kept}", client_key=key)
    train(owner, "2026-01-08", "Own", client_key=key)
    claim(coach, kept, owner)
    assert titles(owner) == ["Own", "Kept too", "Kept"]


Imported = Callable[..., int]


@pytest.fixture
def imported(coach: Client, owner: Client, kept: int, database: psycopg.Connection[Any]) -> Imported:
    """Brings a workout in, for the kept athlete or for the owner's own: its session's id."""
    imports = {
        athlete_id: database.execute(
            "insert into imports (athlete_id, source, file_sha256, file_bytes, zone)"
            " values (%s, 'hevy', sha256('file'), 1, 'UTC') returning id",
            [athlete_id],
        ).fetchone()[0]
        for athlete_id in (kept, owner.athlete_id)
    }

    def bring(who: Client, title: str, key: str, rows: str = "row") -> int:
        athlete_id = kept if who is coach else owner.athlete_id
        session = train(who, "2026-01-07", title, query=f"?athlete_id={athlete_id}")
        database.execute(
            "insert into imported_sessions (athlete_id, source, source_key, row_digest, session_id, import_id)"
            " values (%s, 'hevy', %s, sha256(%s::bytea), %s, %s)",
            [athlete_id, key, rows, session, imports[athlete_id]],
        )
        database.execute("update sessions set import_version = version where id = %s", [session])
        return session

    return bring


def test_a_workout_imported_on_both_sides_is_there_once_and_an_edited_one_stays(
    coach: Client, owner: Client, kept: int, database: psycopg.Connection[Any], imported: Imported
) -> None:
    for key in ("same", "edited"):
        imported(coach, f"Kept {key}", key)
        imported(owner, f"Own {key}", key)
    imported(owner, "Own alone", "alone")
    database.execute("update sessions set version = version + 1 where title = 'Own edited'")
    claim(coach, kept, owner)
    assert sorted(titles(owner)) == ["Kept", "Kept edited", "Kept same", "Own alone", "Own edited"]
    assert database.execute("select count(*), count(distinct athlete_id) from imported_sessions").fetchone() == (3, 1)
    assert len(owner.get("/api/v1/imports").json["items"]) == 2


def test_workouts_of_one_start_and_title_are_told_apart_by_content_and_all_stay_known(
    coach: Client, owner: Client, kept: int, database: psycopg.Connection[Any], imported: Imported
) -> None:
    for who, whose, weights in ((coach, "Kept", ("100", "90", "70")), (owner, "Own", ("90", "80", "70"))):
        for ordinal, rows in enumerate(weights, start=1):
            imported(who, f"{whose} {rows}", f"2026-01-07 12:00|Legs|{ordinal}", rows)
    database.execute("delete from sessions where title = 'Kept 70'")
    claim(coach, kept, owner)
    assert sorted(titles(owner)) == ["Kept", "Kept 100", "Kept 90", "Own 70", "Own 80"]
    known = database.execute(
        "select s.title, i.source_key, i.row_digest = sha256(split_part(s.title, ' ', 2)::bytea)"
        " from imported_sessions as i join sessions as s on s.id = i.session_id order by i.source_key"
    ).fetchall()
    keys = [f"2026-01-07 12:00|Legs|{ordinal}" for ordinal in (1, 2, 3, 4)]
    assert known == list(zip(("Kept 100", "Kept 90", "Own 70", "Own 80"), keys, (True,) * 4, strict=True))


def test_a_workout_that_is_there_on_both_sides_stays_once_though_its_like_was_deleted(
    coach: Client, owner: Client, kept: int, database: psycopg.Connection[Any], imported: Imported
) -> None:
    """Of two equal workouts of the kept athlete the first was deleted: the user's one is the like of the other."""
    for who, whose, ordinals in ((coach, "Kept", (1, 2)), (owner, "Own", (1,))):
        for ordinal in ordinals:
            imported(who, f"{whose} {ordinal}", f"2026-01-07 12:00|Legs|{ordinal}")
    database.execute("delete from sessions where title = 'Kept 1'")
    claim(coach, kept, owner)
    assert sorted(titles(owner)) == ["Kept", "Kept 2"]


def test_two_sessions_in_progress_are_a_conflict_and_nothing_changes(coach: Client, owner: Client, kept: int) -> None:
    train(coach, "2026-01-07", query=f"?athlete_id={kept}", status="in_progress")
    train(owner, "2026-01-07", status="in_progress")
    code = code_for(coach, kind="claim", athlete_id=kept)
    assert owner.post(f"{INVITATIONS}/accept", json={"code": code}).status_code == 409
    assert owner.get("/api/v1/users/me").json["athlete_id"] == owner.athlete_id
    assert len(titles(owner)) == 1


def test_a_forgotten_session_of_either_is_no_obstacle(
    coach: Client, owner: Client, kept: int, database: psycopg.Connection[Any]
) -> None:
    train(coach, "2026-01-07", query=f"?athlete_id={kept}", status="in_progress")
    database.execute("update sessions set updated_at = now() - interval '5 hours' where status = 'in_progress'")
    train(owner, "2026-01-07", status="in_progress")
    claim(coach, kept, owner)
    found = owner.get("/api/v1/sessions", query_string={"from": "2026-01-07"}).json["items"]
    assert sorted(one["status"] for one in found) == ["done", "in_progress"]


def test_an_athlete_is_claimed_once(coach: Client, owner: Client, stranger: Client, kept: int) -> None:
    first, second = (code_for(coach, kind="claim", athlete_id=kept) for _ in range(2))
    accept(owner, first)
    assert stranger.post(f"{INVITATIONS}/accept", json={"code": second}).status_code == 404


def test_only_who_keeps_an_athlete_lets_them_be_claimed(coach: Client, owner: Client, stranger: Client, kept: int):
    team_id = make_team(coach)
    coach.post(f"/api/v1/teams/{team_id}/athletes", json={"athlete_id": kept})
    accept(stranger, code_for(coach, kind="coach", team_id=team_id))
    body = {"kind": "claim", "athlete_id": kept}
    assert [who.post(INVITATIONS, json=body).status_code for who in (owner, stranger)] == [422, 403]
