"""POST /api/v1/users/me/api-keys"""

from __future__ import annotations

import datetime as dt
import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from flask import Flask

from tests.conftest import PASSWORD, Client

URL = "/api/v1/users/me/api-keys"
BACKUP = {"name": "Backup", "scopes": ["sessions:read"]}


def test_the_key_is_shown_once_and_works(owner: Client, anonymous: Client) -> None:
    made = owner.post(URL, json={**BACKUP, "expires_at": "2090-01-05T18:00:00+01:00"})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{URL}/{made.json['id']}"
    assert made.headers["Cache-Control"] == "no-store"
    shown = dict(made.json)
    anonymous.token = key = shown.pop("key")
    assert anonymous.get("/api/v1/sessions").status_code == 200
    read = owner.get(made.headers["Location"]).json
    assert read.pop("last_used_on") == dt.datetime.now(dt.UTC).date().isoformat()
    assert shown == {**read, "last_used_on": None}
    assert key.startswith(read["prefix"])
    assert read["expires_at"] == "2090-01-05T17:00:00Z"


def test_its_secret_is_stored_as_a_digest_only(owner: Client, database) -> None:
    key = owner.post(URL, json=BACKUP).json["key"]
    secret = key.rpartition("_")[2]
    row = database.execute("select secret_sha256, api_keys::text from api_keys").fetchone()
    assert row[0] == hashlib.sha256(secret.encode()).digest()
    assert secret not in row[1]


def test_unless_told_otherwise_it_ends_in_a_year(owner: Client) -> None:
    ends = dt.datetime.fromisoformat(owner.post(URL, json=BACKUP).json["expires_at"])
    assert dt.timedelta(days=364) < ends - dt.datetime.now(dt.UTC) < dt.timedelta(days=366)
    assert owner.post(URL, json={**BACKUP, "expires_at": None}).json["expires_at"] is None


def test_a_scope_counts_once(owner: Client) -> None:
    scopes = ["sessions:write", "sessions:read", "sessions:read"]
    assert owner.post(URL, json={**BACKUP, "scopes": scopes}).json["scopes"] == ["sessions:read", "sessions:write"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "x" * 101),
        ("scopes", []),
        ("expires_at", "2020-01-05T18:00:00Z"),
        ("expires_at", "tomorrow"),
        ("key", "wk_1_1_mine"),
    ],
)
def test_what_is_not_valid_is_refused_by_name(owner: Client, field: str, value: object) -> None:
    reply = owner.post(URL, json={**BACKUP, field: value})
    assert (reply.status_code, list(reply.json["details"])) == (422, [field])


def test_a_scope_that_nobody_knows_is_refused(owner: Client) -> None:
    reply = owner.post(URL, json={**BACKUP, "scopes": ["sessions:read", "everything"]})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["scopes.1"])


def test_one_person_has_a_hundred_at_most(owner: Client, stranger: Client, database) -> None:
    database.execute(
        "insert into api_keys (user_id, name, scopes, secret_start, secret_sha256)"
        " select %s, 'key', '{sessions:read}', 'Ab3d', sha256('x') from generate_series(1, 100)",
        [owner.user_id],
    )
    reply = owner.post(URL, json=BACKUP)
    assert (reply.status_code, reply.json["error"]) == (409, "quota_reached")
    assert reply.json["details"] == {"quota": "api_keys", "limit": 100}
    assert stranger.post(URL, json=BACKUP).status_code == 201


def test_twenty_at_once_get_no_more_than_a_hundred(app: Flask, owner: Client, database) -> None:
    database.execute(
        "insert into api_keys (user_id, name, scopes, secret_start, secret_sha256)"
        " select %s, 'key', '{sessions:read}', 'Ab3d', sha256('x') from generate_series(1, 97)",
        [owner.user_id],
    )
    clients = [replace(owner, http=app.test_client()) for _ in range(20)]
    with ThreadPoolExecutor(20) as threads:
        replies = list(threads.map(lambda client: client.post(URL, json=BACKUP), clients))
    assert sorted(reply.status_code for reply in replies) == [201] * 3 + [409] * 17
    assert database.execute("select count(*) from api_keys").fetchone() == (100,)


def test_sent_again_it_makes_no_second_key_and_tells_the_id_of_the_first(owner: Client, database) -> None:
    key = {"Idempotency-Key": "once"}
    first = owner.post(URL, json=BACKUP, headers=key)
    again = owner.post(URL, json=BACKUP, headers=key)
    assert (again.status_code, again.json["error"]) == (409, "already_done")
    assert again.json["details"] == {"id": first.json["id"]}
    assert database.execute("select reply::text from idempotency_keys").fetchone() == (
        f'{{"id" : {first.json["id"]}}}',
    )


def test_a_key_makes_no_other_key(owner: Client, key_of) -> None:
    assert key_of(owner, "sessions:write").post(URL, json=BACKUP).status_code == 403


# ── a sign-in of just now ───────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def long_ago(owner: Client, database) -> Client:
    """The owner, who signed in 16 minutes ago and has been refreshing since."""
    database.execute("update logins set created_at = now() - interval '16 minutes', refreshed_at = now()")
    return owner


def test_who_signed_in_long_ago_is_told_what_to_do(long_ago: Client, database) -> None:
    refused = long_ago.post(URL, json=BACKUP, headers={"Idempotency-Key": "once"})
    assert (refused.status_code, refused.json["error"]) == (403, "sign_in_again")
    assert "send your password along as password, or sign in again" in refused.json["message"]
    assert list(refused.json["details"]) == ["password"]
    assert database.execute("select count(*) from api_keys").fetchone() == (0,)
    with_password = {**BACKUP, "password": PASSWORD}
    assert long_ago.post(URL, json=with_password, headers={"Idempotency-Key": "once"}).status_code == 201


def test_the_password_is_as_good_as_a_new_sign_in(long_ago: Client) -> None:
    wrong = long_ago.post(URL, json={**BACKUP, "password": "wrong"})
    assert (wrong.status_code, list(wrong.json["details"])) == (422, ["password"])
    made = long_ago.post(URL, json={**BACKUP, "password": PASSWORD})
    assert (made.status_code, "password" in made.json) == (201, False)


def test_a_new_sign_in_is_enough(long_ago: Client, anonymous: Client) -> None:
    tokens = anonymous.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json
    anonymous.token = tokens["access_token"]
    assert anonymous.post(URL, json=BACKUP).status_code == 201


def test_refreshing_is_no_sign_in(anonymous: Client, owner: Client, database) -> None:
    tokens = anonymous.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json
    database.execute("update logins set created_at = now() - interval '16 minutes'")
    tokens = anonymous.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]}).json
    anonymous.token = tokens["access_token"]
    assert anonymous.post(URL, json=BACKUP).json["error"] == "sign_in_again"


def test_guesses_at_the_password_are_braked_here_too(long_ago: Client) -> None:
    statuses = [long_ago.post(URL, json={**BACKUP, "password": "wrong"}).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2


def test_its_owner_is_told_by_mail(owner: Client, outbox) -> None:
    made = owner.post(URL, json={"name": "Backup at https://evil.example.com", "scopes": ["sessions:read"]}).json
    (mail,) = outbox()
    assert (mail["To"], mail["Subject"]) == ("owner@example.com", "An API key was made for your account")
    text = mail.get_body(("plain",)).get_content()
    assert "sessions:read" in text
    assert "Backup at https: //evil" in text
    assert made["key"] not in text


def test_that_it_was_made_is_told_although_it_is_gone(owner: Client, outbox) -> None:
    owner.delete(f"{URL}/{owner.post(URL, json=BACKUP).json['id']}")
    (mail,) = outbox()
    assert "It was deleted since." in mail.get_body(("plain",)).get_content()


# ── their end ───────────────────────────────────────────────────────────────────────────────────────────────


def _changes_the_password(owner: Client, database, **wish):
    return owner.post(
        "/api/v1/auth/password", json={"current_password": PASSWORD, "new_password": "battery staple horse", **wish}
    )


def _resets_the_password(owner: Client, database, **wish):
    database.execute(
        "insert into user_tokens (sha256, user_id, purpose, email, expires_at)"
        " values (sha256('t'), %s, 'reset_password', 'owner@example.com', now() + interval '1 hour')",
        [owner.user_id],
    )
    return owner.post("/api/v1/auth/password-reset/confirm", json={"token": "t", "password": "battery staple", **wish})


def _signs_out_everywhere(owner: Client, database, **wish):
    return owner.post("/api/v1/auth/logout-all" + ("?end_api_keys=true" if wish else ""))


@pytest.mark.parametrize("end", [_changes_the_password, _resets_the_password, _signs_out_everywhere])
def test_keys_end_with_a_password_or_all_logins_where_that_is_wished_for(
    owner: Client, stranger: Client, key_of, database, end
) -> None:
    script, other = key_of(owner, "sessions:read"), key_of(stranger, "sessions:read")
    assert end(owner, database, end_api_keys=True).status_code == 204
    assert [who.get("/api/v1/sessions").status_code for who in (script, other)] == [401, 200]


@pytest.mark.parametrize("end", [_changes_the_password, _resets_the_password, _signs_out_everywhere])
def test_else_they_go_on(owner: Client, key_of, database, end) -> None:
    script = key_of(owner, "sessions:read")
    assert end(owner, database).status_code == 204
    assert script.get("/api/v1/sessions").status_code == 200
