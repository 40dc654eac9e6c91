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
