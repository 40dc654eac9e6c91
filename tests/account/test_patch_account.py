"""PATCH /api/v1/users/me"""

from __future__ import annotations

import pytest

from tests.auth.conftest import mailed, newcomer, verifying_app
from tests.conftest import PASSWORD

__all__ = ["mailed", "newcomer", "verifying_app"]

ME = "/api/v1/users/me"


def test_some_fields_change_and_the_rest_stays(owner):
    before = owner.get(ME).json
    changed = owner.patch(ME, json={"full_name": "Ada King", "zone": "Europe/London"})
    assert changed.status_code == 200
    assert changed.json == before | {
        "full_name": "Ada King",
        "zone": "Europe/London",
        "version": before["version"] + 1,
        "updated_at": changed.json["updated_at"],
    }
    read = owner.get(ME)
    assert (read.json, read.headers["ETag"]) == (changed.json, changed.headers["ETag"])


def test_what_changes_with_the_athlete_is_no_304(owner):
    """The zone is the athlete's: it changes without a new version of the user."""
    before = owner.get(ME)
    athlete = f"/api/v1/athletes/{owner.athlete_id}"
    assert owner.patch(athlete, json={"zone": "Asia/Tokyo"}).status_code == 200
    after = owner.get(ME, headers={"If-None-Match": before.headers["ETag"]})
    assert (after.status_code, after.json["zone"]) == (200, "Asia/Tokyo")
    assert owner.get(ME, headers={"If-None-Match": after.headers["ETag"]}).status_code == 304


def test_null_clears(owner):
    changed = owner.patch(ME, json={"full_name": None, "zone": None}).json
    assert (changed["full_name"], changed["zone"]) == ("", "UTC")


def test_nobody_elses_account_changes(owner, stranger):
    before = stranger.get(ME).json
    owner.patch(ME, json={"full_name": "Ada King", "zone": "Europe/London"})
    assert stranger.get(ME).json == before


def test_a_new_username_signs_in(owner, anonymous):
    assert owner.patch(ME, json={"username": "countess"}).status_code == 200
    body = {"username": "Countess", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=body).status_code == 200


@pytest.mark.parametrize("name", ["stranger", "STRANGER", "\uff53tranger"])
def test_a_taken_username_is_409(owner, stranger, name):
    reply = owner.patch(ME, json={"username": name})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["username"])


def test_a_stale_if_match_changes_nothing(owner):
    etag = owner.get(ME).headers["ETag"]
    assert owner.patch(ME, json={"full_name": "A"}, headers={"If-Match": etag}).status_code == 200
    assert owner.patch(ME, json={"full_name": "B"}, headers={"If-Match": etag}).status_code == 412
    assert owner.get(ME).json["full_name"] == "A"


def test_a_resent_patch_gets_its_first_reply(owner):
    etag = owner.get(ME).headers["ETag"]
    headers = {"If-Match": etag, "Idempotency-Key": "once"}
    body = {"email": "ada@example.com", "password": PASSWORD}
    first = owner.patch(ME, json=body, headers=headers)
    again = owner.patch(ME, json=body, headers=headers)
    assert (first.status_code, again.status_code, again.json) == (200, 200, first.json)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"username": None}, "username"),
        ({"username": "a@b"}, "username"),
        ({"full_name": "a\0"}, "full_name"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"email": "no address", "password": PASSWORD}, "email"),
        ({"email": "ada@example.com"}, "password"),
        ({"email": "ada@example.com", "password": "wrong"}, "password"),
        ({"is_superuser": True}, "is_superuser"),
        ({"version": 7}, "version"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(owner, body, field):
    before = owner.get(ME).json
    reply = owner.patch(ME, json=body)
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])
    assert owner.get(ME).json == before


# ── the e-mail address ──────────────────────────────────────────────────────────────────────────────────────


def test_a_new_address_counts_at_once_as_not_verified(owner, anonymous, database, mailed):
    anonymous.post("/api/v1/auth/password-reset", json={"email": "owner@example.com"})
    *_, token = mailed()
    database.execute("update users set email_verified_at = now()")
    changed = owner.patch(ME, json={"email": "ada@example.com", "password": PASSWORD}).json
    assert (changed["email"], changed["email_is_verified"]) == ("ada@example.com", False)
    reset = anonymous.post("/api/v1/auth/password-reset/confirm", json={"token": token, "password": "taken over now"})
    assert reset.status_code == 422, "what was mailed to the old address opens nothing"


def test_the_same_address_in_other_case_stays_verified(owner, database):
    database.execute("update users set email_verified_at = now()")
    changed = owner.patch(ME, json={"email": "Owner@Example.com", "password": PASSWORD}).json
    assert (changed["email"], changed["email_is_verified"]) == ("Owner@Example.com", True)


def test_a_taken_address_is_409(owner, stranger):
    reply = owner.patch(ME, json={"email": "Stranger@example.com", "password": PASSWORD})
    assert (reply.status_code, list(reply.json["details"])) == (409, ["email"])


def test_where_addresses_are_verified_the_new_one_counts_once_its_mail_was_answered(owner, newcomer, mailed):
    owner.http = newcomer.http
    waiting = owner.patch(ME, json={"email": "ada@example.com", "password": PASSWORD})
    assert (waiting.status_code, waiting.json["email"]) == (200, "owner@example.com")
    address, _, token = mailed()
    assert address == "ada@example.com"
    assert newcomer.post("/api/v1/auth/verify-email/confirm", json={"token": token}).status_code == 204
    after = owner.get(ME).json
    assert (after["email"], after["email_is_verified"]) == ("ada@example.com", True)


def test_where_addresses_are_verified_a_taken_one_is_answered_alike_and_its_owner_is_told(
    owner, stranger, newcomer, mailed
):
    owner.http = newcomer.http
    waiting = owner.patch(ME, json={"email": "stranger@example.com", "password": PASSWORD})
    assert (waiting.status_code, waiting.json["email"]) == (200, "owner@example.com")
    assert mailed() == ("stranger@example.com", "You have an account already", "")


def test_where_addresses_are_verified_other_case_needs_no_mail(owner, newcomer, outbox):
    owner.http = newcomer.http
    assert owner.patch(ME, json={"email": "OWNER@example.com", "password": PASSWORD}).json["email"] == (
        "OWNER@example.com"
    )
    assert outbox() == []


def test_the_accounts_name_is_not_the_athletes(owner):
    before = owner.get(f"/api/v1/athletes/{owner.athlete_id}").json
    assert owner.patch("/api/v1/users/me", json={"full_name": "Ada King"}).status_code == 200
    assert owner.get(f"/api/v1/athletes/{owner.athlete_id}").json == before
