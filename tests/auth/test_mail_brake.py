"""How many mails somebody can have sent to a mailbox, and that nobody else uses them up."""

from __future__ import annotations

import pytest

from tests.auth.test_register import ADA
from tests.conftest import PASSWORD
from tests.teams.people import INVITATIONS, keep, make_team

ASKING = {
    "registering": ("/api/v1/auth/register", lambda n: ADA | {"username": f"ada{n}"}),
    "asking to verify": ("/api/v1/auth/verify-email", lambda _: {"email": "ada@example.com"}),
    "asking for a new password": ("/api/v1/auth/password-reset", lambda _: {"email": "ada@example.com"}),
}


def ask(client, what, number=0, address="192.0.2.1"):
    url, body = ASKING[what]
    reply = client.post(url, json=body(number), environ_base={"REMOTE_ADDR": address})
    assert reply.status_code == 202, reply.text


def jobs(database):
    """How many mails were deferred since it was asked last."""
    return database.execute(
        "with d as (delete from jobs.procrastinate_jobs returning 1) select count(*) from d"
    ).fetchone()[0]


@pytest.mark.parametrize("what", ASKING)
def test_a_sender_has_three_sent_to_a_mailbox_and_then_one_in_ten_minutes(newcomer, database, what):
    for number in range(5):
        ask(newcomer, what, number)
    assert jobs(database) == 3
    database.execute("update throttles set last_at = last_at - interval '10 min'")
    for number in range(5, 7):
        ask(newcomer, what, number)
    assert jobs(database) == 1


@pytest.mark.parametrize("strangers", ASKING)
@pytest.mark.parametrize("mine", ASKING)
def test_strangers_cannot_use_up_the_mails_of_a_mailbox_account_or_none(newcomer, database, strangers, mine):
    for number in range(40):
        ask(newcomer, strangers, number, f"198.51.100.{number}")
    jobs(database)
    ask(newcomer, mine, 99, "203.0.113.1")
    assert jobs(database) == 1


def test_a_besieged_mailbox_gets_one_of_each_sender(newcomer, database):
    for number in range(14):
        for _ in range(3):
            ask(newcomer, "asking to verify", address=f"198.51.100.{number}")
    assert jobs(database) == 12 + 10


def test_a_sender_has_sixty_sent_to_all_mailboxes_and_then_one_a_minute(newcomer, database):
    url = "/api/v1/auth/password-reset"
    for number in range(65):
        assert newcomer.post(url, json={"email": f"ada{number}@example.com"}).status_code == 202
    assert jobs(database) == 60
    database.execute("update throttles set last_at = last_at - interval '1 min'")
    for number in range(70, 75):
        newcomer.post(url, json={"email": f"ada{number}@example.com"})
    assert jobs(database) == 1


def test_capitals_are_one_mailbox_and_of_ipv6_a_network_one_sender(newcomer, database):
    for number in range(5):
        email = "".join(c.upper() if n == number else c for n, c in enumerate("ada-b@example.com"))
        place = {"REMOTE_ADDR": f"2001:db8:1:2::{number + 1:x}"}
        newcomer.post("/api/v1/auth/password-reset", json={"email": email}, environ_base=place)
    assert jobs(database) == 3


# ── by who is signed in: told so ────────────────────────────────────────────────────────────────────────────


def test_invitations_are_mailed_three_at_once_to_a_mailbox(coach, stranger, database):
    """By who sends them, whatever the team and from wherever."""
    bodies = [{"kind": "athlete", "team_id": make_team(coach, f"Team {n}")} for n in range(4)]
    bodies.append({"kind": "claim", "athlete_id": keep(coach)})
    replies = [
        coach.post(
            INVITATIONS, json=body | {"email": "Grace@example.com"}, environ_base={"REMOTE_ADDR": f"192.0.2.{n}"}
        )
        for n, body in enumerate(bodies)
    ]
    assert [reply.status_code for reply in replies] == [201] * 3 + [429] * 2
    assert replies[3].json["error"] == "too_many_requests"
    assert 590 <= int(replies[3].headers["Retry-After"]) <= 600
    assert len(coach.get(INVITATIONS).json["items"]) == 3, "what isn't mailed isn't made"
    assert jobs(database) == 3
    theirs = {"kind": "athlete", "team_id": make_team(stranger), "email": "grace@example.com"}
    assert stranger.post(INVITATIONS, json=theirs).status_code == 201


def test_a_sender_invites_sixty_by_mail_and_then_one_a_minute(coach, database):
    team_id = make_team(coach)
    statuses = [
        coach.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id, "email": f"a{n}@example.com"}).status_code
        for n in range(62)
    ]
    assert statuses == [201] * 60 + [429] * 2
    assert coach.post(INVITATIONS, json={"kind": "athlete", "team_id": team_id}).status_code == 201, "by code, as ever"


def test_a_refused_invitation_may_be_sent_again_under_its_key(coach, database):
    team_id = make_team(coach)
    body = {"json": {"kind": "athlete", "team_id": team_id, "email": "g@example.com"}}
    for _ in range(3):
        coach.post(INVITATIONS, **body)
    body["headers"] = {"Idempotency-Key": "once"}
    assert coach.post(INVITATIONS, **body).status_code == 429
    database.execute("update throttles set last_at = last_at - interval '10 min'")
    assert coach.post(INVITATIONS, **body).status_code == 201


def test_changes_of_address_are_mailed_three_at_once_to_a_mailbox(owner, newcomer):
    owner.http = newcomer.http
    body = {"email": "ada@example.com", "password": PASSWORD}
    statuses = [owner.patch("/api/v1/users/me", json=body).status_code for _ in range(5)]
    assert statuses == [200] * 3 + [429] * 2
