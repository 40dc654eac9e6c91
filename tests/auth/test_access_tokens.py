"""Access tokens: expiry is looked at every time, a foreign signature never passes, whatever was verified before."""

from __future__ import annotations

import datetime as dt
import time

import jwt
import pytest

from tests.conftest import SECRET
from workouts_api import create_app
from workouts_api.api.auth import access as module
from workouts_api.api.auth.tokens import LEEWAY_S
from workouts_api.config import load_settings
from workouts_api.database import Caller, acting

ME = "/api/v1/users/me"


def token(client, *, secret=SECRET, **claims):
    now = dt.datetime.now(dt.UTC)
    body = {"sub": str(client.user_id), "login": client.login_id, "type": "access", "jti": "x", "fresh": False}
    return jwt.encode(body | {"iat": now, "nbf": now, "exp": now + dt.timedelta(minutes=5)} | claims, secret)


def test_a_token_that_was_good_a_moment_ago_is_refused_once_it_has_expired(owner):
    owner.token = token(owner, exp=dt.datetime.now(dt.UTC) + dt.timedelta(seconds=2 - LEEWAY_S))
    assert owner.get(ME).status_code == 200
    time.sleep(2.1)
    for _ in range(2):
        reply = owner.get(ME)
        assert (reply.status_code, reply.json["error"]) == (401, "token_expired")


@pytest.mark.parametrize("claim", ["iat", "nbf", "exp"])
def test_clocks_of_two_hosts_may_differ_by_some_seconds_and_no_more(owner, claim):
    for off, status in ((LEEWAY_S - 3, 200), (LEEWAY_S + 30, 401)):
        away = dt.timedelta(seconds=-off if claim == "exp" else off)
        owner.token = token(owner, **{claim: dt.datetime.now(dt.UTC) + away})
        assert [owner.get(ME).status_code for _ in range(2)] == [status] * 2, off


@pytest.mark.parametrize(
    "written", ["bearer {}", "BEARER {}", "bEaReR   {}", "Bearer \t {}", " Bearer {} ", "Bearer {}"]
)
def test_the_scheme_is_known_in_any_capitals_and_with_any_blanks(owner, written):
    assert owner.get(ME, headers={"Authorization": written.format(owner.token)}).status_code == 200


@pytest.mark.parametrize(
    "written", ["Bearer", "Bearer ", "Bearer{}", "Token {}", "Bearer {} {}", "Basic {}", "bearer: {}"]
)
def test_what_is_no_bearer_token_is_none(owner, written):
    assert owner.get(ME, headers={"Authorization": written.format(owner.token, owner.token)}).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [{"sub": "nobody"}, {"login": None}, {"login": "x"}, {"type": "refresh"}, {"sub": None}],
)
def test_a_token_with_other_claims_than_ours_is_refused(owner, claims):
    owner.token = token(owner, **claims)
    for _ in range(2):
        assert owner.get(ME).status_code == 401


def test_a_token_of_another_secret_or_algorithm_is_refused(owner):
    owner.token = token(owner, secret="another secret that is long enough for it")
    assert owner.get(ME).status_code == 401
    owner.token = jwt.encode({"sub": str(owner.user_id), "login": owner.login_id, "type": "access"}, None, "none")
    assert owner.get(ME).status_code == 401


def test_what_one_application_verified_another_does_not_take_over(owner, environ):
    assert owner.get(ME).status_code == 200
    other = create_app(load_settings({**environ, "JWT_SECRET_KEY": "the other application's secret, long enough"}))
    reply = other.test_client().get(ME, headers={"Authorization": f"Bearer {owner.token}"})
    assert reply.status_code == 401


def test_a_login_of_another_user_is_refused_by_the_guard(owner, stranger):
    owner.token = token(owner, login=stranger.login_id)
    reply = owner.get(ME)
    assert (reply.status_code, reply.json["error"]) == (401, "token_revoked")


def test_a_deactivated_user_is_refused_on_the_very_next_request(owner, database):
    assert owner.get(ME).status_code == 200
    database.execute("update users set is_active = false")
    assert owner.get(ME).status_code == 401


def test_a_query_parameter_that_a_route_does_not_know_is_refused(owner):
    reply = owner.get(f"{ME}?expand=all&_=1")
    assert (reply.status_code, list(reply.json["details"])) == (422, ["expand"])


def test_who_is_signed_in_is_not_to_be_asked_where_nobody_need_be(app):
    who = Caller(app.extensions["database"], "test", time.monotonic() + 5)
    with app.test_request_context(), acting(who), pytest.raises(RuntimeError, match="not @signed_in"):
        module.viewer_id()


def test_many_tokens_do_not_grow_the_memory_of_verified_ones(app, owner, monkeypatch):
    monkeypatch.setattr(module, "_MOST_VERIFIED", 3)
    for number in range(8):
        owner.token = token(owner, jti=str(number))
        assert owner.get(ME).status_code == 200
    assert len(app.extensions["verified access tokens"]) <= 3
