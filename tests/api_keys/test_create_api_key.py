"""POST /api/v1/users/me/api-keys"""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest

from tests.conftest import Client

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
    assert (reply.status_code, list(reply.json["details"])) == (422, ["name"])
    assert stranger.post(URL, json=BACKUP).status_code == 201


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
