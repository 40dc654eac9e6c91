"""POST /api/v1/auth/refresh and /logout"""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD

ME = "/api/v1/users/me"
REFRESH = "/api/v1/auth/refresh"


@pytest.fixture
def tokens(owner, anonymous):
    return anonymous.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json


def refresh(client, token):
    return client.post(REFRESH, json={"refresh_token": token})


def test_a_refresh_gives_new_tokens_that_work(anonymous, tokens):
    new = refresh(anonymous, tokens["refresh_token"])
    assert (new.status_code, new.headers["Cache-Control"]) == (200, "no-store")
    assert new.json["refresh_token"] != tokens["refresh_token"]
    anonymous.token = new.json["access_token"]
    assert anonymous.get(ME).status_code == 200
    assert refresh(anonymous, new.json["refresh_token"]).status_code == 200


def test_a_refresh_token_that_is_used_twice_ends_the_login(anonymous, tokens, database):
    new = refresh(anonymous, tokens["refresh_token"]).json
    again = refresh(anonymous, tokens["refresh_token"])
    assert (again.status_code, again.json["error"]) == (401, "token_revoked")
    anonymous.token = new["access_token"]
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert refresh(anonymous, new["refresh_token"]).status_code == 401
    assert database.execute("select revoked_why from logins where revoked_at is not null").fetchall() == [("reuse",)]


@pytest.mark.parametrize("kind", ["access_token", "junk"])
def test_only_refresh_tokens_refresh(anonymous, tokens, kind):
    assert refresh(anonymous, tokens.get(kind, "junk")).status_code == 401


def test_a_refresh_token_is_no_access_token(anonymous, tokens):
    anonymous.token = tokens["refresh_token"]
    assert anonymous.get(ME).status_code == 401


def test_signing_out_ends_this_login_and_no_other(owner, anonymous, tokens):
    anonymous.token = tokens["access_token"]
    assert anonymous.post("/api/v1/auth/logout").status_code == 204
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401
    assert owner.get(ME).status_code == 200


def test_a_deactivated_user_can_neither_sign_in_nor_refresh(anonymous, tokens, database):
    database.execute("update users set is_active = false")
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401
    credentials = {"username": "owner", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=credentials).status_code == 401
