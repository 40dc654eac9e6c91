"""API keys in place of a sign-in: let in by scope, refused at once when they end, one write a day."""

from __future__ import annotations

import re

import pytest

from tests.conftest import Client
from tests.routes import SIGNED_IN, address, demands, options
from workouts_api.api.auth.access import signed_in
from workouts_api.web.scopes import SCOPES

ME, SESSIONS = "/api/v1/users/me", "/api/v1/sessions"


def test_a_key_with_the_scope_is_let_in_and_acts_for_its_user(owner, key_of):
    reply = key_of(owner, "account:read").get(ME)
    assert (reply.status_code, reply.json["id"]) == (200, owner.user_id)


def test_x_api_key_is_as_good_as_a_bearer(owner, anonymous, key_of):
    key = key_of(owner, "account:read").token
    assert anonymous.get(ME, headers={"X-API-Key": key}).json["username"] == "owner"
    assert owner.get(ME, headers={"X-API-Key": "wk_nonsense"}).status_code == 200, "the token stands in front"


def test_what_a_key_makes_belongs_to_its_user(owner, key_of):
    made = key_of(owner, "sessions:write").post(SESSIONS, json={"started_at": "2026-01-05T18:00:00Z"})
    assert owner.get(f"{SESSIONS}/{made.json['id']}").status_code == 200


def test_a_key_for_writing_reads_no_list_and_sees_what_it_changes(owner, key_of):
    """The reply to a write is the resource, also where nothing changes. docs/CLIENTS.md says so."""
    place = (
        f"{SESSIONS}/{owner.post(SESSIONS, json={'title': 'Legs', 'started_at': '2026-01-05T18:00:00Z'}).json['id']}"
    )
    key = key_of(owner, "sessions:write")
    assert [key.get(address).status_code for address in (SESSIONS, place)] == [403, 403]
    told = key.patch(place, json={})
    assert (told.status_code, told.json["title"]) == (200, "Legs")


def test_a_key_without_the_scope_is_403_on_every_route_and_the_scope_is_named(owner, key_of):
    for method, rule in SIGNED_IN:
        if scope := demands((method, rule)).scope:
            others = key_of(owner, *(SCOPES.keys() - {scope}))
            reply = others.request(method, address(rule), **options((method, rule)))
            assert (reply.status_code, reply.json["error"]) == (403, "forbidden"), (method, rule)
            assert scope in reply.json["message"] or "superusers" in reply.json["message"]


def test_every_scope_opens_a_route_and_every_route_says_what_it_demands():
    demanded = {demands(route).scope for route in SIGNED_IN}
    assert demanded - {None} == SCOPES.keys()


def test_a_route_that_names_no_scope_lets_no_key_in(owner, key_of):
    reply = key_of(owner, *SCOPES).get(ME + "/api-keys")
    assert (reply.status_code, reply.json["error"]) == (403, "forbidden")


def test_a_scope_that_nobody_knows_is_a_mistake_in_the_route():
    with pytest.raises(ValueError, match="none of the scopes"):
        signed_in(scope="sessions:reed")


@pytest.mark.parametrize(
    "change",
    [
        "delete from api_keys",
        "update users set is_active = false",
        "update api_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 second'",
        "update api_keys set secret_sha256 = sha256('another')",
    ],
)
def test_a_key_that_ended_is_refused_on_the_very_next_request(owner, key_of, database, change):
    script = key_of(owner, "account:read")
    assert script.get(ME).status_code == 200
    database.execute(change)
    reply = script.get(ME)
    assert (reply.status_code, reply.json["error"]) == (401, "token_revoked")
    assert ("expired" in reply.json["message"]) == ("expires_at" in change)


def test_a_key_does_not_open_another_users_account(owner, stranger, key_of):
    script = key_of(owner, "account:read")
    script.token = script.token.replace(f"wk_{owner.user_id}_", f"wk_{stranger.user_id}_")
    assert script.get(ME).status_code == 401


@pytest.mark.parametrize(
    "spoil", ["wk_", "wk_1_1_short", "{}x", "wk_0{}", "{}\n", "wk_99999999999999999_1_" + "a" * 32]
)
def test_what_does_not_look_like_a_key_is_refused_without_a_trip(anonymous, owner, key_of, spoil):
    text = spoil.format(key_of(owner, "account:read").token).strip(" ")
    if "\n" in text:
        text = text.replace("\n", "%0A")  # no header holds a line break
    for header in ({"Authorization": f"Bearer {text}"}, {"X-API-Key": text}):
        reply = anonymous.get(ME, headers=header)
        assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")
        assert "db;dur=0.00" in reply.headers["Server-Timing"]


def test_its_use_is_written_once_a_day(owner, key_of, database):
    script = key_of(owner, "account:read")

    def row():
        return database.execute("select last_used_on = current_date, xmin::text from api_keys").fetchone()

    assert row()[0] is None
    assert script.get(ME).status_code == 200
    used, version = row()
    assert used
    assert script.get(ME).status_code == 200
    assert row() == (True, version), "the second use writes nothing"
    database.execute("update api_keys set last_used_on = current_date - 1")
    assert script.get(ME).status_code == 200
    assert row()[0]


def test_the_first_use_of_a_day_waits_for_nobody(owner, key_of, database, environ):
    import psycopg

    script = key_of(owner, "account:read")
    with psycopg.connect(environ["DATABASE_URL"]) as other:
        other.execute("select /* by hand */ from workouts.api_keys for update")
        assert script.get(ME).status_code == 200
        other.rollback()
    assert database.execute("select last_used_on from api_keys").fetchone() == (None,)
    assert script.get(ME).status_code == 200
    assert database.execute("select last_used_on = current_date from api_keys").fetchone() == (True,)


def test_the_document_says_which_scope_a_route_wants(anonymous: Client):
    operation = anonymous.get("/openapi.json").json["paths"]["/api/v1/sessions"]["post"]
    assert operation["security"] == [{"bearer": []}, {"password": []}, {"cookie": []}, {"api_key": []}]
    assert re.search(r"API key needs the scope `sessions:write`", operation["description"])


def test_the_keys_that_are_remembered_are_bounded(app, owner, key_of, monkeypatch):
    from workouts_api.api.auth import access

    monkeypatch.setattr(access, "_MOST_VERIFIED", 2)
    for _ in range(5):
        assert key_of(owner, "account:read").get(ME).status_code == 200
        assert len(app.extensions[access._LET_IN]) <= 2
