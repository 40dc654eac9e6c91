"""Kept replies about a user are deleted with that user, whoever owns the Idempotency-Key."""

from __future__ import annotations

import pytest

from tests.auth.conftest import mailed, newcomer, verifying_app
from tests.auth.test_register import ADA
from tests.conftest import Client

__all__ = ["mailed", "newcomer", "verifying_app"]

REGISTER, ME, USERS = "/api/v1/auth/register", "/api/v1/users/me", "/api/v1/users"
KEY = {"Idempotency-Key": "once"}


def kept(database) -> list[str]:
    return [text for (text,) in database.execute("select k::text from idempotency_keys as k").fetchall()]


def signed_in(client: Client) -> Client:
    tokens = client.post("/api/v1/auth/login", json={"username": "ada", "password": ADA["password"]}).json
    return Client(client.http, token=tokens["access_token"])


def test_a_registrations_reply_goes_with_the_account(anonymous, database):
    first = anonymous.post(REGISTER, json=ADA, headers=KEY)
    assert anonymous.post(REGISTER, json=ADA, headers=KEY).json == first.json
    gone = signed_in(anonymous).delete(ME, json={"password": ADA["password"]})
    assert (gone.status_code, kept(database)) == (200, [])
    assert gone.json["deleted"]["idempotency_keys"] == 1, "and the proof counts it"
    assert anonymous.post(REGISTER, json=ADA, headers=KEY).status_code == 201, "the key is free again"


def test_a_registration_that_waits_keeps_its_reply_until_the_account_goes(newcomer, mailed, database):
    first = newcomer.post(REGISTER, json=ADA, headers=KEY)
    *_, token = mailed()
    assert newcomer.post("/api/v1/auth/verify-email/confirm", json={"token": token}).status_code == 204
    again = newcomer.post(REGISTER, json=ADA, headers=KEY)
    assert (again.status_code, again.json) == (202, first.json)
    assert signed_in(newcomer).delete(ME, json={"password": ADA["password"]}).status_code == 200
    assert kept(database) == []


def test_a_registration_that_nobody_confirmed_takes_its_reply_along(newcomer, database, outbox):
    newcomer.post(REGISTER, json=ADA, headers=KEY)
    database.execute("update registrations set expires_at = now() - interval '1 h'")
    database.execute("select defer_job('delete_old_tokens', '{}')")
    outbox()
    assert kept(database) == []


@pytest.mark.parametrize("how", ["made", "patched", "replaced", "deactivated"])
def test_what_an_administrator_was_answered_about_somebody_goes_with_them(admin, owner, database, how):
    user_id, address = owner.user_id, f"{USERS}/{owner.user_id}"
    if how == "made":
        made = admin.post(USERS, json={"email": "new@example.com", "username": "new"}, headers=KEY)
        user_id, address = made.json["id"], made.headers["Location"]
    elif how == "patched":
        assert admin.patch(address, json={"full_name": "Zoe"}, headers=KEY).status_code == 200
    elif how == "replaced":
        whole = {"email": "o@example.com", "username": "o2", "full_name": "", "zone": "UTC"}
        rights = {"is_active": True, "is_superuser": False}
        etag = admin.get(address).headers["ETag"]
        assert admin.put(address, json=whole | rights, headers={**KEY, "If-Match": etag}).status_code == 200
    else:
        assert admin.post(f"{address}/deactivate", headers=KEY).status_code == 200
    assert len(kept(database)) == 1
    assert admin.delete(f"{USERS}/{user_id}").status_code == 204
    assert kept(database) == []


def test_somebody_elses_key_of_the_same_text_stays(anonymous, admin, database):
    anonymous.post(REGISTER, json=ADA, headers=KEY)
    admin.post("/api/v1/exercises", json={"name": "Zercher squat"}, headers=KEY)
    assert signed_in(anonymous).delete(ME, json={"password": ADA["password"]}).status_code == 200
    assert len(kept(database)) == 1
