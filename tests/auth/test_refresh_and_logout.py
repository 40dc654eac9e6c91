"""POST /api/v1/auth/refresh, /logout and /logout-all"""

from __future__ import annotations

import datetime as dt
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.conftest import PASSWORD, Client
from workouts_api import create_app
from workouts_api.config import load_settings

ME = "/api/v1/users/me"
REFRESH = "/api/v1/auth/refresh"


@pytest.fixture
def tokens(owner, anonymous):
    return anonymous.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json


def refresh(client, token):
    return client.post(REFRESH, json={"refresh_token": token})


def later(database, seconds):
    """Lets time pass since the last refresh."""
    database.execute("update logins set refreshed_at = refreshed_at - make_interval(secs => %s)", [seconds])


def ended(database):
    rows = database.execute("select revoked_why from logins where revoked_at is not null").fetchall()
    return [why for (why,) in rows]


def test_a_refresh_gives_new_tokens_that_work(anonymous, tokens):
    new = refresh(anonymous, tokens["refresh_token"])
    assert (new.status_code, new.headers["Cache-Control"]) == (200, "no-store")
    assert new.json["refresh_token"] != tokens["refresh_token"]
    anonymous.token = new.json["access_token"]
    assert anonymous.get(ME).status_code == 200
    assert refresh(anonymous, new.json["refresh_token"]).status_code == 200


def test_for_a_minute_the_token_just_replaced_still_answers_while_its_successor_is_unused(anonymous, tokens, database):
    """A reply may have been lost; whichever of the two arrived, it goes on."""
    lost = refresh(anonymous, tokens["refresh_token"])
    later(database, 55)
    again = refresh(anonymous, tokens["refresh_token"])
    assert (lost.status_code, again.status_code) == (200, 200)
    anonymous.token = again.json["access_token"]
    assert anonymous.get(ME).status_code == 200
    assert refresh(anonymous, again.json["refresh_token"]).status_code == 200
    assert ended(database) == []


def test_the_reply_that_was_thought_lost_is_as_good_as_the_second(anonymous, tokens):
    lost = refresh(anonymous, tokens["refresh_token"]).json
    refresh(anonymous, tokens["refresh_token"])
    assert refresh(anonymous, lost["refresh_token"]).status_code == 200


def test_after_a_minute_a_second_use_ends_the_login_and_is_recorded(anonymous, tokens, database, capfd):
    new = refresh(anonymous, tokens["refresh_token"]).json
    later(database, 61)
    again = refresh(anonymous, tokens["refresh_token"])
    assert (again.status_code, again.json["error"]) == (401, "token_revoked")
    anonymous.token = new["access_token"]
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert refresh(anonymous, new["refresh_token"]).status_code == 401
    assert ended(database) == ["reuse"]


def test_once_its_successor_was_used_a_second_use_ends_the_login_at_once(anonymous, tokens, database):
    second = refresh(anonymous, tokens["refresh_token"]).json
    third = refresh(anonymous, second["refresh_token"]).json
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401
    assert refresh(anonymous, third["refresh_token"]).status_code == 401
    assert ended(database) == ["reuse"]


def test_the_minute_counts_from_the_first_use(anonymous, tokens, database):
    refresh(anonymous, tokens["refresh_token"])
    later(database, 40)
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 200
    later(database, 40)
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401


def test_ten_threads_that_refresh_at_once_stay_signed_in(app, anonymous, tokens, database):
    with ThreadPoolExecutor(10) as threads:
        replies = list(threads.map(lambda _: refresh(Client(app.test_client()), tokens["refresh_token"]), range(10)))
    assert {reply.status_code for reply in replies} == {200}
    assert database.execute("select refresh_count from logins where refresh_count > 0").fetchall() == [(1,)]
    assert refresh(anonymous, replies[3].json["refresh_token"]).status_code == 200


def test_a_refresh_notes_the_address_that_it_came_from(anonymous, tokens, database):
    anonymous.post(REFRESH, json={"refresh_token": tokens["refresh_token"]}, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert database.execute("select host(address) from logins where refresh_count = 1").fetchone() == ("192.0.2.7",)


@pytest.mark.parametrize("kind", ["access_token", "junk"])
def test_only_refresh_tokens_refresh(anonymous, tokens, kind):
    assert refresh(anonymous, tokens.get(kind, "junk")).status_code == 401


def test_a_refresh_token_that_has_expired_is_refused(app, anonymous, owner, monkeypatch):
    import datetime as dt

    from workouts_api.api.auth.tokens import new_refresh_token

    monkeypatch.setitem(app.config, "JWT_REFRESH_TOKEN_EXPIRES", dt.timedelta(minutes=-1))
    with app.app_context():
        token = new_refresh_token(owner.user_id, owner.login_id).text
    reply = refresh(anonymous, token)
    assert (reply.status_code, reply.json["message"]) == (401, "The refresh token has expired.")


def test_a_refresh_token_is_no_access_token(anonymous, tokens):
    anonymous.token = tokens["refresh_token"]
    assert anonymous.get(ME).status_code == 401


def test_signing_out_ends_this_login_and_no_other(owner, anonymous, tokens):
    anonymous.token = tokens["access_token"]
    assert anonymous.post("/api/v1/auth/logout").status_code == 204
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401
    assert owner.get(ME).status_code == 200


def test_signing_out_everywhere_ends_all_of_ones_logins_and_nobody_elses(owner, stranger, anonymous, tokens, database):
    anonymous.token = tokens["access_token"]
    assert anonymous.post("/api/v1/auth/logout-all").status_code == 204
    assert owner.get(ME).json["error"] == "token_revoked"
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert stranger.get(ME).status_code == 200
    assert ended(database) == ["logout", "logout"]


def test_a_deactivated_user_can_neither_sign_in_nor_refresh(anonymous, tokens, database):
    database.execute("update users set is_active = false")
    assert refresh(anonymous, tokens["refresh_token"]).status_code == 401
    credentials = {"username": "owner", "password": PASSWORD}
    assert anonymous.post("/api/v1/auth/login", json=credentials).status_code == 401


@pytest.mark.parametrize("days", [90, 1])
def test_a_login_ends_for_good_however_often_it_was_refreshed(environ, owner, anonymous, database, days):
    """Ninety days after the sign-in, unless the operator says otherwise."""
    changed = {} if days == 90 else {"LOGIN_LIFETIME_DAYS": str(days)}
    app = create_app(load_settings({**environ, **changed}))
    http = app.test_client()
    tokens = http.post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD}).json
    database.execute("update logins set created_at = now() - make_interval(days => %s) + interval '1 hour'", [days])
    renewed = http.post("/api/v1/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert renewed.status_code == 200
    left = database.execute("select max(expires_at) - now() from logins where refresh_count = 1").fetchone()[0]
    assert dt.timedelta(minutes=55) < left < dt.timedelta(minutes=61)  # not a week more
    database.execute("update logins set created_at = created_at - interval '2 hours'")
    ended = http.post("/api/v1/auth/refresh", json={"refresh_token": renewed.json["refresh_token"]})
    assert (ended.status_code, ended.json["error"]) == (401, "token_revoked")
    assert "lasted" in ended.json["message"]
    database.execute("update logins set expires_at = now() - interval '1 second'")
    me = http.get("/api/v1/users/me", headers={"Authorization": f"Bearer {renewed.json['access_token']}"})
    assert me.json["error"] == "token_revoked"
    app.extensions["database"].close()


def test_a_new_login_lasts_no_longer_than_a_login_may(environ, owner, database):
    app = create_app(load_settings({**environ, "LOGIN_LIFETIME_DAYS": "2"}))
    database.execute("delete from logins")
    app.test_client().post("/api/v1/auth/login", json={"username": "owner", "password": PASSWORD})
    (left,) = database.execute("select expires_at - now() from logins").fetchone()
    assert dt.timedelta(days=1, hours=23) < left < dt.timedelta(days=2, hours=1)
    app.extensions["database"].close()
