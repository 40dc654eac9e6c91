"""Changes of address: pending ones end with the password; made ones are told to the old address, which undoes them."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from tests.conftest import PASSWORD, Client
from tests.postgres import WAITING

ME = "/api/v1/users/me"
CONFIRM = "/api/v1/auth/verify-email/confirm"
UNDO = "/api/v1/auth/email-change/undo"
RESET = "/api/v1/auth/password-reset"
NEW = "battery staple horse"


def change(client, email="thief@example.com"):
    reply = client.patch(ME, json={"email": email, "password": PASSWORD})
    assert reply.status_code == 200, reply.text
    return reply.json


def login(client, password, name="owner"):
    return client.post("/api/v1/auth/login", json={"username": name, "password": password}).status_code


def address(database):
    return database.execute("select email from users where username = 'owner'").fetchone()[0]


@pytest.fixture
def sign_up(sign_up, database):
    """Whose address can take an account back has proved it."""

    def make(username, **rights):
        client = sign_up(username, **rights)
        database.execute("update users set email_verified_at = now() where id = %s", [client.user_id])
        return client

    return make


@pytest.fixture
def tokens(outbox):
    """The mails that were sent since: by address, the subject and the token."""
    import re

    def read():
        found = {}
        for mail in outbox() + outbox():
            token = re.search(r"^    (\S{43})\s*$", mail.get_body(("plain",)).get_content(), re.MULTILINE)
            found[mail["To"]] = (mail["Subject"], token[1] if token else "")
        return found

    return read


@pytest.fixture(params=["to be confirmed", "at once"])
def changed(request, owner, newcomer, anonymous, tokens):
    """Somebody with the password has made the account's address theirs; the token that the old one got."""
    if request.param == "to be confirmed":
        owner.http = newcomer.http
    change(owner)
    mails = tokens()
    if request.param == "to be confirmed":
        assert mails.keys() == {"thief@example.com"}, "what is only asked for is told to nobody else"
        assert anonymous.post(CONFIRM, json={"token": mails["thief@example.com"][1]}).status_code == 204
        mails = tokens()
    assert mails.keys() == {"owner@example.com"}
    subject, token = mails["owner@example.com"]
    assert subject == "The address of your account was changed"
    return token


# ── pending ─────────────────────────────────────────────────────────────────────────────────────────────────


def _changes_the_password(owner, *_):
    assert (
        owner.post("/api/v1/auth/password", json={"current_password": PASSWORD, "new_password": NEW}).status_code == 204
    )


def _resets_it(owner, anonymous, tokens, _):
    anonymous.post(RESET, json={"email": "owner@example.com"})
    token = tokens()["owner@example.com"][1]
    assert anonymous.post(f"{RESET}/confirm", json={"token": token, "password": NEW}).status_code == 204


def _administrator_sets_it(owner, anonymous, tokens, admin):
    assert admin.patch(f"/api/v1/users/{owner.user_id}", json={"password": NEW}).status_code == 200


def _administrator_deactivates(owner, anonymous, tokens, admin):
    for is_active in (False, True):
        assert admin.patch(f"/api/v1/users/{owner.user_id}", json={"is_active": is_active}).status_code == 200


def _administrator_sets_the_address(owner, anonymous, tokens, admin):
    assert admin.patch(f"/api/v1/users/{owner.user_id}", json={"email": "owner@example.org"}).status_code == 200


def _asks_for_another(owner, *_):
    change(owner, "another@example.com")


def _asks_for_the_one_there_is(owner, *_):
    change(owner, "OWNER@example.com")


ENDS = [
    _changes_the_password,
    _resets_it,
    _administrator_sets_it,
    _administrator_deactivates,
    _administrator_sets_the_address,
    _asks_for_another,
    _asks_for_the_one_there_is,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__[1:])
@pytest.mark.parametrize("is_mailed", [True, False], ids=["mailed", "still to be mailed"])
def test_a_pending_change_ends_with(owner, newcomer, anonymous, admin, tokens, database, end, is_mailed):
    owner.http = newcomer.http
    change(owner)
    token = tokens()["thief@example.com"][1] if is_mailed else None
    end(owner, anonymous, tokens, admin)
    before = address(database)
    late = tokens()
    assert "thief@example.com" not in late
    if token:
        refused = anonymous.post(CONFIRM, json={"token": token})
        assert (refused.status_code, list(refused.json["details"])) == (422, ["token"])
    assert address(database) == before != "thief@example.com"


def test_of_two_mails_of_a_change_the_last_holds(owner, newcomer, anonymous, tokens, database):
    owner.http = newcomer.http
    change(owner)
    first = tokens()["thief@example.com"][1]
    database.execute("select defer_mail('verify_email', json_build_object('change_id', id)) from email_changes")
    second = tokens()["thief@example.com"][1]
    assert [anonymous.post(CONFIRM, json={"token": token}).status_code for token in (first, second)] == [422, 204]


def test_a_change_that_was_proven_by_a_password_replaced_meanwhile_is_refused(owner, newcomer, database, monkeypatch):
    from workouts_api.api.auth import signing_in

    def meanwhile(stored, password):
        database.execute("update users set password_hash = 'another'")
        return True

    owner.http = newcomer.http
    monkeypatch.setattr(signing_in, "is_password", meanwhile)
    reply = owner.patch(ME, json={"email": "thief@example.com", "password": PASSWORD})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["password"])
    assert database.execute("select count(*) from email_changes").fetchone() == (0,)


# ── made ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("days", [0, 6])
def test_the_old_address_takes_the_account_back_for_a_week(changed, owner, anonymous, key_of, tokens, database, days):
    script = key_of(owner, "account:read")
    database.execute("update email_changes set expires_at = expires_at - make_interval(days => %s)", [days])
    assert anonymous.post(UNDO, json={"token": changed}).status_code == 204
    assert address(database) == "owner@example.com"
    assert owner.get(ME).json["error"] == "token_revoked"
    assert script.get(ME).json["error"] == "token_revoked"
    assert (login(anonymous, PASSWORD), login(anonymous, NEW)) == (401, 401), "whoever did it knew the password"
    subject, token = tokens()["owner@example.com"]
    assert subject == "Set a new password"
    assert anonymous.post(f"{RESET}/confirm", json={"token": token, "password": NEW}).status_code == 204
    assert login(anonymous, NEW) == 200
    assert anonymous.post(UNDO, json={"token": changed}).status_code == 422, "once"


def test_after_a_week_the_old_address_undoes_nothing(changed, anonymous, database):
    database.execute("update email_changes set expires_at = now()")
    assert anonymous.post(UNDO, json={"token": changed}).status_code == 422
    assert address(database) == "thief@example.com"


@pytest.mark.parametrize("then", [_changes_the_password, _administrator_sets_it, _asks_for_another])
def test_what_a_thief_does_next_does_not_save_them(changed, owner, anonymous, admin, tokens, database, then):
    then(owner, anonymous, tokens, admin)
    mails = tokens()
    assert anonymous.post(UNDO, json={"token": changed}).status_code == 204
    assert address(database) == "owner@example.com"
    for _, token in mails.values():
        for url in (UNDO, CONFIRM):
            assert anonymous.post(url, json={"token": token}).status_code == 422, "later changes are over as well"
    assert address(database) == "owner@example.com"


def test_a_reset_that_was_mailed_to_the_old_address_opens_nothing(owner, newcomer, anonymous, tokens, database):
    owner.http = newcomer.http
    change(owner)
    confirmation = tokens()["thief@example.com"][1]
    anonymous.post(RESET, json={"email": "owner@example.com"})
    token = tokens()["owner@example.com"][1]
    assert anonymous.post(CONFIRM, json={"token": confirmation}).status_code == 204
    body = {"token": token, "password": NEW}
    assert anonymous.post(f"{RESET}/confirm", json=body).status_code == 422
    database.execute("update user_tokens set used_at = null")
    assert anonymous.post(f"{RESET}/confirm", json=body).status_code == 422, "by the address, whoever changed it"


@pytest.mark.usefixtures("unproved")
def test_a_verification_of_the_old_address_does_not_bring_it_back(anonymous, tokens, database):
    anonymous.post("/api/v1/auth/verify-email", json={"email": "owner@example.com"})
    token = tokens()["owner@example.com"][1]
    database.execute("update users set email = 'another@example.com'")
    assert anonymous.post(CONFIRM, json={"token": token}).status_code == 422
    assert address(database) == "another@example.com"


def test_a_job_of_before_the_change_mails_nothing_to_the_old_address(owner, anonymous, tokens):
    anonymous.post(RESET, json={"email": "owner@example.com"})
    change(owner)
    assert {to: subject for to, (subject, _) in tokens().items()} == {
        "owner@example.com": "The address of your account was changed"
    }


def test_while_it_can_be_undone_nobody_else_gets_the_address(
    changed, owner, stranger, admin, newcomer, anonymous, tokens, database
):
    theirs = {"email": "Owner@example.com", "username": "owner2", "password": NEW}
    assert list(anonymous.post("/api/v1/auth/register", json=theirs).json["details"]) == ["email"]
    assert stranger.patch(ME, json={"email": "owner@example.com", "password": PASSWORD}).status_code == 409
    assert admin.post("/api/v1/users", json={"email": "owner@example.com", "username": "x2"}).status_code == 409
    assert newcomer.post("/api/v1/auth/register", json=theirs).status_code == 202
    token = tokens()["Owner@example.com"][1]
    assert anonymous.post(CONFIRM, json={"token": token}).status_code == 409
    database.execute("update email_changes set expires_at = now()")
    assert stranger.patch(ME, json={"email": "owner@example.com", "password": PASSWORD}).status_code == 200


def test_its_owner_may_take_it_again(owner, tokens):
    change(owner, "another@example.com")
    assert change(owner, "owner@example.com")["email"] == "owner@example.com"


def test_an_administrators_change_is_told_and_not_undone_by_the_old_address(owner, admin, anonymous, tokens, database):
    change(owner, "another@example.com")
    undo = tokens()["owner@example.com"][1]
    user = f"/api/v1/users/{owner.user_id}"
    assert admin.patch(user, json={"email": "right@example.com"}).status_code == 200
    assert tokens() == {"another@example.com": ("The address of your account was changed", "")}
    assert anonymous.post(UNDO, json={"token": undo}).status_code == 422, "theirs is the last word"
    assert address(database) == "right@example.com"


def test_an_administrators_own_change_through_administration_is_undone_as_everybodys(
    admin, anonymous, tokens, database
):
    assert admin.patch(f"/api/v1/users/{admin.user_id}", json={"email": "thief@example.com"}).status_code == 200
    undo = tokens()["admin@example.com"][1]
    assert anonymous.post(UNDO, json={"token": undo}).status_code == 204
    assert database.execute("select email from users").fetchone() == ("admin@example.com",)


# ── from an address that was never verified ─────────────────────────────────────────────────────────────────


@pytest.fixture
def unproved(owner, database):
    """The owner registered with an address that nobody has ever shown to be theirs."""
    database.execute("update users set email_verified_at = null where id = %s", [owner.user_id])
    return owner


@pytest.mark.parametrize("way", ["at once", "to be confirmed", "through administration"])
def test_an_address_that_was_never_verified_takes_nothing_back(
    way, unproved, newcomer, anonymous, tokens, stranger, database
):
    """Whoever has proved the new address keeps the account; the old one is told, gets no token and is free again."""
    if way == "to be confirmed":
        unproved.http = newcomer.http
    if way == "through administration":
        database.execute("update users set is_superuser = true where id = %s", [unproved.user_id])
        user = f"/api/v1/users/{unproved.user_id}"
        assert unproved.patch(user, json={"email": "proved@example.com"}).status_code == 200
    else:
        change(unproved, "proved@example.com")
    mails = tokens()
    if way == "to be confirmed":
        assert anonymous.post(CONFIRM, json={"token": mails["proved@example.com"][1]}).status_code == 204
        mails = tokens()
    else:
        anonymous.post(RESET, json={"email": "proved@example.com"})
        body = {"token": tokens()["proved@example.com"][1], "password": NEW}
        assert anonymous.post(f"{RESET}/confirm", json=body).status_code == 204
    assert mails == {"owner@example.com": ("The address of your account was changed", "")}
    assert database.execute("select count(*) from email_changes where undo_sha256 is not null").fetchone() == (0,)
    assert address(database) == "proved@example.com"
    assert stranger.patch(ME, json={"email": "owner@example.com", "password": PASSWORD}).status_code == 200, "not held"


def test_what_is_taken_back_goes_to_the_last_address_that_was_verified(owner, tokens, anonymous, database):
    """An address in between that nobody proved has no say."""
    change(owner, "between@example.com")
    undo = tokens()["owner@example.com"][1]
    change(owner, "thief@example.com")
    assert tokens() == {"between@example.com": ("The address of your account was changed", "")}
    assert anonymous.post(UNDO, json={"token": undo}).status_code == 204
    assert address(database) == "owner@example.com"


def test_other_capitals_are_no_change(owner, tokens):
    change(owner, "OWNER@example.com")
    assert tokens() == {}


@pytest.mark.parametrize("junk", ["x", "é" * 200, "x" * 43])
def test_junk_undoes_nothing(anonymous, junk):
    refused = anonymous.post(UNDO, json={"token": junk})
    assert (refused.status_code, list(refused.json["details"])) == (422, ["token"])


def test_who_was_deactivated_takes_nothing_back(changed, anonymous, database):
    database.execute("update users set is_active = false")
    assert anonymous.post(UNDO, json={"token": changed}).status_code == 422


# ── at once ─────────────────────────────────────────────────────────────────────────────────────────────────


def _at_once(*calls):
    barrier = threading.Barrier(len(calls))

    def go(call):
        barrier.wait(10)
        return call().status_code

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(go, calls))


def test_of_two_confirmations_at_once_one_counts(app, owner, newcomer, tokens, database):
    owner.http = newcomer.http
    change(owner)
    token = tokens()["thief@example.com"][1]
    clients = [Client(app.test_client()) for _ in range(6)]
    statuses = _at_once(*(lambda c=c: c.post(CONFIRM, json={"token": token}) for c in clients))
    assert sorted(statuses) == [204] + [422] * 5
    assert list(tokens()) == ["owner@example.com"]


@pytest.mark.parametrize("turn", range(4))
def test_undo_and_a_second_change_at_once_leave_the_old_address_in_charge(app, owner, tokens, database, turn):
    change(owner)
    undo = tokens()["owner@example.com"][1]
    thief = replace(owner, http=app.test_client())
    _at_once(
        lambda: Client(app.test_client()).post(UNDO, json={"token": undo}),
        lambda: thief.patch(ME, json={"email": "thief2@example.com", "password": PASSWORD}),
    )
    assert address(database) == "owner@example.com"
    for _, token in tokens().values():
        assert Client(app.test_client()).post(UNDO, json={"token": token}).status_code == 422
    assert address(database) == "owner@example.com"


LATE = [
    "insert into logins (user_id, refresh_hash, expires_at)"
    " select id, sha256('x'), now() + interval '1 day' from users",
    "insert into email_changes (user_id, old_email, new_email, expires_at)"
    " select id, email, 'thief@example.com', now() + interval '1 day' from users",
    "insert into user_tokens (sha256, user_id, purpose, email, expires_at)"
    " select sha256('x'), id, 'reset_password', email, now() + interval '1 day' from users",
    "with team as (insert into teams (name, headquarters) values ('Late', '') returning id)"
    " insert into invitations (kind, team_id, invited_by, expires_at)"
    " select 'owner', t.id, u.id, now() + interval '1 day' from users as u cross join team as t",
]
LEFT = """
select (select count(*) from logins where revoked_at is null and refresh_hash = sha256('x'))
  + (select count(*) from email_changes where ended_at is null)
  + (select count(*) from user_tokens where used_at is null)
  + (select count(*) from invitations)
"""


@pytest.mark.parametrize("late", LATE, ids=["a login", "a change of address", "a token", "an invitation"])
@pytest.mark.parametrize("end", [_changes_the_password, _administrator_sets_it], ids=lambda end: end.__name__[1:])
def test_what_is_made_while_a_new_password_waits_for_the_user_ends_too(
    cluster, database_name, owner, admin, anonymous, tokens, database, late, end
):
    """Each of them locks the user's row, so a statement that began before sees it only by a snapshot of its own."""
    import time

    import psycopg

    with (
        psycopg.connect(cluster.dsn(database_name), options="-c search_path=workouts") as other,
        ThreadPoolExecutor(1) as threads,
    ):
        other.execute("select from users where username = 'owner' for update")
        other.execute(late + " where username = 'owner'")
        waiting = threads.submit(end, owner, anonymous, tokens, admin)
        deadline = time.monotonic() + 10
        while not database.execute(f"select exists ({WAITING})").fetchone()[0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        other.commit()
        waiting.result()
    assert database.execute(LEFT).fetchone() == (0,)
