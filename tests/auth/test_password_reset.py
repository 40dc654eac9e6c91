"""POST /api/v1/auth/password-reset and /confirm"""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD

URL = "/api/v1/auth/password-reset"
CONFIRM = "/api/v1/auth/password-reset/confirm"
NEW = "battery staple horse"


def login(client, password):
    return client.post("/api/v1/auth/login", json={"username": "owner", "password": password}).status_code


@pytest.fixture
def token(owner, anonymous, mailed):
    assert anonymous.post(URL, json={"email": "OWNER@example.com"}).status_code == 202
    address, subject, token = mailed()
    assert (address, subject) == ("owner@example.com", "Set a new password")
    return token


def test_a_forgotten_password_is_replaced_and_all_logins_end(owner, anonymous, token, mailed):
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 204
    assert (login(anonymous, PASSWORD), login(anonymous, NEW)) == (401, 200)
    assert owner.get("/api/v1/users/me").json["error"] == "token_revoked"
    assert mailed() == ("owner@example.com", "Your password was changed", "")


def test_a_token_works_once(anonymous, token):
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 204
    again = anonymous.post(CONFIRM, json={"token": token, "password": "somebody else's"})
    assert (again.status_code, list(again.json["details"])) == (422, ["token"])
    assert login(anonymous, NEW) == 200


def test_of_two_that_use_it_at_once_one_does(anonymous, token, database, monkeypatch):
    from workouts_api.api.auth import routes

    def meanwhile(password):
        database.execute("update user_tokens set used_at = now()")
        return "ours"

    monkeypatch.setattr(routes, "hash_password", meanwhile)
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 422
    assert database.execute("select count(*) from users where password_hash = 'ours'").fetchone() == (0,)


def test_a_token_holds_for_30_minutes_and_only_its_digest_is_stored(anonymous, token, database):
    assert database.execute(
        "select round(extract(epoch from expires_at - created_at)), sha256 = sha256(%s) from user_tokens",
        [token.encode()],
    ).fetchone() == (1800, True)
    database.execute("update user_tokens set expires_at = now()")
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 422


def test_a_used_token_voids_the_others(owner, anonymous, token, mailed, outbox):
    anonymous.post(URL, json={"email": "owner@example.com"})
    *_, second = mailed()
    assert anonymous.post(CONFIRM, json={"token": second, "password": NEW}).status_code == 204
    assert anonymous.post(CONFIRM, json={"token": token, "password": "taken over now"}).status_code == 422


def test_the_new_password_keeps_the_rules_and_the_token_is_not_wasted(anonymous, token):
    reply = anonymous.post(CONFIRM, json={"token": token, "password": "owner1234"})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["password"])
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 204


def test_the_reply_never_says_whether_anybody_has_the_address(owner, anonymous, outbox):
    known = anonymous.post(URL, json={"email": "owner@example.com"})
    unknown = anonymous.post(URL, json={"email": "nobody@example.com"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (202, known.data)
    assert [mail["To"] for mail in outbox()] == ["owner@example.com"]


def test_who_was_deactivated_resets_nothing(anonymous, token, outbox, database):
    database.execute("update users set is_active = false")
    assert anonymous.post(CONFIRM, json={"token": token, "password": NEW}).status_code == 422
    anonymous.post(URL, json={"email": "owner@example.com"})
    assert outbox() == []


def test_who_answers_the_mail_has_verified_the_address(owner, anonymous, token, database):
    anonymous.post(CONFIRM, json={"token": token, "password": NEW})
    assert database.execute("select email_verified_at is not null from users").fetchone() == (True,)


def test_an_address_that_was_changed_meanwhile_is_not_verified_by_the_old_ones_mail(anonymous, token, database):
    database.execute("update users set email = 'another@example.com'")
    anonymous.post(CONFIRM, json={"token": token, "password": NEW})
    assert database.execute("select email_verified_at is not null from users").fetchone() == (False,)


@pytest.mark.parametrize("junk", ["", "x", "\0", "é" * 200, "x" * 201, None, 7])
def test_junk_is_422(anonymous, junk):
    reply = anonymous.post(CONFIRM, json={"token": junk, "password": NEW})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["token"])
