"""POST /api/v1/auth/password"""

from __future__ import annotations

from tests.conftest import PASSWORD

URL = "/api/v1/auth/password"
NEW = "battery staple horse"
CHANGE = {"current_password": PASSWORD, "new_password": NEW}
ME = "/api/v1/users/me"


def login(client, password):
    return client.post("/api/v1/auth/login", json={"username": "owner", "password": password})


def test_this_login_stays_and_all_others_end(owner, stranger, anonymous, mailed):
    anonymous.token = login(anonymous, PASSWORD).json["access_token"]
    assert owner.post(URL, json=CHANGE).status_code == 204
    assert owner.get(ME).status_code == 200
    assert anonymous.get(ME).json["error"] == "token_revoked"
    assert stranger.get(ME).status_code == 200
    assert (login(anonymous, PASSWORD).status_code, login(anonymous, NEW).status_code) == (401, 200)
    assert mailed() == ("owner@example.com", "Your password was changed", "")


def test_it_needs_the_current_one(owner, anonymous):
    reply = owner.post(URL, json=CHANGE | {"current_password": "something else"})
    assert (reply.status_code, list(reply.json["details"])) == (422, ["current_password"])
    assert login(anonymous, PASSWORD).status_code == 200


def test_the_new_one_keeps_the_rules(owner, anonymous):
    for weak in ("password123", "owner@example.com", "short", "x" * 129):
        reply = owner.post(URL, json=CHANGE | {"new_password": weak})
        assert (reply.status_code, list(reply.json["details"])) == (422, ["new_password"]), weak
    assert login(anonymous, PASSWORD).status_code == 200


def test_who_holds_a_stolen_token_does_not_guess_the_password_for_ever(owner):
    wrong = CHANGE | {"current_password": "a guess of somebody"}
    statuses = [owner.post(URL, json=wrong).status_code for _ in range(7)]
    assert statuses == [422] * 5 + [429] * 2
    assert int(owner.post(URL, json=CHANGE).headers["Retry-After"]) >= 1


def test_guesses_at_signing_in_do_not_keep_the_owner_from_changing_it(owner, anonymous):
    statuses = [login(anonymous, "a guess of somebody").status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    assert owner.post(URL, json=CHANGE).status_code == 204


def test_a_password_that_changes_at_the_same_moment_is_not_overwritten(owner, database, monkeypatch):
    from workouts_api.api.auth import routes

    def meanwhile(password):
        database.execute("update users set password_hash = 'another'")
        return "ours"

    monkeypatch.setattr(routes, "hash_password", meanwhile)
    assert owner.post(URL, json=CHANGE).status_code == 409
    assert database.execute("select password_hash from users").fetchone() == ("another",)


def test_a_token_that_was_mailed_before_is_void(owner, anonymous, mailed, outbox):
    anonymous.post("/api/v1/auth/password-reset", json={"email": "owner@example.com"})
    *_, token = mailed()
    assert owner.post(URL, json=CHANGE).status_code == 204
    reset = anonymous.post("/api/v1/auth/password-reset/confirm", json={"token": token, "password": "taken over now"})
    assert reset.status_code == 422
