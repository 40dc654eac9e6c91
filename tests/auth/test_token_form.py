"""POST /api/v1/auth/token: OAuth 2's forms"""

from __future__ import annotations

import pytest

from tests.conftest import PASSWORD

URL = "/api/v1/auth/token"
FORM = {"grant_type": "password", "username": "owner", "password": PASSWORD}


def test_the_password_form_signs_in(owner, anonymous):
    reply = anonymous.post(URL, data=FORM)
    assert (reply.status_code, reply.headers["Cache-Control"]) == (200, "no-store")
    anonymous.token = reply.json["access_token"]
    assert anonymous.get("/api/v1/users/me").json["username"] == "owner"


def test_what_clients_add_of_their_own_does_no_harm(owner, anonymous):
    """Swagger UI sends its client as Basic, others in the form; many leave out the grant type."""
    more = {"scope": "read write", "client_id": "app", "client_secret": "secret"}
    assert anonymous.post(URL, data=FORM | more).status_code == 200
    basic = {"Authorization": "Basic YXBwOnNlY3JldA=="}
    assert anonymous.post(URL, data={"username": "owner", "password": PASSWORD}, headers=basic).status_code == 200


def test_the_refresh_form_refreshes(owner, anonymous):
    first = anonymous.post(URL, data=FORM).json
    second = anonymous.post(URL, data={"grant_type": "refresh_token", "refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.json["refresh_token"] != first["refresh_token"]


@pytest.mark.parametrize(
    ("form", "fields"),
    [
        ({}, ["password", "username"]),
        ({"grant_type": "password", "username": "owner"}, ["password"]),
        ({"grant_type": "refresh_token"}, ["refresh_token"]),
        ({"grant_type": "client_credentials"}, ["grant_type"]),
        (FORM | {"username": "a\0b"}, ["username"]),
        (FORM | {"more": "x"}, ["more"]),
    ],
)
def test_what_is_missing_or_unknown_is_named(owner, anonymous, form, fields):
    reply = anonymous.post(URL, data=form)
    assert (reply.status_code, sorted(reply.json["details"])) == (422, fields)


def test_a_wrong_password_is_401_in_the_envelope(owner, anonymous):
    reply = anonymous.post(URL, data=FORM | {"password": "wrong"})
    assert (reply.status_code, reply.json["error"]) == (401, "invalid_credentials")
