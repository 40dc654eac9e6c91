"""An invitation is valid while its sender may still send it. An invalid one cannot be seen or used anywhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import PASSWORD, Client
from tests.teams.people import INVITATIONS, TEAMS, become_coach, code_for, keep, make_team
from workouts_api.database import Caller, acting
from workouts_api.mail.kinds import KINDS
from workouts_api.web.codes import digest_of, new_code

ACCEPT, CHECK = f"{INVITATIONS}/accept", f"{INVITATIONS}/check"
NEW = "battery staple horse"
Database = psycopg.Connection[Any]
Tokens = Callable[[], str]


@pytest.fixture
def worker(app) -> Iterator[None]:
    """Statements run as a job runs them."""
    with acting(Caller(app.extensions["database"], "a job", time.monotonic() + 30)):
        yield


def _expires(database: Database, _: Client) -> None:
    database.execute("update invitations set expires_at = now()")


def _is_used_up(database: Database, _: Client) -> None:
    database.execute("update invitations set uses_left = 0")


def _is_deactivated(database: Database, sender: Client) -> None:
    database.execute("update users set is_active = false where id = %s", [sender.user_id])


def _is_demoted(database: Database, sender: Client) -> None:
    database.execute("update team_members set role = 'coach' where user_id = %s", [sender.user_id])


def _leaves(database: Database, sender: Client) -> None:
    database.execute("delete from team_members where user_id = %s", [sender.user_id])


def _keeps_the_athlete_no_more(database: Database, sender: Client) -> None:
    database.execute(
        "update athletes set kept_by = (select id from users where username = 'owner') where kept_by = %s",
        [sender.user_id],
    )


ENDS = [
    *[(kind, end) for kind in ("owner", "coach", "athlete", "claim") for end in (_expires, _is_used_up)],
    *[(kind, _is_deactivated) for kind in ("owner", "coach", "athlete", "claim")],
    *[(kind, _is_demoted) for kind in ("owner", "coach")],
    *[(kind, _leaves) for kind in ("owner", "coach", "athlete")],
    ("claim", _keeps_the_athlete_no_more),
]


@pytest.mark.parametrize(("kind", "end"), ENDS, ids=lambda part: part if isinstance(part, str) else part.__name__[1:])
def test_what_holds_no_more_is_not_shown_listed_mailed_or_accepted(
    kind: str, end: Callable[[Database, Client], None], owner: Client, coach: Client, stranger: Client, database, worker
) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    about = {"athlete_id": keep(coach)} if kind == "claim" else {"team_id": team_id}
    made = coach.post(INVITATIONS, json={"kind": kind, **about, "email": "grace@example.com"})
    assert made.status_code == 201, made.text
    code = new_code()
    database.execute("update invitations set code_sha256 = %s where id = %s", [digest_of(code), made.json["id"]])
    assert stranger.post(CHECK, json={"code": code}).status_code == 200, "it holds until then"
    end(database, coach)
    refused = stranger.post(CHECK, json={"code": code})
    assert (refused.status_code, refused.json["error"]) == (404, "not_found")
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 404
    listed = [item["id"] for who in (owner, coach) for item in who.get(INVITATIONS).json.get("items", [])]
    assert made.json["id"] not in listed
    mail = "athlete_invitation" if kind == "claim" else "team_invitation"
    assert KINDS[mail](invitation_id=made.json["id"]) is None
    assert stranger.get(TEAMS).json["items"] == []


def test_a_demoted_owners_invitation_of_athletes_holds_for_coaches_send_such_too(
    owner: Client, coach: Client, stranger: Client, database
) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    code = coach.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id}).json["code"]
    _is_demoted(database, coach)
    assert stranger.post(ACCEPT, json={"code": code}).status_code == 200


# ── what ends logins ────────────────────────────────────────────────────────────────────────────────────────


def _resets_the_password(sender: Client, _: Client, tokens: Tokens) -> Any:
    sender.post("/api/v1/auth/password-reset", json={"email": f"{sender.username}@example.com"})
    body = {"token": tokens(), "password": NEW, "end_api_keys": True}
    return sender.post("/api/v1/auth/password-reset/confirm", json=body)


def _changes_the_password(sender: Client, *_: Any) -> Any:
    return sender.post("/api/v1/auth/password", json={"current_password": PASSWORD, "new_password": NEW})


def _signs_out_everywhere(sender: Client, *_: Any) -> Any:
    return sender.post("/api/v1/auth/logout-all")


def _undoes_a_new_address(sender: Client, _: Client, tokens: Tokens) -> Any:
    sender.patch("/api/v1/users/me", json={"email": "thief@example.com", "password": PASSWORD})
    return sender.post("/api/v1/auth/email-change/undo", json={"token": tokens()})


def _gets_a_password(sender: Client, admin: Client, _: Tokens) -> Any:
    return admin.patch(f"/api/v1/users/{sender.user_id}", json={"password": NEW})


def _is_deactivated_for_a_while(sender: Client, admin: Client, _: Tokens) -> Any:
    admin.post(f"/api/v1/users/{sender.user_id}/deactivate")
    return admin.patch(f"/api/v1/users/{sender.user_id}", json={"is_active": True})


SIGNED_OUT = [
    _resets_the_password,
    _changes_the_password,
    _signs_out_everywhere,
    _undoes_a_new_address,
    _gets_a_password,
    _is_deactivated_for_a_while,
]


@pytest.mark.parametrize("end", SIGNED_OUT, ids=lambda end: end.__name__[1:])
def test_what_ends_logins_ends_what_gives_rights_over_others(
    end: Callable[[Client, Client, Tokens], Any],
    owner: Client,
    coach: Client,
    stranger: Client,
    admin: Client,
    key_of: Any,
    database: Database,
    outbox: Callable[[], list[EmailMessage]],
) -> None:
    """Somebody who was in the account has made codes of each kind, by a login and by an API key."""

    def tokens() -> str:
        text = str(outbox()[-1].get_body(("plain",)).get_content())
        return re.findall(r"^    (\S{43})\s*$", text, re.MULTILINE)[0]

    team_id = make_team(coach)
    theirs = code_for(owner, kind="owner", team_id=make_team(owner, "Another"))
    codes = [
        (kind, code_for(client, kind=kind, uses=1, expires_in_days=90, **about))
        for client in (coach, key_of(coach, "teams:write"))
        for kind, about in [
            *[(kind, {"team_id": team_id}) for kind in ("owner", "coach", "athlete")],
            ("claim", {"athlete_id": keep(coach, "Grace")}),
        ]
    ]
    database.execute("update users set email_verified_at = now()")
    done = end(coach, admin, tokens)
    assert done.status_code in {200, 204}, done.text
    held = [kind for kind, code in codes if stranger.post(CHECK, json={"code": code}).status_code == 200]
    assert held == ["athlete", "athlete"], "they show their own training, and nobody else's"
    for kind, code in codes:
        if kind != "athlete":
            assert stranger.post(ACCEPT, json={"code": code}).status_code == 404
    assert stranger.post(CHECK, json={"code": theirs}).status_code == 200, "of another sender"
    recorded = database.execute(
        "select count(*) from audit_events where table_name = 'invitations' and action = 'delete'"
    ).fetchone()
    assert recorded == (6,)


def test_no_statement_ends_logins_alone() -> None:
    """So that the next one that is written ends what was made by them, too."""
    files = [*Path("queries").rglob("*.sql"), *Path("migrations/repeatable").glob("*.sql")]
    bodies = [part for file in files for part in re.split(r"\$\$;", file.read_text())]
    ending = [part for part in bodies if re.search(r"(?<!function workouts\.)\bend_logins\(", part)]
    assert len(ending) >= 5
    assert [part for part in ending if "end_invitations(" not in part] == []


def test_what_holds_no_more_can_still_be_taken_back(owner: Client, coach: Client, database) -> None:
    team_id = make_team(owner)
    become_coach(owner, team_id, coach, "owner")
    made = coach.post(INVITATIONS, json={"kind": "coach", "team_id": team_id}).json
    _is_demoted(database, coach)
    assert owner.delete(f"{INVITATIONS}/{made['id']}").status_code == 204
