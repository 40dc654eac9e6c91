"""POST /api/v1/auth/register where addresses are verified, and what confirms them."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.auth.test_register import ADA
from tests.conftest import PASSWORD, Client
from workouts_api.mail import kinds

URL = "/api/v1/auth/register"
CONFIRM = "/api/v1/auth/verify-email/confirm"
AGAIN = "/api/v1/auth/verify-email"
LOGIN = "/api/v1/auth/login"


def users(database):
    return database.execute("select email, username, email_verified_at is not null from users").fetchall()


def test_one_can_sign_in_once_the_mail_was_answered(newcomer, mailed, database):
    waiting = newcomer.post(URL, json=ADA)
    assert waiting.status_code == 202
    assert "ada@example.com" in waiting.json["message"]
    assert newcomer.post(LOGIN, json={"username": "ada", "password": ADA["password"]}).status_code == 401
    address, subject, token = mailed()
    assert (address, subject) == ("ada@example.com", "Confirm your e-mail address")
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 204
    tokens = newcomer.post(LOGIN, json={"username": "ada", "password": ADA["password"]}).json
    newcomer.token = tokens["access_token"]
    me = newcomer.get("/api/v1/users/me").json
    assert (me["email_is_verified"], me["zone"], me["athlete_id"] > 0) == (True, "Europe/London", True)
    assert database.execute("select count(*) from registrations").fetchone() == (0,)


def test_a_taken_address_is_answered_as_a_free_one_and_its_owner_is_told(newcomer, owner, mailed, database):
    free = newcomer.post(URL, json=ADA)
    mailed()
    taken = newcomer.post(URL, json=ADA | {"email": "OWNER@example.com", "username": "grace"})
    assert (taken.status_code, taken.json["message"]) == (
        202,
        free.json["message"].replace("ada@example.com", "OWNER@example.com"),
    )
    assert mailed() == ("owner@example.com", "You have an account already", "")
    assert database.execute("select token_sha256 from registrations where username = 'grace'").fetchone() == (None,)


@pytest.mark.parametrize("email", ["owner@example.com", "free@example.com"])
def test_the_username_is_held_whether_the_address_is_taken_or_free(newcomer, owner, email):
    """Else a second registration would tell which it was."""
    assert newcomer.post(URL, json=ADA | {"email": email}).status_code == 202
    reply = newcomer.post(URL, json=ADA | {"email": "another@example.com", "username": "ADA"})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["username"])


def test_a_users_name_is_taken(newcomer, owner):
    reply = newcomer.post(URL, json=ADA | {"username": "Owner"})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["username"])


def test_a_name_that_nobody_confirmed_in_a_day_is_free_again(newcomer, mailed, database):
    newcomer.post(URL, json=ADA)
    *_, token = mailed()
    database.execute("update registrations set expires_at = now()")
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 422
    assert newcomer.post(URL, json=ADA | {"email": "other@example.com"}).status_code == 202
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 422
    assert mailed()[0] == "other@example.com"


def test_a_resent_registration_gets_its_first_reply(newcomer, database):
    key = {"Idempotency-Key": "once"}
    first = newcomer.post(URL, json=ADA, headers=key)
    again = newcomer.post(URL, json=ADA, headers=key)
    assert (again.status_code, again.json, again.headers.get("Location")) == (202, first.json, None)
    assert database.execute("select count(*) from jobs.procrastinate_jobs").fetchone() == (1,)


def test_a_token_confirms_once(newcomer, mailed):
    newcomer.post(URL, json=ADA)
    *_, token = mailed()
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 204
    again = newcomer.post(CONFIRM, json={"token": token})
    assert (again.status_code, list(again.json["details"])) == (422, ["token"])


def test_an_address_that_was_taken_in_between_is_409(newcomer, sign_up, mailed, database):
    newcomer.post(URL, json=ADA)
    *_, token = mailed()
    sign_up("ada2")
    database.execute("update users set email = 'ada@example.com'")
    reply = newcomer.post(CONFIRM, json={"token": token})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["email"])


def text_of(mail):
    return mail.get_body(("plain",)).get_content()


def token_in(mail):
    return re.search(r"^    (\S{43})\s*$", text_of(mail), re.MULTILINE)[1]


@pytest.fixture
def two(newcomer, outbox):
    """A thief has registered with the address of somebody who registers too; their mails, by username."""
    newcomer.post(URL, json=ADA | {"username": "thief", "password": "a thief's password"})
    newcomer.post(URL, json=ADA)
    mails = {next(name for name in ("thief", "ada") if f" as {name}." in text_of(mail)): mail for mail in outbox()}
    assert mails.keys() == {"thief", "ada"}, "each says which registration it is about"
    return mails


@pytest.mark.parametrize("name", ["ada", "thief"])
def test_of_two_registrations_of_an_address_the_token_belongs_to_one_and_the_other_is_none(
    newcomer, two, name, database
):
    other = two[next(iter(two.keys() - {name}))]
    passwords = {"ada": ADA["password"], "thief": "a thief's password"}
    assert newcomer.post(CONFIRM, json={"token": token_in(two[name])}).status_code == 204
    for username, password in passwords.items():
        status = newcomer.post(LOGIN, json={"username": username, "password": password}).status_code
        assert status == (200 if username == name else 401)
    mine = {"username": "ada@example.com", "password": passwords[name]}
    assert newcomer.post(LOGIN, json=mine).status_code == 200
    assert newcomer.post(CONFIRM, json={"token": token_in(other)}).status_code == 422
    assert database.execute("select count(*) from registrations").fetchone() == (0,), "its username is free again"


def test_sent_again_there_is_a_mail_for_each_registration_that_waits(newcomer, two, outbox):
    assert newcomer.post(AGAIN, json={"email": "ADA@example.com"}).status_code == 202
    again = outbox() + outbox()
    assert [" as ada." in text_of(mail) for mail in again].count(True) == 1
    assert [" as thief." in text_of(mail) for mail in again].count(True) == 1
    (mine,) = (mail for mail in again if " as ada." in text_of(mail))
    assert newcomer.post(CONFIRM, json={"token": token_in(mine)}).status_code == 204
    assert newcomer.post(LOGIN, json={"username": "ada", "password": ADA["password"]}).status_code == 200


def test_a_mail_of_a_users_own_address_names_the_account(owner, newcomer, outbox):
    newcomer.post(AGAIN, json={"email": "owner@example.com"})
    (mail,) = outbox()
    assert "your account owner." in text_of(mail)


def test_two_that_are_confirmed_at_once_make_one_user(verifying_app, two, database):
    with ThreadPoolExecutor(2) as threads:
        clients = [Client(verifying_app.test_client()) for _ in two]
        tokens = [token_in(mail) for mail in two.values()]
        statuses = list(threads.map(lambda c, t: c.post(CONFIRM, json={"token": t}).status_code, clients, tokens))
    assert sorted(statuses) == [204, 422]
    assert len(users(database)) == 1


def test_the_mail_is_sent_again_on_demand_and_the_older_token_is_void(newcomer, mailed):
    newcomer.post(URL, json=ADA)
    *_, first = mailed()
    assert newcomer.post(AGAIN, json={"email": "ADA@example.com"}).status_code == 202
    *_, second = mailed()
    assert newcomer.post(CONFIRM, json={"token": first}).status_code == 422
    assert newcomer.post(CONFIRM, json={"token": second}).status_code == 204


def test_an_address_gets_three_mails_and_then_one_in_ten_minutes(newcomer, database):
    def mails() -> int:
        """That are to be sent: the worker sends some at a time, and one that another holds up a little later."""
        count = "select count(*) from jobs.procrastinate_jobs where task_name = 'send_mail'"
        return database.execute(count).fetchone()[0]

    before = mails()
    newcomer.post(URL, json=ADA)
    for _ in range(5):
        assert newcomer.post(AGAIN, json={"email": "ada@example.com"}).status_code == 202
    assert mails() - before == 3
    database.execute("update throttles set last_at = last_at - interval '10 min'")
    for _ in range(2):
        newcomer.post(AGAIN, json={"email": "ada@example.com"})
    assert mails() - before == 4


def test_asking_for_a_mail_never_says_whether_anybody_has_the_address(owner, newcomer, outbox, database):
    known = newcomer.post(AGAIN, json={"email": "owner@example.com"})
    unknown = newcomer.post(AGAIN, json={"email": "nobody@example.com"})
    assert (known.status_code, known.data) == (unknown.status_code, unknown.data) == (202, known.data)
    assert [mail["To"] for mail in outbox()] == ["owner@example.com"]


def test_a_user_verifies_their_address_once(owner, newcomer, mailed, outbox):
    newcomer.post(AGAIN, json={"email": "owner@example.com"})
    *_, token = mailed()
    before = owner.get("/api/v1/users/me").json
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 204
    after = owner.get("/api/v1/users/me").json
    assert (before["email_is_verified"], after["email_is_verified"]) == (False, True)
    assert after["version"] == before["version"] + 1
    newcomer.post(AGAIN, json={"email": "owner@example.com"})
    assert outbox() == []


def test_who_was_deactivated_meanwhile_verifies_nothing(owner, newcomer, mailed, outbox, database):
    newcomer.post(AGAIN, json={"email": "owner@example.com"})
    *_, token = mailed()
    database.execute("update users set is_active = false")
    assert newcomer.post(CONFIRM, json={"token": token}).status_code == 422
    newcomer.post(AGAIN, json={"email": "owner@example.com"})
    assert outbox() == []


def test_no_job_holds_a_token_or_a_password(newcomer, database):
    newcomer.post(URL, json=ADA)
    newcomer.post("/api/v1/auth/password-reset", json={"email": "ada@example.com"})
    rows = database.execute("select args::text from jobs.procrastinate_jobs").fetchall()
    assert len(rows) == 2
    for (args,) in rows:
        assert PASSWORD not in args
        assert "token" not in args
        assert "argon2" not in args


def test_a_mail_of_verification_is_to_somebody():
    with pytest.raises(TypeError, match="registration_id"):
        kinds.verify_email()
