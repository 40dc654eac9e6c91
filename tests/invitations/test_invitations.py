"""/api/v1/invitations: list, create, check, accept, revoke"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Json

from tests.conftest import Client
from tests.teams.people import INVITATIONS, TEAMS, accept, become_coach, code_for, join, keep, make_team
from workouts_api.database import Caller, acting
from workouts_api.errors import NotFound
from workouts_api.mail.kinds import KINDS
from workouts_api.sql.loaded import CATALOGUE
from workouts_api.web.codes import digest_of, new_code

ACCEPT, CHECK = f"{INVITATIONS}/accept", f"{INVITATIONS}/check"


@pytest.fixture
def team_id(coach: Client) -> int:
    return make_team(coach)


# ── codes ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("typed", [str, str.lower, lambda c: c.replace("-", " "), lambda c: f"  {c}\n"])
def test_a_code_is_read_as_people_type_it(typed: Any) -> None:
    code = new_code()
    assert digest_of(typed(code)) == digest_of(code)


def test_what_looks_alike_is_read_alike() -> None:
    assert digest_of("K10F-2M9D-XW4V") == digest_of("klof-2m9d-xw4u") == digest_of("KIOF 2M9DXW4U")


@pytest.mark.parametrize("junk", ["", "-", "K7QF", "K7QF-2M9D-XW4", "K7QF-2M9D-XW4TT", "٤٢QF-2M9D-XW4T", "9" * 60])
def test_junk_is_no_code(junk: str) -> None:
    with pytest.raises(NotFound):
        digest_of(junk)


def test_codes_differ() -> None:
    assert len({new_code() for _ in range(1000)}) == 1000


# ── by code ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", ["owner", "coach"])
def test_who_accepts_becomes_a_member(coach: Client, stranger: Client, team_id: int, kind: str) -> None:
    used = accept(stranger, code_for(coach, kind=kind, team_id=team_id))
    assert used == {"kind": kind, "team_id": team_id, "athlete_id": None}
    assert stranger.get(f"{TEAMS}/{team_id}").json["my_role"] == kind


def test_an_athlete_chooses_the_first_day(coach: Client, owner: Client, team_id: int) -> None:
    used = accept(owner, code_for(coach, kind="athlete", team_id=team_id), joined_on="2025-06-01")
    assert used == {"kind": "athlete", "team_id": team_id, "athlete_id": owner.athlete_id}
    assert coach.get(f"{TEAMS}/{team_id}").json["athletes"][0]["joined_on"] == "2025-06-01"


@pytest.mark.parametrize("kind", ["owner", "coach", "claim"])
def test_a_first_day_is_refused_where_nobody_joins_as_an_athlete(
    coach: Client, owner: Client, team_id: int, kind: str
) -> None:
    about = {"athlete_id": keep(coach)} if kind == "claim" else {"team_id": team_id}
    code = code_for(coach, kind=kind, **about)
    refused = owner.post(ACCEPT, json={"code": code, "joined_on": "2025-06-01"})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["joined_on"])
    assert owner.post(ACCEPT, json={"code": code}).status_code == 200


def test_a_code_tells_what_it_is_for(coach: Client, stranger: Client, team_id: int) -> None:
    shown = stranger.post(CHECK, json={"code": code_for(coach, kind="coach", team_id=team_id)}).json
    assert (shown["kind"], shown["team_name"], shown["invited_by"]) == ("coach", "Lifting Club", "coach")
    assert "email" not in shown


def test_a_code_works_as_often_as_it_says(coach: Client, owner: Client, stranger: Client, admin: Client, team_id: int):
    code = code_for(coach, kind="athlete", team_id=team_id, uses=2)
    statuses = [who.post(ACCEPT, json={"code": code}).status_code for who in (owner, stranger, admin)]
    assert statuses == [200, 200, 404]
    assert admin.post(CHECK, json={"code": code}).status_code == 404


def test_an_expired_code_works_no_more(
    coach: Client, stranger: Client, team_id: int, database: psycopg.Connection[Any]
) -> None:
    code = code_for(coach, kind="coach", team_id=team_id)
    database.execute("update invitations set expires_at = now()")
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 404
    assert coach.get(INVITATIONS).json["items"] == []


def test_a_code_works_as_long_as_who_gave_it_may_give_it(coach: Client, owner: Client, stranger: Client, team_id: int):
    become_coach(coach, team_id, stranger)
    code = code_for(stranger, kind="athlete", team_id=team_id)
    stranger.delete(f"{TEAMS}/{team_id}/members/{stranger.user_id}")
    assert owner.post(ACCEPT, json={"code": code}).status_code == 404


def test_twice_a_member_is_a_conflict_and_uses_nothing_up(coach: Client, stranger: Client, team_id: int) -> None:
    become_coach(coach, team_id, stranger)
    code = code_for(coach, kind="coach", team_id=team_id)
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 409
    assert coach.get(INVITATIONS).json["items"][0]["uses_left"] == 1


def test_junk_is_no_such_invitation(stranger: Client) -> None:
    assert stranger.post(ACCEPT, json={"code": "AAAA-AAAA-AAAA"}).status_code == 404


# ── who may invite ──────────────────────────────────────────────────────────────────────────────────────────


def test_coaches_invite_athletes_alone(coach: Client, stranger: Client, owner: Client, admin: Client, team_id: int):
    become_coach(coach, team_id, stranger)
    join(coach, team_id, owner)

    def statuses(who: Client) -> list[int]:
        kinds = ("owner", "coach", "athlete")
        return [who.post(INVITATIONS, json={"kind": kind, "team_id": team_id}).status_code for kind in kinds]

    assert statuses(coach) == [201, 201, 201]
    assert statuses(stranger) == [403, 403, 201]
    assert statuses(owner) == [403, 403, 403]
    assert statuses(admin) == [422, 422, 422]


def test_whatever_the_plan_no_other_athlete_stands_in_the_way(coach: Client, owner: Client, team_id: int, database):
    """A scan of all athletes must not ask of each whether they are known: oneself would be, and that would be 403."""
    file = CATALOGUE.find("invitations.create_invitation")
    body = {"kind": "athlete", "team_id": team_id, "uses": 1, "expires_in_days": 14}
    values = {"viewer_id": coach.user_id, "invitation": Json(body), "code_sha256": b"x" * 32, "most": 200}
    for nodes in ("indexscan, bitmapscan, nestloop", "seqscan, hashjoin, mergejoin"):
        with database.transaction(force_rollback=True), psycopg.RawCursor(database) as cursor:
            for node in nodes.split(", "):
                database.execute(f"set local enable_{node} = off")
            cursor.execute(file.statement, [values[name] for name in file.order])
            assert len(cursor.fetchall()) == 1


def test_the_list_has_mine_and_those_into_my_teams(coach: Client, stranger: Client, owner: Client, team_id: int):
    become_coach(coach, team_id, stranger)
    code = code_for(stranger, kind="athlete", team_id=team_id)
    code_for(coach, kind="claim", athlete_id=keep(coach))
    assert [i["kind"] for i in coach.get(INVITATIONS).json["items"]] == ["claim", "athlete"]
    assert [i["kind"] for i in stranger.get(INVITATIONS).json["items"]] == ["athlete"]
    assert code not in coach.get(INVITATIONS).text
    assert owner.get(INVITATIONS).json["items"] == []


def test_an_invitation_is_taken_back_by_who_sent_it_or_owns_the_team(
    coach: Client, stranger: Client, owner: Client, team_id: int
) -> None:
    become_coach(coach, team_id, stranger)
    made = [stranger.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id}).json for _ in range(2)]
    first, second = (f"{INVITATIONS}/{invitation['id']}" for invitation in made)
    assert owner.delete(first).status_code == 404
    assert (stranger.delete(first).status_code, coach.delete(second).status_code) == (204, 204)
    assert [owner.post(ACCEPT, json={"code": m["code"]}).status_code for m in made] == [404, 404]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "coach"}, "team_id"),
        ({"kind": "claim", "team_id": 1}, "team_id"),
        ({"kind": "claim"}, "athlete_id"),
        ({"kind": "claim", "athlete_id": 1, "team_id": 1}, "team_id"),
        ({"kind": "nobody", "team_id": 1}, "kind"),
        ({"kind": "athlete", "team_id": 1, "uses": 501}, "uses"),
        ({"kind": "athlete", "team_id": 1, "uses": 2, "email": "a@example.com"}, "uses"),
        ({"kind": "athlete", "team_id": 1, "email": "nobody"}, "email"),
        ({"kind": "athlete", "team_id": 1, "expires_in_days": 91}, "expires_in_days"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(coach: Client, body: dict[str, Any], field: str) -> None:
    reply = coach.post(INVITATIONS, json=body)
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_resent_invitation_is_not_made_twice_and_its_code_not_kept(coach: Client, team_id: int, database) -> None:
    body = {"json": {"kind": "coach", "team_id": team_id}, "headers": {"Idempotency-Key": "once"}}
    made, again = coach.post(INVITATIONS, **body), coach.post(INVITATIONS, **body)
    assert (made.status_code, again.status_code, again.json["error"]) == (201, 409, "already_done")
    assert len(coach.get(INVITATIONS).json["items"]) == 1
    kept = database.execute("select reply from idempotency_keys where key = 'once'").fetchone()
    assert kept == ({"id": made.json["id"]},)


# ── by mail ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_mailed_code_is_shown_to_nobody_and_its_job_holds_an_id_alone(coach: Client, team_id: int, database) -> None:
    made = coach.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id, "email": "grace@example.com"})
    assert (made.status_code, made.json["code"]) == (201, None)
    job = database.execute("select args from jobs.procrastinate_jobs order by id desc limit 1").fetchone()[0]
    assert job["args"] == {"kind": "team_invitation", "args": {"invitation_id": made.json["id"]}}


@pytest.fixture
def worker(app) -> Iterator[None]:
    """Statements run as a job runs them."""
    with acting(Caller(app.extensions["database"], "a job", time.monotonic() + 30)):
        yield


def test_a_mailed_code_works_and_of_two_mails_the_last(coach: Client, stranger: Client, team_id: int, worker) -> None:
    body = {"kind": "athlete", "team_id": team_id, "email": "grace@example.com"}
    invitation_id = coach.post(INVITATIONS, json=body).json["id"]
    first, last = (KINDS["team_invitation"](invitation_id=invitation_id) for _ in range(2))
    assert (last.address, last.values["team"], last.values["role"]) == ("grace@example.com", "Lifting Club", "athlete")
    assert last.values["inviter"] == "Coach"
    codes = [first.values["token"], last.values["token"]]
    assert [stranger.post(ACCEPT, json={"code": code}).status_code for code in codes] == [404, 200]
    assert KINDS["team_invitation"](invitation_id=invitation_id) is None


def test_a_mail_to_claim_names_the_athlete(coach: Client, stranger: Client, worker) -> None:
    body = {"kind": "claim", "athlete_id": keep(coach), "email": "grace@example.com"}
    invitation_id = coach.post(INVITATIONS, json=body).json["id"]
    mail = KINDS["athlete_invitation"](invitation_id=invitation_id)
    assert mail.values["athlete"] == "Grace"
    assert accept(stranger, mail.values["token"])["kind"] == "claim"
