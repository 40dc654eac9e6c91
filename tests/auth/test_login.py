"""POST /api/v1/auth/login"""

import pytest

from tests.conftest import PASSWORD

URL = "/api/v1/auth/login"


@pytest.mark.parametrize(
    "name", [{"username": "owner"}, {"username": "OWNER@example.com"}, {"email": "owner@example.com"}]
)
def test_one_signs_in_by_username_or_email_in_any_case(owner, anonymous, name):
    reply = anonymous.post(URL, json={**name, "password": PASSWORD})
    assert reply.status_code == 200, reply.json
    assert reply.json["token_type"] == "Bearer"
    anonymous.token = reply.json["access_token"]
    assert anonymous.get("/api/v1/users/me").json["username"] == "owner"


@pytest.mark.parametrize(
    "body",
    [
        {"username": "owner", "password": "wrong password"},
        {"username": "nobody", "password": PASSWORD},
        {"username": "' or true --", "password": PASSWORD},
    ],
)
def test_a_wrong_name_and_a_wrong_password_are_answered_alike(owner, anonymous, body):
    reply = anonymous.post(URL, json=body)
    assert (reply.status_code, reply.json["message"]) == (401, "The name or the password is wrong.")


@pytest.mark.parametrize("body", [{"password": "x"}, {"username": "a", "email": "a", "password": "x"}])
def test_one_name_is_demanded(anonymous, body):
    reply = anonymous.post(URL, json=body)
    assert (reply.status_code, list(reply.json["details"])) == (422, ["username"])


def test_an_invited_user_without_a_password_cannot_sign_in(owner, anonymous, database):
    database.execute("update users set password_hash = null")
    assert anonymous.post(URL, json={"username": "owner", "password": PASSWORD}).status_code == 401
